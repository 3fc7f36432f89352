#pragma once
#include "ptxvm/code.h"
#include "ptxvm/warp_ops.h"

namespace ptxvm {

// Emits an instruction in which the lanes of a mask meet.
void decode_meeting(decoder& d, const meeting_kind& kind, const ast::operand& mask, work counts_as, slot to, slot a, slot b, slot c, slot p,
                    bool negated);

}  // namespace ptxvm

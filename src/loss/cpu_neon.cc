#include "cpu/isa/neon.h"
#include "loss/cpu.inl.h"

namespace warpweft::loss {
const strips cpu_neon = WARPWEFT_ISA::make_strips();
}  // namespace warpweft::loss

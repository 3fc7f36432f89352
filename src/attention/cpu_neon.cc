#include "cpu/isa/neon.h"
#include "attention/cpu.inl.h"

namespace warpweft::attention {
const units cpu_neon = WARPWEFT_ISA::make_units();
}  // namespace warpweft::attention

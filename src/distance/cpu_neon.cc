#include "cpu/isa/neon.h"
#include "distance/cpu.inl.h"

namespace warpweft::distance {
const strips cpu_neon = WARPWEFT_ISA::make_strips();
}  // namespace warpweft::distance

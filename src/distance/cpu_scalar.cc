#include "cpu/isa/scalar.h"
#include "distance/cpu.inl.h"

namespace warpweft::distance {
const strips cpu_scalar = WARPWEFT_ISA::make_strips();
}  // namespace warpweft::distance

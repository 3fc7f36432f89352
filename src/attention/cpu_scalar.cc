#include "cpu/isa/scalar.h"
#include "attention/cpu.inl.h"

namespace warpweft::attention {
const units cpu_scalar = WARPWEFT_ISA::make_units();
}  // namespace warpweft::attention

#include "cpu/isa/avx512.h"
#include "attention/cpu.inl.h"

namespace warpweft::attention {
const units cpu_avx512 = WARPWEFT_ISA::make_units();
}  // namespace warpweft::attention

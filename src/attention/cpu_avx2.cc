#include "cpu/isa/avx2.h"
#include "attention/cpu.inl.h"

namespace warpweft::attention {
const units cpu_avx2 = WARPWEFT_ISA::make_units();
}  // namespace warpweft::attention

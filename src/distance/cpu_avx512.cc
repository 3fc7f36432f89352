#include "cpu/isa/avx512.h"
#include "distance/cpu.inl.h"

namespace warpweft::distance {
const strips cpu_avx512 = WARPWEFT_ISA::make_strips();
}  // namespace warpweft::distance

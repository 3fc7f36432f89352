#include "cpu/isa/avx2.h"
#include "distance/cpu.inl.h"

namespace warpweft::distance {
const strips cpu_avx2 = WARPWEFT_ISA::make_strips();
}  // namespace warpweft::distance

#include "cpu/isa/avx512.h"
#include "loss/cpu.inl.h"

namespace warpweft::loss {
const strips cpu_avx512 = WARPWEFT_ISA::make_strips();
}  // namespace warpweft::loss

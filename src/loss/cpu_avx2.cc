#include "cpu/isa/avx2.h"
#include "loss/cpu.inl.h"

namespace warpweft::loss {
const strips cpu_avx2 = WARPWEFT_ISA::make_strips();
}  // namespace warpweft::loss

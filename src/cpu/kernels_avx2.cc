#include "cpu/isa/avx2.h"
#include "cpu/kernels.inl.h"

namespace warpweft::cpu::isa {
const kernels avx2 = warpweft::WARPWEFT_ISA::make_kernels<warpweft::WARPWEFT_ISA::float32_format>();
}  // namespace warpweft::cpu::isa

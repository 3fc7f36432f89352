#include "cpu/isa/avx512.h"
#include "cpu/kernels.inl.h"

namespace warpweft::cpu::isa {
const kernels avx512 = warpweft::WARPWEFT_ISA::make_kernels<warpweft::WARPWEFT_ISA::float32_format>();
}  // namespace warpweft::cpu::isa

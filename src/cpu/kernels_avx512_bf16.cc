#include "cpu/isa/avx512_bf16.h"
#include "cpu/kernels.inl.h"

namespace warpweft::cpu::isa {
const kernels avx512_bf16 = warpweft::WARPWEFT_ISA::make_kernels<warpweft::WARPWEFT_ISA::bf16_format>();
}  // namespace warpweft::cpu::isa

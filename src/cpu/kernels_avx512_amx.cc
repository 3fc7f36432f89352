#include "cpu/isa/avx512_amx.h"
#include "cpu/kernels.inl.h"
#include "cpu/amx.inl.h"

namespace warpweft::cpu::isa {
const kernels avx512_amx = warpweft::WARPWEFT_ISA::make_amx_kernels();
}  // namespace warpweft::cpu::isa

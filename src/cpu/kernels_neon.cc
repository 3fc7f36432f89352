#include "cpu/isa/neon.h"
#include "cpu/kernels.inl.h"

namespace warpweft::cpu::isa {
const kernels neon = warpweft::WARPWEFT_ISA::make_kernels<warpweft::WARPWEFT_ISA::float32_format>();
}  // namespace warpweft::cpu::isa

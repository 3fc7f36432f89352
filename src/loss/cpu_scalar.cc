#include "cpu/isa/scalar.h"
#include "loss/cpu.inl.h"

namespace warpweft::loss {
const strips cpu_scalar = WARPWEFT_ISA::make_strips();
}  // namespace warpweft::loss

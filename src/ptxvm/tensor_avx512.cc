#define PTXVM_ISA avx512
#include "ptxvm/tensor_bind.inl.h"

namespace ptxvm::PTXVM_ISA {
bindings tensor_bindings() { return {tensors, std::size(tensors)}; }
}  // namespace ptxvm::PTXVM_ISA

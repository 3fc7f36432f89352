#define PTXVM_ISA avx512
#include "ptxvm/half.inl.h"

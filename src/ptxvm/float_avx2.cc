#define PTXVM_ISA avx2
#include "ptxvm/half.inl.h"

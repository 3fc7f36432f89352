#define PTXVM_ISA avx512
#include "ptxvm/convert_bind.inl.h"

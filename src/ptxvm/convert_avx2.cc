#define PTXVM_ISA avx2
#include "ptxvm/convert_bind.inl.h"

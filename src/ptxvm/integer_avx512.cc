#define PTXVM_ISA avx512
#include "ptxvm/move.inl.h"

#define PTXVM_ISA avx2
#include "ptxvm/move.inl.h"

#define PTXVM_ISA scalar
#include "ptxvm/half.inl.h"

#define PTXVM_ISA scalar
#include "ptxvm/move.inl.h"

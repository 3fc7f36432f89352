#define PTXVM_ISA scalar
#include "ptxvm/convert_bind.inl.h"

// The settings as the environment has them now.
#pragma once
#include "ptxvm/options.h"

namespace ptxvm {

// Throws std::invalid_argument, with the variable's name, for one that cannot be read.
options from_environment();

}  // namespace ptxvm

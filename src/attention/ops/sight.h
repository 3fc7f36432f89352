// Which keys a query sees: those in [low, high), and the first `prefix` ones.
#pragma once
#include "base/num.h"

namespace warpweft::attention::WARPWEFT_ISA {

template <class V>
WARPWEFT_HD mask_of<V> sees(V key, V low, V high, V prefix) {
  return (key >= low && key < high) || key < prefix;
}

}  // namespace warpweft::attention::WARPWEFT_ISA

// A listed neighbour as one number that orders as (key, row) does, so that ties go to the lower row wherever numbers are sorted.
#pragma once
#include <cstdint>
#include <cstring>

#include "base/hd.h"

namespace warpweft::distance {

using entry = uint64_t;

// The bits of a float, turned so that unsigned integers order as the numbers do; −0 counts as 0. The key is not NaN.
WARPWEFT_HD entry entry_of(float key, int64_t row) {
  key += 0.0f;
  uint32_t bits;
  std::memcpy(&bits, &key, 4);
  bits ^= (bits >> 31 ? 0xffffffffu : 0x80000000u);
  return static_cast<entry>(bits) << 32 | static_cast<uint32_t>(row);
}
WARPWEFT_HD float key_of(entry e) {
  uint32_t bits = static_cast<uint32_t>(e >> 32);
  bits ^= (bits >> 31 ? 0x80000000u : 0xffffffffu);
  float key;
  std::memcpy(&key, &bits, 4);
  return key;
}
WARPWEFT_HD int32_t row_of(entry e) { return static_cast<int32_t>(static_cast<uint32_t>(e)); }
// Keys grow with distance: of a similarity they are the negative. Never −0.
WARPWEFT_HD float value_of(entry e, bool larger) { return (larger ? -key_of(e) : key_of(e)) + 0.0f; }

}  // namespace warpweft::distance

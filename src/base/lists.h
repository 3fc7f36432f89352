// Looking things up in short lists, on either side.
#pragma once
#include <cstdint>

#include "base/hd.h"

namespace warpweft {

// Whether `value` is among numbers that ascend.
WARPWEFT_HD bool is_among(const int32_t* begin, const int32_t* end, int64_t value) {
  const int32_t* high = end;
  while (begin < high) {
    const int32_t* middle = begin + (high - begin) / 2;
    if (*middle < value)
      begin = middle + 1;
    else
      high = middle;
  }
  return begin < end && *begin == value;
}

// Whether two sets of bits have one in common.
WARPWEFT_HD bool share_a_bit(const int32_t* a, const int32_t* b, int64_t words) {
  int32_t common = 0;
  for (int64_t w = 0; w < words; ++w) common |= a[w] & b[w];
  return common != 0;
}

}  // namespace warpweft

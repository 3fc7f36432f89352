// Generated from lib/attention/table.ts by `npm run generate`; do not edit.
#pragma once

#include <cstdint>

// clang-format off
namespace warpweft::attention {

enum class normalizer_id : int32_t {
  softmax = 0,
  count = 1,
};

#define WARPWEFT_NORMALIZER_LIST(X) \
  X(softmax)

}  // namespace warpweft::attention
// clang-format on

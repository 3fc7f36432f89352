// Found pairs as JavaScript holds them.
#pragma once
#include <napi.h>

#include "distance/found_pairs.h"
#include "napi/unpack.h"

namespace warpweft::distance {

// A radius takes two calls, as the number of pairs is known only when they are found: `radius` fills what JavaScript holds as an external
// value, `takePairs` copies it into arrays made for it.
struct pairs_handle {
  static constexpr uint64_t its_mark = 0x7061697273776565;
  uint64_t mark = its_mark;
  found_pairs pairs;
};

inline found_pairs& pairs_of(napi::arguments& args) {
  const Napi::Value value = args.value();
  pairs_handle* handle = value.IsExternal() ? value.As<Napi::External<pairs_handle>>().Data() : nullptr;
  if (!handle || handle->mark != pairs_handle::its_mark) args.refuse("found must be a handle of pairs");
  return handle->pairs;
}

}  // namespace warpweft::distance

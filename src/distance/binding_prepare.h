// The part of the family's binding that knows prepared bases.
#pragma once
#include <napi.h>

#include "distance/params.h"
#include "napi/unpack.h"

namespace warpweft::distance {

// Dtypes of rows where codes are allowed: float32 … int8.
constexpr int64_t with_codes = static_cast<int64_t>(dtype::int8) + 1;

// A base in place of a pair's rows y: its handle, the scale of x's codes, its rows and columns. It brings its metric along.
void take_base(napi::arguments& args, pair_params& pair);

void bind_prepared(Napi::Env env, Napi::Object family);

}  // namespace warpweft::distance

// Triplets as JavaScript calls them.
#pragma once
#include <napi.h>

namespace warpweft::loss {

void bind_triplets(Napi::Env env, Napi::Object& family);

}  // namespace warpweft::loss

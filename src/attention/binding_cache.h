// The operations on a cache's rows.
#pragma once
#include <napi.h>

namespace warpweft::attention {

void bind_cache(Napi::Env env, Napi::Object family);

}  // namespace warpweft::attention

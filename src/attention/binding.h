// The family as JavaScript sees it: unpack, run, return.
#pragma once
#include <napi.h>

namespace warpweft::attention {

Napi::Object bind(Napi::Env env);

}  // namespace warpweft::attention

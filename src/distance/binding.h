#pragma once
#include <napi.h>

namespace warpweft::distance {

Napi::Object bind(Napi::Env env);

}  // namespace warpweft::distance

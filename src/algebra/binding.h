// Arithmetic on device tensors as JavaScript calls it.
#pragma once
#include <napi.h>

namespace warpweft::algebra {

Napi::Object bind(Napi::Env env);

}  // namespace warpweft::algebra

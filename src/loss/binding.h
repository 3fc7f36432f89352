#pragma once
#include <napi.h>

namespace warpweft::loss {

Napi::Object bind(Napi::Env env);

}  // namespace warpweft::loss

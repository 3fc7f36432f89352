#pragma once
#include <napi.h>

namespace warpweft::cpu {

void bind(Napi::Env env, Napi::Object exports);

}  // namespace warpweft::cpu

// The devices and their memory as JavaScript sees them.
#pragma once
#include <napi.h>

namespace warpweft::gpu {

Napi::Object bind(Napi::Env env);

}  // namespace warpweft::gpu

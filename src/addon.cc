// Module initialisation: the process-wide calls, and one line per family.
#include <napi.h>

#include "algebra/binding.h"
#include "attention/binding.h"
#include "cpu/binding.h"
#include "distance/binding.h"
#include "gpu/binding.h"
#include "loss/binding.h"
#include "napi/run.h"

namespace {

Napi::Object init(Napi::Env env, Napi::Object exports) {
  warpweft::napi::open_environment(env);
  warpweft::cpu::bind(env, exports);
  exports.Set("gpu", warpweft::gpu::bind(env));
  exports.Set("algebra", warpweft::algebra::bind(env));
  exports.Set("attention", warpweft::attention::bind(env));
  exports.Set("distance", warpweft::distance::bind(env));
  exports.Set("loss", warpweft::loss::bind(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(warpweft, init)

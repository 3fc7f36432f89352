#include "napi/error.h"

#include <new>

#include "base/job.h"

namespace warpweft::napi {

failure describe(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const coded_error& e) {
    return {e.code, e.what(), e.device ? e.device : ""};
  } catch (const std::bad_alloc&) {
    return {"ERR_MEMORY", "out of memory", ""};
  } catch (const std::exception& e) {
    return {"ERR_ARGUMENT", e.what(), ""};
  }
}

Napi::Error to_error(Napi::Env env, const failure& what) {
  Napi::Error error = Napi::Error::New(env, what.words);
  error.Set("code", Napi::String::New(env, what.code));
  if (!what.device.empty()) error.Set("device", Napi::String::New(env, what.device));
  return error;
}

}  // namespace warpweft::napi

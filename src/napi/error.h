// C++ failures as JavaScript errors that carry a code; lib/ turns them into WarpweftError.
#pragma once
#include <napi.h>

#include <exception>
#include <string>

namespace warpweft::napi {

struct failure {
  std::string code, words;
  std::string device;  // with ERR_DEVICE: why the device is not there
};

failure describe(const std::exception_ptr& error);
Napi::Error to_error(Napi::Env env, const failure& what);

// Calls body and throws what it throws as a JavaScript error.
template <class Body>
auto guarded(Napi::Env env, const Body& body) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    throw to_error(env, describe(std::current_exception()));
  }
}

}  // namespace warpweft::napi

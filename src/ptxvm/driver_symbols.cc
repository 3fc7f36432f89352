// cuGetProcAddress: a call by its name, with the suffix that a version of the API means.
#include <string>

#include "ptxvm/driver_state.h"

namespace ptxvm {
namespace {

struct symbol {
  std::string_view name;
  void* address;
};

#define PTXVM_SYMBOL(name, arguments) {#name, reinterpret_cast<void*>(&name)},
const symbol symbols[] = {PTXVM_CALLS(PTXVM_SYMBOL)};
#undef PTXVM_SYMBOL

void* find(const std::string& name) {
  for (const symbol& s : symbols) {
    if (s.name == name) return s.address;
  }
  return nullptr;
}

}  // namespace
}  // namespace ptxvm

using namespace ptxvm;

// `found` becomes 0 when it is there, 1 when no call has that name. Only the newest form of a call is to be had, since the older
// ones (32-bit sizes) are not in this machine.
CUresult cuGetProcAddress_v2(const char* name, void** function, int version, uint64_t flags, int* found) {
  return call([&] {
    require(name, "the name");
    require(function, "the function");
    if (version < 4000 || flags > 2) fail(status::invalid_value, -1, "cuGetProcAddress: version ", version, ", flags ", flags);
    const std::string base(name);
    *function = nullptr;
    for (const char* suffix : {"_v4", "_v3", "_v2", ""}) {
      if (base == "cuCtxCreate" && version < 13000 && suffix == std::string_view("_v4")) continue;
      *function = find(base + suffix);
      if (*function) break;
    }
    if (found) *found = *function ? 0 : 1;
    if (!*function) fail(status::not_found, -1, "this machine has no call '", base, "'");
  });
}

CUresult cuGetProcAddress(const char* name, void** function, int version, uint64_t flags) {
  return cuGetProcAddress_v2(name, function, version, flags, nullptr);
}

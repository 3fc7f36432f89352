#include "gpu/driver.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/job.h"
#include "gpu/images.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace warpweft::gpu {
namespace {

// Every call above exists since CUDA 12.0. What a driver can load may need a newer one still: native code for its chip made by a
// later toolkit of the same major version is fine, PTX needs the toolkit's own version. That is only known when an image is
// loaded, and reported then with the same code (launch.cc).
constexpr int oldest_version = 12000;

#ifdef _WIN32
constexpr const char* default_library = "nvcuda.dll";
void* open_library(const char* path, std::string& why) {
  void* library = reinterpret_cast<void*>(LoadLibraryA(path));
  if (!library) why = "error " + std::to_string(GetLastError());
  return library;
}
void* symbol_of(void* library, const char* name) { return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(library), name)); }
#else
constexpr const char* default_library = "libcuda.so.1";
void* open_library(const char* path, std::string& why) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) why = dlerror();
  return library;
}
void* symbol_of(void* library, const char* name) { return dlsym(library, name); }
#endif

std::string version_words(int version) { return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10); }

const char* setting(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? value : nullptr;
}

struct loaded {
  driver calls;
  absence why;
};

absence open_driver(driver& calls) {
  const char* off = setting("WARPWEFT_CUDA");
  if (off && (!std::strcmp(off, "0") || !std::strcmp(off, "off")))
    return {"DISABLED", std::string("the environment variable WARPWEFT_CUDA is ") + off};
  const char* images = setting("WARPWEFT_CUDA_IMAGES");
  std::error_code unread;
  if (images && !std::filesystem::is_directory(images, unread))
    return {"BUILT_WITHOUT_KERNELS", std::string("WARPWEFT_CUDA_IMAGES names ") + images + ", which is no folder of GPU kernels"};
  if (image_count() == 0 && !images)
    return {"BUILT_WITHOUT_KERNELS", "this build of warpweft has no GPU kernels: nvcc was not found when it was built"};
  const char* chosen = setting("WARPWEFT_CUDA_DRIVER");
  const std::string path = chosen ? chosen : default_library;
  std::string why;
  void* library = open_library(path.c_str(), why);
  if (!library) return {"NO_DRIVER", "the driver library " + path + " could not be loaded (" + why + "); install NVIDIA's driver"};
  const auto missing = [&](const char* symbol) {
    return absence{"DRIVER_TOO_OLD",
                   path + " has no " + symbol + "; a driver for CUDA " + version_words(oldest_version) + " or later is needed"};
  };
#define WARPWEFT_FIND(name, symbol, arguments) \
  calls.name = reinterpret_cast<decltype(calls.name)>(symbol_of(library, symbol)); \
  if (!calls.name) return missing(symbol);
  WARPWEFT_CUDA_CALLS(WARPWEFT_FIND)
#undef WARPWEFT_FIND
  const auto words = [&](status failed) {
    const char* text = nullptr;
    return calls.error_words(failed, &text) == success && text ? std::string(text) : "error " + std::to_string(failed);
  };
  int version = 0, count = 0;
  if (const status failed = calls.driver_version(&version)) return {"NO_DRIVER", "cuDriverGetVersion failed: " + words(failed)};
  if (version < oldest_version)
    return {"DRIVER_TOO_OLD",
            "the driver is for CUDA " + version_words(version) + "; one for CUDA " + version_words(oldest_version) + " or later is needed"};
  const absence none{"NO_DEVICE", "the driver is there, but it sees no CUDA device"};
  if (const status failed = calls.init(0)) return failed == no_device ? none : absence{"NO_DRIVER", "cuInit failed: " + words(failed)};
  if (const status failed = calls.device_count(&count)) return {"NO_DEVICE", "cuDeviceGetCount failed: " + words(failed)};
  return count > 0 ? absence{} : none;
}

// Never unloaded: other threads may be inside when the process ends.
const loaded& the_driver() {
  static const loaded& once = *[] {
    auto* made = new loaded;
    made->why = open_driver(made->calls);
    return made;
  }();
  return once;
}

}  // namespace

const absence& driver_absence() { return the_driver().why; }

const driver& calls() {
  const loaded& found = the_driver();
  if (found.why) throw coded_error("ERR_DEVICE", found.why.words, found.why.code);
  return found.calls;
}

std::string describe(status failed) {
  const driver& d = the_driver().calls;
  const char *name = nullptr, *words = nullptr;
  if (d.error_name(failed, &name) != success || !name) name = "unknown error";
  if (d.error_words(failed, &words) != success || !words) words = "no description";
  return std::string(name) + ": " + words;
}

void check(status of, const char* operation) {
  if (of == success) return;
  throw coded_error(of == out_of_memory ? "ERR_MEMORY" : "ERR_CUDA", std::string(operation) + ": " + describe(of));
}

}  // namespace warpweft::gpu

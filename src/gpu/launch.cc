#include "gpu/launch.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <tuple>

#include "base/job.h"
#include "gpu/images.h"
#include "gpu/staging.h"

namespace warpweft::gpu {
namespace {

device_address address_of(const void* p) { return reinterpret_cast<device_address>(p); }

// A family's image as the driver takes it: a fatbin as it is, PTX as text that ends in NUL.
std::string image_of(const std::string& family) {
  if (const char* folder = std::getenv("WARPWEFT_CUDA_IMAGES"); folder && *folder) {
    const std::string path = std::string(folder) + "/" + family + ".ptx";
    std::ifstream file(path, std::ios::binary);
    if (!file) throw coded_error("ERR_DEVICE", "there are no kernels at " + path, "BUILT_WITHOUT_KERNELS");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  const image* images = images_begin();
  for (int i = 0; i < image_count(); ++i)
    if (family == images[i].family) return {reinterpret_cast<const char*>(images[i].bytes), images[i].size};
  throw coded_error("ERR_DEVICE", "this build of warpweft has no GPU kernels of the family " + family, "BUILT_WITHOUT_KERNELS");
}

}  // namespace

void kernel::allow_shared(uint32_t bytes) const {
  const std::lock_guard lock(mutex_);
  if (bytes <= allowed_) return;
  check(calls().set_function_attribute(function_, max_dynamic_shared_bytes, static_cast<int>(bytes)), name_.c_str());
  allowed_ = bytes;
}

module_handle modules::module_of(const std::string& family) {
  const auto known = loaded_.find(family);
  if (known != loaded_.end()) return known->second;
  const std::string image = image_of(family);
  module_handle made = nullptr;
  const status failed = calls().load_module(&made, image.c_str());
  if (failed == no_binary_for_gpu || failed == unsupported_ptx_version) {
    const std::string words = "the driver cannot load the kernels of " + family + " (" + describe(failed) + "); it needs to be newer";
    throw coded_error("ERR_DEVICE", words, "DRIVER_TOO_OLD");
  }
  check(failed, ("loading the kernels of " + family).c_str());
  return loaded_[family] = made;
}

const kernel& modules::find(const char* family, const char* entry) {
  const std::lock_guard lock(mutex_);
  const std::pair<std::string, std::string> key(family, entry);
  const auto known = kernels_.find(key);
  if (known != kernels_.end()) return known->second;
  on_.enter();
  const module_handle module = module_of(key.first);
  function_handle function = nullptr;
  check(calls().get_function(&function, module, entry), ("finding the kernel " + key.second).c_str());
  const auto made = kernels_.emplace(std::piecewise_construct, std::forward_as_tuple(key), std::forward_as_tuple(key.second, function));
  return made.first->second;
}

void launch_raw(const device& on, const kernel& k, extent3 grid, extent3 block, uint32_t shared_bytes, void* params) {
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
  on.enter();
  k.allow_shared(shared_bytes);
  void* list[] = {params};
  check(calls().launch(k.function(), grid.x, grid.y, grid.z, block.x, block.y, block.z, shared_bytes, on.stream(), list, nullptr),
        k.name().c_str());
}

void copy_in(device& on, void* to, const void* from, size_t bytes) { on.staging().copy_in(address_of(to), from, bytes); }

void copy_out(device& on, void* to, const void* from, size_t bytes) { on.staging().copy_out(to, address_of(from), bytes); }

void copy(device& on, void* to, const void* from, size_t bytes) {
  if (bytes == 0) return;
  on.enter();
  check(calls().copy(address_of(to), address_of(from), bytes, on.stream()), "copying on the GPU");
}

void fill_zero(device& on, void* at, size_t bytes) {
  if (bytes == 0) return;
  on.enter();
  check(calls().fill(address_of(at), 0, bytes, on.stream()), "filling with zeros");
}

}  // namespace warpweft::gpu

// A block of device memory as JavaScript holds it, and the arrays that lie in it.
#pragma once
#include <napi.h>

#include <cstdint>
#include <memory>

#include "gpu/device.h"

namespace warpweft::napi {

// Owned by an external value. Calls that are still running share the block, so it may be released at any time.
struct device_memory {
  static constexpr uint64_t its_mark = 0x7761727077656674;
  uint64_t mark = its_mark;
  gpu::device* on = nullptr;
  int64_t bytes = 0;
  std::shared_ptr<gpu::buffer> block;  // null once released
};

// Null unless the value is one.
device_memory* device_memory_of(const Napi::Value& value);

// What lib/device-array.ts hands over: { handle, byteOffset, length, element }.
struct device_array {
  device_memory* in = nullptr;
  char* data = nullptr;
  size_t length = 0;
  napi_typedarray_type type = napi_int8_array;
};

// False unless the value is one. Throws ERR_DISPOSED where its memory was released, ERR_ARGUMENT where it ends beyond it.
bool open_device_array(const Napi::Value& value, device_array& out);

int64_t element_size(napi_typedarray_type type);

}  // namespace warpweft::napi

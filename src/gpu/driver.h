// The CUDA driver, found at run time: no toolkit header, nothing linked. One list of calls, and either all of them are there or
// the driver is not used. Nothing is probed before the first question, and nothing is ever printed.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace warpweft::gpu {

// The driver's types, as far as we use them.
using device_address = unsigned long long;
using status = int;
using context_handle = struct opaque_context*;
using module_handle = struct opaque_module*;
using function_handle = struct opaque_function*;
using stream_handle = struct opaque_stream*;
using event_handle = struct opaque_event*;

constexpr status success = 0, out_of_memory = 2, no_device = 100, no_binary_for_gpu = 209, unsupported_ptx_version = 222, not_ready = 600;
constexpr int capability_major = 75, capability_minor = 76, multiprocessor_count = 16;  // device attributes
constexpr int max_dynamic_shared_bytes = 8;                                             // function attribute
constexpr unsigned stream_non_blocking = 1, event_without_timing = 2;

// name here, symbol there, arguments
#define WARPWEFT_CUDA_CALLS(CALL) \
  CALL(init, "cuInit", (unsigned flags)) \
  CALL(driver_version, "cuDriverGetVersion", (int* version)) \
  CALL(device_count, "cuDeviceGetCount", (int* count)) \
  CALL(device_get, "cuDeviceGet", (int* device, int ordinal)) \
  CALL(device_name, "cuDeviceGetName", (char* name, int length, int device)) \
  CALL(device_attribute, "cuDeviceGetAttribute", (int* value, int attribute, int device)) \
  CALL(device_memory, "cuDeviceTotalMem_v2", (size_t * bytes, int device)) \
  CALL(retain_context, "cuDevicePrimaryCtxRetain", (context_handle * context, int device)) \
  CALL(set_context, "cuCtxSetCurrent", (context_handle context)) \
  CALL(load_module, "cuModuleLoadData", (module_handle * module, const void* image)) \
  CALL(get_function, "cuModuleGetFunction", (function_handle * function, module_handle module, const char* name)) \
  CALL(set_function_attribute, "cuFuncSetAttribute", (function_handle function, int attribute, int value)) \
  CALL(allocate, "cuMemAlloc_v2", (device_address * to, size_t bytes)) \
  CALL(free, "cuMemFree_v2", (device_address at)) \
  CALL(memory_info, "cuMemGetInfo_v2", (size_t * free_bytes, size_t * total)) \
  CALL(copy_in, "cuMemcpyHtoDAsync_v2", (device_address to, const void* from, size_t bytes, stream_handle stream)) \
  CALL(copy_out, "cuMemcpyDtoHAsync_v2", (void* to, device_address from, size_t bytes, stream_handle stream)) \
  CALL(copy, "cuMemcpyDtoDAsync_v2", (device_address to, device_address from, size_t bytes, stream_handle stream)) \
  CALL(fill, "cuMemsetD8Async", (device_address at, unsigned char value, size_t bytes, stream_handle stream)) \
  CALL(allocate_pinned, "cuMemHostAlloc", (void** memory, size_t bytes, unsigned flags)) \
  CALL(create_stream, "cuStreamCreate", (stream_handle * stream, unsigned flags)) \
  CALL(wait_stream, "cuStreamSynchronize", (stream_handle stream)) \
  CALL(create_event, "cuEventCreate", (event_handle * event, unsigned flags)) \
  CALL(record_event, "cuEventRecord", (event_handle event, stream_handle stream)) \
  CALL(wait_event, "cuEventSynchronize", (event_handle event)) \
  CALL(destroy_event, "cuEventDestroy_v2", (event_handle event)) \
  CALL(elapsed_time, "cuEventElapsedTime", (float* milliseconds, event_handle from, event_handle to)) \
  CALL(launch, "cuLaunchKernel", \
       (function_handle function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared_bytes, \
        stream_handle stream, void** parameters, void** extra)) \
  CALL(error_name, "cuGetErrorName", (status error, const char** name)) \
  CALL(error_words, "cuGetErrorString", (status error, const char** words))

struct driver {
#define WARPWEFT_DECLARE(name, symbol, arguments) status(*name) arguments = nullptr;
  WARPWEFT_CUDA_CALLS(WARPWEFT_DECLARE)
#undef WARPWEFT_DECLARE
};

// Why there is no GPU: one of DeviceInfo's codes, and words. No code: there is one.
struct absence {
  const char* code = nullptr;
  std::string words;
  explicit operator bool() const { return code != nullptr; }
};

// Loads the driver at the first call.
const absence& driver_absence();
// Only where it is not absent; throws ERR_DEVICE otherwise.
const driver& calls();

// "NAME: words" of a failure. The virtual GPU's words are its diagnosis, so ask at once and on the same thread.
std::string describe(status failed);
// Throws ERR_CUDA, or ERR_MEMORY where memory ran out, unless the call went well.
void check(status of, const char* operation);

}  // namespace warpweft::gpu

// The driver API: devices, contexts, memory, streams and events, and what their misuse says.
#include <cstring>
#include <thread>

#include "driver_api.h"

using namespace api;
using namespace ptx;

TEST("driver: a device and what it says of itself") {
  enter();
  int n = 0, device = -1, major = 0, minor = 0, value = 0;
  CHECK_EQ(cuDeviceGetCount(&n), 0);
  CHECK_EQ(n, 1);
  CHECK_EQ(cuDeviceGet(&device, 0), 0);
  CHECK_EQ(device, 0);
  CHECK_EQ(cuDeviceGet(&device, 1), invalid_device);
  CHECK_EQ(says(invalid_device, "there is no device 1"), true);
  char name[64], id[16];
  CHECK_EQ(cuDeviceGetName(name, sizeof name, 0), 0);
  CHECK_EQ(std::string(name), "PTX virtual machine");
  CHECK_EQ(cuDeviceGetName(name, 4, 0), 0);
  CHECK_EQ(std::string(name), "PTX");
  CHECK_EQ(cuDeviceGetPCIBusId(id, sizeof id, 0), 0);
  CHECK_EQ(std::string(id), "0000:00:00.0");
  CUuuid uuid;
  CHECK_EQ(cuDeviceGetUuid_v2(&uuid, 0), 0);
  CHECK_EQ(std::memcmp(uuid.bytes, "ptxvm-virtual-\0", 16), 0);
  CHECK_EQ(cuDeviceComputeCapability(&major, &minor, 0), 0);
  CHECK_EQ(major * 10 + minor, 80);
  CHECK_EQ(cuDeviceGetAttribute(&value, 10, 0), 0);
  CHECK_EQ(value, 32);
  CHECK_EQ(cuDeviceGetAttribute(&value, 97, 0), 0);
  CHECK_EQ(value, 163 * 1024);
  CHECK_EQ(cuDeviceGetAttribute(&value, 95, 0), 0);
  CHECK_EQ(value, 0);
  CHECK_EQ(cuDeviceGetAttribute(&value, 5000, 0), invalid_value);
  CHECK_EQ(cuDriverGetVersion(&value), 0);
  CHECK_EQ(value, 13000);
  size_t total = 0;
  CHECK_EQ(cuDeviceTotalMem_v2(&total, 0), 0);
  CHECK_EQ(total, size_t{4} << 30);
}

TEST("driver: shared memory a block may have, by capability") {
  enter();
  changed_settings with;
  const struct { int capability, opt_in; } table[] = {{75, 64}, {80, 163}, {86, 99}, {89, 99}, {90, 227}, {100, 227}, {120, 99}};
  for (const auto& row : table) {
    with.set(&ptxvm::options::capability, row.capability);
    int value = 0;
    CHECK_EQ(cuDeviceGetAttribute(&value, 97, 0), 0);
    CHECK_EQ(value, row.opt_in * 1024, row.capability);
    CHECK_EQ(cuDeviceGetAttribute(&value, 8, 0), 0);
    CHECK_EQ(value, 48 * 1024);
  }
}

TEST("driver: errors have names and words") {
  const char* text = nullptr;
  CHECK_EQ(cuGetErrorName(700, &text), 0);
  CHECK_EQ(std::string(text), "CUDA_ERROR_ILLEGAL_ADDRESS");
  CHECK_EQ(cuGetErrorName(0, &text), 0);
  CHECK_EQ(std::string(text), "CUDA_SUCCESS");
  CHECK_EQ(cuGetErrorName(12345, &text), invalid_value);
  CHECK_EQ(text == nullptr, true);
  CHECK_EQ(words(600), "device not ready");  // no test fails with it
  // The words of a failure are its thread's own.
  enter();
  CHECK_EQ(cuMemFree_v2(4096), invalid_value);
  CHECK_EQ(says(invalid_value, "free of 0x1000, where no live allocation of this context begins"), true, words(invalid_value));
  std::string elsewhere;
  std::thread([&] { elsewhere = words(invalid_value); }).join();
  CHECK_EQ(elsewhere, "invalid argument");
}

TEST("driver: contexts are current by thread, and a stack of them") {
  enter();
  CUcontext primary = nullptr, made = nullptr, now = nullptr;
  CHECK_EQ(cuCtxGetCurrent(&primary), 0);
  int other = 0;
  std::thread([&] { other = cuCtxSynchronize(); }).join();
  CHECK_EQ(other, invalid_context);
  CHECK_EQ(cuCtxCreate_v4(&made, nullptr, 0, 0), 0);
  CHECK_EQ(cuCtxGetCurrent(&now), 0);
  CHECK_EQ(now == made, true);
  CUdeviceptr at = 0;
  CHECK_EQ(cuMemAlloc_v2(&at, 16), 0);
  CHECK_EQ(cuCtxPopCurrent_v2(&now), 0);
  CHECK_EQ(now == made, true);
  CHECK_EQ(cuMemFree_v2(at), invalid_value);  // the other context's
  CHECK_EQ(cuCtxPushCurrent_v2(made), 0);
  CHECK_EQ(cuCtxDestroy_v2(made), 0);
  CHECK_EQ(cuCtxGetCurrent(&now), 0);
  CHECK_EQ(now == primary, true);
  CHECK_EQ(cuCtxSetCurrent(made), invalid_handle);
  CHECK_EQ(says(invalid_handle, "was destroyed"), true);
  unsigned flags = 9;
  int active = 0;
  CHECK_EQ(cuDevicePrimaryCtxGetState(0, &flags, &active), 0);
  CHECK_EQ(active, 1);
}

TEST("driver: memory is counted, copied and set, and misuse is refused") {
  enter();
  size_t before = 0, after = 0, total = 0;
  CHECK_EQ(cuMemGetInfo_v2(&before, &total), 0);
  CUdeviceptr at = 0, base = 0;
  CHECK_EQ(cuMemAlloc_v2(&at, 1000), 0);
  CHECK_EQ(at % 256, uint64_t{0});
  CHECK_EQ(cuMemGetInfo_v2(&after, &total), 0);
  CHECK_EQ(before - after, size_t{1024});
  size_t bytes = 0;
  CHECK_EQ(cuMemGetAddressRange_v2(&base, &bytes, at + 500), 0);
  CHECK_EQ(base, at);
  CHECK_EQ(bytes, size_t{1000});

  CHECK_EQ(cuMemsetD32_v2(at, 0x01020304, 4), 0);
  CHECK_EQ(cuMemsetD16_v2(at + 2, 0xABCD, 1), 0);
  CHECK_EQ(cuMemsetD8_v2(at + 5, 0x77, 2), 0);
  uint32_t got[4] = {};
  CHECK_EQ(cuMemcpyDtoH_v2(got, at, 16), 0);
  CHECK_EQ(got[0], 0xABCD0304u);
  CHECK_EQ(got[1], 0x01777704u);
  CHECK_EQ(got[2], 0x01020304u);
  CHECK_EQ(cuMemcpyDtoD_v2(at + 100, at, 16), 0);
  CHECK_EQ(cuMemcpy(reinterpret_cast<CUdeviceptr>(got), at + 101, 3), 0);
  CHECK_EQ(got[0], 0xABABCD03u);

  CHECK_EQ(cuMemsetD32_v2(at + 2, 0, 1), invalid_value);
  CHECK_EQ(says(invalid_value, "unaligned address"), true);
  CHECK_EQ(cuMemcpyDtoH_v2(got, at + 990, 16), invalid_value);
  CHECK_EQ(says(invalid_value, "copy from the device of 16 bytes") &&
               says(invalid_value, "the last 6 bytes are past the end of the allocation of 1000 bytes"),
           true, words(invalid_value));
  CHECK_EQ(cuMemcpyHtoD_v2(at - 8, got, 8), invalid_value);
  CHECK_EQ(says(invalid_value, "8 bytes before the allocation of 1000 bytes"), true, words(invalid_value));
  CHECK_EQ(cuMemcpyHtoD_v2(0, got, 8), invalid_value);
  CHECK_EQ(says(invalid_value, "a null pointer"), true);
  CHECK_EQ(cuMemcpyHtoD_v2(at, reinterpret_cast<void*>(at), 8), invalid_value);
  CHECK_EQ(says(invalid_value, "is of the device"), true);
  CHECK_EQ(cuMemcpyDtoH_v2(nullptr, at, 8), invalid_value);
  CHECK_EQ(cuMemFree_v2(at + 4), invalid_value);
  CHECK_EQ(cuMemFree_v2(at), 0);
  CHECK_EQ(cuMemFree_v2(at), invalid_value);
  CHECK_EQ(cuMemFree_v2(0), 0);
  CHECK_EQ(cuMemcpyDtoH_v2(got, at, 8), invalid_value);
  CHECK_EQ(says(invalid_value, "use after free"), true, words(invalid_value));
  CHECK_EQ(cuMemAlloc_v2(&at, 0), invalid_value);
  CHECK_EQ(cuMemAlloc_v2(&at, size_t{5} << 30), out_of_memory);
  CHECK_EQ(says(out_of_memory, "5368709120 bytes asked for"), true, words(out_of_memory));
}

TEST("driver: an address is never given twice") {
  enter();
  CUdeviceptr first = 0, second = 0;
  CHECK_EQ(cuMemAlloc_v2(&first, 4096), 0);
  CHECK_EQ(cuMemFree_v2(first), 0);
  CHECK_EQ(cuMemAlloc_v2(&second, 4096), 0);
  CHECK_EQ(second > first, true);
  CHECK_EQ(cuMemFree_v2(second), 0);
}

TEST("driver: copies take along what nobody wrote") {
  enter();
  buffer from(16);
  const buffer to(16);
  const uint32_t value = 5;
  from.write(&value, 4, 4);
  CHECK_EQ(cuMemcpyDtoD_v2(to.address() + 1, from.address(), 12), 0);
  const std::string reads =
      kernel(".reg .b64 %rd1; .reg .b32 %r1; ld.param.u64 %rd1, [p]; ld.global.u8 %r1, [%rd1]; ret;", ".param .u64 p");
  CHECK_EQ(launch(reads, "k", 1, 1, to.address() + 5).code, 0);
  CHECK_EQ(launch(reads, "k", 1, 1, to.address() + 8).code, 0);
  const outcome unwritten = launch(reads, "k", 1, 1, to.address() + 4);
  CHECK(unwritten.says("nobody wrote"), unwritten);
}

TEST("driver: host memory and what pointers are") {
  enter();
  void* pinned = nullptr;
  CHECK_EQ(cuMemHostAlloc(&pinned, 100, 0), 0);
  const buffer device(64);
  unsigned type = 0;
  CHECK_EQ(cuPointerGetAttribute(&type, 2, device.address() + 10), 0);
  CHECK_EQ(type, 2u);
  CHECK_EQ(cuPointerGetAttribute(&type, 2, reinterpret_cast<CUdeviceptr>(pinned) + 99), 0);
  CHECK_EQ(type, 1u);
  CUdeviceptr base = 0;
  CHECK_EQ(cuPointerGetAttribute(&base, 11, device.address() + 10), 0);
  CHECK_EQ(base, device.address());
  CHECK_EQ(cuPointerGetAttribute(&base, 3, reinterpret_cast<CUdeviceptr>(pinned)), not_supported);
  CHECK_EQ(cuPointerGetAttribute(&type, 2, 64), invalid_value);
  CHECK_EQ(cuMemFreeHost(pinned), 0);
  CHECK_EQ(cuMemFreeHost(pinned), invalid_value);
  int here[4];
  CHECK_EQ(cuMemHostRegister_v2(here, sizeof here, 0), 0);
  CHECK_EQ(cuMemHostUnregister(here), 0);
  CHECK_EQ(cuMemHostUnregister(here), invalid_value);
}

TEST("driver: streams and events are used rightly or refused") {
  enter();
  CUstream stream = nullptr;
  CUevent first = nullptr, second = nullptr, timeless = nullptr;
  CHECK_EQ(cuStreamCreate(&stream, 1), 0);
  CHECK_EQ(cuEventCreate(&first, 0), 0);
  CHECK_EQ(cuEventCreate(&second, 0), 0);
  CHECK_EQ(cuEventCreate(&timeless, 2), 0);
  float ms = -1;
  CHECK_EQ(cuEventElapsedTime(&ms, first, second), invalid_handle);
  CHECK_EQ(says(invalid_handle, "never recorded"), true);
  CHECK_EQ(cuEventRecord(first, stream), 0);
  CHECK_EQ(cuEventRecord(second, nullptr), 0);
  CHECK_EQ(cuEventRecord(timeless, stream), 0);
  CHECK_EQ(cuEventElapsedTime_v2(&ms, first, second), 0);
  CHECK_EQ(ms >= 0, true);
  CHECK_EQ(cuEventElapsedTime(&ms, first, timeless), invalid_handle);
  CHECK_EQ(cuStreamWaitEvent(stream, first, 0), 0);
  CHECK_EQ(cuEventQuery(first), 0);
  CHECK_EQ(cuStreamQuery(stream), 0);
  int called = 0;
  CHECK_EQ(cuLaunchHostFunc(
               stream, [](void* p) { ++*static_cast<int*>(p); }, &called),
           0);
  CHECK_EQ(called, 1);
  CHECK_EQ(cuEventRecord(reinterpret_cast<CUevent>(stream), stream), invalid_handle);
  CHECK_EQ(says(invalid_handle, "is no event"), true);
  CHECK_EQ(cuStreamDestroy_v2(stream), 0);
  CHECK_EQ(cuStreamDestroy_v2(stream), invalid_handle);
  CHECK_EQ(says(invalid_handle, "the stream") && says(invalid_handle, "was destroyed"), true);
  CHECK_EQ(cuEventRecord(first, stream), invalid_handle);
  CHECK_EQ(cuStreamDestroy_v2(nullptr), invalid_handle);
  CHECK_EQ(cuEventDestroy_v2(first), 0);
  CHECK_EQ(cuEventSynchronize(first), invalid_handle);
  CHECK_EQ(cuEventDestroy_v2(second), 0);
  CHECK_EQ(cuEventDestroy_v2(timeless), 0);
  CHECK_EQ(cuStreamCreate(&stream, 77), invalid_value);
}

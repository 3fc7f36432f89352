// A program that knows nothing but NVIDIA's own cuda.h: its types, constants and structures fit this machine's.
#ifdef PTXVM_CUDA_HEADERS
#include <cuda.h>

#include <string>
#include <vector>

#include "harness.h"

namespace {

// Scales an array by a constant variable.
const char* const program = R"(
.version 9.0
.target sm_80
.address_size 64
.global .f32 factor = 0f40000000;
.visible .entry scale(.param .u64 .ptr .global data, .param .u32 count) {
  .reg .b64 %rd<3>; .reg .b32 %r<5>; .reg .f32 %f<3>; .reg .pred %p;
  mov.u32 %r1, %ctaid.x; mov.u32 %r2, %ntid.x; mov.u32 %r3, %tid.x; mad.lo.s32 %r1, %r1, %r2, %r3;
  ld.param.u32 %r4, [count]; setp.ge.u32 %p, %r1, %r4; @%p ret;
  ld.param.u64 %rd1, [data]; mul.wide.u32 %rd2, %r1, 4; add.s64 %rd1, %rd1, %rd2;
  ld.global.f32 %f1, [%rd1]; ld.global.f32 %f2, [factor]; mul.f32 %f1, %f1, %f2; st.global.f32 [%rd1], %f1;
  ret;
})";

}  // namespace

TEST("drop-in: a program written against cuda.h runs as it is") {
  CUdevice device = 0;
  CUcontext context = nullptr;
  CHECK_EQ(cuInit(0), CUDA_SUCCESS);
  CHECK_EQ(cuDeviceGet(&device, 0), CUDA_SUCCESS);
  int value = 0;
  CHECK_EQ(cuDeviceGetAttribute(&value, CU_DEVICE_ATTRIBUTE_WARP_SIZE, device), CUDA_SUCCESS);
  CHECK_EQ(value, 32);
  CHECK_EQ(cuDeviceGetAttribute(&value, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, device), CUDA_SUCCESS);
  CHECK_EQ(value, 166912);
  CHECK_EQ(cuDeviceGetAttribute(&value, CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, device), CUDA_SUCCESS);
  CHECK_EQ(value, 2048);
  CHECK_EQ(cuDeviceGetAttribute(&value, CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING, device), CUDA_SUCCESS);
  CHECK_EQ(value, 1);
  CHECK_EQ(cuCtxCreate(&context, nullptr, 0, device), CUDA_SUCCESS);

  char log[256] = "";
  CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void* values[] = {log, reinterpret_cast<void*>(sizeof log)};
  CUmodule module = nullptr;
  CHECK_EQ(cuModuleLoadDataEx(&module, program, 2, options, values), CUDA_SUCCESS, log);
  CUfunction scale = nullptr;
  CHECK_EQ(cuModuleGetFunction(&scale, module, "scale"), CUDA_SUCCESS);
  CHECK_EQ(cuFuncSetAttribute(scale, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 100 << 10), CUDA_SUCCESS);

  std::vector<float> x = {1, 2, 3, 4, 5};
  CUdeviceptr data = 0, factor = 0;
  size_t bytes = 0;
  CHECK_EQ(cuMemAlloc(&data, x.size() * 4), CUDA_SUCCESS);
  CHECK_EQ(cuMemcpyHtoD(data, x.data(), x.size() * 4), CUDA_SUCCESS);
  CHECK_EQ(cuModuleGetGlobal(&factor, &bytes, module, "factor"), CUDA_SUCCESS);
  const float three = 3;
  CHECK_EQ(cuMemcpyHtoD(factor, &three, bytes), CUDA_SUCCESS);

  CUstream stream = nullptr;
  CUevent before = nullptr, after = nullptr;
  CHECK_EQ(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), CUDA_SUCCESS);
  CHECK_EQ(cuEventCreate(&before, CU_EVENT_DEFAULT), CUDA_SUCCESS);
  CHECK_EQ(cuEventCreate(&after, CU_EVENT_DEFAULT), CUDA_SUCCESS);
  CHECK_EQ(cuEventRecord(before, stream), CUDA_SUCCESS);
  unsigned count = 5;
  void* arguments[] = {&data, &count};
  CUlaunchAttribute attribute = {};
  attribute.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
  attribute.value.clusterDim.x = attribute.value.clusterDim.y = attribute.value.clusterDim.z = 1;
  CUlaunchConfig config = {};
  config.gridDimX = 2, config.gridDimY = config.gridDimZ = 1;
  config.blockDimX = 4, config.blockDimY = config.blockDimZ = 1;
  config.sharedMemBytes = 64 << 10;
  config.hStream = stream;
  config.attrs = &attribute;
  config.numAttrs = 1;
  CHECK_EQ(cuLaunchKernelEx(&config, scale, arguments, nullptr), CUDA_SUCCESS);
  struct {
    CUdeviceptr data;
    unsigned count;
  } packed = {data, 5};
  size_t size = sizeof packed;
  void* extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &packed, CU_LAUNCH_PARAM_BUFFER_SIZE, &size, CU_LAUNCH_PARAM_END};
  CHECK_EQ(cuLaunchKernel(scale, 1, 1, 1, 2, 1, 1, 0, stream, nullptr, extra), CUDA_SUCCESS);
  CHECK_EQ(cuEventRecord(after, stream), CUDA_SUCCESS);
  float ms = -1;
  CHECK_EQ(cuEventElapsedTime(&ms, before, after), CUDA_SUCCESS);
  CHECK(ms >= 0, ms);
  CHECK_EQ(cuMemcpyDtoHAsync(x.data(), data, x.size() * 4, stream), CUDA_SUCCESS);
  CHECK_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
  CHECK((x == std::vector<float>{9, 18, 9, 12, 15}), x[0], " ", x[1], " ", x[2], " ", x[3], " ", x[4]);

  CUmemorytype type = CU_MEMORYTYPE_HOST;
  CHECK_EQ(cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, data), CUDA_SUCCESS);
  CHECK_EQ(type, CU_MEMORYTYPE_DEVICE);
  void* function = nullptr;
  CUdriverProcAddressQueryResult found = CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
  CHECK_EQ(cuGetProcAddress("cuMemFree", &function, CUDA_VERSION, CU_GET_PROC_ADDRESS_DEFAULT, &found), CUDA_SUCCESS);
  CHECK_EQ(found, CU_GET_PROC_ADDRESS_SUCCESS);
  CHECK_EQ(reinterpret_cast<CUresult (*)(CUdeviceptr)>(function)(data), CUDA_SUCCESS);
  CHECK_EQ(cuCtxDestroy(context), CUDA_SUCCESS);
}
#endif

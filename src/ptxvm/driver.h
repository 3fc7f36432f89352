// The driver API of this machine: the calls of libcuda that it has, under their own names. One list declares them, and
// cuGetProcAddress looks them up in the same list.
#pragma once
#include <cstddef>
#include <cstdint>

using CUresult = int;
using CUdevice = int;
using CUdeviceptr = uint64_t;
using CUcontext = struct ptxvm_context*;
using CUmodule = struct ptxvm_module*;
using CUfunction = struct ptxvm_function*;
using CUstream = struct ptxvm_stream*;
using CUevent = struct ptxvm_event*;

struct CUuuid {
  char bytes[16];
};

struct CUlaunchAttribute {
  int id;
  char pad[4];
  union {
    char bytes[64];
    int cooperative;
    uint32_t cluster[3];
  } value;
};

struct CUlaunchConfig {
  unsigned gridDimX, gridDimY, gridDimZ, blockDimX, blockDimY, blockDimZ, sharedMemBytes;
  CUstream hStream;
  CUlaunchAttribute* attrs;
  unsigned numAttrs;
};

struct CUctxCreateParams;
using CUhostFn = void (*)(void*);

// What a launch takes as `extra` instead of an array of parameters.
constexpr uintptr_t launch_param_end = 0, launch_param_buffer_pointer = 1, launch_param_buffer_size = 2;

// name, arguments
#define PTXVM_CALLS(CALL) \
  CALL(cuInit, (unsigned flags)) \
  CALL(cuDriverGetVersion, (int* version)) \
  CALL(cuGetErrorName, (CUresult error, const char** name)) \
  CALL(cuGetErrorString, (CUresult error, const char** words)) \
  CALL(cuGetProcAddress, (const char* symbol, void** function, int version, uint64_t flags)) \
  CALL(cuGetProcAddress_v2, (const char* symbol, void** function, int version, uint64_t flags, int* found)) \
  CALL(cuDeviceGetCount, (int* count)) \
  CALL(cuDeviceGet, (CUdevice * device, int ordinal)) \
  CALL(cuDeviceGetName, (char* name, int length, CUdevice device)) \
  CALL(cuDeviceGetUuid, (CUuuid * uuid, CUdevice device)) \
  CALL(cuDeviceGetUuid_v2, (CUuuid * uuid, CUdevice device)) \
  CALL(cuDeviceTotalMem_v2, (size_t * bytes, CUdevice device)) \
  CALL(cuDeviceGetAttribute, (int* value, int attribute, CUdevice device)) \
  CALL(cuDeviceComputeCapability, (int* major, int* minor, CUdevice device)) \
  CALL(cuDeviceGetPCIBusId, (char* id, int length, CUdevice device)) \
  CALL(cuDevicePrimaryCtxRetain, (CUcontext * context, CUdevice device)) \
  CALL(cuDevicePrimaryCtxRelease, (CUdevice device)) \
  CALL(cuDevicePrimaryCtxRelease_v2, (CUdevice device)) \
  CALL(cuDevicePrimaryCtxReset, (CUdevice device)) \
  CALL(cuDevicePrimaryCtxReset_v2, (CUdevice device)) \
  CALL(cuDevicePrimaryCtxSetFlags, (CUdevice device, unsigned flags)) \
  CALL(cuDevicePrimaryCtxSetFlags_v2, (CUdevice device, unsigned flags)) \
  CALL(cuDevicePrimaryCtxGetState, (CUdevice device, unsigned* flags, int* active)) \
  CALL(cuCtxCreate_v2, (CUcontext * context, unsigned flags, CUdevice device)) \
  CALL(cuCtxCreate_v4, (CUcontext * context, CUctxCreateParams * params, unsigned flags, CUdevice device)) \
  CALL(cuCtxDestroy, (CUcontext context)) \
  CALL(cuCtxDestroy_v2, (CUcontext context)) \
  CALL(cuCtxPushCurrent, (CUcontext context)) \
  CALL(cuCtxPushCurrent_v2, (CUcontext context)) \
  CALL(cuCtxPopCurrent, (CUcontext * context)) \
  CALL(cuCtxPopCurrent_v2, (CUcontext * context)) \
  CALL(cuCtxSetCurrent, (CUcontext context)) \
  CALL(cuCtxGetCurrent, (CUcontext * context)) \
  CALL(cuCtxGetDevice, (CUdevice * device)) \
  CALL(cuCtxGetApiVersion, (CUcontext context, unsigned* version)) \
  CALL(cuCtxGetStreamPriorityRange, (int* least, int* greatest)) \
  CALL(cuCtxSynchronize, ()) \
  CALL(cuModuleLoad, (CUmodule * module, const char* path)) \
  CALL(cuModuleLoadData, (CUmodule * module, const void* image)) \
  CALL(cuModuleLoadDataEx, (CUmodule * module, const void* image, unsigned count, int* options, void** values)) \
  CALL(cuModuleLoadFatBinary, (CUmodule * module, const void* image)) \
  CALL(cuModuleUnload, (CUmodule module)) \
  CALL(cuModuleGetLoadingMode, (int* mode)) \
  CALL(cuModuleGetFunction, (CUfunction * function, CUmodule module, const char* name)) \
  CALL(cuModuleGetGlobal_v2, (CUdeviceptr * address, size_t * bytes, CUmodule module, const char* name)) \
  CALL(cuFuncGetAttribute, (int* value, int attribute, CUfunction function)) \
  CALL(cuFuncSetAttribute, (CUfunction function, int attribute, int value)) \
  CALL(cuFuncSetCacheConfig, (CUfunction function, int config)) \
  CALL(cuFuncGetName, (const char** name, CUfunction function)) \
  CALL(cuFuncGetModule, (CUmodule * module, CUfunction function)) \
  CALL(cuFuncGetParamInfo, (CUfunction function, size_t index, size_t * offset, size_t * bytes)) \
  CALL(cuOccupancyMaxActiveBlocksPerMultiprocessor, (int* blocks, CUfunction function, int threads, size_t shared)) \
  CALL(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags, \
       (int* blocks, CUfunction function, int threads, size_t shared, unsigned flags)) \
  CALL(cuMemGetInfo_v2, (size_t * available, size_t * total)) \
  CALL(cuMemAlloc_v2, (CUdeviceptr * address, size_t bytes)) \
  CALL(cuMemFree_v2, (CUdeviceptr address)) \
  CALL(cuMemAllocAsync, (CUdeviceptr * address, size_t bytes, CUstream stream)) \
  CALL(cuMemFreeAsync, (CUdeviceptr address, CUstream stream)) \
  CALL(cuMemGetAddressRange_v2, (CUdeviceptr * base, size_t * bytes, CUdeviceptr address)) \
  CALL(cuMemAllocHost_v2, (void** memory, size_t bytes)) \
  CALL(cuMemHostAlloc, (void** memory, size_t bytes, unsigned flags)) \
  CALL(cuMemFreeHost, (void* memory)) \
  CALL(cuMemHostRegister_v2, (void* memory, size_t bytes, unsigned flags)) \
  CALL(cuMemHostUnregister, (void* memory)) \
  CALL(cuPointerGetAttribute, (void* value, int attribute, CUdeviceptr address)) \
  CALL(cuMemcpy, (CUdeviceptr to, CUdeviceptr from, size_t bytes)) \
  CALL(cuMemcpyAsync, (CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream)) \
  CALL(cuMemcpyHtoD_v2, (CUdeviceptr to, const void* from, size_t bytes)) \
  CALL(cuMemcpyDtoH_v2, (void* to, CUdeviceptr from, size_t bytes)) \
  CALL(cuMemcpyDtoD_v2, (CUdeviceptr to, CUdeviceptr from, size_t bytes)) \
  CALL(cuMemcpyHtoDAsync_v2, (CUdeviceptr to, const void* from, size_t bytes, CUstream stream)) \
  CALL(cuMemcpyDtoHAsync_v2, (void* to, CUdeviceptr from, size_t bytes, CUstream stream)) \
  CALL(cuMemcpyDtoDAsync_v2, (CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream)) \
  CALL(cuMemsetD8_v2, (CUdeviceptr to, unsigned char value, size_t count)) \
  CALL(cuMemsetD16_v2, (CUdeviceptr to, unsigned short value, size_t count)) \
  CALL(cuMemsetD32_v2, (CUdeviceptr to, unsigned value, size_t count)) \
  CALL(cuMemsetD8Async, (CUdeviceptr to, unsigned char value, size_t count, CUstream stream)) \
  CALL(cuMemsetD16Async, (CUdeviceptr to, unsigned short value, size_t count, CUstream stream)) \
  CALL(cuMemsetD32Async, (CUdeviceptr to, unsigned value, size_t count, CUstream stream)) \
  CALL(cuStreamCreate, (CUstream * stream, unsigned flags)) \
  CALL(cuStreamCreateWithPriority, (CUstream * stream, unsigned flags, int priority)) \
  CALL(cuStreamDestroy, (CUstream stream)) \
  CALL(cuStreamDestroy_v2, (CUstream stream)) \
  CALL(cuStreamSynchronize, (CUstream stream)) \
  CALL(cuStreamQuery, (CUstream stream)) \
  CALL(cuStreamWaitEvent, (CUstream stream, CUevent event, unsigned flags)) \
  CALL(cuStreamGetCtx, (CUstream stream, CUcontext * context)) \
  CALL(cuStreamGetFlags, (CUstream stream, unsigned* flags)) \
  CALL(cuStreamGetPriority, (CUstream stream, int* priority)) \
  CALL(cuLaunchHostFunc, (CUstream stream, CUhostFn function, void* data)) \
  CALL(cuEventCreate, (CUevent * event, unsigned flags)) \
  CALL(cuEventRecord, (CUevent event, CUstream stream)) \
  CALL(cuEventQuery, (CUevent event)) \
  CALL(cuEventSynchronize, (CUevent event)) \
  CALL(cuEventDestroy, (CUevent event)) \
  CALL(cuEventDestroy_v2, (CUevent event)) \
  CALL(cuEventElapsedTime, (float* milliseconds, CUevent from, CUevent to)) \
  CALL(cuEventElapsedTime_v2, (float* milliseconds, CUevent from, CUevent to)) \
  CALL(cuLaunchKernel, (CUfunction function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, \
                        unsigned shared, CUstream stream, void** params, void** extra)) \
  CALL(cuLaunchCooperativeKernel, (CUfunction function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, \
                                   unsigned shared, CUstream stream, void** params)) \
  CALL(cuLaunchKernelEx, (const CUlaunchConfig* config, CUfunction function, void** params, void** extra))

extern "C" {
#define PTXVM_DECLARE(name, arguments) __attribute__((visibility("default"))) CUresult name arguments;
PTXVM_CALLS(PTXVM_DECLARE)
#undef PTXVM_DECLARE
}

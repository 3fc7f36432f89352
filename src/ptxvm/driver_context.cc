// Contexts: the primary one of each device, others, and a stack of current ones per thread.
#include "ptxvm/driver_state.h"

namespace ptxvm {
namespace {

thread_local std::vector<CUcontext> current;

CUcontext made(CUdevice device, unsigned flags, bool primary) {
  device_state& d = device_of(device);
  if (!d.memory) d.memory = std::make_unique<device_memory>(settings().memory);
  const CUcontext context = driver().contexts.make();
  context->device = device;
  context->flags = flags;
  context->primary = primary;
  return context;
}

// Everything the context owns.
void clear(ptxvm_context& context) {
  unload_all(context);
  for (const uint64_t address : context.allocations) memory_of(context).release(address);
  context.allocations.clear();
  context.poison = status::success;
  context.poison_words.clear();
}

ptxvm_context& primary_of(CUdevice device) {
  device_state& d = device_of(device);
  if (!d.primary) d.primary = made(device, 0, true);
  return *d.primary;
}

}  // namespace

ptxvm_context& usable(CUcontext handle) {
  ptxvm_context& context = driver().contexts.get(handle);
  if (context.primary && context.retained == 0) fail(status::invalid_context, -1, "the primary context is not retained");
  if (context.poison != status::success) throw fault{context.poison, context.poison_words, -1};
  return context;
}

ptxvm_context& entered() {
  if (!driver().initialised) fail(status::not_initialized, -1, "cuInit was not called");
  if (current.empty() || !current.back()) fail(status::invalid_context, -1, "no context is current on this thread");
  if (!current.back()->live) fail(status::invalid_context, -1, "the current context was destroyed");
  return usable(current.back());
}

device_memory& memory_of(const ptxvm_context& context) { return *device_of(context.device).memory; }

}  // namespace ptxvm

using namespace ptxvm;

CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  return call([&] {
    require(context, "the context");
    ptxvm_context& primary = primary_of(device);
    ++primary.retained;
    *context = &primary;
  });
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  return call([&] {
    ptxvm_context& primary = primary_of(device);
    if (primary.retained == 0) fail(status::invalid_context, -1, "the primary context is not retained");
    if (--primary.retained == 0) clear(primary);
  });
}

CUresult cuDevicePrimaryCtxRelease(CUdevice device) { return cuDevicePrimaryCtxRelease_v2(device); }

CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
  return call([&] { clear(primary_of(device)); });
}

CUresult cuDevicePrimaryCtxReset(CUdevice device) { return cuDevicePrimaryCtxReset_v2(device); }

CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned flags) {
  return call([&] { primary_of(device).flags = flags; });
}

CUresult cuDevicePrimaryCtxSetFlags(CUdevice device, unsigned flags) { return cuDevicePrimaryCtxSetFlags_v2(device, flags); }

CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active) {
  return call([&] {
    require(flags, "the flags");
    require(active, "the state");
    const ptxvm_context& primary = primary_of(device);
    *flags = primary.flags;
    *active = primary.retained > 0;
  });
}

CUresult cuCtxCreate_v2(CUcontext* context, unsigned flags, CUdevice device) {
  return call([&] {
    require(context, "the context");
    *context = made(device, flags, false);
    current.push_back(*context);
  });
}

CUresult cuCtxCreate_v4(CUcontext* context, CUctxCreateParams* params, unsigned flags, CUdevice device) {
  if (params) return call([] { fail(status::not_supported, -1, "contexts with parameters are not supported"); });
  return cuCtxCreate_v2(context, flags, device);
}

CUresult cuCtxDestroy_v2(CUcontext handle) {
  return call([&] {
    ptxvm_context& context = driver().contexts.get(handle);
    if (context.primary) fail(status::invalid_context, -1, "the primary context is released, not destroyed");
    clear(context);
    context.live = false;
    if (!current.empty() && current.back() == handle) current.pop_back();
  });
}

CUresult cuCtxDestroy(CUcontext context) { return cuCtxDestroy_v2(context); }

CUresult cuCtxPushCurrent_v2(CUcontext context) {
  return call([&] {
    driver().contexts.get(context);
    current.push_back(context);
  });
}

CUresult cuCtxPushCurrent(CUcontext context) { return cuCtxPushCurrent_v2(context); }

CUresult cuCtxPopCurrent_v2(CUcontext* context) {
  return call([&] {
    if (current.empty()) fail(status::invalid_context, -1, "no context is current on this thread");
    if (context) *context = current.back();
    current.pop_back();
  });
}

CUresult cuCtxPopCurrent(CUcontext* context) { return cuCtxPopCurrent_v2(context); }

CUresult cuCtxSetCurrent(CUcontext context) {
  return call([&] {
    if (context) driver().contexts.get(context);
    if (!current.empty()) current.pop_back();
    if (context) current.push_back(context);
  });
}

CUresult cuCtxGetCurrent(CUcontext* context) {
  return call([&] {
    require(context, "the context");
    if (!driver().initialised) fail(status::not_initialized, -1, "cuInit was not called");
    *context = current.empty() ? nullptr : current.back();
  });
}

CUresult cuCtxGetDevice(CUdevice* device) {
  return call([&] {
    require(device, "the device");
    *device = entered().device;
  });
}

CUresult cuCtxGetApiVersion(CUcontext context, unsigned* version) {
  return call([&] {
    require(version, "the version");
    if (context) usable(context);
    *version = 3020;
  });
}

CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  return call([&] {
    entered();
    if (least) *least = 0;
    if (greatest) *greatest = 0;
  });
}

// Launches have run when they return, so there is nothing to wait for but an error that stays.
CUresult cuCtxSynchronize() {
  return call([] { entered(); });
}

// Streams and events. Everything has happened when its call returns, so they only have to be used rightly.
#include "ptxvm/driver_state.h"

namespace ptxvm {
namespace {

constexpr uintptr_t legacy_stream = 1, thread_stream = 2;  // CU_STREAM_LEGACY, CU_STREAM_PER_THREAD
constexpr unsigned without_timing = 2;                     // CU_EVENT_DISABLE_TIMING

bool is_default(CUstream stream) { return reinterpret_cast<uintptr_t>(stream) <= thread_stream; }

ptxvm_event& event_of(CUevent handle) {
  const ptxvm_context& context = entered();
  ptxvm_event& event = driver().events.get(handle);
  if (event.context != &context) fail(status::invalid_handle, -1, "the event is of another context");
  return event;
}

}  // namespace

void demand_stream(CUstream stream, const ptxvm_context& context) {
  static_assert(legacy_stream < thread_stream);
  if (is_default(stream)) return;
  if (driver().streams.get(stream).context != &context) fail(status::invalid_handle, -1, "the stream is of another context");
}

}  // namespace ptxvm

using namespace ptxvm;

CUresult cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int priority) {
  return call([&] {
    require(stream, "the stream");
    ptxvm_context& context = entered();
    if (flags > 1) fail(status::invalid_value, -1, "unknown flags of a stream");
    *stream = driver().streams.make();
    (*stream)->context = &context;
    (*stream)->flags = flags;
    (*stream)->priority = priority > 0 ? 0 : priority;
  });
}

CUresult cuStreamCreate(CUstream* stream, unsigned flags) { return cuStreamCreateWithPriority(stream, flags, 0); }

CUresult cuStreamDestroy_v2(CUstream stream) {
  return call([&] {
    const ptxvm_context& context = entered();
    if (is_default(stream)) fail(status::invalid_handle, -1, "a default stream cannot be destroyed");
    demand_stream(stream, context);
    driver().streams.get(stream).live = false;
  });
}

CUresult cuStreamDestroy(CUstream stream) { return cuStreamDestroy_v2(stream); }

CUresult cuStreamSynchronize(CUstream stream) {
  return call([&] { demand_stream(stream, entered()); });
}

CUresult cuStreamQuery(CUstream stream) { return cuStreamSynchronize(stream); }

CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned flags) {
  return call([&] {
    demand_stream(stream, entered());
    if (flags > 1) fail(status::invalid_value, -1, "unknown flags of a wait");
    driver().events.get(event);
  });
}

CUresult cuStreamGetCtx(CUstream stream, CUcontext* context) {
  return call([&] {
    require(context, "the context");
    ptxvm_context& present = entered();
    *context = is_default(stream) ? &present : driver().streams.get(stream).context;
  });
}

CUresult cuStreamGetFlags(CUstream stream, unsigned* flags) {
  return call([&] {
    require(flags, "the flags");
    entered();
    *flags = is_default(stream) ? 0 : driver().streams.get(stream).flags;
  });
}

CUresult cuStreamGetPriority(CUstream stream, int* priority) {
  return call([&] {
    require(priority, "the priority");
    entered();
    *priority = is_default(stream) ? 0 : driver().streams.get(stream).priority;
  });
}

CUresult cuLaunchHostFunc(CUstream stream, CUhostFn function, void* data) {
  const CUresult good = call([&] {
    demand_stream(stream, entered());
    if (!function) fail(status::invalid_value, -1, "a null pointer for the function");
  });
  if (good == 0) function(data);
  return good;
}

CUresult cuEventCreate(CUevent* event, unsigned flags) {
  return call([&] {
    require(event, "the event");
    ptxvm_context& context = entered();
    if (flags > 7) fail(status::invalid_value, -1, "unknown flags of an event");
    *event = driver().events.make();
    (*event)->context = &context;
    (*event)->flags = flags;
  });
}

CUresult cuEventRecord(CUevent handle, CUstream stream) {
  return call([&] {
    ptxvm_event& event = event_of(handle);
    demand_stream(stream, entered());
    event.recorded = true;
    event.when = std::chrono::steady_clock::now();
  });
}

CUresult cuEventQuery(CUevent event) {
  return call([&] { event_of(event); });
}

CUresult cuEventSynchronize(CUevent event) { return cuEventQuery(event); }

CUresult cuEventDestroy_v2(CUevent event) {
  return call([&] { event_of(event).live = false; });
}

CUresult cuEventDestroy(CUevent event) { return cuEventDestroy_v2(event); }

CUresult cuEventElapsedTime_v2(float* milliseconds, CUevent from, CUevent to) {
  return call([&] {
    require(milliseconds, "the time");
    const ptxvm_event &first = event_of(from), &second = event_of(to);
    for (const ptxvm_event* e : {&first, &second}) {
      if (!e->recorded) fail(status::invalid_handle, -1, "the event was never recorded");
      if (e->flags & without_timing) fail(status::invalid_handle, -1, "the event was created without timing");
    }
    *milliseconds = std::chrono::duration<float, std::milli>(second.when - first.when).count();
  });
}

CUresult cuEventElapsedTime(float* milliseconds, CUevent from, CUevent to) { return cuEventElapsedTime_v2(milliseconds, from, to); }

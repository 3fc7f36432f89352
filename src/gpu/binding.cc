#include "gpu/binding.h"

#include <algorithm>

#include "base/job.h"
#include "gpu/launch.h"
#include "napi/device_memory.h"
#include "napi/error.h"

namespace warpweft::gpu {
namespace {

using napi::device_array;
using napi::device_memory;
using napi::guarded;

[[noreturn]] void refuse(const std::string& words) { throw coded_error("ERR_ARGUMENT", words); }

int64_t integer(const Napi::CallbackInfo& info, size_t at) {
  const double value = info[at].IsNumber() ? info[at].As<Napi::Number>().DoubleValue() : -1;
  if (!(value >= 0 && value < 0x1p53) || value != static_cast<double>(static_cast<int64_t>(value)))
    refuse("argument " + std::to_string(at + 1) + " must be an integer from 0");
  return static_cast<int64_t>(value);
}

device& opened(const Napi::CallbackInfo& info) { return open(static_cast<int>(std::min<int64_t>(integer(info, 0), 1 << 20))); }

device_array array(const Napi::CallbackInfo& info, size_t at) {
  device_array found;
  if (!napi::open_device_array(info[at], found)) refuse("argument " + std::to_string(at + 1) + " must be an array on a device");
  return found;
}

Napi::Object described(Napi::Env env, const absence& why) {
  Napi::Object entry = Napi::Object::New(env);
  if (!why) return entry;
  entry.Set("code", Napi::String::New(env, why.code));
  entry.Set("reason", Napi::String::New(env, why.words));
  return entry;
}

// One entry per device; or one without a name that says why there is none.
Napi::Value devices(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Napi::Env env = info.Env();
    Napi::Array found = Napi::Array::New(env);
    if (const absence& why = driver_absence()) {
      found.Set(0u, described(env, why));
      return found;
    }
    for (const device_info& one : list()) {
      Napi::Object entry = described(env, one.why_not);
      entry.Set("name", Napi::String::New(env, one.name));
      entry.Set("memory", Napi::Number::New(env, static_cast<double>(one.memory)));
      entry.Set("computeCapability", Napi::String::New(env, std::to_string(one.major) + "." + std::to_string(one.minor)));
      found.Set(found.Length(), entry);
    }
    return found;
  });
}

// The garbage collector is told the size: collecting the little object that JavaScript sees frees all of it.
void release_block(Napi::Env env, device_memory& memory) {
  if (!memory.block) return;
  memory.block.reset();
  Napi::MemoryManagement::AdjustExternalMemory(env, -memory.bytes);
}

Napi::Value allocate(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    auto made = std::make_unique<device_memory>();
    made->on = &opened(info);
    made->bytes = integer(info, 1);
    made->block = std::make_shared<buffer>(made->on->allocate(static_cast<size_t>(made->bytes)));
    Napi::MemoryManagement::AdjustExternalMemory(info.Env(), made->bytes);
    return Napi::External<device_memory>::New(info.Env(), made.release(), [](Napi::Env env, device_memory* memory) {
      release_block(env, *memory);
      delete memory;
    });
  });
}

// At once, whoever still holds the handle; a second time does nothing.
void release(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] {
    device_memory* memory = napi::device_memory_of(info[0]);
    if (!memory) refuse("argument 1 must be a handle of device memory");
    release_block(info.Env(), *memory);
  });
}

struct host_view {
  void* data = nullptr;
  size_t bytes = 0;
};

host_view host(const Napi::CallbackInfo& info, size_t at) {
  if (!info[at].IsTypedArray()) refuse("argument " + std::to_string(at + 1) + " must be a typed array");
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(info.Env(), info[at], &type, &length, &data, nullptr, nullptr) != napi_ok)
    refuse("argument " + std::to_string(at + 1) + " cannot be read");
  return {data, length * static_cast<size_t>(napi::element_size(type))};
}

size_t bytes_of(const device_array& a) { return a.length * static_cast<size_t>(napi::element_size(a.type)); }

void same(size_t to, size_t from) {
  if (to != from) refuse("both must have as many bytes, got " + std::to_string(to) + " and " + std::to_string(from));
}

// (to on a device, from)
void bind_copy_in(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] {
    const device_array to = array(info, 0);
    const host_view from = host(info, 1);
    same(bytes_of(to), from.bytes);
    copy_in(*to.in->on, to.data, from.data, from.bytes);
  });
}

// (to, from on a device); waits for all that was enqueued before.
void bind_copy_out(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] {
    const host_view to = host(info, 0);
    const device_array from = array(info, 1);
    same(to.bytes, bytes_of(from));
    copy_out(*from.in->on, to.data, from.data, to.bytes);
  });
}

// (to, from), both on one device
void bind_copy(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] {
    const device_array to = array(info, 0), from = array(info, 1);
    same(bytes_of(to), bytes_of(from));
    if (to.in->on != from.in->on) refuse("both must lie on one device");
    copy(*to.in->on, to.data, from.data, bytes_of(to));
  });
}

void bind_zero(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] {
    const device_array at = array(info, 0);
    fill_zero(*at.in->on, at.data, bytes_of(at));
  });
}

void synchronize(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] { opened(info).synchronize(); });
}

void trim(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] { opened(info).memory().trim(); });
}

Napi::Value memory(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const memory_use used = opened(info).memory().used();
    Napi::Object out = Napi::Object::New(info.Env());
    const auto set = [&](const char* name, size_t bytes) { out.Set(name, Napi::Number::New(info.Env(), static_cast<double>(bytes))); };
    set("free", used.free);
    set("total", used.total);
    set("pooled", used.pooled);
    set("inUse", used.in_use);
    return out;
  });
}

}  // namespace

Napi::Object bind(Napi::Env env) {
  Napi::Object all = Napi::Object::New(env);
  all.Set("devices", Napi::Function::New(env, devices));
  all.Set("allocate", Napi::Function::New(env, allocate));
  all.Set("release", Napi::Function::New(env, release));
  all.Set("copyIn", Napi::Function::New(env, bind_copy_in));
  all.Set("copyOut", Napi::Function::New(env, bind_copy_out));
  all.Set("copy", Napi::Function::New(env, bind_copy));
  all.Set("zero", Napi::Function::New(env, bind_zero));
  all.Set("synchronize", Napi::Function::New(env, synchronize));
  all.Set("trim", Napi::Function::New(env, trim));
  all.Set("memory", Napi::Function::New(env, memory));
  return all;
}

}  // namespace warpweft::gpu

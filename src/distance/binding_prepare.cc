// A prepared base as JavaScript holds it.
#include "distance/binding_prepare.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "distance/gpu_prepared.h"
#include "distance/prepared.h"
#include "napi/run.h"

namespace warpweft::distance {
namespace {

using napi::arguments;

// Owned by an external value. Calls that are still running share the base, so it may be released at any time.
struct handle {
  static constexpr uint64_t its_mark = 0x7761727062617365;
  uint64_t mark = its_mark;
  int64_t told = 0;  // bytes that the garbage collector counts
  std::shared_ptr<const prepared_base> base;
};

void release(Napi::Env env, handle& held) {
  held.base.reset();
  if (held.told) Napi::MemoryManagement::AdjustExternalMemory(env, -std::exchange(held.told, 0));
}

handle& handle_in(arguments& args) {
  handle* held = args.external<handle>();
  if (!held || held->mark != handle::its_mark) args.refuse("argument must be a handle of a prepared base");
  return *held;
}

// An empty handle, for `prepare` to fill.
Napi::Value bind_base(const Napi::CallbackInfo& info) {
  return Napi::External<handle>::New(info.Env(), new handle, [](Napi::Env env, handle* held) {
    release(env, *held);
    delete held;
  });
}

void bind_release(const Napi::CallbackInfo& info) {
  napi::guarded(info.Env(), [&] {
    arguments args(info, "release");
    release(info.Env(), handle_in(args));
  });
}

// Told to the garbage collector, so that collecting the little object that JavaScript sees frees all of it.
Napi::Value bind_bytes(const Napi::CallbackInfo& info) {
  return napi::guarded(info.Env(), [&] {
    arguments args(info, "bytes");
    handle& held = handle_in(args);
    const int64_t bytes = held.base ? held.base->bytes() : 0;
    Napi::MemoryManagement::AdjustExternalMemory(info.Env(), bytes - std::exchange(held.told, bytes));
    return Napi::Number::New(info.Env(), static_cast<double>(bytes));
  });
}

struct prepare_call {
  prepare_params p;
  handle* into;
};

void prepare(const prepare_call& call, const call_options& how) {
  if (how.on)
    call.into->base = std::make_shared<on_gpu::prepared>(call.p, *how.on);
  else
    call.into->base = std::make_shared<prepared>(call.p, how);
}

bool holds_rows(dtype type) { return type != dtype::int32 && type != dtype::uint8; }

Napi::Value bind_prepare(const Napi::CallbackInfo& info) {
  return napi::call(info, "prepare", prepare, [](arguments& args) {
    prepare_call call{};
    call.into = &handle_in(args);
    pair_params& pair = call.p.pair;
    pair.metric = args.id<metric_id>();
    for (double& scalar : pair.scalars) scalar = args.number();
    pair.x = args.open_matrix(with_codes);
    const int64_t d = args.integer();
    args.close(pair.x, d, "base");
    pair.y = pair.x;
    pair.self = true;
    pair.x_name = pair.y_name = "base";
    pair.whitener = args.host_doubles(args.product(d, d), "whitener", true);
    call.p.type = args.id<dtype>(with_codes);
    call.p.scale = args.host_floats(pair.x.rows, "scale", true);
    if (pair.metric == metric_id::mahalanobis && !pair.whitener) args.refuse("mahalanobis wants a whitener");
    if (!holds_rows(pair.x.type) || !holds_rows(call.p.type) || call.p.type == dtype::float16) args.refuse("no such dtype for a base");
    if (pair.x.type == dtype::int8 && (call.p.type != dtype::int8 || !call.p.scale)) args.refuse("codes want a scale");
    return call;
  });
}

}  // namespace

void take_base(arguments& args, pair_params& pair) {
  const std::shared_ptr<const prepared_base> base = handle_in(args).base;
  if (!base) throw coded_error("ERR_DISPOSED", "base was disposed");
  pair.x_scale = static_cast<float>(args.number());
  if (args.integer() != base->row_count() || args.integer() != base->columns()) args.refuse("a base must be as large as it was prepared");
  args.hold(base, base->on());
  pair.base = base.get();
  pair.metric = base->metric();
  std::copy_n(base->scalars(), most_metric_scalars, pair.scalars);
  pair.y = {nullptr, base->type(), base->row_count(), base->columns(), base->columns()};
}

void bind_prepared(Napi::Env env, Napi::Object family) {
  Napi::Object bases = Napi::Object::New(env);
  bases.Set("base", Napi::Function::New(env, bind_base));
  bases.Set("release", Napi::Function::New(env, bind_release));
  bases.Set("bytes", Napi::Function::New(env, bind_bytes));
  bases.Set("prepare", Napi::Function::New(env, bind_prepare));
  family.Set("prepared", bases);
}

}  // namespace warpweft::distance

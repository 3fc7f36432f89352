#include "attention/binding_cache.h"

#include <utility>
#include <vector>

#include "attention/attention.h"
#include "napi/run.h"

namespace warpweft::attention {
namespace {

using napi::arguments;
using indices = std::vector<int32_t>;

template <class Params>
struct owned_call {
  Params p;
  indices slots;  // or pages
  indices lengths;
};

void run_append(const owned_call<append_params>& call, const call_options& how) {
  append_params p = call.p;
  p.slots = call.slots.data();
  append(p, how);
}
void run_read(const owned_call<read_params>& call, const call_options& how) {
  read_params p = call.p;
  p.slots = call.slots.data();
  read(p, how);
}
void run_decode(const owned_call<decode_params>& call, const call_options& how) {
  decode_params p = call.p;
  p.pages = call.slots.data();
  p.lengths = call.lengths.data();
  decode(p, how);
}

// data, storage, slots, latent columns, rope columns
cache_params unpack_cache(arguments& args) {
  cache_params c{};
  const arguments::span data = args.bytes();
  c.type = args.id<storage>();
  c.slots = args.integer();
  c.latent_columns = args.integer(1);
  c.rope_columns = args.integer();
  args.product(c.latent_columns + c.rope_columns, 4);
  c.row_bytes = row_bytes(c.type, c.latent_columns, c.rope_columns, args.on() != nullptr);
  if (args.product(c.slots, c.row_bytes) > data.bytes) args.refuse("a cache must hold its slots");
  const uintptr_t apart = args.on() ? 16 : sizeof(float);
  if (reinterpret_cast<uintptr_t>(data.data) % apart != 0)
    args.refuse("a cache must start at a multiple of " + std::to_string(apart) + " bytes");
  c.data = static_cast<char*>(data.data);
  return c;
}

indices unpack_slots(arguments& args, int64_t count, int64_t slots) {
  const int32_t* from = args.host_ints(count, "slots");
  indices own(from, from + count);
  for (const int32_t slot : own)
    if (slot < 0 || slot >= slots) args.refuse("slots must be below " + std::to_string(slots));
  return own;
}

Napi::Value bind_append(const Napi::CallbackInfo& info) {
  return napi::call(info, "append", run_append, [](arguments& args) {
    owned_call<append_params> call{};
    call.p.cache = unpack_cache(args);
    call.p.latent = args.open_matrix();
    call.p.rope = args.open_matrix();
    args.close(call.p.latent, call.p.cache.latent_columns, "latent");
    args.close(call.p.rope, call.p.cache.rope_columns, "rope");
    if (call.p.latent.rows != call.p.rope.rows) args.refuse("latent and rope must have as many rows");
    call.slots = unpack_slots(args, call.p.latent.rows, call.p.cache.slots);
    return call;
  });
}

Napi::Value bind_read(const Napi::CallbackInfo& info) {
  return napi::call(info, "read", run_read, [](arguments& args) {
    owned_call<read_params> call{};
    call.p.cache = unpack_cache(args);
    call.p.count = args.integer();
    call.slots = unpack_slots(args, call.p.count, call.p.cache.slots);
    call.p.latent = args.floats(args.product(call.p.count, call.p.cache.latent_columns), "latent");
    call.p.rope = args.floats(args.product(call.p.count, call.p.cache.rope_columns), "rope");
    return call;
  });
}

// Pages that a length does not reach may hold anything.
void unpack_pages(arguments& args, owned_call<decode_params>& call) {
  decode_params& p = call.p;
  const int32_t* pages = args.host_ints(args.product(p.batches, p.pages_a_row), "pages");
  const int32_t* lengths = args.host_ints(p.batches, "lengths");
  call.slots.assign(pages, pages + p.batches * p.pages_a_row);
  call.lengths.assign(lengths, lengths + p.batches);
  const int64_t page = int64_t{1} << p.page_shift, count = p.cache.slots >> p.page_shift;
  for (int64_t b = 0; b < p.batches; ++b) {
    const int64_t length = call.lengths[static_cast<size_t>(b)];
    if (length < 0 || length > p.pages_a_row * page) args.refuse("lengths must be within the pages of their row");
    for (int64_t i = 0; i * page < length; ++i) {
      const int32_t at = call.slots[static_cast<size_t>(b * p.pages_a_row + i)];
      if (at < 0 || at >= count) args.refuse("pages must be below " + std::to_string(count));
    }
  }
}

Napi::Value bind_decode(const Napi::CallbackInfo& info) {
  return napi::call(info, "latentDecode", run_decode, [](arguments& args) {
    owned_call<decode_params> call{};
    decode_params& p = call.p;
    p.cache = unpack_cache(args);
    const arguments::span latent = args.bytes();
    p.latent_type = args.id<dtype>(3);
    const arguments::span rope = args.bytes();
    p.rope_type = args.id<dtype>(3);
    for (int64_t* length : {&p.batches, &p.queries, &p.heads, &p.pages_a_row}) *length = args.integer();
    const int64_t rows = args.product(args.product(p.batches, p.queries), p.heads);
    args.check_span(latent, p.latent_type, args.product(rows, p.cache.latent_columns), "query.latent");
    args.check_span(rope, p.rope_type, args.product(rows, p.cache.rope_columns), "query.rope");
    p.latent = latent.data;
    p.rope = rope.data;
    p.page_shift = static_cast<int>(args.integer());
    if (p.page_shift > 30) args.refuse("a page must have at most 2^30 rows");
    unpack_pages(args, call);
    p.scale = static_cast<float>(args.number());
    p.causal = args.boolean();
    p.batch_invariant = args.boolean();
    p.split = args.integer();
    p.out = args.floats(args.product(rows, p.cache.latent_columns), "out");
    p.lse = args.floats(rows, "lse");
    return call;
  });
}

// (storage, latent columns, rope columns, whether on a device) → bytes of a row
Napi::Value bind_row_bytes(const Napi::CallbackInfo& info) {
  return napi::guarded(info.Env(), [&] {
    arguments args(info, "rowBytes");
    const storage type = args.id<storage>();
    const int64_t latent = args.integer(1), rope = args.integer();
    const bool on_device = args.boolean();
    return Napi::Number::New(info.Env(), static_cast<double>(row_bytes(type, latent, rope, on_device)));
  });
}

}  // namespace

void bind_cache(Napi::Env env, Napi::Object family) {
  family.Set("rowBytes", Napi::Function::New(env, bind_row_bytes));
  family.Set("append", Napi::Function::New(env, bind_append));
  family.Set("read", Napi::Function::New(env, bind_read));
  family.Set("decode", Napi::Function::New(env, bind_decode));
}

}  // namespace warpweft::attention

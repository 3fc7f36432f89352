#include "attention/binding.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "attention/attention.h"
#include "attention/binding_cache.h"
#include "attention/binding_rows.h"
#include "napi/run.h"

namespace warpweft::attention {
namespace {

using napi::arguments;
using indices = std::vector<int32_t>;

// What is used as an index lies where JavaScript cannot change it.
struct owned {
  indices query_lengths, key_lengths, key_head, value_head;
};

const int32_t* begin_of(const indices& from) { return from.empty() ? nullptr : from.data(); }

void point(attention_params& p, const owned& own) {
  p.query_lengths = begin_of(own.query_lengths);
  p.key_lengths = begin_of(own.key_lengths);
  p.key_head = begin_of(own.key_head);
  p.value_head = begin_of(own.value_head);
}

struct forward_args {
  attention_params p;
  owned own;
};
struct backward_args {
  attention_backward_params p;
  owned own;
};

void run_forward(const forward_args& call, const call_options& how) {
  attention_params p = call.p;
  point(p, call.own);
  forward(p, how);
}
void run_backward(const backward_args& call, const call_options& how) {
  attention_backward_params p = call.p;
  point(p.of, call.own);
  backward(p, how);
}

indices unpack_indices(arguments& args, int64_t count, int64_t most, const char* what, bool optional) {
  const int32_t* from = args.host_ints(count, what, optional);
  if (!from) return {};
  indices own(from, from + count);
  for (const int32_t value : own)
    if (value < 0 || value > most) args.refuse(std::string(what) + " must be from 0 to " + std::to_string(most));
  return own;
}

int64_t product(const arguments& args, int64_t a, int64_t b, int64_t c, int64_t d) {
  return args.product(args.product(args.product(a, b), c), d);
}

bias_params unpack_bias(arguments& args, const attention_params& p) {
  bias_params bias{};
  bias.kind = args.id<bias_kind>();
  const int64_t batches = args.integer(), heads = args.integer();
  if ((batches != 1 && batches != p.batches) || (heads != 1 && heads != p.heads)) args.refuse("bias must be shared or one for each");
  const int64_t all = bias.kind == bias_kind::full ? product(args, batches, heads, p.queries, p.keys) : p.heads;
  bias.data = args.floats(all, "bias", bias.kind == bias_kind::none);
  bias.row_stride = p.keys;
  bias.head_stride = heads == 1 ? 0 : p.queries * p.keys;
  bias.batch_stride = batches == 1 ? 0 : heads * p.queries * p.keys;
  return bias;
}

// −1: no limit
int64_t unpack_limit(arguments& args) {
  const double limit = args.number();
  if (!(limit >= -1 && limit < 0x1p40)) args.refuse("a window must be from -1 to 2^40");
  return static_cast<int64_t>(limit);
}

// Queries, keys and values with their dtypes, all lengths, heads, and the rules of the scores.
attention_params unpack_head(arguments& args, owned& own) {
  attention_params p{};
  arguments::span rows[3];
  dtype types[3];
  for (int i = 0; i < 3; ++i) {
    rows[i] = args.bytes();
    types[i] = args.id<dtype>(3);
  }
  for (int64_t* length : {&p.batches, &p.queries, &p.keys, &p.heads, &p.key_heads, &p.value_heads}) *length = args.integer();
  for (int64_t* length : {&p.key_columns, &p.value_columns}) *length = args.integer(1);
  args.check_span(rows[0], types[0], product(args, p.batches, p.queries, p.heads, p.key_columns), "q");
  args.check_span(rows[1], types[1], product(args, p.batches, p.keys, p.key_heads, p.key_columns), "k");
  args.check_span(rows[2], types[2], product(args, p.batches, p.keys, p.value_heads, p.value_columns), "v");
  std::tie(p.q, p.q_type, p.k, p.k_type, p.v, p.v_type) =
      std::tuple(rows[0].data, types[0], rows[1].data, types[1], rows[2].data, types[2]);
  own.query_lengths = unpack_indices(args, p.batches, p.queries, "queryLengths", true);
  own.key_lengths = unpack_indices(args, p.batches, p.keys, "keyLengths", true);
  own.key_head = unpack_indices(args, p.heads, p.key_heads - 1, "keyHeads", false);
  own.value_head = unpack_indices(args, p.heads, p.value_heads - 1, "valueHeads", false);
  p.score.scale = static_cast<float>(args.number());
  p.score.softcap = static_cast<float>(args.number());
  p.sight.left = unpack_limit(args);
  p.sight.right = unpack_limit(args);
  p.sight.prefix = args.integer();
  p.bias = unpack_bias(args, p);
  p.batch_invariant = args.boolean();
  return p;
}

Napi::Value bind_forward(const Napi::CallbackInfo& info) {
  return napi::call(info, "attention", run_forward, [](arguments& args) {
    forward_args call{};
    call.p = unpack_head(args, call.own);
    const int64_t rows = product(args, call.p.batches, call.p.queries, call.p.heads, 1);
    call.p.out = args.floats(args.product(rows, call.p.value_columns), "out");
    call.p.lse = args.floats(rows, "lse");
    call.p.state = args.floats(args.product(rows, 2), "state", true);
    return call;
  });
}

Napi::Value bind_backward(const Napi::CallbackInfo& info) {
  return napi::call(info, "attentionBackward", run_backward, [](arguments& args) {
    backward_args call{};
    attention_params& p = call.p.of;
    p = unpack_head(args, call.own);
    const int64_t rows = product(args, p.batches, p.queries, p.heads, 1);
    p.out = args.floats(args.product(rows, p.value_columns), "out");
    p.state = args.floats(args.product(rows, 2), "state");
    call.p.grad = args.floats(args.product(rows, p.value_columns), "grad");
    call.p.dq = args.floats(args.product(rows, p.key_columns), "dq", true);
    call.p.dk = args.floats(product(args, p.batches, p.keys, p.key_heads, p.key_columns), "dk", true);
    call.p.dv = args.floats(product(args, p.batches, p.keys, p.value_heads, p.value_columns), "dv", true);
    return call;
  });
}

Napi::Value bind_merge(const Napi::CallbackInfo& info) {
  return napi::call(info, "mergePartials", merge, [](arguments& args) {
    merge_params p{};
    p.parts = args.integer();
    p.rows = args.integer();
    p.columns = args.integer();
    p.outputs = args.floats(product(args, p.parts, p.rows, p.columns, 1), "outputs");
    p.lses = args.floats(args.product(p.parts, p.rows), "lses");
    p.out = args.floats(args.product(p.rows, p.columns), "out");
    p.lse = args.floats(p.rows, "lse");
    return p;
  });
}

}  // namespace

Napi::Object bind(Napi::Env env) {
  Napi::Object family = Napi::Object::New(env);
  family.Set("forward", Napi::Function::New(env, bind_forward));
  family.Set("backward", Napi::Function::New(env, bind_backward));
  family.Set("mergePartials", Napi::Function::New(env, bind_merge));
  bind_cache(env, family);
  bind_rows(family);
  return family;
}

}  // namespace warpweft::attention

#include "distance/binding.h"

#include "distance/distance.h"
#include "napi/run.h"

namespace warpweft::distance {
namespace {

using napi::arguments;

pair_params unpack_pair(arguments& args, bool with_self) {
  pair_params pair{};
  pair.metric = args.id<metric_id>();
  pair.x = args.open_matrix();
  pair.y = args.open_matrix();
  const int64_t d = args.integer();
  args.close(pair.x, d, "x");
  args.close(pair.y, d, "y");
  pair.self = with_self && args.boolean();
  if (pair.self && pair.x.rows != pair.y.rows) args.refuse("x and y must be the same rows where self is given");
  return pair;
}

Napi::Value bind_pairwise(const Napi::CallbackInfo& info) {
  return napi::call(info, "pairwise", pairwise, [](arguments& args) {
    pairwise_params p{};
    p.pair = unpack_pair(args, true);
    const arguments::span out = args.bytes();
    p.out_type = args.id<dtype>(3);
    p.out_stride = args.integer();
    if (p.out_stride < p.pair.y.rows) args.refuse("out has a row stride below its columns");
    const int64_t n = p.pair.x.rows, m = p.pair.y.rows;
    args.check_span(out, p.out_type, args.extent(n, p.out_stride, m), "out");
    p.out = out.data;
    return p;
  });
}

Napi::Value bind_pairwise_backward(const Napi::CallbackInfo& info) {
  return napi::call(info, "pairwiseBackward", pairwise_backward, [](arguments& args) {
    pairwise_backward_params p{};
    p.pair = unpack_pair(args, true);
    const int64_t n = p.pair.x.rows, m = p.pair.y.rows, d = p.pair.x.columns;
    p.value = args.floats(args.product(n, m), "value");
    p.grad = args.floats(args.product(n, m), "grad");
    p.dx = args.floats(args.product(n, d), "dx", true);
    p.dy = args.floats(args.product(m, d), "dy", true);
    return p;
  });
}

Napi::Value bind_top_k(const Napi::CallbackInfo& info) {
  return napi::call(info, "topK", top_k, [](arguments& args) {
    top_k_params p{};
    p.pair = unpack_pair(args, false);
    p.k = args.integer(1);
    p.exclude_self = args.boolean();
    p.values = args.floats(args.product(p.pair.x.rows, p.k), "values");
    p.indices = args.ints(args.product(p.pair.x.rows, p.k), "indices");
    return p;
  });
}

Napi::Value bind_reduce_rows(const Napi::CallbackInfo& info) {
  return napi::call(info, "reduceRows", reduce_rows, [](arguments& args) {
    reduce_params p{};
    p.pair = unpack_pair(args, true);
    p.reduction = args.id<row_reduction_id>();
    p.scale = static_cast<float>(args.number());
    p.out = args.floats(p.pair.x.rows, "out");
    return p;
  });
}

rank_params unpack_rank(arguments& args) {
  rank_params p{};
  p.pair = unpack_pair(args, true);
  const int64_t n = p.pair.x.rows;
  p.query_labels = args.host_ints(n, "queryLabels");
  p.reference_labels = args.host_ints(p.pair.y.rows, "referenceLabels");
  p.relevant = args.ints(n, "relevant");
  p.first_rank = args.ints(n, "firstRank");
  p.r_precision = args.doubles(n, "rPrecision");
  p.map_at_r = args.doubles(n, "mapAtR");
  return p;
}

Napi::Value bind_rank(const Napi::CallbackInfo& info) { return napi::call(info, "rank", rank, unpack_rank, napi::places::host); }

}  // namespace

Napi::Object bind(Napi::Env env) {
  Napi::Object family = Napi::Object::New(env);
  family.Set("pairwise", Napi::Function::New(env, bind_pairwise));
  family.Set("pairwiseBackward", Napi::Function::New(env, bind_pairwise_backward));
  family.Set("topK", Napi::Function::New(env, bind_top_k));
  family.Set("reduceRows", Napi::Function::New(env, bind_reduce_rows));
  family.Set("rank", Napi::Function::New(env, bind_rank));
  return family;
}

}  // namespace warpweft::distance

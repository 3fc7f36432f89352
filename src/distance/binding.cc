#include "distance/binding.h"

#include <algorithm>

#include "distance/binding_maps.h"
#include "distance/binding_pairs.h"
#include "distance/binding_prepare.h"
#include "distance/distance.h"
#include "distance/labels.h"
#include "distance/statistics.h"
#include "napi/run.h"

namespace warpweft::distance {
namespace {

using napi::arguments;

// What y may be beside rows.
enum class takes { rows, base_too };

// The metric is its id and its numbers; a whitener [d, d], or null, stands behind all others.
pair_params unpack_pair(arguments& args, const char* x_name, const char* y_name, takes what = takes::base_too) {
  pair_params pair{};
  pair.metric = args.id<metric_id>();
  for (double& scalar : pair.scalars) scalar = args.number();
  pair.x = args.open_matrix(with_codes);
  if (what == takes::base_too && args.external_next())
    take_base(args, pair);
  else
    pair.y = args.open_matrix();
  const int64_t d = args.integer();
  args.close(pair.x, d, "x");
  if (!pair.base) args.close(pair.y, d, "y");
  if (pair.base && d != pair.y.columns) args.refuse("rows and base must have as many columns");
  if (pair.x.type == dtype::int32 || (pair.x.type == dtype::int8 && pair.y.type != dtype::int8)) args.refuse("no such dtype for rows");
  pair.self = args.boolean();
  pair.x_name = x_name;
  pair.y_name = y_name;
  pair.whitener = args.host_doubles(args.product(d, d), "whitener", true);
  if (pair.base && (pair.self || pair.whitener)) args.refuse("a base is met by other rows, and has its own whitener");
  if (pair.metric == metric_id::mahalanobis && !pair.whitener && !pair.base) args.refuse("mahalanobis wants a whitener");
  if (pair.self && pair.x.rows != pair.y.rows) args.refuse("x and y must be the same rows where self is given");
  return pair;
}

Napi::Value bind_pairwise(const Napi::CallbackInfo& info) {
  return napi::call(info, "pairwise", pairwise, [](arguments& args) {
    pairwise_params p{};
    p.pair = unpack_pair(args, "x", "y", takes::rows);
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
    p.pair = unpack_pair(args, "x", "y", takes::rows);
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
    p.pair = unpack_pair(args, "queries", "base");
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
    p.pair = unpack_pair(args, "x", "y");
    p.reduction = args.id<row_reduction_id>();
    p.scale = static_cast<float>(args.number());
    p.out = args.floats(p.pair.x.rows, "out");
    return p;
  });
}

statistics_params unpack_statistics(arguments& args) {
  statistics_params p{};
  p.pair = unpack_pair(args, "x", "y");
  p.scale = static_cast<float>(args.number());
  for (float*& out : p.rows) out = args.floats(p.pair.x.rows, "rows", true);
  for (float*& out : p.columns) out = args.floats(p.pair.y.rows, "columns", true);
  return p;
}

Napi::Value bind_row_statistics(const Napi::CallbackInfo& info) {
  return napi::call(info, "rowStatistics", row_statistics, unpack_statistics);
}

label_params unpack_labels(arguments& args) {
  label_params p{};
  p.pair = unpack_pair(args, "x", "reference.embeddings");
  p.own = args.boolean();
  const int64_t n = p.pair.x.rows, m = p.pair.y.rows;
  if (p.own && n != m) args.refuse("x and reference must be as many where they are the same");
  p.labels = args.host_ints(n, "labels");
  p.reference_labels = args.host_ints(m, "referenceLabels");
  p.beyond_easiest = args.boolean();
  p.pos_margin = static_cast<float>(args.number());
  p.neg_margin = static_cast<float>(args.number());
  for (float*& out : p.values) out = args.floats(n, "values");
  for (int32_t*& out : p.indices) out = args.ints(n, "indices");
  p.positives = args.ints(n, "positives");
  p.negatives = args.ints(n, "negatives");
  p.beyond_count = args.ints(n, "positivesBeyond", true);
  p.within_count = args.ints(n, "negativesWithin", true);
  return p;
}

Napi::Value bind_label_statistics(const Napi::CallbackInfo& info) {
  return napi::call(info, "labelStatistics", label_statistics, unpack_labels);
}

Napi::Value bind_new_pairs(const Napi::CallbackInfo& info) {
  return napi::guarded(info.Env(), [&] {
    return Napi::External<pairs_handle>::New(info.Env(), new pairs_handle, [](Napi::Env, pairs_handle* made) { delete made; });
  });
}

Napi::Value bind_radius(const Napi::CallbackInfo& info) {
  const auto unpack = [](arguments& args) {
    radius_params p{};
    p.pair = unpack_pair(args, "queries", "base");
    p.radius = static_cast<float>(args.number());
    p.exclude_self = args.boolean();
    p.max_pairs = std::min<int64_t>(args.integer(), INT32_MAX);
    p.found = &pairs_of(args);
    return p;
  };
  return napi::call(info, "radius", radius, unpack);
}

// (found) → offsets
Napi::Value bind_pair_offsets(const Napi::CallbackInfo& info) {
  return napi::guarded(info.Env(), [&] {
    arguments args(info, "pairOffsets");
    const std::vector<int32_t>& from = pairs_of(args).offsets();
    Napi::Int32Array offsets = Napi::Int32Array::New(info.Env(), from.size());
    std::copy(from.begin(), from.end(), offsets.Data());
    return offsets;
  });
}

Napi::Value bind_take_pairs(const Napi::CallbackInfo& info) {
  const auto unpack = [](arguments& args) {
    take_pairs_params p{};
    p.found = &pairs_of(args);
    p.indices = args.ints(p.found->total(), "indices");
    p.values = args.floats(p.found->total(), "values");
    return p;
  };
  return napi::call(info, "takePairs", take_pairs, unpack, napi::places::host);
}

rank_params unpack_rank(arguments& args) {
  rank_params p{};
  p.pair = unpack_pair(args, "queries", "reference.embeddings");
  p.own = args.boolean();
  if (p.own && p.pair.x.rows != p.pair.y.rows) args.refuse("queries and references must be as many where they are the same");
  const int64_t n = p.pair.x.rows;
  p.query_labels = args.host_ints(n, "queryLabels");
  p.reference_labels = args.host_ints(p.pair.y.rows, "referenceLabels");
  p.relevant = args.host_ints(n, "relevant");
  p.first_rank = args.host_ints(n, "firstRank");
  p.r_precision = args.host_doubles(n, "rPrecision");
  p.map_at_r = args.host_doubles(n, "mapAtR");
  return p;
}

Napi::Value bind_rank(const Napi::CallbackInfo& info) { return napi::call(info, "rank", rank, unpack_rank); }

histogram_params unpack_histogram(arguments& args) {
  histogram_params p{};
  p.pair = unpack_pair(args, "embeddings", "embeddings", takes::rows);
  if (p.pair.x.rows != p.pair.y.rows) args.refuse("x and y must have as many rows");
  p.labels = args.host_ints(p.pair.x.rows, "labels");
  p.classes = args.integer();
  p.low = args.number();
  p.high = args.number();
  p.bins = args.integer(1);
  if (!(p.low < p.high)) args.refuse("low must be below high");
  p.counts = args.host_doubles(args.product(2 * p.classes, p.bins + 1), "counts");
  return p;
}

Napi::Value bind_histogram(const Napi::CallbackInfo& info) { return napi::call(info, "histogram", histogram, unpack_histogram); }

}  // namespace

Napi::Object bind(Napi::Env env) {
  Napi::Object family = Napi::Object::New(env);
  family.Set("pairwise", Napi::Function::New(env, bind_pairwise));
  family.Set("pairwiseBackward", Napi::Function::New(env, bind_pairwise_backward));
  family.Set("topK", Napi::Function::New(env, bind_top_k));
  family.Set("reduceRows", Napi::Function::New(env, bind_reduce_rows));
  family.Set("newPairs", Napi::Function::New(env, bind_new_pairs));
  family.Set("radius", Napi::Function::New(env, bind_radius));
  family.Set("pairOffsets", Napi::Function::New(env, bind_pair_offsets));
  family.Set("takePairs", Napi::Function::New(env, bind_take_pairs));
  family.Set("rowStatistics", Napi::Function::New(env, bind_row_statistics));
  family.Set("labelStatistics", Napi::Function::New(env, bind_label_statistics));
  family.Set("rank", Napi::Function::New(env, bind_rank));
  family.Set("histogram", Napi::Function::New(env, bind_histogram));
  bind_maps(family);
  bind_prepared(env, family);
  return family;
}

}  // namespace warpweft::distance

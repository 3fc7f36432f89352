// Which keys the queries of a block see, and what becomes of their inner products.
#pragma once
#include "attention/ops.gen.h"
#include "attention/ops/score.h"
#include "attention/ops/sight.h"
#include "cuda/attention/prefill_rows.cuh"

namespace warpweft::attention::gpu {

// Keys of one sequence: those in [low, high) of a query's token, and the first `prefix` ones.
struct sight {
  int64_t place;  // of the first token: keys − queries
  int64_t left, right;
  int queries, keys, prefix;

  __device__ __forceinline__ sight(const prefill_launch& p, int64_t b) {
    constexpr int64_t unlimited = int64_t{1} << 40;
    queries = static_cast<int>(p.query_lengths ? p.query_lengths[b] : p.queries);
    keys = static_cast<int>(p.key_lengths ? p.key_lengths[b] : p.keys);
    place = int64_t{keys} - queries;
    left = p.sight.left < 0 ? unlimited : p.sight.left;
    right = p.sight.right < 0 ? unlimited : p.sight.right;
    prefix = static_cast<int>(::min(p.sight.prefix, int64_t{keys}));
  }
  __device__ __forceinline__ int low(int token) const { return clipped(place + token - left, keys); }
  __device__ __forceinline__ int high(int token) const { return clipped(place + token + right + 1, keys); }
  // Whether queries from one token to another all see keys [t, t + block_rows).
  __device__ __forceinline__ bool all(int first, int last, int t) const {
    return t + block_rows <= prefix || (t >= low(last) && t + block_rows <= high(first));
  }
  // Tokens [first, last) are those that see some of keys [t, t + block_rows).
  __device__ __forceinline__ int first_token(int t) const { return t < prefix ? 0 : clipped(t - place - right, queries); }
  __device__ __forceinline__ int last_token(int t) const { return t < prefix ? queries : clipped(t + block_rows - place + left, queries); }

 private:
  static __device__ __forceinline__ int clipped(int64_t value, int most) {
    return static_cast<int>(::min(::max(value, int64_t{0}), int64_t{most}));
  }
};

// Tiles of rows that pass, from `first` on; those in [gap, after_gap) are passed over.
struct tile_walk {
  int first, end, gap, after_gap;
  __device__ __forceinline__ int from(int t) const { return t >= gap && t < after_gap ? after_gap : t; }
};

// What is known of the 64 queries of a tile. One that is not there sees nothing.
struct query_table {
  int row[block_rows];  // token · heads + head; −1: none, not even padding
  int low[block_rows], high[block_rows], prefix[block_rows], place[block_rows];
  float slope[block_rows];
  int64_t bias[block_rows];                                    // where a full bias has the query's first key
  float base[block_rows], share[block_rows], dot[block_rows];  // backward only
};

// Queries from number `first` of a group on. The caller sees to barriers.
template <bool backward>
__device__ __forceinline__ void know_queries(query_table& into, const prefill_launch& p, const sight& of, int64_t b,
                                             const row_list& queries, int first) {
  const int i = static_cast<int>(threadIdx.x);
  if (i >= block_rows) return;
  const int token = (first + i) / queries.group, head = queries.heads[first + i - token * queries.group];
  const bool there = token < p.queries, sees = token < of.queries;
  const int row = there ? static_cast<int>(token * p.heads) + head : -1;
  into.row[i] = row;
  into.low[i] = sees ? of.low(token) : 0;
  into.high[i] = sees ? of.high(token) : 0;
  into.prefix[i] = sees ? of.prefix : 0;
  into.place[i] = static_cast<int>(of.place + token);
  into.bias[i] = b * p.bias.batch_stride + head * p.bias.head_stride + token * p.bias.row_stride;
  into.slope[i] = p.bias.kind == bias_kind::slopes ? p.bias.data[head] : 0.0f;
  if constexpr (backward) {
    const int64_t at = b * p.queries * p.heads + row;
    const softmax<float> state = sees ? softmax<float>{p.state[2 * at], p.state[2 * at + 1]} : softmax<float>::zero();
    into.base[i] = state.base();
    into.share[i] = state.done();
    into.dot[i] = sees ? p.dots[at] : 0.0f;
  }
}

// With or without a cap: all threads take the same branch.
struct any_score {
  score<float, false> plain;
  score<float, true> capped;
  bool caps;
  explicit __device__ __forceinline__ any_score(const score_params& p) : plain(p), capped(p), caps(p.softcap > 0.0f) {}
  __device__ __forceinline__ float value(float x) const { return caps ? capped.value(x) : plain.value(x); }
  __device__ __forceinline__ float slope(float value) const { return caps ? capped.slope(value) : plain.slope(value); }
};

// From a score to what the softmax sees of query i and key t0 + key, −∞ where the query does not see it.
struct rules {
  const prefill_launch& p;
  const query_table& of;
  int keys, t0;
  bool masked;

  __device__ __forceinline__ float biased(float s, int i, int key) const {
    const float place = static_cast<float>(key);
    if (p.bias.kind == bias_kind::slopes) s = s + alibi(of.slope[i], static_cast<float>(of.place[i] - t0), place);
    if (p.bias.kind == bias_kind::full && of.row[i] >= 0 && t0 + key < keys) s = s + p.bias.data[of.bias[i] + t0 + key];
    if (masked) {
      const bool seen = sees(place, within(of.low[i]), within(of.high[i]), within(of.prefix[i]));
      s = select(seen, s, -__builtin_inff());
    }
    return s;
  }

 private:
  __device__ __forceinline__ float within(int key) const { return static_cast<float>(key - t0); }
};

}  // namespace warpweft::attention::gpu

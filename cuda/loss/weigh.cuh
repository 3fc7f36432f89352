// Weights of pairs from scores that are computed once more. A pair (i, j) weighs what it weighs in anchor i's term, plus, where j is an
// anchor too (self mode, or the other direction of a symmetric loss), what it weighs in j's.
#pragma once
#include "cuda/loss/pairs.cuh"

namespace warpweft::loss::gpu {

// An anchor's saved floats. Rows that are no anchors weigh nothing.
template <class Loss, class Miner>
struct anchor {
  typename Miner::template state<float> seen;
  float saved[Loss::fields > 0 ? Loss::fields : 1] = {};
  float positive_scale = 0.0f, negative_scale = 0.0f;

  __device__ __forceinline__ anchor(const Miner& miner, const device_saved& from, int64_t row, bool inside) {
    if (!from.at || !inside) return;
    seen = mined_at(miner, from.at, from.stride, row);
#pragma unroll
    for (int f = 0; f < Loss::fields; ++f) saved[f] = from.at[(Miner::fields + f) * from.stride + row];
    positive_scale = from.positive_scale[row];
    negative_scale = from.negative_scale[row];
  }

  __device__ __forceinline__ float weight(const Loss& loss, const Miner& miner, float s, const kinds& of) const {
    const kinds k = kept(miner, seen, s, of);
    if (k.negative) return loss.negative_weight(saved, s) * negative_scale;
    if (k.positive) return loss.positive_weight(saved, s) * positive_scale;
    return 0.0f;
  }
};

// ∂score/∂dot
__device__ __forceinline__ float slope(distance::metric_id metric, float s) {
  switch (metric) {
#define WARPWEFT_SLOPE(name) \
  case distance::metric_id::name: return distance::gpu::name::slope(s);
    WARPWEFT_DISTANCE_LIST(WARPWEFT_SLOPE)
#undef WARPWEFT_SLOPE
    default: return 1.0f;
  }
}

// The part of the range that a block weighs, its scores in shared memory.
struct weighed_tile {
  int64_t row, column;
  int rows, columns;
  device::score_tile scores;
};

// What another lane holds, word by word.
template <class V>
__device__ __forceinline__ V of_lane(const V& held, int lane) {
  constexpr int words = sizeof(V) / 4;
  static_assert(words * 4 == sizeof(V), "whole words");
  uint32_t word[words];
  __builtin_memcpy(word, &held, sizeof(V));
#pragma unroll
  for (int w = 0; w < words; ++w) word[w] = __shfl_sync(device::all_lanes, word[w], lane);
  V theirs = held;
  __builtin_memcpy(&theirs, word, sizeof(V));
  return theirs;
}

// A lane keeps two columns, and one of the warp's rows until it is that row's turn. Returns the thread's Σ weight · score.
template <class Loss, class Miner>
__device__ __forceinline__ float weigh_rows(const weigh_launch& p, const weighed_tile& tile, const Miner& miner) {
  const Loss loss = make<Loss>(p.of);
  const int lane = device::lane_id();
  const int64_t column = tile.column + lane, m = p.of.pair.y.rows;
  const anchor<Loss, Miner> other[2] = {{miner, p.columns, column, lane < tile.columns},
                                        {miner, p.columns, column + 32, lane + 32 < tile.columns}};
  const int32_t labels[2] = {label_of(p.of.y_labels, column, m), label_of(p.of.y_labels, column + 32, m)};
  const int first = device::warp_id() * 32, last = tile.rows < first + 32 ? tile.rows : first + 32;
  const anchor<Loss, Miner> held(miner, p.rows, tile.row + first + lane, first + lane < last);
  const int32_t held_label = label_of(p.of.x_labels, tile.row + first + lane, p.of.pair.x.rows);
  float along = 0.0f;
#pragma unroll 1
  for (int r = first; r < last; ++r) {
    const int64_t row = tile.row + r;
    const anchor<Loss, Miner> own = of_lane(held, r - first);
    const int32_t label = of_lane(held_label, r - first);
    float* to = p.panel + (row - p.range.row) * p.panel_stride + (tile.column - p.range.column);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int c = lane + half * 32;
      if (c >= tile.columns) continue;
      const float s = tile.scores.at(r, c);
      const kinds k = kinds_of(p.of, row, label, tile.column + c, labels[half]);
      float w = own.weight(loss, miner, s, k);
      if (p.columns.at) w = w + other[half].weight(loss, miner, s, k);
      along = warpweft::fma(w, s, along);
      to[c] = w * slope(p.of.pair.metric, s);
    }
  }
  return along;
}

template <class T, class Loss>
__device__ __forceinline__ void weigh(const weigh_launch& p) {
  extern __shared__ __align__(128) char shared[];
  const distance::gpu::tile_of_range at(p.range);
  const weighed_tile tile{at.row, at.column, distance::gpu::at_most(p.range.row + p.range.rows - at.row, device::tile_rows),
                          distance::gpu::at_most(p.range.column + p.range.columns - at.column, device::tile_columns),
                          device::score_tile(shared)};
  distance::gpu::dot_tile<T>(p.of.pair, shared, tile.row, tile.column);
  distance::gpu::score_rows<T>(p.of.pair, shared, tile.row, tile.rows, tile.column, tile.columns,
                               [&](int r, int c, float s) { tile.scores.at(r, c) = s; });
  float along = 0.0f;
  with_miner(p.of, [&](const auto& miner) { along = weigh_rows<Loss>(p, tile, miner); });
  if (!p.along) return;
  __shared__ double room[device::block_threads / 32];
  const double total = device::join_block<device::plus>(static_cast<double>(along), room);
  if (threadIdx.x == 0) p.along[blockIdx.x] = total;
}

// dτ = −(1/τ) Σ_ij weight_ij · s_ij, by one block after each panel.
__device__ __forceinline__ void temperature(const temperature_launch& p) {
  __shared__ double room[device::rows_of_warps];
  double sum = 0.0;
  for (int64_t i = threadIdx.x; i < p.tiles; i += blockDim.x) sum += p.along[i];
  sum = device::join_block<device::plus>(sum, room);
  if (threadIdx.x != 0) return;
  sum += p.sum[0];
  p.sum[0] = sum;
  p.out[0] = static_cast<float>(-sum / p.temperature);
}

}  // namespace warpweft::loss::gpu

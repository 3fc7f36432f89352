// Weights of pairs from scores that are computed once more. A pair (i, j) weighs what it weighs in anchor i's term, plus, where j is an
// anchor too (self mode, or the other direction of a symmetric loss), what it weighs in j's.
#pragma once
#include <type_traits>

#include "cuda/loss/pairs.cuh"

namespace warpweft::loss::gpu {

// An anchor's saved floats. Rows that are no anchors weigh nothing.
template <class Loss>
struct anchor {
  float saved[Loss::fields > 0 ? Loss::fields : 1] = {};
  float positive_scale = 0.0f, negative_scale = 0.0f;

  __device__ __forceinline__ anchor(const device_saved& from, int before, int64_t row, bool inside) {
    if (!from.at || !inside) return;
#pragma unroll
    for (int f = 0; f < Loss::fields; ++f) saved[f] = from.at[(before + f) * from.stride + row];
    positive_scale = from.positive_scale[row];
    negative_scale = from.negative_scale[row];
  }

  __device__ __forceinline__ float weight(const Loss& loss, float s, bool positive, bool negative) const {
    if (negative) return loss.negative_weight(saved, s) * negative_scale;
    if (positive) return loss.positive_weight(saved, s) * positive_scale;
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

// The warp's 32 rows of a tile, as one lane meets them: two columns, one after the other, and the row first + lane to give to the others.
struct lane_pairs {
  const weighed_tile& tile;
  int lane = device::lane_id(), first = device::warp_id() * 32, count;
  __device__ __forceinline__ explicit lane_pairs(const weighed_tile& t) : tile(t) {
    const int left = t.rows - first;
    count = left < 32 ? left : 32;
  }
  __device__ __forceinline__ int64_t own_row() const { return tile.row + first + lane; }
  __device__ __forceinline__ bool has_row() const { return lane < count; }
  __device__ __forceinline__ int column(int half) const { return lane + 32 * half; }
  __device__ __forceinline__ bool has_column(int half) const { return column(half) < tile.columns; }
  __device__ __forceinline__ float score(int r, int half) const { return tile.scores.at(first + r, column(half)); }
};

// Bit r of a half is row first + r of the column.
__device__ __forceinline__ kinds kinds_of_columns(const device_pairs& p, const lane_pairs& at) {
  const int32_t held = label_of(p.x_labels, at.own_row(), p.pair.x.rows);
  kinds k;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int64_t column = at.tile.column + at.column(half), first = at.tile.row + at.first;
    uint32_t same = 0;
    if (p.x_labels) same = equal_lanes(label_of(p.y_labels, column, p.pair.y.rows), held);
    const half_kinds of(p, at.has_column(half) ? first_bits(at.count) : 0u, same, bit_at(column - p.shift - first), bit_at(column - first));
    k.positive.set(half, of.positive);
    k.negative.set(half, of.negative);
  }
  return k;
}

// What the miner keeps of the rows' pairs, and of the columns' as anchors.
__device__ __forceinline__ void mine_columns(const weigh_launch& p, const lane_pairs& at, kinds& own, kinds& other) {
  with_miner(p.of, [&](const auto& miner) {
    using State = typename std::decay_t<decltype(miner)>::template state<float>;
    const auto seen_of = [&](const device_saved& from, int64_t row, bool inside) {
      return from.at && inside ? mined_at(miner, from.at, from.stride, row) : State{};
    };
    const State held = seen_of(p.rows, at.own_row(), at.has_row());
#pragma unroll 1
    for (int half = 0; half < 2; ++half) {
      const State theirs = seen_of(p.columns, at.tile.column + at.column(half), at.has_column(half));
      kinds keep;
#pragma unroll 1
      for (int r = 0; r < at.count; ++r) {
        const State ours = of_lane(held, r);
        const float s = at.score(r, half);
        const uint32_t bit = 1u << r;
        if (miner.keeps_positive(ours, s)) keep.positive.low |= bit;
        if (miner.keeps_negative(ours, s)) keep.negative.low |= bit;
        if (miner.keeps_positive(theirs, s)) keep.positive.high |= bit;
        if (miner.keeps_negative(theirs, s)) keep.negative.high |= bit;
      }
      own.positive.set(half, own.positive.of(half) & keep.positive.low);
      own.negative.set(half, own.negative.of(half) & keep.negative.low);
      other.positive.set(half, other.positive.of(half) & keep.positive.high);
      other.negative.set(half, other.negative.of(half) & keep.negative.high);
    }
  });
}

// Returns the thread's Σ weight · score.
template <class Loss>
__device__ __forceinline__ float weigh_rows(const weigh_launch& p, const lane_pairs& at, const Loss& loss, const kinds& own,
                                            const kinds& other) {
  const int before = mined_fields(p.of);
  const anchor<Loss> held(p.rows, before, at.own_row(), at.has_row());
  float along = 0.0f;
#pragma unroll 1
  for (int half = 0; half < 2; ++half) {
    const int64_t column = at.tile.column + at.column(half);
    const anchor<Loss> theirs(p.columns, before, column, at.has_column(half));
    const uint32_t own_positive = own.positive.of(half), own_negative = own.negative.of(half);
    const uint32_t other_positive = other.positive.of(half), other_negative = other.negative.of(half);
    float* to = p.panel + (at.tile.row + at.first - p.range.row) * p.panel_stride + (column - p.range.column);
#pragma unroll 1
    for (int r = 0; r < at.count; ++r, to += p.panel_stride) {
      const anchor<Loss> ours = of_lane(held, r);
      if (!at.has_column(half)) continue;
      const float s = at.score(r, half);
      const uint32_t bit = 1u << r;
      float w = ours.weight(loss, s, own_positive & bit, own_negative & bit);
      w = w + theirs.weight(loss, s, other_positive & bit, other_negative & bit);
      along = warpweft::fma(w, s, along);
      *to = w * slope(p.of.pair.metric, s);
    }
  }
  return along;
}

template <class T>
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
  const lane_pairs at_lane(tile);
  kinds own = kinds_of_columns(p.of, at_lane), other = p.columns.at ? own : kinds{};
  if (p.of.mined) mine_columns(p, at_lane, own, other);
  with_loss(p.of, [&](const auto& loss) { along = weigh_rows(p, at_lane, loss, own, other); });
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

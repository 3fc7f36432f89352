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

  __device__ __forceinline__ float weight(const Loss& loss, float s, float beside, bool positive, bool negative) const {
    if (negative) return weight_of_negative(loss, saved, s, beside) * negative_scale;
    if (positive) return weight_of_positive(loss, saved, s, beside) * positive_scale;
    return 0.0f;
  }
};

// ∂score/∂dot. Losses take metrics that need no more than that.
__device__ __forceinline__ float slope(distance::metric_id metric, const double* scalars, float s) {
  float out = 1.0f;
  const distance::row_side<float> none{0.0f, 0.0f};
  distance::gpu::with_metric(metric, scalars, [&](auto op) { out = op.cross(s, none, none); });
  return out;
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
  const side_labels own = labels_of_y(p), theirs = labels_of_x(p);
  kinds k;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int64_t column = at.tile.column + at.column(half), first = at.tile.row + at.first;
    const uint32_t same = matching_lanes(p, own, column, theirs, at.own_row());
    const uint32_t inside = (at.has_column(half) ? first_bits(at.count) : 0u) & ~excluded_lanes(own, column, theirs, at.own_row());
    const half_kinds of(p, inside, same, bit_at(column - p.shift - first), bit_at(column - first));
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

// A thread's Σ weight · score and Σ weight, and whether one of its weights is above the filter.
struct weight_sums {
  float along = 0.0f, total = 0.0f;
  bool hot = false;
};

template <class Loss>
__device__ __forceinline__ weight_sums weigh_rows(const weigh_launch& p, const lane_pairs& at, const Loss& loss, const kinds& own,
                                                  const kinds& other) {
  const int before = mined_fields(p.of);
  const anchor<Loss> held(p.rows, before, at.own_row(), at.has_row());
  weight_sums sums;
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
      const int64_t row = at.tile.row + at.first + r;
      const float beside = beside_of<Loss>(p.of, row, column);
      if constexpr (Loss::weighs_pairs) {
        const float slope_of_pair = (own_positive | own_negative) & bit ? loss.pair_slope(ours.saved, s) * ours.negative_scale : 0.0f;
        if (p.d_weights) p.d_weights[row * p.of.x_step + column * p.of.y_step] = slope_of_pair;
      }
      float ahead = beside, back = beside;  // of the anchor's pair, and of the same pair where the candidate is the anchor
      if constexpr (Loss::meets_other) {
        ahead = p.others[column];
        back = ours.saved[0];
      }
      float w = ours.weight(loss, s, ahead, own_positive & bit, own_negative & bit);
      w = w + theirs.weight(loss, s, back, other_positive & bit, other_negative & bit);
      sums.along = warpweft::fma(w, s, sums.along);
      sums.total = sums.total + w;
      if constexpr (Loss::has_filter) sums.hot = sums.hot || !(warpweft::abs(w) <= warpweft::abs(ours.negative_scale) * p.filter);
      *to = w * slope(p.of.pair.metric, p.of.pair.scalars, s);
    }
  }
  return sums;
}

// Whether the block's tile has a weight that counts.
__device__ __forceinline__ void mark_tile(const weigh_launch& p, const weighed_tile& tile, bool hot, double* room) {
  const bool any = device::join_block<device::plus>(hot ? 1.0 : 0.0, room) > 0.0;
  if (threadIdx.x != 0) return;
  const int64_t across = (p.range.columns + device::tile_columns - 1) / device::tile_columns;
  p.hot[(tile.row - p.range.row) / device::tile_rows * across + (tile.column - p.range.column) / device::tile_columns] = any ? 1 : 0;
}

template <class T>
__device__ __forceinline__ void weigh(const weigh_launch& p) {
  extern __shared__ __align__(128) char shared[];
  const distance::gpu::tile_of_range at(p.range);
  const weighed_tile tile{at.row, at.column, distance::gpu::at_most(p.range.row + p.range.rows - at.row, device::tile_rows),
                          distance::gpu::at_most(p.range.column + p.range.columns - at.column, device::tile_columns),
                          device::score_tile(shared)};
  distance::gpu::dot_tile<T, false>(p.of.pair, shared, tile.row, tile.column);
  distance::gpu::score_rows<T, false>(p.of.pair, shared, tile.row, tile.rows, tile.column, tile.columns,
                                      [&](int r, int c, float s) { tile.scores.at(r, c) = s; });
  weight_sums sums;
  const lane_pairs at_lane(tile);
  kinds own = kinds_of_columns(p.of, at_lane), other = p.columns.at ? own : kinds{};
  if (p.of.mined) mine_columns(p, at_lane, own, other);
  with_loss(p.of, [&](const auto& loss) { sums = weigh_rows(p, at_lane, loss, own, other); });
  __shared__ double room[device::block_threads / 32];
  if (p.hot) mark_tile(p, tile, sums.hot, room);
  if (!p.along) return;
  const double along = device::join_block<device::plus>(static_cast<double>(sums.along), room);
  const double total = device::join_block<device::plus>(static_cast<double>(sums.total), room);
  if (threadIdx.x != 0) return;
  p.along[blockIdx.x] = along;
  p.along[p.tiles + blockIdx.x] = total;
}

// The gradients of a loss's parameters from Σ weight · score and Σ weight, by one block after each panel.
__device__ __forceinline__ void tensors(const tensors_launch& p) {
  __shared__ double room[device::rows_of_warps];
  double sum[2];
#pragma unroll
  for (int part = 0; part < 2; ++part) {
    double own = 0.0;
    for (int64_t i = threadIdx.x; i < p.tiles; i += blockDim.x) own += p.along[part * p.tiles + i];
    sum[part] = p.sum[part] + device::join_block<device::plus>(own, room);
  }
  __syncthreads();
  if (threadIdx.x != 0) return;
  p.sum[0] = sum[0];
  p.sum[1] = sum[1];
  device_pairs of{};
  of.loss = p.loss;
  of.which = p.which;
  with_loss(of, [&](const auto& loss) {
    using Loss = std::decay_t<decltype(loss)>;
    if constexpr (Loss::tensors > 0) {
      double out[Loss::tensors];
      loss.tensor_gradients(sum[0], sum[1], out);
#pragma unroll
      for (int t = 0; t < Loss::tensors; ++t) p.out[t] = static_cast<float>(out[t]);
    }
  });
}

// A thread to a column of the panel, in the order of its rows.
__device__ __forceinline__ void beside(const beside_launch& p) {
  const int64_t column = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (column >= p.range.columns) return;
  float sum = 0.0f;
  for (int64_t row = 0; row < p.range.rows; ++row) sum = sum + p.panel[row * p.panel_stride + column];
  float& to = p.out[p.range.column + column];
  to = to + sum * p.factor;
}

}  // namespace warpweft::loss::gpu

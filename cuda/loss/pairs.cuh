// Functors made from a kernel's parameters, and which pairs are positives and which negatives.
#pragma once
#include "cuda/distance/sweep.cuh"
#include "loss/ops.gen.h"
#include "loss/params.h"

namespace warpweft::loss::gpu {

template <class Loss>
__device__ __forceinline__ Loss make(const device_pairs& p);
#define WARPWEFT_MAKE(name) \
  template <> \
  __device__ __forceinline__ name make(const device_pairs& p) { \
    return name(p.loss.name, p.larger != 0); \
  }
WARPWEFT_LOSS_LIST(WARPWEFT_MAKE)
#undef WARPWEFT_MAKE

template <class Miner>
__device__ __forceinline__ Miner make_miner(const device_pairs& p);
template <>
__device__ __forceinline__ no_miner make_miner(const device_pairs&) {
  return {};
}
#define WARPWEFT_MAKE(name) \
  template <> \
  __device__ __forceinline__ mine_##name make_miner(const device_pairs& p) { \
    return mine_##name(p.mining.name); \
  }
WARPWEFT_MINER_LIST(WARPWEFT_MAKE)
#undef WARPWEFT_MAKE

template <class Miner>
constexpr bool mines = Miner::fields > 0;

// The miner is the same for all threads: one branch a tile.
template <class Body>
__device__ __forceinline__ void with_miner(const device_pairs& p, const Body& body) {
  if (!p.mined) return body(no_miner{});
  switch (p.miner) {
#define WARPWEFT_WITH(name) \
  case miner_id::name: body(make_miner<mine_##name>(p)); break;
    WARPWEFT_MINER_LIST(WARPWEFT_WITH)
#undef WARPWEFT_WITH
    default: break;
  }
}

struct kinds {
  bool positive, negative;
};

template <class Miner>
__device__ __forceinline__ kinds kept(const Miner& miner, const typename Miner::template state<float>& seen, float s, kinds k) {
  if constexpr (mines<Miner>) return {k.positive && miner.keeps_positive(seen, s), k.negative && miner.keeps_negative(seen, s)};
  else return k;
}

// A row's side of the question, and a column's.
__device__ __forceinline__ int32_t label_of(const int32_t* labels, int64_t at, int64_t count) {
  return labels && at < count ? labels[at] : 0;
}
__device__ __forceinline__ kinds kinds_of(const device_pairs& p, int64_t row, int32_t row_label, int64_t column, int32_t column_label) {
  if (!p.x_labels) {
    const bool target = column - row == p.shift;
    return {target, !target};
  }
  const bool same = row_label == column_label;
  return {same && !(p.pair.self && row == column), !same};
}

// What an earlier pass saw of a row's pairs, from the fields where it was left.
template <class Miner>
__device__ __forceinline__ typename Miner::template state<float> mined_at(const Miner&, const float* fields, int64_t stride, int64_t row) {
  if constexpr (mines<Miner>) {
    float saved[Miner::fields];
#pragma unroll
    for (int f = 0; f < Miner::fields; ++f) saved[f] = fields[f * stride + row];
    return Miner::read(saved);
  } else {
    return {};
  }
}

// walk(row, each) for every tile of a split, each row by a thread of its own; each(body) then calls body(column, score, kinds) for the
// tile's columns in ascending order. A lane holds the labels of two of them.
template <class T, class Walk>
__device__ __forceinline__ void sweep_pairs(const device_pairs& p, const Walk& walk) {
  extern __shared__ __align__(128) char shared[];
  distance::gpu::sweep_tiles<T>(p.pair, shared, [&](int64_t row, int64_t column0, int columns, const device::score_tile& tile, int own) {
    const int32_t row_label = label_of(p.x_labels, row, p.pair.x.rows);
    const int64_t at = column0 + device::lane_id();
    const int32_t low = label_of(p.y_labels, at, p.pair.y.rows), high = label_of(p.y_labels, at + 32, p.pair.y.rows);
    walk(row, [&](const auto& body) {
#pragma unroll 1
      for (int c = 0; c < columns; ++c) {
        const int32_t label = __shfl_sync(device::all_lanes, c < 32 ? low : high, c & 31);
        body(column0 + c, tile.at(own, c), kinds_of(p, row, row_label, column0 + c, label));
      }
    });
  });
}

// The row that a thread of a row sweep owns, and whether there is one.
__device__ __forceinline__ int64_t own_row() { return static_cast<int64_t>(blockIdx.x) * device::tile_rows + threadIdx.x; }

}  // namespace warpweft::loss::gpu

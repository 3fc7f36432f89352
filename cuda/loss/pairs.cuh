// Which loss and miner a kernel runs, which pairs are positives and which negatives, and the sweep over them.
//
// A kernel is made once for each type of rows; its losses and miners are uniform switches, one after the other over a tile of scores: bits
// say what each pair is, a miner clears some, a loss folds or weighs what is left. So the code is a sum of losses, miners and metrics.
#pragma once
#include "loss/table.gen.h"
#define WARPWEFT_TILE_METRICS(X) WARPWEFT_SCORE_LIST(X)
#include "cuda/distance/sweep.cuh"
#include "loss/ops.gen.h"
#include "loss/launch.h"

namespace warpweft::loss::gpu {

// The loss is the same for all threads: one branch a tile.
template <class Body>
__device__ __forceinline__ void with_loss(const device_pairs& p, const Body& body) {
  switch (p.which) {
#define WARPWEFT_WITH(name) \
  case loss_id::name: body(name(p.loss.name, p.larger != 0)); break;
    WARPWEFT_LOSS_LIST(WARPWEFT_WITH)
#undef WARPWEFT_WITH
    default: break;
  }
}

template <class Body>
__device__ __forceinline__ void with_miner(const device_pairs& p, const Body& body) {
  switch (p.miner) {
#define WARPWEFT_WITH(name) \
  case miner_id::name: body(mine_##name(p.mining.name)); break;
    WARPWEFT_MINER_LIST(WARPWEFT_WITH)
#undef WARPWEFT_WITH
    default: break;
  }
}

// The floats that a miner saves of an anchor, before the loss's.
__device__ __forceinline__ int mined_fields(const device_pairs& p) {
  int fields = 0;
  if (p.mined) with_miner(p, [&](const auto& miner) { fields = miner.fields; });
  return fields;
}

// What an earlier pass saw of a row's pairs, from the fields where it was left.
template <class Miner>
__device__ __forceinline__ typename Miner::template state<float> mined_at(const Miner&, const float* fields, int64_t stride, int64_t row) {
  float saved[Miner::fields];
#pragma unroll
  for (int f = 0; f < Miner::fields; ++f) saved[f] = fields[f * stride + row];
  return Miner::read(saved);
}

// 64 pairs of a thread, a bit each, and those that are positives and negatives among them.
struct bits {
  uint32_t low = 0, high = 0;
  __device__ __forceinline__ uint32_t of(int half) const { return half == 0 ? low : high; }
  __device__ __forceinline__ void set(int half, uint32_t to) {
    low = half == 0 ? to : low;
    high = half == 0 ? high : to;
  }
};
struct kinds {
  bits positive, negative;
};

__device__ __forceinline__ uint32_t first_bits(int count) { return count >= 32 ? ~0u : count <= 0 ? 0u : (1u << count) - 1u; }
__device__ __forceinline__ uint32_t bit_at(int64_t at) { return at >= 0 && at < 32 ? 1u << at : 0u; }

// A class's label is its number.
__device__ __forceinline__ int32_t label_of(const int32_t* labels, int64_t at, int64_t count) {
  return at >= count ? 0 : labels ? labels[at] : static_cast<int32_t>(at);
}

// ln of a pair's weight; −∞ where that is not above 0.
__device__ __forceinline__ float log_weight(const device_pairs& p, int64_t row, int64_t column) {
  const pair_weights& w = p.weights;
  float weight = 0.0f;
  if (w.given) {
    weight = w.given[row * p.x_step + column * p.y_step];
  } else {
    for (int64_t k = 0; k < w.clusterings; ++k)
      weight += w.x_clusters[k * p.pair.x.rows + row] == w.y_clusters[k * p.pair.y.rows + column] ? 0.0f : 1.0f;
  }
  return weight <= 0.0f ? -__builtin_inff() : warpweft::log(weight);
}

// What is added to the logit of a pair, of which one row is a candidate.
template <class Loss>
__device__ __forceinline__ float beside_of(const device_pairs& p, int64_t row, int64_t column) {
  if constexpr (Loss::weighs_pairs) return log_weight(p, row, column);
  if constexpr (Loss::has_beside) {
    if (p.y_beside) return p.y_beside[column];
    if (p.x_beside) return p.x_beside[row];
  }
  return 0.0f;
}

// Bit l of 32: whether lane l holds the label.
__device__ __forceinline__ uint32_t equal_lanes(int32_t label, int32_t held) {
  uint32_t equal = 0;
#pragma unroll 8
  for (int l = 0; l < 32; ++l) equal |= (__shfl_sync(device::all_lanes, held, l) == label ? 1u : 0u) << l;
  return equal;
}

// Bit l of 32: whether the set that lane l holds has a bit in common with `set`.
__device__ __forceinline__ uint32_t sharing_lanes(int32_t set, int32_t held) {
  uint32_t sharing = 0;
#pragma unroll 8
  for (int l = 0; l < 32; ++l) sharing |= ((__shfl_sync(device::all_lanes, held, l) & set) != 0 ? 1u : 0u) << l;
  return sharing;
}

// One side's labels and ids.
struct side_labels {
  const int32_t *labels, *ids;
  int64_t rows;
};
__device__ __forceinline__ side_labels labels_of_x(const device_pairs& p) { return {p.x_labels, p.x_ids, p.pair.x.rows}; }
__device__ __forceinline__ side_labels labels_of_y(const device_pairs& p) { return {p.y_labels, p.y_ids, p.pair.y.rows}; }

// Bit l of 32: whether the row of `theirs` that lane l holds matches row `at` of `own`.
__device__ __forceinline__ uint32_t matching_lanes(const device_pairs& p, const side_labels& own, int64_t at, const side_labels& theirs,
                                                   int64_t held) {
  if (p.by_position) return 0;
  if (p.bit_words == 0) return equal_lanes(label_of(own.labels, at, own.rows), label_of(theirs.labels, held, theirs.rows));
  uint32_t sharing = 0;
#pragma unroll 1
  for (int64_t w = 0; w < p.bit_words; ++w)
    sharing |=
        sharing_lanes(label_of(own.labels + w * own.rows, at, own.rows), label_of(theirs.labels + w * theirs.rows, held, theirs.rows));
  return sharing;
}

// Likewise, whether the pair is left out.
__device__ __forceinline__ uint32_t excluded_lanes(const side_labels& own, int64_t at, const side_labels& theirs, int64_t held) {
  if (!own.ids) return 0;
  const int32_t id = label_of(own.ids, at, own.rows);
  const uint32_t equal = equal_lanes(id, label_of(theirs.ids, held, theirs.rows));
  return id >= 0 ? equal : 0u;
}

// 32 pairs of one row or column: `target` is the bit of its own candidate, `self` that of the pair with itself, which is none.
struct half_kinds {
  uint32_t positive, negative;
  __device__ __forceinline__ half_kinds(const device_pairs& p, uint32_t inside, uint32_t same, uint32_t target, uint32_t self) {
    const uint32_t matching = p.by_position ? target : same, pairs = inside & (p.pair.self ? ~self : ~0u);
    positive = pairs & matching;
    negative = pairs & ~matching;
  }
};

// Bit c of a half is column c of it.
__device__ __forceinline__ kinds kinds_of_row(const device_pairs& p, int64_t row, int64_t column0, int columns) {
  const side_labels own = labels_of_x(p), theirs = labels_of_y(p);
  kinds k;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int64_t first = column0 + 32 * half, held = first + device::lane_id();
    const uint32_t same = matching_lanes(p, own, row, theirs, held);
    const uint32_t inside = first_bits(columns - 32 * half) & ~excluded_lanes(own, row, theirs, held);
    const half_kinds of(p, inside, same, bit_at(row + p.shift - first), bit_at(row - first));
    k.positive.set(half, of.positive);
    k.negative.set(half, of.negative);
  }
  return k;
}

// body(half, bit, column, score) for a row's columns in ascending order.
template <class Body, class After>
__device__ __forceinline__ void each_column(const device::score_tile& tile, int own, int columns, const Body& body, const After& after) {
#pragma unroll 1
  for (int half = 0; half < 2; ++half) {
    const int count = columns - 32 * half;
#pragma unroll 1
    for (int c = 0; c < 32 && c < count; ++c) body(half, 1u << c, 32 * half + c, tile.at(own, 32 * half + c));
    after(half);
  }
}

// body(column, score, positive, negative) for a row's columns in ascending order.
template <class Body>
__device__ __forceinline__ void each_pair(const device::score_tile& tile, int own, int columns, const kinds& of, const Body& body) {
  each_column(
      tile, own, columns,
      [&](int half, uint32_t bit, int c, float s) { body(c, s, (of.positive.of(half) & bit) != 0, (of.negative.of(half) & bit) != 0); },
      [](int) {});
}

// Those of a row's pairs that the miner keeps.
__device__ __forceinline__ kinds kept(const device_pairs& p, const float* fields, int64_t stride, int64_t row, const kinds& of,
                                      const device::score_tile& tile, int own, int columns) {
  kinds k;
  with_miner(p, [&](const auto& miner) {
    const auto seen = mined_at(miner, fields, stride, row);
    uint32_t positive = 0, negative = 0;
    each_column(
        tile, own, columns,
        [&](int half, uint32_t bit, int, float s) {
          if ((of.positive.of(half) & bit) && miner.keeps_positive(seen, s)) positive |= bit;
          if ((of.negative.of(half) & bit) && miner.keeps_negative(seen, s)) negative |= bit;
        },
        [&](int half) {
          k.positive.set(half, positive);
          k.negative.set(half, negative);
          positive = negative = 0;
        });
  });
  return k;
}

// body(row, first column, columns, tile, row of the tile, kinds) for every tile of a split, each row by a thread of its own.
template <class T, class Body>
__device__ __forceinline__ void sweep_pairs(const device_pairs& p, const Body& body) {
  extern __shared__ __align__(128) char shared[];
  distance::gpu::sweep_tiles<T, false>(p.pair, shared,
                                       [&](int64_t row, int64_t column0, int columns, const device::score_tile& tile, int own) {
                                         body(row, column0, columns, tile, own, kinds_of_row(p, row, column0, columns));
                                       });
}

// The row that a thread of a row sweep owns, and whether there is one.
__device__ __forceinline__ int64_t own_row() { return static_cast<int64_t>(blockIdx.x) * device::tile_rows + threadIdx.x; }

}  // namespace warpweft::loss::gpu

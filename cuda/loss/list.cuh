// The miner as a function of its own: a sweep that counts what it keeps of each anchor's pairs in each split, and, the lists laid out,
// the same sweep once more that writes them. A thread meets its anchor's candidates in ascending order, so lists need no sorting.
#pragma once
#include "cuda/loss/pairs.cuh"

namespace warpweft::loss::gpu {

// Columns of set bits, in ascending order.
__device__ __forceinline__ void write_columns(int32_t* to, int32_t& at, uint32_t set, int64_t first) {
#pragma unroll 1
  for (; set; set &= set - 1) to[at++] = static_cast<int32_t>(first) + __ffs(static_cast<int>(set)) - 1;
}

// An anchor's pairs of one split are counted in 32 bits; where they begin is read again for each tile, so that fewer registers are held
// while it is multiplied.
template <class T>
__device__ __forceinline__ void list(const list_launch& p) {
  const auto slot = [&](int side) { return (side * p.splits + blockIdx.y) * p.of.pair.x.rows + own_row(); };
  int32_t positives = 0, negatives = 0;
  sweep_pairs<T>(p.of, [&](int64_t row, int64_t column0, int columns, const device::score_tile& tile, int own, const kinds& all) {
    const kinds of = kept(p.of, p.fields, p.stride, row, all, tile, own, columns);
    if (p.counts) {
      positives += __popc(of.positive.low) + __popc(of.positive.high);
      negatives += __popc(of.negative.low) + __popc(of.negative.high);
    } else if (own_row() < p.of.pair.x.rows) {
      int32_t* const first_positive = p.positives + p.offsets[slot(0)];
      int32_t* const first_negative = p.negatives + p.offsets[slot(1)];
#pragma unroll 1
      for (int half = 0; half < 2; ++half) {
        write_columns(first_positive, positives, of.positive.of(half), column0 + 32 * half);
        write_columns(first_negative, negatives, of.negative.of(half), column0 + 32 * half);
      }
    }
  });
  if (!p.counts || own_row() >= p.of.pair.x.rows) return;
  p.counts[slot(0)] = positives;
  p.counts[slot(1)] = negatives;
}

}  // namespace warpweft::loss::gpu

// The miner as a function of its own: a sweep that counts what it keeps of each anchor's pairs in each split, and, the lists laid out,
// the same sweep once more that writes them. A thread meets its anchor's candidates in ascending order, so lists need no sorting.
#pragma once
#include "cuda/loss/pairs.cuh"

namespace warpweft::loss::gpu {

// Columns of set bits, in ascending order.
__device__ __forceinline__ void write_columns(int32_t* to, int64_t& at, uint32_t set, int64_t first) {
#pragma unroll 1
  for (; set; set &= set - 1) to[at++] = static_cast<int32_t>(first) + __ffs(static_cast<int>(set)) - 1;
}

template <class T>
__device__ __forceinline__ void list(const list_launch& p) {
  const int64_t n = p.of.pair.x.rows, own_anchor = own_row();
  const bool inside = own_anchor < n, counting = p.counts != nullptr;
  const int64_t positives = blockIdx.y * n + own_anchor, negatives = (p.splits + blockIdx.y) * n + own_anchor;
  int64_t at_positive = counting || !inside ? 0 : p.offsets[positives], at_negative = counting || !inside ? 0 : p.offsets[negatives];
  sweep_pairs<T>(p.of, [&](int64_t row, int64_t column0, int columns, const device::score_tile& tile, int own, const kinds& all) {
    const kinds of = kept(p.of, p.fields, p.stride, row, all, tile, own, columns);
    if (counting) {
      at_positive += __popc(of.positive.low) + __popc(of.positive.high);
      at_negative += __popc(of.negative.low) + __popc(of.negative.high);
    } else if (inside) {
#pragma unroll 1
      for (int half = 0; half < 2; ++half) {
        write_columns(p.positives, at_positive, of.positive.of(half), column0 + 32 * half);
        write_columns(p.negatives, at_negative, of.negative.of(half), column0 + 32 * half);
      }
    }
  });
  if (!inside || !counting) return;
  p.counts[positives] = static_cast<int32_t>(at_positive);
  p.counts[negatives] = static_cast<int32_t>(at_negative);
}

}  // namespace warpweft::loss::gpu

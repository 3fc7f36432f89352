// The miner as a function of its own: a sweep that counts what it keeps of each anchor's pairs in each split, and, the lists laid out,
// the same sweep once more that writes them. A thread meets its anchor's candidates in ascending order, so lists need no sorting.
#pragma once
#include "cuda/loss/pairs.cuh"

namespace warpweft::loss::gpu {

template <class T, class Miner>
__device__ __forceinline__ void list(const list_launch& p) {
  const Miner miner = make_miner<Miner>(p.of);
  const int64_t n = p.of.pair.x.rows, own = own_row();
  const bool inside = own < n, counting = p.counts != nullptr;
  const int64_t positives = blockIdx.y * n + own, negatives = (p.splits + blockIdx.y) * n + own;
  int64_t at_positive = counting || !inside ? 0 : p.offsets[positives], at_negative = counting || !inside ? 0 : p.offsets[negatives];
  sweep_pairs<T>(p.of, [&](int64_t row, const auto& each) {
    const auto seen = mined_at(miner, p.fields, p.stride, row);
    each([&](int64_t column, float s, const kinds& of) {
      const kinds k = kept(miner, seen, s, of);
      if (inside && !counting) {
        if (k.positive) p.positives[at_positive] = static_cast<int32_t>(column);
        if (k.negative) p.negatives[at_negative] = static_cast<int32_t>(column);
      }
      at_positive += k.positive;
      at_negative += k.negative;
    });
  });
  if (!inside || !counting) return;
  p.counts[positives] = static_cast<int32_t>(at_positive);
  p.counts[negatives] = static_cast<int32_t>(at_negative);
}

}  // namespace warpweft::loss::gpu

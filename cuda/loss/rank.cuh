// Which negatives miner.hardNegatives keeps, of whole rows of scores: a block of threads to an anchor. Nothing is sorted: the k-th score is
// found bit by bit, as the largest number that k scores are not below, and so is the place among those that are equal to it.
#pragma once
#include "base/tile.h"
#include "cuda/base/warp.cuh"
#include "loss/ops.gen.h"
#include "loss/ops/row_kinds.h"

namespace warpweft::loss::gpu {

// Numbers in the order of float32, of which −0 and 0 are one. No NaN is asked for.
__device__ __forceinline__ uint32_t ordered(float s) {
  const uint32_t bits = __float_as_uint(s + 0.0f);
  return bits >> 31 ? ~bits : bits | 0x80000000u;
}

struct least {
  static __device__ __forceinline__ float join(float a, float b) { return b < a ? b : a; }
};

struct rank_view {
  const rank_params& p;
  const mine_hard_negatives& miner;
  int64_t anchor;
  const float *scores, *guide;
  double* room;                              // a place for each warp
  mine_hard_negatives::state<float> seen{};  // of the positives

  __device__ __forceinline__ pair_kind kind(int64_t column) const { return kind_of(p.of, anchor, column); }
  __device__ __forceinline__ bool believed(int64_t column) const {
    return kind(column) == pair_kind::negative && miner.keeps_negative(seen, guide[column]);
  }
  // How many of the believed negatives that are numbers pass wanted(ordered score, column).
  template <class Wanted>
  __device__ __forceinline__ int64_t count(const Wanted& wanted) const {
    int32_t mine = 0;
#pragma unroll 1
    for (int64_t column = threadIdx.x; column < p.of.candidates; column += device::row_threads) {
      const float s = scores[column];
      if (s == s && believed(column) && wanted(ordered(s), column)) ++mine;
    }
    return static_cast<int64_t>(device::join_block<device::plus>(static_cast<double>(mine), room));
  }
};

// The largest number of `bits` bits that still holds, where 0 does.
template <class Holds>
__device__ __forceinline__ uint32_t largest_of(int bits, const Holds& holds) {
  uint32_t found = 0;
#pragma unroll 1
  for (uint32_t bit = 1u << (bits - 1); bit; bit >>= 1)
    if (holds(found | bit)) found |= bit;
  return found;
}

__device__ __forceinline__ void rank(const rank_launch& p) {
  __shared__ double room[device::rows_of_warps];
  __shared__ float least_room[device::rows_of_warps];
  const mine_hard_negatives miner(p.miner);
  const whole_rows& of = p.of.of;
  const int64_t r = blockIdx.x, m = of.candidates;
  rank_view v{p.of, miner, of.first + r, of.scores + r * m, p.of.guide + r * m, room};
#pragma unroll 1
  for (int64_t column = threadIdx.x; column < m; column += device::row_threads)
    if (v.kind(column) == pair_kind::positive) miner.positive(v.seen, v.guide[column], true);
  v.seen.positive = device::join_block<least>(v.seen.positive, least_room);

  uint32_t score = 0, last = 0;  // the k-th score, and the last candidate that has it and is kept
  bool all = miner.k == 0;
  if (!all) all = v.count([](uint32_t, int64_t) { return true; }) <= miner.k;
  if (!all) {
    const int64_t k = miner.k;
    score = largest_of(32, [&](uint32_t at) { return v.count([&](uint32_t s, int64_t) { return s >= at; }) >= k; });
    const int64_t equal = k - v.count([&](uint32_t s, int64_t) { return s > score; });
    last = largest_of(31, [&](uint32_t at) { return v.count([&](uint32_t s, int64_t c) { return s == score && c < at; }) < equal; });
  }
#pragma unroll 1
  for (int64_t column = threadIdx.x; column < m; column += device::row_threads) {
    const float s = v.scores[column];
    const uint32_t own = ordered(s);
    const bool hard = all || s != s || own > score || (own == score && column <= last);
    p.of.kept[r * m + column] = hard && v.believed(column) ? 1 : 0;
  }
}

}  // namespace warpweft::loss::gpu

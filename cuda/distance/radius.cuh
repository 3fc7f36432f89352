// All pairs within a radius. A sweep appends the candidates in whatever order blocks come along; each is evaluated again by a warp, and
// those that are within are counted, placed among their row's, and sorted: so the result has one order.
#pragma once
#include "cuda/distance/list.cuh"
#include "cuda/distance/refine.cuh"
#include "cuda/distance/sweep.cuh"
#include "distance/ops/entry.h"

namespace warpweft::distance::gpu {

using counter = unsigned long long;

// A place in the list of candidates for each of the lane's `count`; all lanes take part.
__device__ __forceinline__ counter reserve(uint64_t* met, int count) {
  int before = count;
#pragma unroll
  for (int apart = 1; apart < 32; apart <<= 1) {
    const int other = __shfl_up_sync(device::all_lanes, before, apart);
    if (lane_id() >= apart) before += other;
  }
  const int all = __shfl_sync(device::all_lanes, before, 31);
  counter first = 0;
  if (lane_id() == 0) first = atomicAdd(reinterpret_cast<counter*>(met), static_cast<counter>(all));
  return __shfl_sync(device::all_lanes, first, 0) + static_cast<counter>(before - count);
}

// 32 columns at a time; all lanes at one column, so that their rows meet in no bank.
__device__ __forceinline__ void gather_candidates(const fold_launch& p, int64_t row, int64_t column0, int columns,
                                                  const device::score_tile& tile, int own) {
  const radius_fold_params& to = p.radius;
  const float sign = p.larger ? -1.0f : 1.0f;
  const bool counts = p.rows.first + static_cast<int64_t>(blockIdx.x) * device::tile_rows + own < p.rows.last;
#pragma unroll 1
  for (int first = 0; first < columns; first += 32) {
    const int few = columns - first < 32 ? columns - first : 32;
    unsigned near = 0;
#pragma unroll 1
    for (int c = 0; c < few; ++c) near |= static_cast<unsigned>(sign * tile.at(own, first + c) <= to.candidate) << c;
    const int64_t self = row - column0 - first;
    if (to.exclude_self && self >= 0 && self < 32) near &= ~(1u << self);
    if (!counts) near = 0;
    if (!__any_sync(device::all_lanes, near != 0)) continue;
    counter at = reserve(to.met, __popc(near));
#pragma unroll 1
    for (int c = 0; c < few; ++c) {
      if (near >> c & 1) {
        if (at < static_cast<counter>(to.room)) {
          to.candidates[at] = entry_of(sign * tile.at(own, first + c), column0 + first + c);
          to.owners[at] = static_cast<int32_t>(row - p.rows.first);
        }
        ++at;
      }
      __syncwarp();
    }
  }
}

__device__ __forceinline__ int64_t stored_candidates(const fold_launch& p) {
  const int64_t met = static_cast<int64_t>(*p.radius.met);
  return met < p.radius.room ? met : p.radius.room;
}

// Warps stride over the candidates.
template <class T>
__device__ __forceinline__ void look_again(const fold_launch& p) {
  const int64_t count = stored_candidates(p), warps = static_cast<int64_t>(gridDim.x) * (blockDim.x >> 5);
  const float sign = p.larger ? -1.0f : 1.0f;
#pragma unroll 1
  for (int64_t at = static_cast<int64_t>(blockIdx.x) * (blockDim.x >> 5) + warp_id(); at < count; at += warps) {
    const entry found = p.radius.candidates[at];
    const int32_t owner = p.radius.owners[at], column = row_of(found);
    const float key = sign * refined<T>(p.pair, p.rows.first + owner, column, value_of(found, p.larger != 0));
    if (lane_id() != 0) continue;
    if (key <= p.radius.farthest) {
      p.radius.candidates[at] = entry_of(key, column);
      atomicAdd(p.radius.counts + owner, 1);
    } else {
      p.radius.owners[at] = -1;
    }
  }
}

// Threads stride over the candidates; a row's last place goes first.
__device__ __forceinline__ void place_pairs(const fold_launch& p) {
  const int64_t count = stored_candidates(p), threads = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t at = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; at < count; at += threads) {
    const int32_t owner = p.radius.owners[at];
    if (owner >= 0) p.radius.sorted[p.radius.offsets[owner] + atomicSub(p.radius.counts + owner, 1) - 1] = p.radius.candidates[at];
  }
}

// A warp a row.
__device__ __forceinline__ void sort_pairs(const fold_launch& p) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * (blockDim.x >> 5) + warp_id();
  if (row >= p.rows.last - p.rows.first) return;
  uint64_t* const list = p.radius.sorted + p.radius.offsets[row];
  sort_by(static_cast<int>(p.radius.offsets[row + 1] - p.radius.offsets[row]), [&](int at, int other) {
    const uint64_t first = list[at], second = list[other];
    if (second >= first) return;
    list[at] = second;
    list[other] = first;
  });
}

}  // namespace warpweft::distance::gpu

#define WARPWEFT_RADIUS(type) \
  extern "C" __global__ void __launch_bounds__(warpweft::device::block_threads, 8) \
      distance_radius_look_##type(const warpweft::distance::fold_launch p) { \
    warpweft::distance::gpu::look_again<warpweft::distance::gpu::swept<warpweft::device::type>>(p); \
  }
WARPWEFT_RADIUS(float32)
WARPWEFT_RADIUS(float16)
WARPWEFT_RADIUS(bfloat16)
WARPWEFT_RADIUS(int8)
#undef WARPWEFT_RADIUS

extern "C" __global__ void distance_radius_place(const warpweft::distance::fold_launch p) { warpweft::distance::gpu::place_pairs(p); }
extern "C" __global__ void distance_radius_sort(const warpweft::distance::fold_launch p) { warpweft::distance::gpu::sort_pairs(p); }

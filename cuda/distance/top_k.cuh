// The k closest rows of each row: every split lists its own, then a warp a row joins the lists and reads returned values again.
#pragma once
#include "cuda/distance/list.cuh"
#include "cuda/distance/sweep.cuh"

namespace warpweft::distance::gpu {

// Short lists stand in shared memory behind the tile, [k][128] keys and then ids, so that 32 rows meet in no bank. Long ones grow where
// they are wanted.
template <class T>
__device__ __forceinline__ void list_split(const top_k_launch& p) {
  extern __shared__ __align__(128) char shared[];
  const int64_t n = p.pair.x.rows, row0 = static_cast<int64_t>(blockIdx.x) * device::tile_rows;
  const int rows = at_most(n - row0, device::tile_rows), own = static_cast<int>(threadIdx.x);
  const bool in_shared = p.k <= device::longest_shared_list, larger = p.larger != 0;
  const int64_t slot = blockIdx.y * n + row0 + own;
  float* keys = reinterpret_cast<float*>(shared + device::tile_bytes) + own;
  int32_t* ids = reinterpret_cast<int32_t*>(shared + device::tile_bytes) + device::tile_rows * p.k + own;
  growing_list list{in_shared ? keys : p.keys + slot * p.k,
                    in_shared ? ids : p.ids + slot * p.k,
                    in_shared ? device::tile_rows : 1,
                    p.k,
                    in_shared,
                    0,
                    0.0f};
  sweep_tiles<T>(p.pair, shared, [&](int64_t row, int64_t column0, int columns, const device::score_tile& tile, int) {
#pragma unroll 1
    for (int c = 0; c < columns; ++c) {
      const float value = tile.at(own, c), key = larger ? -value : value;
      if (own < rows && list.takes(key) && !(p.exclude_self && column0 + c == row)) list.insert(key, static_cast<int32_t>(column0) + c);
      __syncwarp();  // rows go on together
    }
  });
  if (own >= rows) return;
  p.sizes[slot] = list.size;
  for (int at = 0; in_shared && at < list.size; ++at) {
    p.keys[slot * p.k + at] = keys[at * device::tile_rows];
    p.ids[slot * p.k + at] = ids[at * device::tile_rows];
  }
}

// Values that the expansion leaves a few 1e-5 off are read again; those beyond half the norms are right as they are.
template <class T>
__device__ __forceinline__ float refined(const device_pair& p, int64_t i, int64_t j, float key) {
  bool near = false;
  with_metric(p.metric, [&](auto op) {
    using Op = decltype(op);
    if constexpr (Op::safety != exact::none) near = is_near<Op>(returned_share, key, scalar_of<Op>(p.x, i), scalar_of<Op>(p.y, j));
  });
  return near && !(p.self && i == j) ? evaluate_again<T>(p, i, j) : key;
}

// A warp a row.
template <class T>
__device__ __forceinline__ void finish_lists(const top_k_launch& p) {
  const int64_t n = p.pair.x.rows, row = static_cast<int64_t>(blockIdx.x) * (blockDim.x >> 5) + warp_id();
  if (row >= n) return;
  const int k = p.k;
  const neighbour_list list{p.values + row * k, p.indices + row * k, k};
  const bool sorted = k <= device::longest_shared_list;
  int size = p.splits == 1 ? p.sizes[row] : 0;
  if (!sorted) list.sort(size);
  for (int64_t s = 0; p.splits > 1 && s < p.splits; ++s) {
    const int64_t slot = s * n + row;
    const neighbour_list next{p.keys + slot * k, p.ids + slot * k, k};
    const int listed = p.sizes[slot];
    if (!sorted) next.sort(listed);
    for (int at = 0; at < listed; ++at) {
      if (size == k && !(next.keys[at] < list.keys[k - 1]))
        break;  // later splits hold later columns, and the rest of this list is no closer
      size = list.insert(size, next.keys[at], next.ids[at]);
    }
  }
  bool changed = false;
  for (int at = 0; at < size; ++at) {
    const float key = list.keys[at], better = refined<T>(p.pair, row, list.ids[at], key);
    if (better == key) continue;
    changed = true;
    __syncwarp();
    if (lane_id() == 0) list.keys[at] = better;
    __syncwarp();
  }
  if (changed) list.sort(size);
  const bool larger = p.larger != 0;
  for (int at = lane_id(); at < k; at += 32) {
    const bool filled = at < size;
    list.keys[at] = !filled ? __int_as_float(0x7fc00000) : larger ? -list.keys[at] : list.keys[at];
    if (!filled) list.ids[at] = -1;
  }
}

}  // namespace warpweft::distance::gpu

#define WARPWEFT_TOP_K(type) \
  extern "C" __global__ void __launch_bounds__(warpweft::device::block_threads, warpweft::device::type::sweep_blocks) \
      distance_top_k_##type(const warpweft::distance::top_k_launch p) { \
    warpweft::distance::gpu::list_split<warpweft::device::type>(p); \
  } \
  extern "C" __global__ void __launch_bounds__(warpweft::device::block_threads) \
      distance_top_k_finish_##type(const warpweft::distance::top_k_launch p) { \
    warpweft::distance::gpu::finish_lists<warpweft::device::type>(p); \
  }
WARPWEFT_TOP_K(float32)
WARPWEFT_TOP_K(float16)
WARPWEFT_TOP_K(bfloat16)
#undef WARPWEFT_TOP_K

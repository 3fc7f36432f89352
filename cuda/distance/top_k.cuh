// The k closest rows of each row: every split lists its own, then a warp a row joins the lists and reads returned values again.
#pragma once
#include "cuda/distance/list.cuh"
#include "cuda/distance/refine.cuh"
#include "cuda/distance/sweep.cuh"

namespace warpweft::distance::gpu {

// Short lists stand in shared memory behind the tile, [k][128] keys and then ids, so that 32 rows meet in no bank. Long ones grow where
// they are wanted.
__device__ __forceinline__ growing_list open_list(const top_k_launch& p, char* shared, int size, float worst) {
  const int own = static_cast<int>(threadIdx.x);
  if (p.kept <= device::longest_shared_list) {
    char* const keys = shared + device::tile_bytes + own * 4;
    return {reinterpret_cast<float*>(keys),
            reinterpret_cast<int32_t*>(keys + device::tile_rows * 4 * p.kept),
            device::tile_rows,
            p.kept,
            true,
            size,
            worst};
  }
  const int64_t first = (blockIdx.y * p.pair.x.rows + static_cast<int64_t>(blockIdx.x) * device::tile_rows + own) * p.kept;
  return {p.keys + first, p.ids + first, 1, p.kept, false, size, worst};
}

// Where a list stands is found again for each tile, so that fewer registers are held while it is multiplied.
template <class T>
__device__ __forceinline__ void list_split(const top_k_launch& p) {
  extern __shared__ __align__(128) char shared[];
  int size = 0;
  float worst = 0.0f;
  sweep_tiles<T>(p.pair, shared, [&](int64_t row, int64_t column0, int columns, const device::score_tile& tile, int own) {
    const bool larger = p.larger != 0, counts = static_cast<int64_t>(blockIdx.x) * device::tile_rows + own < p.pair.x.rows;
    growing_list list = open_list(p, shared, size, worst);
#pragma unroll 1
    for (int c = 0; c < columns; ++c) {
      const float value = tile.at(own, c), key = larger ? -value : value;
      if (counts && list.takes(key) && !(p.exclude_self && column0 + c == row)) list.insert(key, static_cast<int32_t>(column0) + c);
      __syncwarp();  // rows go on together
    }
    size = list.size;
    worst = list.worst;
  });
  const int64_t row = static_cast<int64_t>(blockIdx.x) * device::tile_rows + threadIdx.x, slot = blockIdx.y * p.pair.x.rows + row;
  if (row >= p.pair.x.rows) return;
  p.sizes[slot] = size;
  const growing_list list = open_list(p, shared, size, worst);
  for (int at = 0; list.sorted && at < size; ++at) {
    p.keys[slot * p.kept + at] = list.keys[at * list.stride];
    p.ids[slot * p.kept + at] = list.ids[at * list.stride];
  }
}

// Reads again what stands in a row's joined list; whether anything changed. Where the list stands is found again for each entry, so that
// fewer registers are held across what is called.
template <class T>
__device__ __forceinline__ bool refine_list(const top_k_launch& p, int64_t row, int size) {
  bool changed = false;
#pragma unroll 1
  for (int at = 0; at < size; ++at) {
    const int64_t slot = row * p.kept + at;
    const float sign = p.larger ? -1.0f : 1.0f, key = p.keys[slot];
    const float better = sign * refined<T>(p.pair, row, p.ids[slot], sign * key);
    if (better == key) continue;
    changed = true;
    __syncwarp();
    if (lane_id() == 0) p.keys[slot] = better;
    __syncwarp();
  }
  return changed;
}

// A warp a row. The first split's list takes in the others'.
template <class T>
__device__ __forceinline__ void finish_lists(const top_k_launch& p) {
  const int64_t n = p.pair.x.rows, row = static_cast<int64_t>(blockIdx.x) * (blockDim.x >> 5) + warp_id();
  if (row >= n) return;
  const int kept = p.kept;
  const auto list_of = [&](int64_t split) {
    return neighbour_list{p.keys + (split * n + row) * kept, p.ids + (split * n + row) * kept, kept};
  };
  const neighbour_list list = list_of(0);
  const bool sorted = kept <= device::longest_shared_list;
  int size = p.splits > 0 ? p.sizes[row] : 0;
  if (!sorted) list.sort(size);
  for (int64_t s = 1; s < p.splits; ++s) {
    const neighbour_list next = list_of(s);
    const int listed = p.sizes[s * n + row];
    if (!sorted) next.sort(listed);
    for (int at = 0; at < listed; ++at) {
      if (size == kept && !(next.keys[at] < list.keys[kept - 1]))
        break;  // later splits hold later columns, and the rest of this list is no closer
      size = list.insert(size, next.keys[at], next.ids[at]);
    }
  }
  const float sign = p.larger ? -1.0f : 1.0f;
  if (refine_list<T>(p, row, size)) list.sort(size);
  for (int at = lane_id(); at < p.k; at += 32) {
    const bool filled = at < size;
    p.values[row * p.k + at] = filled ? sign * list.keys[at] : __int_as_float(0x7fc00000);
    p.indices[row * p.k + at] = filled ? list.ids[at] : -1;
  }
}

}  // namespace warpweft::distance::gpu

#define WARPWEFT_TOP_K(type) \
  extern "C" __global__ void __launch_bounds__(warpweft::device::block_threads, warpweft::device::type::sweep_blocks) \
      distance_top_k_##type(const warpweft::distance::top_k_launch p) { \
    warpweft::distance::gpu::list_split<warpweft::distance::gpu::swept<warpweft::device::type>>(p); \
  } \
  extern "C" __global__ void __launch_bounds__(warpweft::device::block_threads, 8) \
      distance_top_k_finish_##type(const warpweft::distance::top_k_launch p) { \
    warpweft::distance::gpu::finish_lists<warpweft::distance::gpu::swept<warpweft::device::type>>(p); \
  }
WARPWEFT_TOP_K(float32)
WARPWEFT_TOP_K(float16)
WARPWEFT_TOP_K(bfloat16)
WARPWEFT_TOP_K(int8)
#undef WARPWEFT_TOP_K

// How rows reach the tensor cores: 64 rows that a block owns against 64 that pass, in slices of 64 bytes of each row, and then the rows
// that are added up, 16 of them a step. All are steps of one stream through three stages of shared memory by cp.async; two steps are on
// their way while one is worked on.
#pragma once
#include "attention/launch_prefill.h"
#include "cuda/base/tile.cuh"
#include "cuda/base/warp.cuh"

namespace warpweft::attention::gpu {

using device::copy_async;
using device::load_matrices;
using device::swizzled;
using device_prefill::block_columns;
using device_prefill::block_rows;
using device_prefill::inner_rows;
using device_prefill::inner_stride;
using device_prefill::slice_bytes;
using device_prefill::slice_rows_bytes;

static_assert(device_prefill::block_threads == device::block_threads && slice_bytes == device::slice_bytes, "slices are those of the tile");

// Rows of one sequence: keys or values of a head, one token after the other; or queries, number i being head heads[i % group] of token
// i / group.
struct row_list {
  const char* data;
  const int32_t* heads;  // null: keys or values
  int group;
  int count;
  int64_t token_step, head_step;  // bytes
  int64_t row_bytes;

  __device__ __forceinline__ const char* at(int i) const {
    if (!heads) return data + i * token_step;
    const int token = i / group;
    return data + token * token_step + heads[i - token * group] * head_step;
  }
};

// Starts copying up to 16 bytes of row i from byte `begin` on. Rows past the end, and bytes past it, become zeros.
__device__ __forceinline__ void load_chunk(uint32_t to, const row_list& from, int i, int64_t begin) {
  const int64_t left = from.row_bytes - begin;
  const bool some = i < from.count && left > 0;
  copy_async(to, some ? from.at(i) + begin : from.data, some ? left >= 16 ? 16 : static_cast<int>(left) : 0);
}

// Slice k of 64 rows from `first` on.
__device__ __forceinline__ void load_slice(uint32_t to, const row_list& from, int first, int k) {
  const int chunk = threadIdx.x & 3, row = static_cast<int>(threadIdx.x >> 2);
#pragma unroll
  for (int below = 0; below < block_rows; below += 32)
    load_chunk(to + swizzled(row + below, chunk), from, first + row + below, int64_t{k} * slice_bytes + chunk * 16);
}

// 16 rows from `first` on, 128 columns of them from byte `column_byte` on.
template <int element>
__device__ __forceinline__ void load_inner(uint32_t to, const row_list& from, int first, int64_t column_byte) {
  constexpr int chunks = block_columns * element / 16, rows_at_once = device::block_threads / chunks;
  const int chunk = static_cast<int>(threadIdx.x) % chunks, row = static_cast<int>(threadIdx.x) / chunks;
#pragma unroll
  for (int below = 0; below < inner_rows; below += rows_at_once)
    load_chunk(to + (row + below) * inner_stride(element) + chunk * 16, from, first + row + below, column_byte + chunk * 16);
}

// 16×64 numbers of a warp: [8 columns][a fragment].
struct warp_tile {
  float c[8][4];
  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int n = 0; n < 8; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) c[n][i] = 0.0f;
  }
};

// One slice of both sides: the warp's 16 rows of x with all 64 of y.
template <class T>
__device__ __forceinline__ void multiply_rows(warp_tile& into, uint32_t x, uint32_t y) {
  const int lane = device::lane_id(), row_x = device::warp_id() * 16 + (lane & 15), row_y = (lane & 7) + (lane >> 4) * 8;
#pragma unroll
  for (int step = 0; step < 2; ++step) {
    uint32_t raw[4];
    load_matrices(x + swizzled(row_x, step * 2 + (lane >> 4)), raw);
    const typename T::fragment_a a(raw);
    const uint32_t from = y + swizzled(row_y, step * 2 + (lane >> 3 & 1));
#pragma unroll
    for (int pair = 0; pair < 4; ++pair) {
      load_matrices(from + pair * 16 * slice_bytes, raw);
      T::multiply(into.c[2 * pair], a, typename T::fragment_b(raw[0], raw[1]));
      T::multiply(into.c[2 * pair + 1], a, typename T::fragment_b(raw[2], raw[3]));
    }
  }
}

// The stages in turn.
struct stage_ring {
  char* shared;
  int bytes;
  int oldest = 0, free = device::stages - 1;

  __device__ __forceinline__ stage_ring(char* at, int stage) : shared(at), bytes(stage) {}
  __device__ __forceinline__ uint32_t address(int stage) const { return device::shared_address(shared) + stage * bytes; }

  // load(stage) starts the next step's copies.
  template <class Load>
  __device__ __forceinline__ void start(const Load& load) {
#pragma unroll 1
    for (int stage = 0; stage < device::stages - 1; ++stage) {
      load(address(stage));
      device::commit_copies();
    }
  }
  // The oldest step's rows, once they are there; all threads are done with the step before it.
  template <class Load>
  __device__ __forceinline__ const char* take(const Load& load) {
    device::wait_copies<device::stages - 2>();
    __syncthreads();
    load(address(free));
    device::commit_copies();
    const char* at = shared + oldest * bytes;
    oldest = oldest == device::stages - 1 ? 0 : oldest + 1;
    free = free == device::stages - 1 ? 0 : free + 1;
    return at;
  }
  // All threads have left the stages when it returns.
  __device__ __forceinline__ void drain() {
    device::wait_copies<0>();
    __syncthreads();
    oldest = 0;
    free = device::stages - 1;
  }
};

}  // namespace warpweft::attention::gpu

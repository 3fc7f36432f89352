// The block tile: 128 rows of X against 64 rows of Y, by four warps of 64×32, each with 64 sums a thread.
//
// Slices of 64 bytes of each row stream through three stages of shared memory by cp.async; two are on their way while one is
// multiplied. A slice's four 16-byte chunks are exchanged by the row's number, so that the eight rows an ldmatrix reads, and the
// two rows that eight lanes write, lie in different banks.
#pragma once
#include <cstdint>

#include "base/tile.h"
#include "cuda/base/element.cuh"

namespace warpweft::device {

constexpr int least_blocks = 2;  // that share a multiprocessor, so registers may go up to 255 a thread
static_assert(tile_rows * tile_columns * 4 <= tile_bytes, "scores take the place of the stages");

// Rows as they stand in global memory, in bytes: [rows, row_bytes], both the address and the stride multiples of 16.
struct row_source {
  const char* data;
  int64_t stride;
  int64_t rows;
  int64_t row_bytes;
};

__device__ __forceinline__ int swizzled(int row, int chunk) { return row * slice_bytes + ((chunk ^ (row >> 1 & 3)) << 4); }

// Starts the copy of slice `k` of `count` rows from `first` on. Rows past the end, and columns past it, become zeros.
template <int count>
__device__ __forceinline__ void load_slice(uint32_t to, const row_source& from, int64_t first, int64_t k) {
  const int chunk = threadIdx.x & 3;
  const int64_t at = k * slice_bytes + chunk * 16, left = from.row_bytes - at;
  const int bytes = left >= 16 ? 16 : left > 0 ? static_cast<int>(left) : 0;
#pragma unroll
  for (int i = 0; i < count / (block_threads / 4); ++i) {
    const int row = static_cast<int>(threadIdx.x >> 2) + i * (block_threads / 4);
    const bool some = first + row < from.rows && bytes > 0;
    copy_async(to + swizzled(row, chunk), some ? from.data + (first + row) * from.stride + at : from.data, some ? bytes : 0);
  }
}

// 64×32 sums of a warp: [16 rows][8 columns][a fragment].
template <class V>
struct sums_of {
  V c[4][4][4];
  __device__ __forceinline__ sums_of() {
#pragma unroll
    for (int m = 0; m < 4; ++m)
#pragma unroll
      for (int n = 0; n < 4; ++n)
#pragma unroll
        for (int i = 0; i < 4; ++i) c[m][n][i] = 0;
  }
};
using sums = sums_of<float>;

// Where a warp stands in the tile, and a lane in a fragment.
struct place {
  int lane, row, column;
  __device__ __forceinline__ place() : lane(threadIdx.x & 31), row((threadIdx.x >> 5 & 1) * 64), column((threadIdx.x >> 6) * 32) {}
};

// One slice of both sides: two steps of 32 bytes.
template <class T>
__device__ __forceinline__ void multiply_slice(sums_of<typename T::sum>& into, uint32_t x, uint32_t y, const place& at) {
  const int row_a = at.row + (at.lane & 15), row_b = at.column + (at.lane & 7) + (at.lane >> 4) * 8;
#pragma unroll
  for (int step = 0; step < 2; ++step) {
    const uint32_t from_a = x + swizzled(row_a, step * 2 + (at.lane >> 4)), from_b = y + swizzled(row_b, step * 2 + (at.lane >> 3 & 1));
    uint32_t raw[4];
    load_matrices(from_b, raw);
    const typename T::fragment_b b0(raw[0], raw[1]), b1(raw[2], raw[3]);
    load_matrices(from_b + 16 * slice_bytes, raw);
    const typename T::fragment_b b2(raw[0], raw[1]), b3(raw[2], raw[3]);
#pragma unroll
    for (int m = 0; m < 4; ++m) {
      load_matrices(from_a + m * 16 * slice_bytes, raw);
      const typename T::fragment_a a(raw);
      T::multiply(into.c[m][0], a, b0);
      T::multiply(into.c[m][1], a, b1);
      T::multiply(into.c[m][2], a, b2);
      T::multiply(into.c[m][3], a, b3);
    }
  }
}

// Streams the rows from x0 on and those from y0 on through the stages: use(at) finds a slice of x at byte `at` of the shared memory, and
// that of y behind it. All threads have left the shared memory when it returns.
template <class Use>
__device__ __forceinline__ void stream_tile(char* shared, const row_source& x, int64_t x0, const row_source& y, int64_t y0,
                                            const Use& use) {
  const int64_t slices = (x.row_bytes + slice_bytes - 1) / slice_bytes;
  const uint32_t base = shared_address(shared);
  const auto load = [&](int stage, int64_t k) {
    if (k < slices) {
      load_slice<tile_rows>(base + stage * stage_bytes, x, x0, k);
      load_slice<tile_columns>(base + stage * stage_bytes + tile_rows * slice_bytes, y, y0, k);
    }
    commit_copies();
  };
  load(0, 0);
  load(1, 1);
  int stage = 0, next = 2;
#pragma unroll 1
  for (int64_t k = 0; k < slices; ++k) {
    wait_copies<stages - 2>();
    __syncthreads();
    load(next, k + stages - 1);
    use(stage * stage_bytes);
    stage = stage == stages - 1 ? 0 : stage + 1;
    next = next == stages - 1 ? 0 : next + 1;
  }
  wait_copies<0>();
  __syncthreads();
}

// Dots of the rows from x0 on with those from y0 on.
template <class T>
__device__ __forceinline__ void multiply_tile(sums_of<typename T::sum>& into, char* shared, const row_source& x, int64_t x0,
                                              const row_source& y, int64_t y0) {
  const uint32_t base = shared_address(shared);
  const place at;
  stream_tile(shared, x, x0, y, y0, [&](int slice) { multiply_slice<T>(into, base + slice, base + slice + tile_rows * slice_bytes, at); });
}

}  // namespace warpweft::device

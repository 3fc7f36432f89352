// Min, max, sum, mean and logSumExp of the rows of the matrix, and of its columns from the same sweep: one fold for both.
#pragma once
#include "cuda/distance/sweep.cuh"

namespace warpweft::distance::gpu {

// What a line makes of a few values, by float32 numbers.
struct short_state {
  float sum, scaled, top, least, most;  // scaled: Σ exp(scale · value − top). A NaN stays in each of them.
};

// Of two exponents the larger; a NaN in either stays.
__device__ __forceinline__ float higher(float a, float b) { return a > b || a != a ? a : b; }
__device__ __forceinline__ float lesser(float kept, float value) { return value < kept || value != value ? value : kept; }
__device__ __forceinline__ float greater(float kept, float value) { return value > kept || value != value ? value : kept; }

// A float64 as two words, so that a state is nothing but words and stays in registers.
struct wide {
  int32_t high, low;
  wide() = default;
  __device__ __forceinline__ wide(double value) : high(__double2hiint(value)), low(__double2loint(value)) {}
  __device__ __forceinline__ operator double() const { return __hiloint2double(high, low); }
};

// A line as far as it was met.
struct line_state {
  wide sum, scaled;
  float top, least, most;
};

struct statistics_fold {
  using state = line_state;
  float* const* out;  // [lines] by row_reduction_id; null: not asked for
  float scale;
  int64_t count;  // values in a line

  __device__ __forceinline__ bool wants(row_reduction_id id) const { return out[static_cast<int>(id)] != nullptr; }
  __device__ __forceinline__ bool wants_sum() const { return wants(row_reduction_id::sum) || wants(row_reduction_id::mean); }

  static __device__ __forceinline__ short_state nothing() { return {0.0f, 0.0f, lowest, __builtin_inff(), -__builtin_inff()}; }
  __device__ __forceinline__ state zero() const { return {0.0, 0.0, lowest, __builtin_inff(), -__builtin_inff()}; }

  // values(i) for i of `few`. `top` runs ahead of the largest exponent by a headroom, so that it seldom has to rise.
  template <class Values>
  __device__ __forceinline__ void add(short_state& t, int few, const Values& values) const {
    constexpr float headroom = 8.0f;
    if (wants(row_reduction_id::min))
#pragma unroll 1
      for (int i = 0; i < few; ++i) t.least = lesser(t.least, values(i));
    if (wants(row_reduction_id::max))
#pragma unroll 1
      for (int i = 0; i < few; ++i) t.most = greater(t.most, values(i));
    if (wants_sum())
#pragma unroll 1
      for (int i = 0; i < few; ++i) t.sum = t.sum + values(i);
    if (wants(row_reduction_id::log_sum_exp))
#pragma unroll 1
      for (int i = 0; i < few; ++i) {
        const float z = values(i) * scale;
        if (z > t.top || z != z) {
          t.scaled = t.scaled * warpweft::exp(t.top - (z + headroom));
          t.top = z + headroom;
        }
        t.scaled = t.scaled + warpweft::exp(z - t.top);
      }
  }
  template <class Into, class Other>
  static __device__ __forceinline__ void join(Into& t, const Other& other) {
    const float top = higher(t.top, other.top);
    t.scaled = t.scaled * warpweft::exp(t.top - top) + other.scaled * warpweft::exp(other.top - top);
    t.top = top;
    t.sum = t.sum + other.sum;
    t.least = lesser(t.least, other.least);
    t.most = greater(t.most, other.most);
  }

  // A tile's sums are float32, those of the tiles float64.
  template <class Values>
  __device__ __forceinline__ void step(state& t, int64_t, int64_t, int columns, const Values& values) const {
    short_state tile = nothing();
    tile.top = t.top;
    add(tile, columns, values);
    join(t, tile);
  }
  __device__ __forceinline__ void write(row_reduction_id id, int64_t line, float value) const {
    if (wants(id)) out[static_cast<int>(id)][line] = value;
  }
  __device__ __forceinline__ void done(int64_t line, const state& t) const {
    write(row_reduction_id::min, line, t.least);
    write(row_reduction_id::max, line, t.most);
    write(row_reduction_id::sum, line, static_cast<float>(t.sum));
    write(row_reduction_id::mean, line, static_cast<float>(static_cast<double>(t.sum) / static_cast<double>(count)));
    const bool bounded = t.top < __builtin_inff();
    const double log_sum = bounded ? static_cast<double>(t.top) + ::log(t.scaled) : static_cast<double>(t.top);
    write(row_reduction_id::log_sum_exp, line, count == 0 ? -__builtin_inff() : static_cast<float>(log_sum));
  }
};

__device__ __forceinline__ statistics_fold of_rows(const fold_launch& p) {
  return {p.statistics.row_out, p.statistics.scale, p.pair.y.rows};
}
__device__ __forceinline__ statistics_fold of_columns(const fold_launch& p) {
  return {p.statistics.column_out, p.statistics.scale, p.pair.x.rows};
}

// Each column of a tile by two threads, one for the upper 64 rows and one for the lower; the words of a column lie m apart.
__device__ __forceinline__ void fold_columns(const fold_launch& p, int rows, int64_t column0, int columns, const device::score_tile& tile) {
  constexpr int half_rows = device::tile_rows / 2;
  const int c = static_cast<int>(threadIdx.x) & (device::tile_columns - 1),
            row0 = static_cast<int>(threadIdx.x) / device::tile_columns * half_rows;
  const int left = rows - row0, few = left < 0 ? 0 : left < half_rows ? left : half_rows;
  short_state part = statistics_fold::nothing();
  of_columns(p).add(part, few, [&](int r) { return tile.at(row0 + r, c); });
  float* const room = tile.scores + device::tile_rows * device::tile_columns + c;
  if (row0 > 0) {
    room[0 * device::tile_columns] = part.sum;
    room[1 * device::tile_columns] = part.scaled;
    room[2 * device::tile_columns] = part.top;
    room[3 * device::tile_columns] = part.least;
    room[4 * device::tile_columns] = part.most;
  }
  __syncthreads();
  if (row0 > 0 || c >= columns) return;
  statistics_fold::join(part, short_state{room[0 * device::tile_columns], room[1 * device::tile_columns], room[2 * device::tile_columns],
                                          room[3 * device::tile_columns], room[4 * device::tile_columns]});
  const int64_t m = p.pair.y.rows;
  float* const to = p.statistics.tiles + static_cast<int64_t>(blockIdx.x) * tile_state_words * m + column0 + c;
  to[0 * m] = part.sum;
  to[1 * m] = part.scaled;
  to[2 * m] = part.top;
  to[3 * m] = part.least;
  to[4 * m] = part.most;
}

// A thread a column: tiles of rows in order, behind those of the spans before.
__device__ __forceinline__ void join_columns(const fold_launch& p) {
  const int64_t column = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x, m = p.pair.y.rows;
  if (column >= m) return;
  const statistics_fold fold = of_columns(p);
  line_state state = p.statistics.begins ? fold.zero() : state_in<statistics_fold>(p.statistics.columns[column]);
  for (int64_t tile = 0; tile < p.statistics.row_tiles; ++tile) {
    const float* const from = p.statistics.tiles + tile * tile_state_words * m + column;
    statistics_fold::join(state, short_state{from[0 * m], from[1 * m], from[2 * m], from[3 * m], from[4 * m]});
  }
  if (p.statistics.ends)
    fold.done(column, state);
  else
    put_state(p.statistics.columns[column], state);
}

}  // namespace warpweft::distance::gpu

extern "C" __global__ void distance_statistics_rows(const warpweft::distance::fold_launch p) {
  using namespace warpweft::distance::gpu;
  row_join(p, of_rows(p));
}
extern "C" __global__ void distance_statistics_columns(const warpweft::distance::fold_launch p) {
  warpweft::distance::gpu::join_columns(p);
}

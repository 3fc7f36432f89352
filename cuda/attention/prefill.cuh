// Attention over whole sequences: 64 queries of heads that read the same keys and values are a block's, their keys and values pass 64 at
// a time, and their weights go from registers into the product with the values. Of 128 columns of values and more each 128 are a block's.
#pragma once
#include "cuda/attention/lanes.cuh"
#include "cuda/attention/prefill_sight.cuh"
#include "cuda/attention/weights.cuh"

namespace warpweft::attention::gpu {

// Which rows a block has: of a sequence b and a group or head `part`, those from `first` on. The last come first: with causal sight they
// have the most to do.
struct block_place {
  int64_t b;
  int part, first;
  __device__ __forceinline__ block_place(const prefill_launch& p, int64_t parts) {
    const int64_t of = blockIdx.x / p.blocks;
    b = of / parts;
    part = static_cast<int>(of - b * parts);
    first = static_cast<int>(p.blocks - 1 - (blockIdx.x - of * p.blocks)) * block_rows;
  }
};

__device__ __forceinline__ row_list queries_of(const prefill_launch& p, const device_rows& from, const sight& of, int64_t b, int group) {
  const int begin = p.group_begin[group], size = p.group_begin[group + 1] - begin;
  return {from.data + b * p.queries * p.heads * from.stride,
          p.group_heads + begin,
          size,
          of.queries * size,
          p.heads * from.stride,
          from.stride,
          from.row_bytes};
}
__device__ __forceinline__ row_list keys_of(const prefill_launch& p, const device_rows& from, const sight& of, int64_t b, int64_t heads,
                                            int head) {
  return {from.data + (b * p.keys * heads + head) * from.stride, nullptr, 1, of.keys, heads * from.stride, 0, from.row_bytes};
}

__device__ __forceinline__ int slices_of(const row_list& rows) {
  return static_cast<int>((rows.row_bytes + slice_bytes - 1) / slice_bytes);
}

// Tiles of keys that some query of numbers [first, first + 64) sees.
__device__ __forceinline__ tile_walk keys_seen(const sight& of, const row_list& queries, int first) {
  if (first >= queries.count) return {0, 0, 0, 0};
  const int last_token = (::min(first + block_rows, queries.count) - 1) / queries.group;
  const int low = of.low(first / queries.group), high = of.high(last_token);
  tile_walk w{0, ::max(of.prefix, high), of.prefix, low / block_rows * block_rows};
  w.first = w.from(0);
  return w;
}

// Of the 64 rows of a block whether all are there and see the tile whole.
__device__ __forceinline__ bool whole(const sight& of, const row_list& queries, int first, int t) {
  return first + block_rows <= queries.count && of.all(first / queries.group, (first + block_rows - 1) / queries.group, t);
}

__device__ __forceinline__ void score_tile(warp_tile& s, const rules& of, int row) {
  const any_score score(of.p.score);
  const int key = (device::lane_id() & 3) * 2;
#pragma unroll
  for (int n = 0; n < 8; ++n)
#pragma unroll
    for (int i = 0; i < 4; ++i) s.c[n][i] = of.biased(score.value(s.c[n][i]), row + (i >> 1) * 8, n * 8 + key + (i & 1));
}

constexpr int row_lanes = 4;  // share a fragment's row

// Scores become weights. Each lane of a row has its own sum of them. Returns what was added up before is to be multiplied by.
template <int half>
__device__ __forceinline__ float fold_row(softmax<float>& row, warp_tile& s) {
  float highest = -__builtin_inff();
#pragma unroll
  for (int n = 0; n < 8; ++n)
#pragma unroll
    for (int i = 0; i < 2; ++i) highest = max(s.c[n][2 * half + i], highest);
  const float factor = row.raise(join_neighbours<row_lanes, larger>(highest));
#pragma unroll
  for (int n = 0; n < 8; ++n)
#pragma unroll
    for (int i = 0; i < 2; ++i) s.c[n][2 * half + i] = row.step(s.c[n][2 * half + i]);
  return factor;
}

// Two neighbours of a row; a pair is stored at once where both are there and aligned.
__device__ __forceinline__ void store_pair(float* row, int64_t column, int64_t columns, float first, float second) {
  if ((columns & 1) == 0) {
    if (column < columns) *reinterpret_cast<float2*>(row + column) = make_float2(first, second);
    return;
  }
  if (column < columns) row[column] = first;
  if (column + 1 < columns) row[column + 1] = second;
}

// Half a warp's rows: row g + 8·half of each of the 16.
template <int half>
__device__ __forceinline__ void store_sums(float* row, int64_t column0, int64_t columns, const warp_sums& sums, float share) {
  const int64_t column = column0 + (device::lane_id() & 3) * 2;
#pragma unroll
  for (int n = 0; n < block_columns / 8; ++n)
    store_pair(row, column + n * 8, columns, sums.c[n][2 * half] * share, sums.c[n][2 * half + 1] * share);
}

template <int half>
__device__ __forceinline__ void finish_row(const prefill_launch& p, int64_t b, int row, softmax<float> state, const warp_sums& sums,
                                           float raised) {
  state.sum = join_neighbours<row_lanes, device::plus>(state.sum);
  if (row < 0) return;
  const int64_t at = b * p.queries * p.heads + row, column0 = blockIdx.y * block_columns;
  store_sums<half>(p.out + at * p.columns, column0, p.columns, sums, state.done() / raised);
  if (blockIdx.y > 0 || (device::lane_id() & 3) > 0) return;
  p.lse[at] = state.lse();
  if (!p.state) return;
  p.state[2 * at] = state.top;
  p.state[2 * at + 1] = state.sum;
}

template <class T>
__device__ __forceinline__ void forward(const prefill_launch& p) {
  extern __shared__ __align__(128) char shared[];
  __shared__ query_table table;
  constexpr int element = sizeof(typename T::element);
  const block_place here(p, p.groups);
  const sight of(p, here.b);
  const row_list q = queries_of(p, p.q, of, here.b, here.part);
  const row_list k = keys_of(p, p.k, of, here.b, p.key_heads, p.group_key_head[here.part]);
  const row_list v = keys_of(p, p.v, of, here.b, p.value_heads, p.group_value_head[here.part]);
  if (here.first >= p.queries * q.group) return;
  know_queries<false>(table, p, of, here.b, q, here.first);
  const tile_walk tiles = keys_seen(of, q, here.first);
  const int slices = slices_of(k);
  const bool resident = slices <= device_prefill::most_resident_slices;
  const int64_t column0 = int64_t{blockIdx.y} * block_columns;
  stage_ring ring(shared, device_prefill::stage_bytes(element));
  const char* const kept = shared + device::stages * ring.bytes;
  int at = tiles.first, step = 0;  // of the next load
  const auto load = [&](uint32_t stage) {
    if (at >= tiles.end) return;
    if (step < slices) {
      load_slice(stage, k, at, step);
      if (!resident) load_slice(stage + slice_rows_bytes, q, here.first, step);
    } else {
      load_inner<element>(stage, v, at + (step - slices) * inner_rows, column0 * element);
    }
    if (++step < slices + block_rows / inner_rows) return;
    step = 0;
    at = tiles.from(at + block_rows);
  };
  for (int i = 0; resident && i < slices; ++i) load_slice(device::shared_address(kept) + i * slice_rows_bytes, q, here.first, i);
  ring.start(load);
  __syncthreads();
  const int row = device::warp_id() * 16 + (device::lane_id() >> 2);
  softmax<float> upper = softmax<float>::zero(), lower = softmax<float>::zero();
  warp_sums sums;
  sums.clear();
#pragma unroll 1
  for (int t = tiles.first; t < tiles.end; t = tiles.from(t + block_rows)) {
    warp_tile s;
    s.clear();
#pragma unroll 1
    for (int i = 0; i < slices; ++i) {
      const char* stage = ring.take(load);
      multiply_rows<T>(s, device::shared_address(resident ? kept + i * slice_rows_bytes : stage + slice_rows_bytes),
                       device::shared_address(stage));
    }
    const rules by{p, table, of.keys, t, !whole(of, q, here.first, t)};
    score_tile(s, by, row);
    const float upper_factor = fold_row<0>(upper, s), lower_factor = fold_row<1>(lower, s);
    sums.scale(upper_factor, lower_factor);
#pragma unroll
    for (int i = 0; i < block_rows / inner_rows; ++i) weighted<T>::add(sums, s, i, ring.take(load), p.columns - column0);
  }
  ring.drain();
  finish_row<0>(p, here.b, table.row[row], upper, sums, weight_form<T>::raised);
  finish_row<1>(p, here.b, table.row[row + 8], lower, sums, weight_form<T>::raised);
}

}  // namespace warpweft::attention::gpu

#define WARPWEFT_PREFILL(type) \
  extern "C" __global__ void __launch_bounds__(128, 2) attention_forward_##type(const warpweft::attention::prefill_launch p) { \
    warpweft::attention::gpu::forward<warpweft::device::type>(p); \
  }
WARPWEFT_PREFILL(float32)
WARPWEFT_PREFILL(float16)
WARPWEFT_PREFILL(bfloat16)
#undef WARPWEFT_PREFILL

// The way back, in float32: weights are computed again, P = e^(s − top) / sum, and with δ = Σ grad·out of a query's row
//   dS = P (grad · v − δ) ∂s/∂x,   dq = Σ dS k,   dk = Σ dS q,   dv = Σ P grad.
// A kernel for each of the three, so that each sum has one owner and one order: a block has 64 queries, past which keys and values go, or
// 64 keys, past which all queries go that read them. Of 128 columns and more each 128 are a block's.
#pragma once
#include "cuda/attention/prefill.cuh"

namespace warpweft::attention::gpu {

enum class gradient { query, key, value };

// What belongs to a query stands along the rows of a tile, or along its columns.
template <gradient of>
__device__ __forceinline__ int query_at(int row, int column) {
  return of == gradient::query ? row : column;
}
template <gradient of>
__device__ __forceinline__ int key_at(int row, int column) {
  return of == gradient::query ? column : row;
}

// Products x in s and grad · v in g become dS, or P for the gradient of values, in s.
template <gradient of>
__device__ __forceinline__ void weigh(warp_tile& s, const warp_tile& g, const rules& by, int row0) {
  const any_score score(by.p.score);
  const int column0 = (device::lane_id() & 3) * 2;
#pragma unroll
  for (int n = 0; n < 8; ++n)
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int row = row0 + (i >> 1) * 8, column = n * 8 + column0 + (i & 1), query = query_at<of>(row, column);
      const float value = score.value(s.c[n][i]);
      const float p = exp(by.biased(value, query, key_at<of>(row, column)) - by.of.base[query]) * by.of.share[query];
      s.c[n][i] = of == gradient::value ? p : p * (g.c[n][i] - by.of.dot[query]) * score.slope(value);
    }
}

// Rows that a block owns and rows that pass: those of the scores, and those of grad · v. They are kept in shared memory, as registers
// are short.
struct backward_sides {
  row_list x[2], y[2];
};

// Adds up what the tiles give. Queries' own numbers are in `table`, or for a block of keys are brought there tile by tile.
template <gradient of>
__device__ __forceinline__ void pass(warp_sums& sums, stage_ring& ring, query_table& table, const prefill_launch& p, const sight& seen,
                                     int64_t b, const backward_sides& sides, const tile_walk& tiles, int x0) {
  constexpr int products = of == gradient::value ? 1 : 2;
  const row_list &queries = of == gradient::query ? sides.x[0] : sides.y[0], &added = sides.y[of == gradient::value ? 1 : 0];
  const int slices = slices_of(sides.y[0]), all_slices = slices + (products == 2 ? slices_of(sides.y[1]) : 0);
  const int64_t column0 = int64_t{blockIdx.y} * block_columns;
  int at = tiles.first, step = 0;  // of the next load
  const auto load = [&](uint32_t stage) {
    if (at >= tiles.end) return;
    if (step < slices) {
      load_slice(stage, sides.y[0], at, step);
      load_slice(stage + slice_rows_bytes, sides.x[0], x0, step);
    } else if (products == 2 && step < all_slices) {
      load_slice(stage, sides.y[1], at, step - slices);
      load_slice(stage + slice_rows_bytes, sides.x[1], x0, step - slices);
    } else {
      load_inner<4>(stage, added, at + (step - all_slices) * inner_rows, column0 * 4);
    }
    if (++step < all_slices + block_rows / inner_rows) return;
    step = 0;
    at = tiles.from(at + block_rows);
  };
  ring.start(load);
#pragma unroll 1
  for (int t = tiles.first; t < tiles.end; t = tiles.from(t + block_rows)) {
    // Between the last reading of the table and this, and between this and the next, all threads meet.
    if constexpr (of != gradient::query) know_queries<true>(table, p, seen, b, queries, t);
    warp_tile s, g;
    s.clear();
    g.clear();
#pragma unroll
    for (int product = 0; product < products; ++product) {
      const int count = product == 0 ? slices : all_slices - slices;
#pragma unroll 1
      for (int i = 0; i < count; ++i) {
        const uint32_t stage = device::shared_address(ring.take(load));
        multiply_rows<device::float32>(product == 0 ? s : g, stage + slice_rows_bytes, stage);
      }
    }
    const int query0 = of == gradient::query ? x0 : t, key0 = of == gradient::query ? t : x0;
    const rules by{p, table, seen.keys, key0, !whole(seen, queries, query0, key0)};
    const int row = device::warp_id() * 16 + (device::lane_id() >> 2);
    weigh<of>(s, g, by, row);
#pragma unroll
    for (int i = 0; i < block_rows / inner_rows; ++i) weighted<device::float32>::add(sums, s, i, ring.take(load), p.columns - column0);
  }
  ring.drain();
}

__device__ __forceinline__ void backward_queries(const prefill_launch& p) {
  extern __shared__ __align__(128) char shared[];
  __shared__ query_table table;
  __shared__ backward_sides sides;
  const block_place here(p, p.groups);
  const sight of(p, here.b);
  const int key_head = p.group_key_head[here.part], value_head = p.group_value_head[here.part];
  const row_list q = queries_of(p, p.q, of, here.b, here.part);
  if (here.first >= p.queries * q.group) return;
  know_queries<true>(table, p, of, here.b, q, here.first);
  if (threadIdx.x == 0)
    sides = {{q, queries_of(p, p.grad, of, here.b, here.part)},
             {keys_of(p, p.k, of, here.b, p.key_heads, key_head), keys_of(p, p.v, of, here.b, p.value_heads, value_head)}};
  __syncthreads();
  stage_ring ring(shared, device_prefill::stage_bytes(4));
  warp_sums sums;
  sums.clear();
  pass<gradient::query>(sums, ring, table, p, of, here.b, sides, keys_seen(of, q, here.first), here.first);
  const int row = device::warp_id() * 16 + (device::lane_id() >> 2);
  const int64_t rows = here.b * p.queries * p.heads, column0 = int64_t{blockIdx.y} * block_columns;
  if (table.row[row] >= 0) store_sums<0>(p.out + (rows + table.row[row]) * p.columns, column0, p.columns, sums, 1.0f);
  if (table.row[row + 8] >= 0) store_sums<1>(p.out + (rows + table.row[row + 8]) * p.columns, column0, p.columns, sums, 1.0f);
}

// Groups of heads that read the block's keys, or values, take turns.
template <gradient of>
__device__ __forceinline__ void backward_keys(const prefill_launch& p) {
  extern __shared__ __align__(128) char shared[];
  __shared__ query_table table;
  __shared__ backward_sides sides;
  const int64_t heads = of == gradient::key ? p.key_heads : p.value_heads;
  const block_place here(p, heads);
  const sight seen(p, here.b);
  stage_ring ring(shared, device_prefill::stage_bytes(4));
  warp_sums sums;
  sums.clear();
  const int first_token = seen.first_token(here.first), last_token = seen.last_token(here.first);
#pragma unroll 1
  for (int group = 0; here.first < seen.keys && group < p.groups; ++group) {
    const int key_head = p.group_key_head[group], value_head = p.group_value_head[group];
    if ((of == gradient::key ? key_head : value_head) != here.part) continue;
    if (threadIdx.x == 0)
      sides = {{keys_of(p, p.k, seen, here.b, p.key_heads, key_head), keys_of(p, p.v, seen, here.b, p.value_heads, value_head)},
               {queries_of(p, p.q, seen, here.b, group), queries_of(p, p.grad, seen, here.b, group)}};
    __syncthreads();
    const int each = sides.y[0].group, first = first_token * each / block_rows * block_rows;
    pass<of>(sums, ring, table, p, seen, here.b, sides, {first, last_token * each, 0, 0}, here.first);
  }
  const int row = here.first + device::warp_id() * 16 + (device::lane_id() >> 2);
  const int64_t column0 = int64_t{blockIdx.y} * block_columns;
  float* const out = p.out + ((here.b * p.keys + row) * heads + here.part) * p.columns;
  if (row < p.keys) store_sums<0>(out, column0, p.columns, sums, 1.0f);
  if (row + 8 < p.keys) store_sums<1>(out + 8 * heads * p.columns, column0, p.columns, sums, 1.0f);
}

}  // namespace warpweft::attention::gpu

extern "C" __global__ void __launch_bounds__(128, 2) attention_backward_queries(const warpweft::attention::prefill_launch p) {
  warpweft::attention::gpu::backward_queries(p);
}

extern "C" __global__ void __launch_bounds__(128, 2) attention_backward_keys(const warpweft::attention::prefill_launch p) {
  using namespace warpweft::attention::gpu;
  backward_keys<gradient::key>(p);
}

extern "C" __global__ void __launch_bounds__(128, 2) attention_backward_values(const warpweft::attention::prefill_launch p) {
  using namespace warpweft::attention::gpu;
  backward_keys<gradient::value>(p);
}

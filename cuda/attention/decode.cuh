// Absorbed queries against a paged cache. A block has 16 or 32 rows, each a head of a query token, and passes through a part of the
// sequence's keys, 32 at a time (16 of float32), each of which it reads once:
//
//   s = scale · queries · keysᵀ         the columns shared by four warps, whose parts are added up in order
//   top, sum, weights = fold(s)         eight threads a row
//   acc = acc · factor + weights · values     the values are columns of the keys; each warp has columns of its own
//
// Products of 16-bit keys with queries of their type are exact and added up in float32. Weights, and other queries, are float32 and
// enter as two tf32 numbers; float32 keys do too. A row's sums have one order, whatever block it is in.
#pragma once
#include "attention/ops/softmax.h"
#include "cuda/attention/decode_tile.cuh"
#include "cuda/attention/lanes.cuh"

namespace warpweft::attention::gpu {

// What a block works on.
struct decode_work {
  decode_piece piece;
  int64_t rows;       // of the sequence
  int64_t first_row;  // of the block
};

// The block's queries, a warp a row: zeros past the last row and column.
template <class T, bool same>
__device__ __forceinline__ void load_queries(const decode_launch& p, const decode_work& w, char* to, int rows) {
  constexpr bool narrow = same && sizeof(typename T::element) == 2;
  constexpr bool exchange = !same && sizeof(typename T::element) == 2;
  const int latent = static_cast<int>(p.cache.latent_columns), rope = static_cast<int>(p.cache.rope_columns);
  const int columns = static_cast<int>(p.layout.steps) * (32 / static_cast<int>(sizeof(typename T::element)));
  for (int r = device::warp_id(); r < rows; r += blockDim.x >> 5) {
    const bool some = w.first_row + r < w.rows;
    const int64_t row = w.piece.sequence * w.rows + w.first_row + r;
    for (int k = device::lane_id(); k < columns; k += 32) {
      float value = 0.0f;
      if (some && k < latent) value = device::read_element(p.latent, p.latent_type, row * latent + k);
      if (some && k >= latent && k < latent + rope) value = device::read_element(p.rope, p.rope_type, row * rope + k - latent);
      if constexpr (narrow)
        device::write_element(byte_at(to, p.layout.query_stride, r, k * 2), p.latent_type, 0, value);
      else
        *reinterpret_cast<float*>(byte_at(to, p.layout.query_stride, r, (exchange ? exchanged(k) : k) * 4)) = value;
    }
  }
}

constexpr int fold_threads = 8;  // of a row

// One of the eight threads that fold a row; each sees every eighth key.
struct row_fold {
  softmax<float> state;  // its sum is of this thread's keys
  int row, own;
  int high;  // the row sees keys below

  template <class T>
  __device__ __forceinline__ void step(const decode_launch& p, int rows, int t0, const float* partial, char* weights, float* factors) {
    constexpr int count = 4 / (sizeof(typename T::element) / 2);
    const decode_layout& l = p.layout;
    float s[count];
    float highest = -__builtin_inff();
#pragma unroll
    for (int i = 0; i < count; ++i) {
      const float* const from = partial + row * l.partial_stride + own + 8 * i;
      float x = from[0];
#pragma unroll
      for (int q = 1; q < column_shares; ++q) x += from[q * rows * l.partial_stride];
      s[i] = t0 + own + 8 * i < high ? p.scale * x : -__builtin_inff();
      highest = max(s[i], highest);
    }
    const float factor = state.raise(join_neighbours<fold_threads, larger>(highest));
    if (own == 0) factors[row] = factor;
    __syncthreads();  // weights stand where partial scores stood
    const int place = sizeof(typename T::element) == 2 ? exchanged(own) : own;
#pragma unroll
    for (int i = 0; i < count; ++i)
      *reinterpret_cast<float*>(byte_at(weights, l.weight_stride, row, (place + 8 * i) * 4)) = state.step(s[i]);
  }
};

// Sums of values of [16 rows][32 columns][8 columns][a fragment]; a warp's columns are every so manieth 32.
template <int halves>
struct value_sums {
  static constexpr int groups = decode_columns / (32 * column_shares * halves);
  float c[halves][groups][4][4];
};

template <class T, int halves>
__device__ __forceinline__ void add_values(value_sums<halves>& into, const decode_layout& l, const char* weights, const char* keys,
                                           const float* factors, int first_column, int last_tile) {
  constexpr int groups = value_sums<halves>::groups, eights = 8 / sizeof(typename T::element);
  const int lane = device::lane_id(), warp = device::warp_id(), g = lane >> 2;
  const uint32_t weight_base = device::shared_address(weights), key_base = device::shared_address(keys);
#pragma unroll
  for (int h = 0; h < halves; ++h) {
    const float upper = factors[h * 16 + g], lower = factors[h * 16 + g + 8];
#pragma unroll
    for (int i = 0; i < groups; ++i)
#pragma unroll
      for (int m = 0; m < 4; ++m) {
        into.c[h][i][m][0] *= upper;
        into.c[h][i][m][1] *= upper;
        into.c[h][i][m][2] *= lower;
        into.c[h][i][m][3] *= lower;
      }
  }
#pragma unroll 1
  for (int eight = 0; eight < eights; ++eight) {
    uint32_t raw[4];
    device::load_matrices(chunk_at(weight_base, l.weight_stride, lane & 15, eight * 2 + (lane >> 4)), raw);
    float32::fragment_a a(raw), below(a);
    if constexpr (halves == 2) {
      device::load_matrices(chunk_at(weight_base, l.weight_stride, 16 + (lane & 15), eight * 2 + (lane >> 4)), raw);
      below = float32::fragment_a(raw);
    }
#pragma unroll
    for (int i = 0; i < groups; ++i) {
      const int column = first_column + (warp + i * column_shares * halves) * 32;
      if (column > last_tile * 8) break;
      two z[4];
      load_values<T>(keys, key_base, l, eight, column, last_tile, z);
#pragma unroll
      for (int m = 0; m < 4; ++m) {
        device::multiply_weights<T>(into.c[0][i][m], a, z[m].first, z[m].second);
        if constexpr (halves == 2) device::multiply_weights<T>(into.c[1][i][m], below, z[m].first, z[m].second);
      }
    }
  }
}

template <int halves>
__device__ __forceinline__ void store_sums(const decode_launch& p, const decode_work& w, const value_sums<halves>& from,
                                           const float* shares, int first_column) {
  const int lane = device::lane_id(), latent = static_cast<int>(p.cache.latent_columns);
  const int64_t row0 = w.piece.part < 0 ? w.piece.sequence * w.rows : w.piece.part * w.rows;
  float* const out = w.piece.part < 0 ? p.out : p.sums;
#pragma unroll
  for (int h = 0; h < halves; ++h)
#pragma unroll
    for (int lower = 0; lower < 2; ++lower) {
      const int r = h * 16 + lower * 8 + (lane >> 2);
      if (w.first_row + r >= w.rows) continue;
      float* const to = out + (row0 + w.first_row + r) * latent;
      const float share = shares[r];
#pragma unroll
      for (int i = 0; i < value_sums<halves>::groups; ++i)
#pragma unroll
        for (int m = 0; m < 4; ++m) {
          const int k = first_column + (device::warp_id() + i * column_shares * halves) * 32 + m * 8 + (lane & 3) * 2;
          const float first = from.c[h][i][m][2 * lower] * share, second = from.c[h][i][m][2 * lower + 1] * share;
          if (k + 1 < latent && latent % 2 == 0) {
            *reinterpret_cast<float2*>(to + k) = make_float2(first, second);
          } else {
            if (k < latent) to[k] = first;
            if (k + 1 < latent) to[k + 1] = second;
          }
        }
    }
}

template <class T, bool coded, bool same, int halves>
__device__ __forceinline__ void decode(const decode_launch& p) {
  extern __shared__ __align__(128) char shared[];
  constexpr int rows = 16 * halves;
  const decode_layout& l = p.layout;
  decode_work w;
  w.piece = p.pieces[blockIdx.x / p.row_tiles];
  w.rows = static_cast<int64_t>(p.queries) * p.heads;
  w.first_row = static_cast<int64_t>(blockIdx.x % p.row_tiles) * rows;
  const int first_column = blockIdx.y * decode_columns;
  const int last_tile = (min(static_cast<int>(p.cache.latent_columns), first_column + decode_columns) - 1) / 8;
  const int32_t* const pages = p.pages + w.piece.sequence * p.pages_a_row;
  char* const query = shared + l.query_at;
  char* const partial = shared + l.partial_at;
  float* const factors = reinterpret_cast<float*>(shared + l.factor_at);
  const uint32_t base = device::shared_address(shared);
  const int warp = device::warp_id(), half = warp / column_shares, share = warp % column_shares;

  row_fold fold{softmax<float>::zero(), static_cast<int>(threadIdx.x >> 3), static_cast<int>(threadIdx.x & 7), w.piece.last};
  if (w.first_row + fold.row >= w.rows)
    fold.high = 0;
  else if (p.causal)
    fold.high = min(fold.high, p.lengths[w.piece.sequence] - p.queries + 1 + static_cast<int>((w.first_row + fold.row) / p.heads));

  const auto load = [&](int stage, int t0) {
    if (t0 < w.piece.last) load_keys<coded>(p, base + l.raw_at + stage * l.stage_bytes, pages, t0, w.piece.last);
  };
  value_sums<halves> sums = {};
  load(0, w.piece.first);
  load_queries<T, same>(p, w, query, rows);
  int stage = 0;
#pragma unroll 1
  for (int t0 = w.piece.first; t0 < w.piece.last; t0 += l.keys) {
    device::wait_copies<0>();
    __syncthreads();
    const int next = l.stages - 1 - stage;
    if (l.stages == 2) load(next, t0 + l.keys);
    char* const stored = shared + l.raw_at + stage * l.stage_bytes;
    char* const keys = coded ? shared + l.key_at : stored;
    if constexpr (coded) {
      widen_keys(p, stored, keys);
      __syncthreads();
    }
    const uint32_t own = base + l.partial_at + (share * rows + half * 16) * l.partial_stride * 4;
    multiply_keys<T, same>(l, base + l.query_at, device::shared_address(keys), half, share, own);
    __syncthreads();
    fold.step<T>(p, rows, t0, reinterpret_cast<const float*>(partial), partial, factors);
    __syncthreads();
    add_values<T>(sums, l, partial, keys, factors, first_column, last_tile);
    if (l.stages == 2) {
      stage = next;
    } else {
      __syncthreads();
      load(0, t0 + l.keys);
    }
  }

  softmax<float> state = fold.state;
  state.sum = join_neighbours<fold_threads, device::plus>(state.sum);
  __syncthreads();
  const bool whole = w.piece.part < 0;
  if (fold.own == 0) {
    factors[fold.row] = whole ? state.done() : 1.0f;
    const int64_t row = w.first_row + fold.row;
    if (row < w.rows && blockIdx.y == 0) {
      if (whole) {
        p.lse[w.piece.sequence * w.rows + row] = state.lse();
      } else {
        p.states[2 * (w.piece.part * w.rows + row)] = state.top;
        p.states[2 * (w.piece.part * w.rows + row) + 1] = state.sum;
      }
    }
  }
  __syncthreads();
  store_sums(p, w, sums, factors, first_column);
}

}  // namespace warpweft::attention::gpu

#define WARPWEFT_DECODE(name, type, coded, same, halves) \
  extern "C" __global__ void __launch_bounds__(warpweft::attention::decode_threads* halves, 1) \
      attention_decode_##name(const warpweft::attention::decode_launch p) { \
    warpweft::attention::gpu::decode<warpweft::device::type, coded, same, halves>(p); \
  }
#define WARPWEFT_DECODE_ROWS(name, type, coded, same) \
  WARPWEFT_DECODE(name##_16, type, coded, same, 1) \
  WARPWEFT_DECODE(name##_32, type, coded, same, 2)
WARPWEFT_DECODE_ROWS(float32_float32, float32, false, true)
WARPWEFT_DECODE_ROWS(float16_float16, float16, false, true)
WARPWEFT_DECODE_ROWS(float16_float32, float16, false, false)
WARPWEFT_DECODE_ROWS(bfloat16_bfloat16, bfloat16, false, true)
WARPWEFT_DECODE_ROWS(bfloat16_float32, bfloat16, false, false)
WARPWEFT_DECODE_ROWS(e4m3_bfloat16, bfloat16, true, true)
WARPWEFT_DECODE_ROWS(e4m3_float32, bfloat16, true, false)
#undef WARPWEFT_DECODE_ROWS
#undef WARPWEFT_DECODE

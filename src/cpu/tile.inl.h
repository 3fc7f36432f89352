// The register tile: panel_rows × panel_lanes scores from a row panel and a lane panel, and its exact re-evaluations.
#pragma once
#include <hwy/cache_control.h>

#include <cstdint>
#include <cstring>

#include "cpu/isa/format.h"

namespace warpweft {
namespace WARPWEFT_ISA {

// Longer sums are cut here, so that a chunk of a lane panel stays in the second-level cache.
constexpr int64_t depth_chunk = 1024;
constexpr int64_t prefetch_steps = 12;
constexpr int64_t row_prefetch = 64;
constexpr int unroll = 4, line = 16;

// s[i][j] (+)= Σ_k a[k][i] · b[k][j]. 24 accumulators stay in registers; b is streamed, a broadcast. What s holds is added last, so that
// a sum of many calls is a sum of sums.
template <class F, bool add>
HWY_NOINLINE void tile(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, int64_t depth, float* HWY_RESTRICT s) {
  raw acc[panel_rows][panel_vecs];
#pragma GCC unroll 8
  for (int i = 0; i < panel_rows; ++i)
#pragma GCC unroll 8
    for (int v = 0; v < panel_vecs; ++v) acc[i][v] = hn::Zero(tag());
  const auto step = [&](const float* ak, const float* bk) HWY_ATTR {
    raw bv[panel_vecs];
#pragma GCC unroll 8
    for (int v = 0; v < panel_vecs; ++v) bv[v] = F::load(bk + v * vec_lanes);
#pragma GCC unroll 8
    for (int i = 0; i < panel_rows; ++i) {
      const raw av = F::spread(ak + i);
#pragma GCC unroll 8
      for (int v = 0; v < panel_vecs; ++v) acc[i][v] = F::dot(av, bv[v], acc[i][v]);
    }
  };
  int64_t k = 0;
  for (; k + unroll <= depth; k += unroll, a += unroll * panel_rows, b += unroll * panel_lanes) {
#pragma GCC unroll 4
    for (int u = 0; u < unroll * panel_rows; u += line) hwy::Prefetch(a + row_prefetch * panel_rows + u);
#pragma GCC unroll 4
    for (int u = 0; u < unroll; ++u) {
#pragma GCC unroll 4
      for (int w = 0; w < panel_lanes; w += line) hwy::Prefetch(b + (u + prefetch_steps) * panel_lanes + w);
      step(a + u * panel_rows, b + u * panel_lanes);
    }
  }
  for (; k < depth; ++k, a += panel_rows, b += panel_lanes) step(a, b);
#pragma GCC unroll 8
  for (int i = 0; i < panel_rows; ++i)
#pragma GCC unroll 8
    for (int v = 0; v < panel_vecs; ++v) {
      float* out = s + i * panel_lanes + v * vec_lanes;
      hn::StoreU(add ? hn::Add(acc[i][v], hn::LoadU(tag(), out)) : acc[i][v], tag(), out);
    }
}

template <class F>
void scores(const float* a, const float* b, int64_t depth, int64_t tiles, float* s) {
  constexpr int64_t tile_size = panel_rows * panel_lanes;
  if (depth == 0) {
    for (int64_t i = 0; i < tiles * tile_size; ++i) s[i] = 0.0f;
    return;
  }
  for (int64_t k0 = 0; k0 < depth; k0 += depth_chunk) {
    const int64_t steps = depth - k0 < depth_chunk ? depth - k0 : depth_chunk;
    const float* bk = b + k0 * panel_lanes;
    for (int64_t t = 0; t < tiles; ++t) {
      const float* at = a + (t * depth + k0) * panel_rows;
      if (k0 == 0)
        tile<F, false>(at, bk, steps, s + t * tile_size);
      else
        tile<F, true>(at, bk, steps, s + t * tile_size);
    }
  }
}

template <class F>
void accumulate(const float* a, int64_t a_stride, int64_t panels, const float* w, int64_t count, float* acc) {
  for (int64_t p = 0; p < panels; ++p) tile<F, true>(a + p * a_stride, w, count, acc + p * panel_rows * panel_lanes);
}

#if defined(WARPWEFT_BF16_DOT)
// The depth in words of two rows. Weights are rounded as many at a time as stay in the first-level cache beside a panel.
template <>
inline void accumulate<bf16_format>(const float* a, int64_t a_stride, int64_t panels, const float* w, int64_t count, float* acc) {
  constexpr int64_t most = 128;
  HWY_ALIGN float words[most * panel_lanes];
  for (int64_t q = 0; q < count; q += 2 * most, a += most * panel_rows, w += 2 * most * panel_lanes) {
    const int64_t rows = count - q < 2 * most ? count - q : 2 * most, depth = (rows + 1) / 2;
    for (int64_t k = 0; k < depth; ++k) {
      const float *even = w + 2 * k * panel_lanes, *odd = 2 * k + 1 < rows ? even + panel_lanes : nullptr;
      for (int v = 0; v < panel_lanes; v += vec_lanes)
        hn::StoreU(bf16_format::pair(hn::LoadU(tag(), even + v), odd ? hn::LoadU(tag(), odd + v) : hn::Zero(tag())), tag(),
                   words + k * panel_lanes + v);
    }
    for (int64_t p = 0; p < panels; ++p) tile<bf16_format, true>(a + p * a_stride, words, depth, acc + p * panel_rows * panel_lanes);
  }
}
#endif

// Registers of four rows with their lanes changed over in each fourth of a register: out[k] has, of lane 4b + k, the rows in block b.
#if HWY_TARGET != HWY_SCALAR
WARPWEFT_HD void turn_fours(const raw (&row)[4], raw (&out)[4]) {
  const hn::Repartition<uint64_t, tag> pairs;
  const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(tag(), row[0], row[1]));
  const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(tag(), row[2], row[3]));
  const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(tag(), row[0], row[1]));
  const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(tag(), row[2], row[3]));
  out[0] = hn::BitCast(tag(), hn::InterleaveLower(pairs, low01, low23));
  out[1] = hn::BitCast(tag(), hn::InterleaveUpper(pairs, low01, low23));
  out[2] = hn::BitCast(tag(), hn::InterleaveLower(pairs, high01, high23));
  out[3] = hn::BitCast(tag(), hn::InterleaveUpper(pairs, high01, high23));
}
#endif

HWY_NOINLINE inline void turn(const float* HWY_RESTRICT s, int64_t rows, float* HWY_RESTRICT out, int64_t stride) {
  int64_t r = 0;
#if HWY_TARGET != HWY_SCALAR
  constexpr int four = 4;
  for (; r + four <= rows; r += four)
    for (int v = 0; v < panel_lanes; v += vec_lanes) {
      raw row[four], column[four];
      for (int i = 0; i < four; ++i) row[i] = hn::LoadU(tag(), s + (r + i) * panel_lanes + v);
      turn_fours(row, column);
      for (int k = 0; k < four; ++k) {
        HWY_ALIGN float blocks[vec_lanes];
        hn::Store(column[k], tag(), blocks);
        for (int l = 0; l < vec_lanes; l += four) std::memcpy(out + (v + l + k) * stride + r, blocks + l, four * 4);
      }
    }
#endif
  for (; r < stride; ++r)
    for (int l = 0; l < panel_lanes; ++l) out[l * stride + r] = r < rows ? s[r * panel_lanes + l] : 0.0f;
}

// A whole tile of squared differences; worth it when many of its units are asked for.
template <class F>
HWY_NOINLINE void difference_tile(const float* a, const float* b, int64_t depth, float* out) {
  raw acc[panel_rows][panel_vecs];
#pragma GCC unroll 8
  for (int i = 0; i < panel_rows; ++i)
#pragma GCC unroll 8
    for (int v = 0; v < panel_vecs; ++v) acc[i][v] = hn::Zero(tag());
  for (int64_t k = 0; k < depth; ++k, a += panel_rows, b += panel_lanes) {
    raw bv[panel_vecs];
#pragma GCC unroll 2
    for (int part = 0; part < F::columns; ++part) {
#pragma GCC unroll 8
      for (int v = 0; v < panel_vecs; ++v) {
        const raw word = F::load(b + v * vec_lanes);
        bv[v] = part == 0 ? F::template column<0>(word) : F::template column<1>(word);
      }
#pragma GCC unroll 8
      for (int i = 0; i < panel_rows; ++i) {
        const raw av = hn::Set(tag(), F::column(a + i, part));
#pragma GCC unroll 8
        for (int v = 0; v < panel_vecs; ++v) {
          const raw diff = hn::Sub(av, bv[v]);
          acc[i][v] = hn::MulAdd(diff, diff, acc[i][v]);
        }
      }
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < panel_rows; ++i)
#pragma GCC unroll 8
    for (int v = 0; v < panel_vecs; ++v) hn::StoreU(acc[i][v], tag(), out + i * panel_lanes + v * vec_lanes);
}

// One row against one register of lanes; four sums hide the latency.
template <class F>
HWY_NOINLINE void difference_unit(const float* a, const float* b, int64_t depth, float* out) {
  raw sum[4] = {hn::Zero(tag()), hn::Zero(tag()), hn::Zero(tag()), hn::Zero(tag())};
  const auto add = [&](raw& acc, int64_t k) HWY_ATTR {
    const raw word = F::load(b + k * panel_lanes);
    const raw even = hn::Sub(hn::Set(tag(), F::column(a + k * panel_rows, 0)), F::template column<0>(word));
    acc = hn::MulAdd(even, even, acc);
    if (F::columns == 2) {
      const raw odd = hn::Sub(hn::Set(tag(), F::column(a + k * panel_rows, 1)), F::template column<1>(word));
      acc = hn::MulAdd(odd, odd, acc);
    }
  };
  int64_t k = 0;
  for (; k + 4 <= depth; k += 4)
#pragma GCC unroll 4
    for (int u = 0; u < 4; ++u) add(sum[u], k + u);
  for (; k < depth; ++k) add(sum[0], k);
  hn::StoreU(hn::Add(hn::Add(sum[0], sum[1]), hn::Add(sum[2], sum[3])), tag(), out);
}

template <class F>
void difference(const float* a, const float* b, int64_t depth, uint32_t units, float* out) {
  if (__builtin_popcount(units) * 3 > panel_rows * panel_vecs) return difference_tile<F>(a, b, depth, out);
  for (; units; units &= units - 1) {
    const int unit = __builtin_ctz(units), i = unit / panel_vecs, v = unit % panel_vecs;
    difference_unit<F>(a + i, b + v * vec_lanes, depth, out + i * panel_lanes + v * vec_lanes);
  }
}

// float64 dots of `block` rows with one register of lanes.
using dtag = hn::ScalableTag<double>;
constexpr int double_lanes = static_cast<int>(hn::MaxLanes(dtag()));
constexpr int double_parts = vec_lanes / double_lanes;

template <class F, int block>
HWY_NOINLINE void dot64_unit(const float* a, const float* b, int64_t depth, double* out) {
  const hn::Rebind<float, dtag> half;
  hn::Vec<dtag> acc[block][double_parts];
  for (int i = 0; i < block; ++i)
    for (int h = 0; h < double_parts; ++h) acc[i][h] = hn::Zero(dtag());
  for (int64_t k = 0; k < depth; ++k, a += panel_rows, b += panel_lanes)
#pragma GCC unroll 2
    for (int part = 0; part < F::columns; ++part) {
      HWY_ALIGN float columns[vec_lanes];
      const raw word = F::load(b);
      hn::Store(part == 0 ? F::template column<0>(word) : F::template column<1>(word), tag(), columns);
#pragma GCC unroll 2
      for (int h = 0; h < double_parts; ++h) {
        const auto bv = hn::PromoteTo(dtag(), hn::LoadU(half, columns + h * double_lanes));
#pragma GCC unroll 8
        for (int i = 0; i < block; ++i) {
          const auto av = hn::Set(dtag(), static_cast<double>(F::column(a + i, part)));
          acc[i][h] = hn::MulAdd(av, bv, acc[i][h]);
        }
      }
    }
  for (int i = 0; i < block; ++i)
    for (int h = 0; h < double_parts; ++h) hn::StoreU(acc[i][h], dtag(), out + i * panel_lanes + h * double_lanes);
}

template <class F>
void dot64(const float* a, const float* b, int64_t depth, uint32_t units, double* out) {
  for (int v = 0; v < panel_vecs; ++v) {
    uint32_t wanted = 0;
    for (int i = 0; i < panel_rows; ++i)
      if (units >> (i * panel_vecs + v) & 1) wanted |= 1u << i;
    if (__builtin_popcount(wanted) * 2 > panel_rows) {
      dot64_unit<F, panel_rows>(a, b + v * vec_lanes, depth, out + v * vec_lanes);
      continue;
    }
    for (; wanted; wanted &= wanted - 1) {
      const int i = __builtin_ctz(wanted);
      dot64_unit<F, 1>(a + i, b + v * vec_lanes, depth, out + i * panel_lanes + v * vec_lanes);
    }
  }
}

}  // namespace WARPWEFT_ISA
}  // namespace warpweft

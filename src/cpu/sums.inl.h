// Sums over the columns of a few queries and many rows, which are read once: rows as they are stored, or packed.
#pragma once
#include "cpu/pack.inl.h"

namespace warpweft {
namespace WARPWEFT_ISA {

using cpu::sum_of;

inline int64_t padded(int64_t columns) { return (columns + vec_lanes - 1) / vec_lanes * vec_lanes; }

// A register of columns of a stored row.
template <dtype type>
WARPWEFT_HD raw wide(const void* data, int64_t at) {
  if constexpr (type == dtype::float32) {
    return hn::LoadU(tag(), static_cast<const float*>(data) + at);
  } else if constexpr (type == dtype::bfloat16) {
    const hn::Rebind<uint16_t, tag> half;
    return hn::BitCast(tag(), hn::ShiftLeft<16>(hn::PromoteTo(utag(), hn::LoadU(half, static_cast<const uint16_t*>(data) + at))));
  } else if constexpr (vec_lanes == 1) {
    return hn::Set(tag(), f16_to_float(static_cast<const uint16_t*>(data)[at]));
  } else {
    const hn::Rebind<hwy::float16_t, tag> half;
    return hn::PromoteTo(tag(), hn::LoadU(half, static_cast<const hwy::float16_t*>(data) + at));
  }
}

template <sum_of what>
WARPWEFT_HD raw summed(raw x, raw y, raw sum) {
  if constexpr (what != sum_of::difference) return hn::MulAdd(x, y, sum);
  const raw d = hn::Sub(x, y);
  return hn::MulAdd(d, d, sum);
}

// As many rows at a time as keep the adders busy; a row beyond the end is the last one again.
template <dtype type, sum_of what>
HWY_NOINLINE void row_sums_of(const rows_view& view, int64_t first, int64_t count, const float* queries, int64_t few, float* sums,
                              int64_t stride, float* squares) {
  constexpr int group = what == sum_of::dot_and_square ? 4 : 8;
  const matrix& m = view.of;
  const int64_t whole = m.columns / vec_lanes * vec_lanes, rest = m.columns - whole;
  HWY_ALIGN float tail[group * vec_lanes] = {};
  for (int64_t i = 0; i < count; i += group) {
    const int valid = static_cast<int>(count - i < group ? count - i : group);
    int64_t start[group];
    for (int r = 0; r < group; ++r) start[r] = view.row(first + i + (r < valid ? r : valid - 1)) * m.stride;
    if (rest)
      for (int r = 0; r < group; ++r) widen(m.data, type, start[r] + whole, rest, tail + r * vec_lanes);
    for (int64_t q = 0; q < few; ++q) {
      const float* query = queries + q * padded(m.columns);
      raw sum[group], square[group];
      for (int r = 0; r < group; ++r) sum[r] = square[r] = hn::Zero(tag());
      const auto add = [&](raw x, int r, raw y) HWY_ATTR {
        sum[r] = summed<what>(x, y, sum[r]);
        if (what == sum_of::dot_and_square) square[r] = hn::MulAdd(y, y, square[r]);
      };
      for (int64_t k = 0; k < whole; k += vec_lanes) {
        const raw x = hn::LoadU(tag(), query + k);
#pragma GCC unroll 8
        for (int r = 0; r < group; ++r) add(x, r, wide<type>(m.data, start[r] + k));
      }
      if (rest) {
        const raw x = hn::LoadU(tag(), query + whole);
#pragma GCC unroll 8
        for (int r = 0; r < group; ++r) add(x, r, hn::LoadU(tag(), tail + r * vec_lanes));
      }
      for (int r = 0; r < valid; ++r) {
        sums[q * stride + i + r] = hn::GetLane(hn::SumOfLanes(tag(), sum[r]));
        if (what == sum_of::dot_and_square) squares[i + r] = hn::GetLane(hn::SumOfLanes(tag(), square[r]));
      }
    }
  }
}

template <dtype type>
void row_sums_as(const rows_view& view, int64_t first, int64_t count, const float* queries, int64_t few, sum_of what, float* sums,
                 int64_t stride, float* squares) {
  const auto kernel = what == sum_of::dot          ? row_sums_of<type, sum_of::dot>
                      : what == sum_of::difference ? row_sums_of<type, sum_of::difference>
                                                   : row_sums_of<type, sum_of::dot_and_square>;
  kernel(view, first, count, queries, few, sums, stride, squares);
}

inline void row_sums(const rows_view& view, int64_t first, int64_t count, const float* queries, int64_t few, sum_of what, float* sums,
                     int64_t stride, float* squares) {
  const auto kernel = view.of.type == dtype::float32    ? row_sums_as<dtype::float32>
                      : view.of.type == dtype::bfloat16 ? row_sums_as<dtype::bfloat16>
                                                        : row_sums_as<dtype::float16>;
  kernel(view, first, count, queries, few, what, sums, stride, squares);
}

// Packed rows pass as a stream of units: whole words of all the panel's rows, and whole registers.
constexpr int unit = panel_rows > vec_lanes ? panel_rows : vec_lanes;
constexpr int unit_regs = unit / vec_lanes;
constexpr int unit_words = unit / panel_rows;
static_assert(unit % vec_lanes == 0 && unit % panel_rows == 0, "a panel's row of words and a register must fit one another");

// How words of one kind meet a query that is spread over the rows of a panel. query: [units][columns][unit]
template <class Words, sum_of what>
struct float_stream {
  using element = float;
  using sum = raw;
  static constexpr int factors = Words::columns;
  static WARPWEFT_HD sum zero() { return hn::Zero(tag()); }
  static WARPWEFT_HD sum add(const float* words, const float* query, sum s) {
    const raw w = hn::LoadU(tag(), words);
    s = summed<what>(hn::LoadU(tag(), query), Words::template column<0>(w), s);
    if constexpr (factors == 2) s = summed<what>(hn::LoadU(tag(), query + unit), Words::template column<1>(w), s);
    return s;
  }
  static WARPWEFT_HD void store(sum s, element* out) { hn::StoreU(s, tag(), out); }
};
struct int8_stream {
  using element = int32_t;
  using sum = int8_words::ints;
  static constexpr int factors = 1;
  static WARPWEFT_HD sum zero() { return hn::Zero(itag()); }
  static WARPWEFT_HD sum words(const float* p) { return hn::BitCast(itag(), hn::LoadU(tag(), p)); }
  static WARPWEFT_HD sum add(const float* codes, const float* query, sum s) { return int8_words::dot(words(codes), words(query), s); }
  static WARPWEFT_HD void store(sum s, element* out) { hn::StoreU(s, itag(), out); }
};

// One panel against `few` queries; several sums a query where there is one only, as each waits for the one before.
template <class Stream, int few>
WARPWEFT_HD void panel_sums(const float* words, int64_t depth, const float* queries, int64_t query_words, float* out, int64_t stride) {
  constexpr int chains = few == 1 && unit_regs == 1 ? 4 : few <= 2 && unit_regs <= 2 ? 2 : 1;
  constexpr int query_unit = Stream::factors * unit;
  typename Stream::sum sums[few][unit_regs][chains];
  for (auto& query : sums)
    for (auto& part : query)
      for (auto& chain : part) chain = Stream::zero();
  const auto add = [&](const float* w, int64_t u, int chain) HWY_ATTR {
#pragma GCC unroll 4
    for (int q = 0; q < few; ++q)
#pragma GCC unroll 8
      for (int v = 0; v < unit_regs; ++v)
        sums[q][v][chain] = Stream::add(w + v * vec_lanes, queries + q * query_words + u * query_unit + v * vec_lanes, sums[q][v][chain]);
  };
  constexpr int64_t ahead = 1024;  // words
  const int64_t units = depth / unit_words;
  int64_t u = 0;
  for (; u + chains <= units; u += chains, words += chains * unit)
#pragma GCC unroll 4
    for (int c = 0; c < chains; ++c) {
      hwy::Prefetch(words + c * unit + ahead);
      add(words + c * unit, u + c, c);
    }
  for (; u < units; ++u, words += unit) add(words, u, 0);
  if (depth % unit_words) {
    HWY_ALIGN float last[unit] = {};
    std::memcpy(last, words, panel_rows * 4);
    add(last, u, 0);
  }
  for (int q = 0; q < few; ++q) {
    typename Stream::element parts[chains * unit], total[panel_rows];
    for (int c = 0; c < chains; ++c)
      for (int v = 0; v < unit_regs; ++v) Stream::store(sums[q][v][c], parts + c * unit + v * vec_lanes);
    for (int i = 0; i < panel_rows; ++i) total[i] = parts[i];
    for (int part = 1; part < chains * unit_words; ++part)
      for (int i = 0; i < panel_rows; ++i) total[i] += parts[part * panel_rows + i];
    std::memcpy(out + q * stride, total, sizeof(total));
  }
}

template <class Stream>
HWY_NOINLINE void packed_sums_of(const float* words, int64_t depth, int64_t panels, const float* queries, int64_t query_words, int64_t few,
                                 float* sums, int64_t stride) {
  for (int64_t p = 0; p < panels; ++p, words += depth * panel_rows, sums += panel_rows) {
    int64_t q = 0;
    for (; q + 2 <= few; q += 2) panel_sums<Stream, 2>(words, depth, queries + q * query_words, query_words, sums + q * stride, stride);
    if (q < few) panel_sums<Stream, 1>(words, depth, queries + q * query_words, query_words, sums + q * stride, stride);
  }
}

inline int64_t units_of(dtype type, int64_t columns) {
  const int64_t each = columns_a_word(type), depth = (columns + each - 1) / each;
  return (depth + unit_words - 1) / unit_words;
}
inline int64_t spread_words(dtype type, int64_t columns) {
  return units_of(type, columns) * unit * (type == dtype::bfloat16 ? bf16_words::columns : 1);
}

inline void packed_sums(const rows_view& view, int64_t first, int64_t count, const float* queries, int64_t few, sum_of what, float* sums,
                        int64_t stride) {
  const matrix& m = view.of;
  const int64_t each = columns_a_word(m.type), depth = (m.columns + each - 1) / each;
  const float* words = static_cast<const float*>(m.data) + first * depth;
  const bool difference = what == sum_of::difference;
  const auto kernel = m.type == dtype::int8       ? packed_sums_of<int8_stream>
                      : m.type == dtype::bfloat16 ? difference ? packed_sums_of<float_stream<bf16_words, sum_of::difference>>
                                                               : packed_sums_of<float_stream<bf16_words, sum_of::dot>>
                      : difference ? packed_sums_of<float_stream<float32_format, sum_of::difference>>
                                                  : packed_sums_of<float_stream<float32_format, sum_of::dot>>;
  kernel(words, depth, (count + panel_rows - 1) / panel_rows, queries, spread_words(m.type, m.columns), few, sums, stride);
}

inline void spread(dtype type, const void* row, int64_t columns, float* out) {
  const int64_t each = columns_a_word(type), units = units_of(type, columns);
  if (type == dtype::int8) {
    for (int64_t w = 0; w < units * unit_words; ++w) {
      int8_t codes[4] = {};
      const int64_t left = columns - w * each;
      if (left > 0) std::memcpy(codes, static_cast<const int8_t*>(row) + w * each, static_cast<size_t>(left < each ? left : each));
      for (int i = 0; i < panel_rows; ++i) std::memcpy(out + w * panel_rows + i, codes, 4);
    }
    return;
  }
  const float* values = static_cast<const float*>(row);
  for (int64_t u = 0; u < units; ++u)
    for (int64_t part = 0; part < each; ++part)
      for (int j = 0; j < unit; ++j) {
        const int64_t k = (u * unit_words + j / panel_rows) * each + part;
        out[(u * each + part) * unit + j] = k < columns ? values[k] : 0.0f;
      }
}

}  // namespace WARPWEFT_ISA
}  // namespace warpweft

// Softmax of a row in two passes over it instead of three (arXiv 2001.04438): e^x is kept as m 2ⁿ, so that a sum of exponentials
// needs no maximum first and cannot overflow. Pass 1: (M, E) ← (M 2^(E−e) + m 2^(n−e), e), e = max(E, n). Pass 2: y = m 2^(n−E) / M.
#pragma once
#include "cpu/rows.inl.h"

namespace warpweft {
namespace WARPWEFT_ISA {

// Σ e^x of what each lane saw, as mantissa · 2^exponent; no element was seen where the mantissa is 0.
struct exp_sum {
  vec mantissa = vec(0.0f);
  vec exponent = vec(lowest);

  WARPWEFT_HD void add(vec m, vec n) {
    const vec top = max(exponent, n);
    mantissa = fma(mantissa, two_to(max(vec(-127.0f), exponent - top)), m * two_to(max(vec(-127.0f), n - top)));
    exponent = top;
  }
};

constexpr int exp_sums = read_chunk / vec_lanes < 4 ? read_chunk / vec_lanes : 4;  // side by side, to hide latency

// m and n of e^x; −∞ gives 0.
WARPWEFT_HD vec finite_parts(vec x, vec& n) {
  const mask none = x == vec(-__builtin_inff());
  const vec m = select(none, vec(0.0f), exp_parts(select(none, vec(0.0f), x), n));
  n = select(none, vec(lowest), n);
  return m;
}

// Calls body(first column, columns, their values), the values padded with −∞ to whole chunks.
template <class Body>
WARPWEFT_HD void each_chunk(const rows_view& view, int64_t r, const Body& body) {
  const int64_t columns = view.of.columns;
  float piece[read_chunk];
  for (int64_t k0 = 0; k0 < columns; k0 += read_chunk) {
    const int64_t n = columns - k0 < read_chunk ? columns - k0 : read_chunk;
    read_columns(view, r, k0, n, piece);
    for (int64_t k = n; k < read_chunk; ++k) piece[k] = -__builtin_inff();
    body(k0, n, piece);
  }
}

// Writes f(values) over the row.
template <class F>
WARPWEFT_HD void write_row(const rows_view& view, int64_t r, float* out, const F& f) {
  each_chunk(view, r, [&](int64_t k0, int64_t n, const float* piece) {
    float part[read_chunk];
    for (int k = 0; k < read_chunk; k += vec_lanes) store(f(load(piece + k)), part + k);
    std::memcpy(out + k0, part, static_cast<size_t>(n) * 4);
  });
}

// For rows with elements so large that n ln 2 has not the digits: by the maximum, in three passes.
inline void softmax_by_maximum(const rows_view& view, int64_t r, float* out) {
  vec highest(-__builtin_inff());
  each_chunk(view, r, [&](int64_t, int64_t, const float* piece) {
    for (int k = 0; k < read_chunk; k += vec_lanes) highest = max(load(piece + k), highest);
  });
  float lanes[vec_lanes], top = -__builtin_inff();
  store(highest, lanes);
  for (int l = 0; l < vec_lanes; ++l) top = warpweft::max(lanes[l], top);
  vec sum(0.0f);
  each_chunk(view, r, [&](int64_t, int64_t, const float* piece) {
    for (int k = 0; k < read_chunk; k += vec_lanes) sum = sum + exp(load(piece + k) - vec(top));
  });
  store(sum, lanes);
  double total = 0;
  for (int l = 0; l < vec_lanes; ++l) total += lanes[l];
  const vec share(static_cast<float>(1 / total));
  write_row(view, r, out, [&](vec x) { return exp(x - vec(top)) * share; });
}

inline void softmax_row(const rows_view& view, int64_t r, float* out) {
  exp_sum sums[exp_sums];
  vec size(0.0f);
  each_chunk(view, r, [&](int64_t, int64_t, const float* piece) {
    for (int k = 0; k < read_chunk; k += vec_lanes) {
      const vec x = load(piece + k);
      vec n;
      const vec m = finite_parts(x, n);
      sums[k / vec_lanes % exp_sums].add(m, n);
      size = max(select(x == vec(-__builtin_inff()), vec(0.0f), abs(x)), size);
    }
  });
  if (any(size > vec(exp_parts_limit))) return softmax_by_maximum(view, r, out);
  for (int i = 1; i < exp_sums; ++i) sums[0].add(sums[i].mantissa, sums[i].exponent);
  float mantissa[vec_lanes], exponent[vec_lanes], top = lowest;
  store(sums[0].mantissa, mantissa);
  store(sums[0].exponent, exponent);
  for (int l = 0; l < vec_lanes; ++l) top = warpweft::max(exponent[l], top);
  double total = 0;
  for (int l = 0; l < vec_lanes; ++l) total += static_cast<double>(mantissa[l]) * __builtin_exp2(static_cast<double>(exponent[l]) - top);
  const vec share(total == 0 ? 0.0f : static_cast<float>(1 / total)), shift(top);
  write_row(view, r, out, [&](vec x) {
    vec n;
    const vec m = finite_parts(x, n);
    return m * share * two_to(max(vec(-127.0f), n - shift));
  });
}

inline void softmax_back(const float* y, const float* g, int64_t columns, float* dx) {
  const hn::Rebind<float, dtag> half;
  auto sum = hn::Zero(dtag());
  int64_t k = 0;
  for (; k + double_lanes <= columns; k += double_lanes)
    sum = hn::MulAdd(hn::PromoteTo(dtag(), hn::LoadU(half, y + k)), hn::PromoteTo(dtag(), hn::LoadU(half, g + k)), sum);
  double parts[double_lanes], along = 0;
  hn::StoreU(sum, dtag(), parts);
  for (int l = 0; l < double_lanes; ++l) along += parts[l];
  for (; k < columns; ++k) along += static_cast<double>(y[k]) * g[k];
  const float mean = static_cast<float>(along);
  for (k = 0; k + vec_lanes <= columns; k += vec_lanes) store(load(y + k) * (load(g + k) - vec(mean)), dx + k);
  for (; k < columns; ++k) dx[k] = y[k] * (g[k] - mean);
}

}  // namespace WARPWEFT_ISA
}  // namespace warpweft

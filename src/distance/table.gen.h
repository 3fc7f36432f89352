// Generated from lib/distance/table.ts by `npm run generate`; do not edit.
#pragma once

#include <cstdint>

// clang-format off
namespace warpweft::distance {

enum class metric_id : int32_t {
  inner = 0,
  cosine_similarity = 1,
  cosine = 2,
  sqeuclidean = 3,
  euclidean = 4,
  correlation = 5,
  snr = 6,
  poincare = 7,
  gaussian = 8,
  mahalanobis = 9,
  structured = 10,
  cityblock = 11,
  chebyshev = 12,
  minkowski = 13,
  count = 14,
};

enum class row_reduction_id : int32_t {
  min = 0,
  max = 1,
  sum = 2,
  mean = 3,
  log_sum_exp = 4,
  count = 5,
};

enum class label_choice_id : int32_t {
  hardest_positive = 0,
  easiest_positive = 1,
  hardest_negative = 2,
  easiest_negative = 3,
  semi_hard_negative = 4,
  count = 5,
};

/** Numbers that a metric may take; further places are 0. */
constexpr int most_metric_scalars = 2;

// d = (2/√c) asinh √(c|x − y|² / ((1 − c|x|²)(1 − c|y|²)))
struct poincare_params {
  double curvature;  // c: the ball has radius 1/√c
};

// k = exp(−γ Σₖ (xₖ − yₖ)²)
struct gaussian_params {
  double gamma;  // γ, the inverse of twice the variance
};

// d = √((x − y)ᵀ A (x − y)), or its square
struct mahalanobis_params {
  bool squared;  // without the root
};

// d = (Σₖ |xₖ − yₖ|ᵖ)^(1/p)
struct minkowski_params {
  double p;  // the power
};

/** Similarities: larger values mean closer. */
constexpr bool larger_is_closer(metric_id id) {
  return id == metric_id::inner || id == metric_id::cosine_similarity || id == metric_id::gaussian || id == metric_id::structured;
}

/** Those of a base of int8 codes. */
constexpr bool takes_codes(metric_id id) {
  return id == metric_id::inner || id == metric_id::cosine_similarity || id == metric_id::cosine || id == metric_id::sqeuclidean || id == metric_id::euclidean;
}

#define WARPWEFT_DISTANCE_LIST(X) \
  X(inner) X(cosine_similarity) X(cosine) X(sqeuclidean) X(euclidean) X(correlation) X(snr) X(poincare) X(gaussian) X(mahalanobis) X(structured) X(cityblock) X(chebyshev) X(minkowski)

}  // namespace warpweft::distance
// clang-format on

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
  count = 5,
};

enum class row_reduction_id : int32_t {
  min = 0,
  max = 1,
  sum = 2,
  mean = 3,
  log_sum_exp = 4,
  count = 5,
};

/** Similarities: larger values mean closer. */
constexpr bool larger_is_closer(metric_id id) {
  return id == metric_id::inner || id == metric_id::cosine_similarity;
}

#define WARPWEFT_DISTANCE_LIST(X) \
  X(inner) X(cosine_similarity) X(cosine) X(sqeuclidean) X(euclidean)

}  // namespace warpweft::distance
// clang-format on

// Generated from lib/loss/table.ts by `npm run generate`; do not edit.
#pragma once

#include <cstdint>

// clang-format off
namespace warpweft::loss {

enum class loss_id : int32_t {
  multi_similarity = 0,
  contrastive = 1,
  info_nce = 2,
  count = 3,
};

enum class miner_id : int32_t {
  multi_similarity = 0,
  count = 1,
};

enum class reduction_id : int32_t {
  mean = 0,
  mean_non_zero = 1,
  sum = 2,
  none = 3,
  count = 4,
};

// Lᵢ = ln(1 + Σ₊ exp(−α(Sᵢⱼ − λ)))/α + ln(1 + Σ₋ exp(β(Sᵢⱼ − λ)))/β
// Σ₊ over the positives of row i, Σ₋ over its negatives, those that the miner keeps where one is given
struct multi_similarity_params {
  float alpha;  // sharpness of the pull on positives
  float beta;  // sharpness of the push on negatives
  float base;  // similarity λ that parts positives from negatives
  bool skip_if_either_empty;  // a row whose positives or negatives (after mining) are empty contributes 0, as in the authors' code; else the other side still counts
};
constexpr int multi_similarity_scalars = 4;
/** From positional values, in the order of the fields. */
inline multi_similarity_params multi_similarity_from(const double* s) {
  return {static_cast<float>(s[0]), static_cast<float>(s[1]), static_cast<float>(s[2]), s[3] != 0};
}

// distances: [d − posMargin]₊ on positives, [negMargin − d]₊ on negatives
// similarities: [posMargin − S]₊ on positives, [S − negMargin]₊ on negatives; the defaults stay 0 and 1, pass others
// positives and negatives are reduced separately, then added
struct contrastive_params {
  float pos_margin;  // positives at most this far apart cost nothing; with a similarity, positives at least this similar
  float neg_margin;  // negatives at least this far apart cost nothing; with a similarity, negatives at most this similar
};
constexpr int contrastive_scalars = 2;
/** From positional values, in the order of the fields. */
inline contrastive_params contrastive_from(const double* s) {
  return {static_cast<float>(s[0]), static_cast<float>(s[1])};
}

// zᵢⱼ = Sᵢⱼ/τ, t(i) = i + targetOffset
// Lᵢ = ln Σⱼ exp(zᵢⱼ) − zᵢₜ₍ᵢ₎
// symmetric: Lᵢ = (that + ln Σₐ exp(zₐₜ₍ᵢ₎) − zᵢₜ₍ᵢ₎)/2, a over the N anchors; further candidates are negatives of the rows only
struct info_nce_params {
  float temperature;  // τ, divides the similarities; a tensor of one element gets a gradient
  bool symmetric;  // average with the loss of the other direction, over the columns that hold a positive
  int32_t target_offset;  // the positive of row i is candidate i + targetOffset, as after gathering the candidates of several processes
};
constexpr int info_nce_scalars = 3;
/** From positional values, in the order of the fields. */
inline info_nce_params info_nce_from(const double* s) {
  return {static_cast<float>(s[0]), s[1] != 0, static_cast<int32_t>(s[2])};
}

// positive j of row i is kept where Sᵢⱼ − ε < max over its negatives of S
// negative j of row i is kept where Sᵢⱼ + ε > min over its positives of S
struct multi_similarity_miner_params {
  float epsilon;  // how far a pair may be on the easy side and still be kept
};
constexpr int multi_similarity_miner_scalars = 1;
/** From positional values, in the order of the fields. */
inline multi_similarity_miner_params multi_similarity_miner_from(const double* s) {
  return {static_cast<float>(s[0])};
}

#define WARPWEFT_LOSS_LIST(X) \
  X(multi_similarity) X(contrastive) X(info_nce)

#define WARPWEFT_MINER_LIST(X) \
  X(multi_similarity)

}  // namespace warpweft::loss
// clang-format on

// Generated from lib/loss/table.ts by `npm run generate`; do not edit.
#pragma once

#include <cstdint>

// clang-format off
namespace warpweft::loss {

enum class loss_id : int32_t {
  multi_similarity = 0,
  contrastive = 1,
  info_nce = 2,
  nt_xent = 3,
  normalized_softmax = 4,
  cross_entropy = 5,
  generalized_cross_entropy = 6,
  balanced_softmax = 7,
  squared_hinge = 8,
  cos_face = 9,
  arc_face = 10,
  soft_triple = 11,
  unified_negative_pairs = 12,
  elastic_face = 13,
  circle = 14,
  generalized_lifted = 15,
  lifted_structure = 16,
  threshold_consistent_margin = 17,
  sup_con = 18,
  sig_lip = 19,
  hard_negative_contrastive = 20,
  weighted_negatives = 21,
  n_pairs = 22,
  proxy_nca = 23,
  proxy_anchor = 24,
  margin = 25,
  triplet = 26,
  boosting = 27,
  warp = 28,
  count = 29,
};

enum class miner_id : int32_t {
  multi_similarity = 0,
  pair_margin = 1,
  hardest_fraction = 2,
  hard_negatives = 3,
  triplet = 4,
  batch_hard = 5,
  batch_easy_hard = 6,
  angular = 7,
  distance_weighted = 8,
  count = 9,
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

// zᵢⱼ = Sᵢⱼ/τ + logWeightsⱼ, t(i) = i + targetOffset, p = softmaxⱼ(zᵢⱼ)
// Lᵢ = (1 − pᵢₜ₍ᵢ₎)^γ · (ln Σⱼ exp(zᵢⱼ) − zᵢₜ₍ᵢ₎)
// symmetric: Lᵢ = (that + ln Σₐ exp(zₐₜ₍ᵢ₎) − zᵢₜ₍ᵢ₎)/2, a over the N anchors; further candidates are negatives of the rows only
struct info_nce_params {
  float temperature;  // τ, divides the similarities; a tensor of one element gets a gradient
  bool symmetric;  // average with the loss of the other direction, over the columns that hold a positive
  int32_t target_offset;  // the positive of row i is candidate i + targetOffset, as after gathering the candidates of several processes
  float focal;  // γ: a row counts (1 − its softmax at the positive)^γ
  int32_t focal_gradient;  // 0 detached, 1 attached; whether that factor is a constant in the gradient; KaLM-V2, which has it, does not say
};
constexpr int info_nce_scalars = 5;
/** From positional values, in the order of the fields. */
inline info_nce_params info_nce_from(const double* s) {
  return {static_cast<float>(s[0]), s[1] != 0, static_cast<int32_t>(s[2]), static_cast<float>(s[3]), static_cast<int32_t>(s[4])};
}

// zᵢⱼ = Sᵢⱼ/τ, P the positives of row i, Q its negatives
// Lᵢₚ = −ln(exp(zᵢₚ) / (exp(zᵢₚ) + Σ_Q exp(zᵢₙ)))
struct nt_xent_params {
  float temperature;  // τ, divides the similarities; a tensor of one element gets a gradient
};
constexpr int nt_xent_scalars = 1;
/** From positional values, in the order of the fields. */
inline nt_xent_params nt_xent_from(const double* s) {
  return {static_cast<float>(s[0])};
}

// z_ic = S_ic/τ
// Lᵢ = ln Σ_c exp(z_ic) − z_iy, y the label of row i
struct normalized_softmax_params {
  float temperature;  // τ, divides the similarities; a tensor of one element gets a gradient
};
constexpr int normalized_softmax_scalars = 1;
/** From positional values, in the order of the fields. */
inline normalized_softmax_params normalized_softmax_from(const double* s) {
  return {static_cast<float>(s[0])};
}

// u_ic = s xᵢ·w_c + bias_c, z_ic = softcap · tanh(u_ic/softcap), or u_ic without a softcap
// lseᵢ = ln Σ_c exp(z_ic), y the label of row i
// Lᵢ = (1 − ε)(lseᵢ − z_iy) + ε(lseᵢ − mean_c z_ic) + ζ lseᵢ²
struct cross_entropy_params {
  float scale;  // s, multiplies the products of rows and weights
  float softcap;  // logits are held within ±softcap by a tanh; 0 for none
  float z_loss;  // ζ, what the square of a row's log-sum-exp counts
  float label_smoothing;  // ε, the share of the target that all classes have alike
  bool filter;  // on the CPU, leave blocks of rows and classes out of the gradient where each |∂L/∂u| before the incoming gradient is at most ε/32, ε the step of the embeddings' dtype above 1; classes are visited by their mean logits, so that likely ones share blocks. On a GPU nothing is left out
};
constexpr int cross_entropy_scalars = 5;
/** From positional values, in the order of the fields. */
inline cross_entropy_params cross_entropy_from(const double* s) {
  return {static_cast<float>(s[0]), static_cast<float>(s[1]), static_cast<float>(s[2]), static_cast<float>(s[3]), s[4] != 0};
}

// z_ic = s xᵢ·w_c, p = softmax_c(z_ic)
// Lᵢ = (1 − p_iy^q)/q, or −ln p_iy where q = 0
struct generalized_cross_entropy_params {
  float q;  // 0 is cross-entropy, 1 the mean absolute error, −1 the sum of exponentials; comp-sum losses at τ = 1 + q
  float scale;  // s, multiplies the products of rows and weights
};
constexpr int generalized_cross_entropy_scalars = 2;
/** From positional values, in the order of the fields. */
inline generalized_cross_entropy_params generalized_cross_entropy_from(const double* s) {
  return {static_cast<float>(s[0]), static_cast<float>(s[1])};
}

// z_ic = s xᵢ·w_c + ln classCounts_c
// Lᵢ = ln Σ_c exp(z_ic) − z_iy, y the label of row i
struct balanced_softmax_params {
  float scale;  // s, multiplies the products of rows and weights
};
constexpr int balanced_softmax_scalars = 1;
/** From positional values, in the order of the fields. */
inline balanced_softmax_params balanced_softmax_from(const double* s) {
  return {static_cast<float>(s[0])};
}

// z_ic = xᵢ·w_c, t_ic = 1 where c is the label of row i, else −1
// terms penalty · [1 − t_ic z_ic]₊² of all rows and classes; and mean over c and d of w_cd², but with reduction none
struct squared_hinge_params {
  float penalty;  // what the hinges count against the weights' squares
};
constexpr int squared_hinge_scalars = 1;
/** From positional values, in the order of the fields. */
inline squared_hinge_params squared_hinge_from(const double* s) {
  return {static_cast<float>(s[0])};
}

// z_ic = s S_ic, but z_iy = s (S_iy − m), y the label of row i
// Lᵢ = ln Σ_c exp(z_ic) − z_iy
struct cos_face_params {
  float margin;  // m, what the target's cosine has to lead by
  float scale;  // s, multiplies the cosines
};
constexpr int cos_face_scalars = 2;
/** From positional values, in the order of the fields. */
inline cos_face_params cos_face_from(const double* s) {
  return {static_cast<float>(s[0]), static_cast<float>(s[1])};
}

// θ_ic the angle of row i and w_c: z_ic = s cos θ_ic, but z_iy = s cos(θ_iy + m), y the label of row i
// where θ_iy > π − m, where the cosine would rise again: z_iy = s (cos θ_iy − m sin m)
// Lᵢ = ln Σ_c exp(z_ic) − z_iy
struct arc_face_params {
  float margin;  // m, added to the target's angle, in radians
  float scale;  // s, multiplies the cosines
  int32_t margin_gradient;  // 0 exact, 1 straightThrough; whether the target's slope is that of cos(θ + m), or 1 as in insightface
  int32_t centers;  // K, rows of weights for each class, [C·K, D] by class: a class's cosine is that of its closest centre, which alone gets the gradient. Above 1 on the CPU only
};
constexpr int arc_face_scalars = 4;
/** From positional values, in the order of the fields. */
inline arc_face_params arc_face_from(const double* s) {
  return {static_cast<float>(s[0]), static_cast<float>(s[1]), static_cast<int32_t>(s[2]), static_cast<int32_t>(s[3])};
}

// s_ick the cosine of row i and centre k of class c, q_ick = softmax_k(s_ick/γ), S_ic = Σ_k q_ick s_ick
// z_ic = λ S_ic, but z_iy = λ (S_iy − δ), y the label of row i; Lᵢ = ln Σ_c exp(z_ic) − z_iy
struct soft_triple_params {
  int32_t centers;  // K, rows of weights for each class, [C·K, D] by class. Above 1 on the CPU only
  float lambda;  // λ, multiplies the similarities of classes
  float gamma;  // γ, softness of the choice among a class's centres
  float margin;  // δ, what the target's similarity has to lead by
};
constexpr int soft_triple_scalars = 4;
/** From positional values, in the order of the fields. */
inline soft_triple_params soft_triple_from(const double* s) {
  return {static_cast<int32_t>(s[0]), static_cast<float>(s[1]), static_cast<float>(s[2]), static_cast<float>(s[3])};
}

// v the cosines of rows a < b of different labels, v₍₀₎ ≤ … ≤ v₍ₙ₋₁₎: Q₁ = v₍⌊n/4⌋₎, Q₃ = v₍⌊3n/4⌋₎, kept within [Q₁ − w(Q₃ − Q₁), Q₃ + w(Q₃ − Q₁)]
// A = ln Σ_kept exp(s v), θ_ic the angle of row i and w_c
// z_ic = s cos θ_ic, but z_iy = s cos(θ_iy + m), with cosFace s (cos θ_iy − m), y the label of row i
// Lᵢ = ln(Σ_c exp(z_ic) + exp(A)) − z_iy
struct unified_negative_pairs_params {
  int32_t base;  // 0 arcFace, 1 cosFace; what the margin is added to
  float margin;  // m, an angle in radians, or of the cosine
  float scale;  // s, multiplies the cosines
  float whisker;  // w, how many interquartile ranges beyond the quartiles a negative pair may be
};
constexpr int unified_negative_pairs_scalars = 4;
/** From positional values, in the order of the fields. */
inline unified_negative_pairs_params unified_negative_pairs_from(const double* s) {
  return {static_cast<int32_t>(s[0]), static_cast<float>(s[1]), static_cast<float>(s[2]), static_cast<float>(s[3])};
}

// mᵢ ~ N(margin, sigma²), y the label of row i
// z_ic = s cos θ_ic, but z_iy = s cos(θ_iy + mᵢ), with cos z_iy = s (cos θ_iy − mᵢ)
// Lᵢ = ln Σ_c exp(z_ic) − z_iy
struct elastic_face_params {
  int32_t kind;  // 0 arc, 1 cos; whether margins are angles, or of cosines
  float margin;  // mean of the margins that are drawn; 0.35 by default with cos
  float sigma;  // their standard deviation; with plus by default 0.0175, and 0.02 with cos and plus
  float scale;  // s, multiplies the cosines
  bool plus;  // the sorted margins M go to rows by the order π of their targets' cosines, closest first: row i has M[π[i]], as in the authors' code
  int32_t seed;  // of the margins: the same seed draws the same, so give another each step
};
constexpr int elastic_face_scalars = 6;
/** From positional values, in the order of the fields. */
inline elastic_face_params elastic_face_from(const double* s) {
  return {static_cast<int32_t>(s[0]), static_cast<float>(s[1]), static_cast<float>(s[2]), static_cast<float>(s[3]), s[4] != 0, static_cast<int32_t>(s[5])};
}

// a₊ = [1 + m − S]₊, a₋ = [S + m]₊
// Lᵢ = ln(1 + Σ₊ exp(−γ a₊ (S − 1 + m)) · Σ₋ exp(γ a₋ (S − m)))
struct circle_params {
  float relaxation;  // m: positives are pulled towards 1 + m and negatives pushed towards −m, with thresholds 1 − m and m
  float gamma;  // scale of the exponents
  bool attached;  // the gradient also flows through the factors a; by default they are constants, as in the paper
};
constexpr int circle_scalars = 3;
/** From positional values, in the order of the fields. */
inline circle_params circle_from(const double* s) {
  return {static_cast<float>(s[0]), static_cast<float>(s[1]), s[2] != 0};
}

// distances: Lᵢ = [ln Σ₊ exp(d − m₊) + ln Σ₋ exp(m₋ − d)]₊
// similarities: m₊ − S and S − m₋ in the exponents
struct generalized_lifted_params {
  float pos_margin;  // m₊, taken off the distances of positives
  float neg_margin;  // m₋, from which the distances of negatives are taken
};
constexpr int generalized_lifted_scalars = 2;
/** From positional values, in the order of the fields. */
inline generalized_lifted_params generalized_lifted_from(const double* s) {
  return {static_cast<float>(s[0]), static_cast<float>(s[1])};
}

// lnᵢ = ln Σ₋ exp(m₋ − dᵢₙ), n over the negatives of row i
// J = dₐₚ − m₊ + ln(exp(lnₐ) + exp(lnₚ)), Lₐₚ = [J]₊²/2 of each ordered positive pair
// similarities: m₊ − S and S − m₋ in the exponents
// with a reference: its row p has the anchors of other labels for negatives
struct lifted_structure_params {
  float pos_margin;  // m₊, taken off the distances of positives
  float neg_margin;  // m₋, from which the distances of negatives are taken
};
constexpr int lifted_structure_scalars = 2;
/** From positional values, in the order of the fields. */
inline lifted_structure_params lifted_structure_from(const double* s) {
  return {static_cast<float>(s[0]), static_cast<float>(s[1])};
}

// λ₊ (m₊ − S) for each positive with S ≤ m₊, λ₋ (S − m₋) for each negative with S ≥ m₋; no other pair is a term
// positives and negatives are reduced separately, then added
struct threshold_consistent_margin_params {
  float pos_margin;  // m₊: positives at most this similar are terms
  float neg_margin;  // m₋: negatives at least this similar are terms
  float pos_weight;  // λ₊, of what positives contribute
  float neg_weight;  // λ₋, of what negatives contribute
};
constexpr int threshold_consistent_margin_scalars = 4;
/** From positional values, in the order of the fields. */
inline threshold_consistent_margin_params threshold_consistent_margin_from(const double* s) {
  return {static_cast<float>(s[0]), static_cast<float>(s[1]), static_cast<float>(s[2]), static_cast<float>(s[3])};
}

// zᵢⱼ = Sᵢⱼ/τ, P the positives of row i
// Lᵢ = ln Σⱼ exp(zᵢⱼ) − mean_P zᵢₚ, j over all pairs of the row
struct sup_con_params {
  float temperature;  // τ, divides the similarities; a tensor of one element gets a gradient
};
constexpr int sup_con_scalars = 1;
/** From positional values, in the order of the fields. */
inline sup_con_params sup_con_from(const double* s) {
  return {static_cast<float>(s[0])};
}

// zᵢⱼ = t Sᵢⱼ + b
// Lᵢ = ln(1 + exp(−zᵢᵢ)) + Σⱼ ln(1 + exp(zᵢⱼ)), j over the other candidates; further candidates are negatives
struct sig_lip_params {
  float scale;  // t, multiplies the similarities; a tensor of one element gets a gradient
  float bias;  // b, added to all logits; a tensor of one element gets a gradient
};
constexpr int sig_lip_scalars = 2;
/** From positional values, in the order of the fields. */
inline sig_lip_params sig_lip_from(const double* s) {
  return {static_cast<float>(s[0]), static_cast<float>(s[1])};
}

// rows are the anchors and the candidates together, each a positive of its other view; zᵢⱼ = Sᵢⱼ/τ, Q the n other rows
// R = n Σ_Q exp((1 + β) zᵢⱼ) / Σ_Q exp(β zᵢⱼ)
// N = max((R − τ₊ n exp(zᵢₚ))/(1 − τ₊), n exp(−1/τ))
// Lᵢ = ln(exp(zᵢₚ) + N) − zᵢₚ
struct hard_negative_contrastive_params {
  float temperature;  // τ, divides the similarities; a tensor of one element gets a gradient
  float tau_plus;  // τ₊, the share of positives among negatives
  float beta;  // how much harder negatives count for more; 0: debiased only
};
constexpr int hard_negative_contrastive_scalars = 3;
/** From positional values, in the order of the fields. */
inline hard_negative_contrastive_params hard_negative_contrastive_from(const double* s) {
  return {static_cast<float>(s[0]), static_cast<float>(s[1]), static_cast<float>(s[2])};
}

// zᵢⱼ = Sᵢⱼ/τ
// Lᵢ = ln Σⱼ gᵢⱼ exp(zᵢⱼ) − zᵢᵢ, j over all candidates
struct weighted_negatives_params {
  float temperature;  // τ, divides the similarities; a tensor of one element gets a gradient
};
constexpr int weighted_negatives_scalars = 1;
/** From positional values, in the order of the fields. */
inline weighted_negatives_params weighted_negatives_from(const double* s) {
  return {static_cast<float>(s[0])};
}

// the first positive pair (aₖ, pₖ) of each of the K classes that have one, ordered by anchor, then by positive
// Lₖ = ln Σⱼ exp(S(aₖ, pⱼ)) − S(aₖ, pₖ)
// with a reference: the first row of the class against its first row there
struct n_pairs_params {
};
constexpr int n_pairs_scalars = 0;
/** From positional values, in the order of the fields. */
inline n_pairs_params n_pairs_from(const double* s) {
  (void)s; return {};
}

// z_ic = −scale · |xᵢ − p_c|²
// Lᵢ = ln Σ_c exp(z_ic) − z_iy, y the label of row i, c over all classes
struct proxy_nca_params {
  float scale;  // multiplies the squared distances
};
constexpr int proxy_nca_scalars = 1;
/** From positional values, in the order of the fields. */
inline proxy_nca_params proxy_nca_from(const double* s) {
  return {static_cast<float>(s[0])};
}

// L₊ = ln(1 + Σ₊ exp(−α(S_ic − δ))) of each class c that has rows, i over its rows
// L₋ = ln(1 + Σ₋ exp(α(S_ic + δ))) of each class c, i over the other rows
// both are reduced separately, then added: mean divides L₊ by the number of classes with rows, L₋ by C
struct proxy_anchor_params {
  float margin;  // δ, on both sides
  float alpha;  // scale of the exponents
};
constexpr int proxy_anchor_scalars = 2;
/** From positional values, in the order of the fields. */
inline proxy_anchor_params proxy_anchor_from(const double* s) {
  return {static_cast<float>(s[0]), static_cast<float>(s[1])};
}

// L_apn = [d_ap − β + m]₊ + [β − d_an + m]₊, with similarities [β − S_ap + m]₊ + [S_an − β + m]₊
// over all triplets, or those that the miner keeps; the two hinges of a triplet are two terms
struct margin_params {
  float margin;  // m, how far from β both sides are to be
  float beta;  // β, the boundary between positives and negatives; a tensor of one element gets a gradient
};
constexpr int margin_scalars = 2;
/** From positional values, in the order of the fields. */
inline margin_params margin_from(const double* s) {
  return {static_cast<float>(s[0]), static_cast<float>(s[1])};
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

// positives with d > posMargin, negatives with d < negMargin
struct pair_margin_miner_params {
  float pos_margin;  // positives farther than this are kept
  float neg_margin;  // negatives closer than this are kept
};
constexpr int pair_margin_miner_scalars = 2;
/** From positional values, in the order of the fields. */
inline pair_margin_miner_params pair_margin_miner_from(const double* s) {
  return {static_cast<float>(s[0]), static_cast<float>(s[1])};
}

// g of a pair is its score by the guide, { anchors, candidates }, or without one S itself; g₊ that of the row's positive, the least of several
// negative j of row i is dropped where gᵢⱼ > g₊ + margin (absolute) or gᵢⱼ > g₊ (1 + margin) (relative)
// of the others those with the k largest Sᵢⱼ are kept, the lower j first where two are equal; positives all
struct hard_negatives_miner_params {
  int32_t k;  // negatives kept of each row, the most similar ones; 0, as without k: all
  int32_t filter;  // 0 none, 1 absolute, 2 relative; falseNegative.kind: how the margin is meant
  float margin;  // falseNegative.margin: how far above its row's positive a negative is still believed; may be negative
};
constexpr int hard_negatives_miner_scalars = 3;
/** From positional values, in the order of the fields. */
inline hard_negatives_miner_params hard_negatives_miner_from(const double* s) {
  return {static_cast<int32_t>(s[0]), static_cast<int32_t>(s[1]), static_cast<float>(s[2])};
}

#define WARPWEFT_LOSS_LIST(X) \
  X(multi_similarity) X(contrastive) X(info_nce) X(nt_xent) X(normalized_softmax) X(cross_entropy) X(generalized_cross_entropy) X(balanced_softmax) X(squared_hinge) X(cos_face) X(arc_face) X(soft_triple) X(unified_negative_pairs) X(elastic_face) X(circle) X(generalized_lifted) X(lifted_structure) X(threshold_consistent_margin) X(sup_con) X(sig_lip) X(hard_negative_contrastive) X(weighted_negatives) X(n_pairs) X(proxy_nca) X(proxy_anchor) X(margin)

#define WARPWEFT_MINER_LIST(X) \
  X(multi_similarity) X(pair_margin) X(hard_negatives)

/** Metrics of the scores that row losses and their miners take. */
#define WARPWEFT_SCORE_LIST(X) \
  X(inner) X(cosine_similarity) X(cosine) X(sqeuclidean) X(euclidean)

/** Which loss takes which miner. */
#define WARPWEFT_MINED_LIST(X) \
  X(multi_similarity, multi_similarity) X(contrastive, pair_margin) X(info_nce, hard_negatives)

}  // namespace warpweft::loss
// clang-format on

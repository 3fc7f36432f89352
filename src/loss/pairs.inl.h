// Which lanes are positives and which negatives of a row, and walking a strip accordingly.
#pragma once
#include <type_traits>

#include "cpu/scratch.h"
#include "loss/cpu.h"
#include "loss/ops.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

using warpweft::WARPWEFT_ISA::any;
using warpweft::WARPWEFT_ISA::ascending;
using warpweft::WARPWEFT_ISA::bits_of;
using warpweft::WARPWEFT_ISA::lanes_before;
using warpweft::WARPWEFT_ISA::load;
using warpweft::WARPWEFT_ISA::mask;
using warpweft::WARPWEFT_ISA::only_lane;
using warpweft::WARPWEFT_ISA::panel_lanes;
using warpweft::WARPWEFT_ISA::panel_rows;
using warpweft::WARPWEFT_ISA::panel_vecs;
using warpweft::WARPWEFT_ISA::same_label;
using warpweft::WARPWEFT_ISA::select;
using warpweft::WARPWEFT_ISA::share_bits;
using warpweft::WARPWEFT_ISA::store;
using warpweft::WARPWEFT_ISA::vec;
using warpweft::WARPWEFT_ISA::vec_lanes;

struct kinds {
  mask positive, negative;
};

inline mask everything() { return vec(0.0f) == vec(0.0f); }

inline kinds kinds_of_bits(const pairing& p, int64_t lane, int64_t row) {
  mask shared = !everything();
  for (int64_t w = 0; w < p.bit_words; ++w)
    shared = shared || share_bits(p.lane_labels + w * p.lane_stride + lane, p.row_labels[w * p.row_stride + row]);
  if (!p.self) return {shared, !shared};
  const mask other = !only_lane(row - lane);
  return {shared && other, !shared && other};
}

// Lanes [lane0 + offset, + vec_lanes) against `row`, before pairs are left out.
inline kinds kinds_of_labels(const pairing& p, int64_t lane, int64_t row) {
  if (p.bit_words > 0) return kinds_of_bits(p, lane, row);
  if (p.lane_labels) {
    const mask same = same_label(p.lane_labels + lane, p.row_labels ? p.row_labels[row] : static_cast<int32_t>(row));
    return {p.self ? same && !only_lane(row - lane) : same, !same};
  }
  const mask target = only_lane((p.row_labels ? p.row_labels[row] : row - p.shift) - lane);
  return {target, !target};
}

inline kinds kinds_of(const pairing& p, int64_t lane, int64_t row) {
  kinds k = kinds_of_labels(p, lane, row);
  if (p.rows != facing::all) {
    const mask counted = p.rows == facing::behind ? lanes_before(row - lane) : !lanes_before(row - lane + 1);
    k = {k.positive && counted, k.negative && counted};
  }
  if (!p.lane_ids || p.row_ids[row] < 0) return k;
  const mask apart = !same_label(p.lane_ids + lane, p.row_ids[row]);
  return {k.positive && apart, k.negative && apart};
}

// Whether a strip holds anything but negatives, or pairs that do not count.
inline bool is_mixed(const pairing& p, const cpu::strip& part) {
  if (p.lane_ids || (p.rows != facing::all && part.row0 < part.lane0 + part.lanes)) return true;
  const int64_t panel = part.lane0 / panel_lanes;
  return part.row0 < p.end[panel] && part.row0 + part.rows > p.begin[panel];
}

// A sweep's context begins with the parameters; these make functors of them.
template <class Loss>
Loss make(const row_context& c);
#define WARPWEFT_MAKE(name) \
  template <> \
  inline name make(const row_context& c) { \
    return name(name##_from(c.params->scalars), c.larger); \
  }
WARPWEFT_LOSS_LIST(WARPWEFT_MAKE)
#undef WARPWEFT_MAKE
template <class Miner>
Miner make_miner(const loss_params& p);
template <>
inline no_miner make_miner(const loss_params&) {
  return {};
}
#define WARPWEFT_MAKE(name) \
  template <> \
  inline mine_##name make_miner(const loss_params& p) { \
    return mine_##name(name##_miner_from(p.miner_scalars)); \
  }
WARPWEFT_MINER_LIST(WARPWEFT_MAKE)
#undef WARPWEFT_MAKE

template <class Miner>
constexpr bool mines = Miner::fields > 0;

// Negatives and positives are folded by sweeps of their own.
template <class Loss, class Miner>
constexpr bool in_stages = mines<Miner> || Loss::positives_last;

// ln of the weights of a register of pairs; −∞ where one is not above 0.
inline vec log_weights(const row_context& c, int64_t lane, int64_t row) {
  const auto& w = c.weights;
  vec weight(0.0f);
  if (w.given) {
    float each[vec_lanes];
    for (int l = 0; l < vec_lanes; ++l) each[l] = lane + l < w.lanes ? w.given[(lane + l) * w.lane_step + row * w.row_step] : 0.0f;
    weight = load(each);
  } else {
    for (int64_t k = 0; k < w.clusterings; ++k)
      weight = weight +
               select(same_label(w.lane_clusters + k * w.lane_stride + lane, w.row_clusters[k * w.row_stride + row]), vec(0.0f), vec(1.0f));
  }
  const mask none = weight <= vec(0.0f);
  return select(none, vec(-__builtin_inff()), log(select(none, vec(1.0f), weight)));
}

// A miner that asks for the pair's guide and place beside its score.
template <class Miner, class = void>
constexpr bool ranks = false;
template <class Miner>
constexpr bool ranks<Miner, std::void_t<decltype(Miner::ranks)>> = Miner::ranks;

// A row has one positive at most, so that its candidates are not the batch that it is of.
template <class Loss>
constexpr bool has_target = requires(typename Loss::template state<vec> t) {
  t.target;
};
// Of a batch with itself each pair may be met once, for both of its anchors: they see the same of it.
template <class Loss, class Miner>
constexpr bool is_mutual = !has_target<Loss> && !Loss::has_beside && Loss::given == 0 && !ranks<Miner>;

// The guide's scores of a strip, laid out like its own; those themselves without a guide.
template <class Miner>
const float* guide_of(const guide_rows& guide, const cpu::strip& part) {
  if constexpr (ranks<Miner>) {
    if (guide.lanes) {
      const int tiles = (part.rows + panel_rows - 1) / panel_rows;
      float* s = cpu::thread_scratch(static_cast<int64_t>(tiles) * panel_rows * panel_lanes);
      guide.kern->scores(guide.rows + part.row0 * guide.depth, guide.lanes + part.lane0 * guide.depth, guide.depth, tiles, s);
      return s;
    }
  }
  return part.s;
}

// `g`: the guide's score of the pair. `place`: the candidate's number.
template <class Miner>
mask keeps_negative(const Miner& mine, const typename Miner::template state<vec>& seen, vec s, vec g, vec place) {
  if constexpr (ranks<Miner>)
    return mine.keeps_negative(seen, g) && mine.keeps_ranked(seen, s, place);
  else
    return mine.keeps_negative(seen, s);
}

// What stands beside the scores of `row` with a register of lanes.
template <class Loss>
vec beside_of(const row_context& c, int64_t lane, int64_t row) {
  if constexpr (Loss::weighs_pairs) return log_weights(c, lane, row);
  if constexpr (Loss::has_beside) {
    if (c.row_beside) return vec(c.row_beside[row]);
    if (c.lane_beside) return load(c.lane_beside + lane);
  }
  return vec(0.0f);
}

}  // namespace warpweft::loss::WARPWEFT_ISA

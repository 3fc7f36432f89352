// Which lanes are positives and which negatives of a row, and walking a strip accordingly.
#pragma once
#include "loss/cpu.h"
#include "loss/ops.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

using warpweft::WARPWEFT_ISA::any;
using warpweft::WARPWEFT_ISA::bits_of;
using warpweft::WARPWEFT_ISA::load;
using warpweft::WARPWEFT_ISA::mask;
using warpweft::WARPWEFT_ISA::only_lane;
using warpweft::WARPWEFT_ISA::panel_lanes;
using warpweft::WARPWEFT_ISA::panel_rows;
using warpweft::WARPWEFT_ISA::panel_vecs;
using warpweft::WARPWEFT_ISA::same_label;
using warpweft::WARPWEFT_ISA::select;
using warpweft::WARPWEFT_ISA::store;
using warpweft::WARPWEFT_ISA::vec;
using warpweft::WARPWEFT_ISA::vec_lanes;

struct kinds {
  mask positive, negative;
};

// Lanes [lane0 + offset, + vec_lanes) against `row`.
inline kinds kinds_of(const pairing& p, int64_t lane, int64_t row) {
  if (!p.lane_labels) {
    const mask target = only_lane(row - p.shift - lane);
    return {target, !target};
  }
  const mask same = same_label(p.lane_labels + lane, p.row_labels[row]);
  return {p.self ? same && !only_lane(row - lane) : same, !same};
}

inline bool holds_positives(const pairing& p, const cpu::strip& part) {
  const int64_t panel = part.lane0 / panel_lanes;
  return part.row0 < p.end[panel] && part.row0 + part.rows > p.begin[panel];
}

inline mask everything() { return vec(0.0f) == vec(0.0f); }

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

}  // namespace warpweft::loss::WARPWEFT_ISA

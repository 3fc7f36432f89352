#include "cpu/turned.h"

#include <algorithm>

namespace warpweft::cpu {

turned_block::turned_block(const sweep& work, const plan& cut)
    : work_(work), kern_(*work.kern), sums_(work.sums ? *work.sums : kern_), cut_(cut),
      columns_(up_to_multiple(work.lanes.of.columns, kern_.rows)), strip_size_(panels_a_strip() * kern_.lanes * kern_.lanes),
      state_size_(up_to_multiple(work.turned.state_bytes, 64) / 4) {
  if (!work.turned.step) return;
  kept_.resize(cut_.panels_a_block * cut_.rows_a_block * kern_.lanes);
  t_block_.resize(t_stride() / kern_.rows * columns_);
  scratch_.resize(work.threads * worker_size());
}

int64_t turned_block::panels_a_strip() const {
  constexpr int64_t strip_bytes = 512 << 10, most_lanes = 256;
  const int64_t lanes = std::min(most_lanes, strip_bytes / (4 * std::max<int64_t>(1, columns_)));
  return std::max<int64_t>(1, lanes / kern_.lanes);
}

void turned_block::open(int64_t p, int64_t lane0, int lanes) const {
  sums_.pack_columns(work_.transposed_lanes ? *work_.transposed_lanes : work_.lanes, lane0, lanes, t_block_.data() + p * t_panel(),
                     t_stride());
}

void turned_block::meet(int64_t i, int64_t lane0, int64_t lanes, int64_t row0, int64_t rows, int worker) const {
  const turned_verbs& verbs = work_.turned;
  const int64_t side = kern_.lanes, from = i * side, valid = std::min(side, rows - from);
  const bool whole = !work_.half && lane0 + lanes == work_.lanes.of.rows;
  if (work_.half) lanes = std::min(lanes, row0 + from + side - lane0);
  if (lanes <= 0) return;
  const int64_t last = (lanes + side - 1) / side;
  float* s = scratch_.data() + worker * worker_size();
  float* state = s + strip_size_;
  verbs.zero(verbs.context, state);
  for (int64_t p = 0; p < last; p += panels_a_strip()) {
    const int64_t stop = std::min(last, p + panels_a_strip());
    for (int64_t q = p; q < stop; ++q) kern_.turn(strip(q, from), valid, s + (q - p) * side * side, side);
    struct strip part {};
    part.s = s;
    part.row0 = lane0 + p * side;
    part.rows = static_cast<int>(std::min(lanes, stop * side) - p * side);
    part.lane0 = row0 + from;
    part.lanes = static_cast<int>(valid);
    part.t = t_block_.data() + p * t_panel();
    part.t_stride = t_stride();
    part.kern = &kern_;
    part.sums = &sums_;
    verbs.step(verbs.context, state, part);
  }
  verbs.done(verbs.context, state, row0 + from, static_cast<int>(valid), lane0 == 0, whole);
}

}  // namespace warpweft::cpu

// What a pair of an anchor is, where whole rows of scores are looked at.
#pragma once
#include "base/lists.h"
#include "base/num.h"
#include "loss/params.h"

namespace warpweft::loss::WARPWEFT_ISA {

enum class pair_kind { none, positive, negative };

// Whether the pair is none, whatever its labels.
WARPWEFT_HD bool is_left_out(const whole_rows& p, int64_t anchor, int64_t column) {
  return (p.self && column == anchor) || (p.x_ids && p.x_ids[anchor] >= 0 && p.x_ids[anchor] == p.y_ids[column]);
}
WARPWEFT_HD pair_kind kind_of(const whole_rows& p, int64_t anchor, int64_t column) {
  if (is_left_out(p, anchor, column)) return pair_kind::none;
  const bool matches = p.set_words > 0 ? share_a_bit(p.x_sets + anchor * p.set_words, p.y_sets + column * p.set_words, p.set_words)
                                       : is_among(p.members + p.lists[anchor], p.members + p.lists[p.anchors + anchor], column);
  return matches ? pair_kind::positive : pair_kind::negative;
}

}  // namespace warpweft::loss::WARPWEFT_ISA

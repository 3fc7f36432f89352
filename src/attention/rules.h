// What a call says of sight and scores, as units take it.
#pragma once
#include "attention/cpu.h"

namespace warpweft::attention {

inline score_rules rules_of(const score_params& score, const sight_params& sight, int64_t queries, int64_t keys) {
  constexpr int64_t unlimited = int64_t{1} << 40;
  score_rules r{};
  r.score = score;
  r.left = sight.left < 0 ? unlimited : sight.left;
  r.right = sight.right < 0 ? unlimited : sight.right;
  r.place = keys - queries;
  r.keys = keys;
  r.prefix = sight.prefix;
  return r;
}

}  // namespace warpweft::attention

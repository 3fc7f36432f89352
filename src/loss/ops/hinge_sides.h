// Hinges of positives and of negatives, summed and counted apart. A loss says what its hinges hold: positive_hinge(s), negative_hinge(s).
#pragma once
#include "loss/ops/hinge.h"
#include "loss/ops/row_loss.h"

namespace warpweft::loss::WARPWEFT_ISA {

template <class Loss>
struct hinge_sides : row_loss {
  static constexpr int fields = 0;
  static constexpr bool two_parts = true;

  template <class V>
  struct state {
    part<V> sides[2];
  };
  template <class V>
  WARPWEFT_HD void positive(state<V>& t, V s, mask_of<V> counted) const {
    t.sides[0].add_term(hinge(own().positive_hinge(s)), counted);
  }
  template <class V>
  WARPWEFT_HD void negative(state<V>& t, V s, mask_of<V> counted) const {
    t.sides[1].add_term(hinge(own().negative_hinge(s)), counted);
  }
  template <class V>
  static WARPWEFT_HD void join(state<V>& t, const state<V>& other) {
    for (int side = 0; side < 2; ++side) t.sides[side].add(other.sides[side]);
  }
  template <class V>
  WARPWEFT_HD void done(const state<V>& t, part<V> (&parts)[2], V*) const {
    parts[0] = t.sides[0];
    parts[1] = t.sides[1];
  }

 private:
  WARPWEFT_HD const Loss& own() const { return static_cast<const Loss&>(*this); }
};

}  // namespace warpweft::loss::WARPWEFT_ISA

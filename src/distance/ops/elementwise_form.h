// What the metrics have in common that add up something over the coordinates.
#pragma once
#include "base/num.h"
#include "distance/ops/exact.h"

namespace warpweft::distance::WARPWEFT_ISA {

// value = done(add over k of x_k − y_k). What is known of the rows plays no part.
struct elementwise_form {
  static constexpr form kind = form::elementwise;
  static constexpr exact safety = exact::none;
  static constexpr row_scalar scalar = row_scalar::none;
  static constexpr own_part own = own_part::none;
  static constexpr bool has_extra = false;
  static constexpr bool centred_rows = false;
  static constexpr bool on_unit_rows = false;
  static constexpr bool shifts = false;
  static constexpr bool symmetric = true;
  static constexpr bool constant_slope = false;
};

}  // namespace warpweft::distance::WARPWEFT_ISA

// d(x, y) = 1 − x̃·ỹ / (|x̃||ỹ|), with x̃ = x − mean(x).   ∂d/∂x as of the cosine of the centred rows, which has mean 0 already
#pragma once
#include "distance/ops/forms.h"

namespace warpweft::distance::WARPWEFT_ISA {

struct correlation : angle_form {
  static constexpr bool centred_rows = true;
};

}  // namespace warpweft::distance::WARPWEFT_ISA

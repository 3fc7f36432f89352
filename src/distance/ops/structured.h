// s(x, y) = Σ_k d_k x_k y_k + Σ_b x_bᵀ W_b y_b, a similarity: the inner product with rows of y multiplied by d and W before.
#pragma once
#include "distance/ops/inner.h"

namespace warpweft::distance::WARPWEFT_ISA {

struct structured : inner {};

}  // namespace warpweft::distance::WARPWEFT_ISA

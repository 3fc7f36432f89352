// d(x, y) = 1 − x·y / (|x||y|).   ∂d/∂x = −(ŷ − (x̂·ŷ) x̂) / |x|
#pragma once
#include "distance/ops/forms.h"

namespace warpweft::distance::WARPWEFT_ISA {

struct cosine : angle_form {};

}  // namespace warpweft::distance::WARPWEFT_ISA

// An order of the candidates in which those that rows take for likely stand together: a strip without any of them need not be multiplied.
#pragma once
#include <vector>

#include "loss/loss.h"

namespace warpweft::loss {

// Candidates by ascending mean of their products with the anchors, equal ones by number. O(n·d + m·d).
std::vector<int32_t> by_mean_logit(const loss_params& p, const call_options& how);

}  // namespace warpweft::loss

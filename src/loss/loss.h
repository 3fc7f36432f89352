// The operations of the loss family.
#pragma once
#include <vector>

#include "base/job.h"
#include "loss/params.h"

namespace warpweft::loss {

// float32 elements that forward keeps for backward: O(n), and O(m) where the loss has a column direction.
int64_t state_size(loss_id loss, int64_t n, int64_t m);
int scalars_of(loss_id loss);
int scalars_of(miner_id miner);
int tensors_of(loss_id loss);
bool wants_given(loss_id loss);  // a number for each anchor, from the caller

// What a weight has to be above where a loss filters, in units of what its anchor's pairs count for. slope: ∂logit/∂score
float least_weight(const loss_params& p, double slope);

void forward(const forward_params& p, const call_options& how);
void backward(const backward_params& p, const call_options& how);

struct mined_pairs {
  std::vector<int32_t> anchor1, positive, anchor2, negative;  // by anchor, then by the other
};
mined_pairs mine(const mine_params& p, const call_options& how);

}  // namespace warpweft::loss

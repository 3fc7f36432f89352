// The family's operations on a GPU. Parameters as in loss.h; their pointers are addresses on the device that the call runs on, but for
// labels, which are in host memory.
#pragma once
#include "loss/loss.h"
#include "loss/triplets.h"

namespace warpweft::loss::on_gpu {

void forward(const forward_params& p, const call_options& how);
void backward(const backward_params& p, const call_options& how);
mined_pairs mine(const mine_params& p, const call_options& how);
void triplets(const triplet_params& p, const call_options& how);
void scored(const scored_params& p, const call_options& how);
void rank(const rank_params& p, const call_options& how);
void add(gpu::device& on, const float* part, int64_t count, float* into);
void total(const total_params& p, const call_options& how);

}  // namespace warpweft::loss::on_gpu

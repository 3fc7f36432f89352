// The family's operations on a GPU. Parameters as in distance.h; their pointers are addresses on the device that the call runs on.
#pragma once
#include "distance/distance.h"

namespace warpweft::distance::on_gpu {

void pairwise(const pairwise_params& p, const call_options& how);
void pairwise_backward(const pairwise_backward_params& p, const call_options& how);
void top_k(const top_k_params& p, const call_options& how);
void reduce_rows(const reduce_params& p, const call_options& how);

}  // namespace warpweft::distance::on_gpu

// The family's operations on a GPU. Parameters as in distance.h; their pointers are addresses on the device that the call runs on, but for
// those that params.h says are in host memory.
#pragma once
#include "distance/distance.h"

namespace warpweft::distance::on_gpu {

void pairwise(const pairwise_params& p, const call_options& how);
void pairwise_backward(const pairwise_backward_params& p, const call_options& how);
void top_k(const top_k_params& p, const call_options& how);
void radius(const radius_params& p, const call_options& how);
void row_statistics(const statistics_params& p, const call_options& how);
void label_statistics(const label_params& p, const call_options& how);
void rank(const rank_params& p, const call_options& how);
// row_classes [n], in host memory: number of each row's label. scale: of a value to its bin.
void histogram(const histogram_params& p, const int32_t* row_classes, float scale, const call_options& how);

}  // namespace warpweft::distance::on_gpu

// The operations of the distance family, each one or a few sweeps.
#pragma once
#include "base/job.h"
#include "distance/params.h"

namespace warpweft::distance {

void pairwise(const pairwise_params& p, const call_options& how);
void pairwise_backward(const pairwise_backward_params& p, const call_options& how);
void top_k(const top_k_params& p, const call_options& how);
void radius(const radius_params& p, const call_options& how);
void take_pairs(const take_pairs_params& p, const call_options& how);
void reduce_rows(const reduce_params& p, const call_options& how);
void rank(const rank_params& p, const call_options& how);
void histogram(const histogram_params& p, const call_options& how);

}  // namespace warpweft::distance

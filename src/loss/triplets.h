// Losses of triplets: the terms of a block of anchors from its rows of scores, and what all of them come to.
#pragma once
#include "base/job.h"
#include "loss/params.h"

namespace warpweft::loss {

void triplets(const triplet_params& p, const call_options& how);
void scored(const scored_params& p, const call_options& how);
void rank(const rank_params& p, const call_options& how);
void total(const total_params& p, const call_options& how);

// ERR_ARGUMENT where a list reaches beyond its members, or a member is no row.
void check_lists(const whole_rows& p);

}  // namespace warpweft::loss

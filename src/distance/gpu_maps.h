// What is done to whole rows, on a GPU. Parameters as in row_maps.h; their pointers are addresses on the device that the call runs on.
#pragma once
#include "distance/row_maps.h"

namespace warpweft::distance::on_gpu {

void structured_rows(const structured_params& p, const call_options& how);
void structured_gradient(const structured_gradient_params& p, const call_options& how);
void exp_map(const exp_map_params& p, const call_options& how);

}  // namespace warpweft::distance::on_gpu

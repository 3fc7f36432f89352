// The family's operations on a GPU. Parameters as in attention.h; their pointers are addresses on the device that the call runs on, but for
// slots, pages and lengths, which are in host memory.
#pragma once
#include "attention/params.h"
#include "base/job.h"

namespace warpweft::attention::on_gpu {

void append(const append_params& p, const call_options& how);
void read(const read_params& p, const call_options& how);
void decode(const decode_params& p, const call_options& how);
void merge(const merge_params& p, const call_options& how);

}  // namespace warpweft::attention::on_gpu

// Attention over whole sequences on a GPU. Parameters as in attention.h; their pointers are addresses on the device that the call runs
// on, but for lengths and maps of heads, which are in host memory.
#pragma once
#include "attention/attention.h"

namespace warpweft::attention::on_gpu {

void forward(const attention_params& p, const call_options& how);
void backward(const attention_backward_params& p, const call_options& how);

}  // namespace warpweft::attention::on_gpu

// Gradients of pairwise on a GPU for metrics that are accumulated over the coordinates of x − y: straight from the stored result and
// its gradient, without panels.
#pragma once
#include "distance/gpu_operands.h"

namespace warpweft::distance::on_gpu {

void partial_backward(gpu::device& on, const pairwise_backward_params& p);

}  // namespace warpweft::distance::on_gpu

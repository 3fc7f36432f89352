// C = A·B, the plainest sweep: its fold stores.
#pragma once
#include "base/job.h"
#include "base/matrix.h"

namespace warpweft::cpu {

// a: [m, k], b: [k, n], both float32 with any strides; out: [m, n], rows contiguous, overwritten.
void matmul(const matrix& a, const matrix& b, float* out, int threads, job* control);

}  // namespace warpweft::cpu

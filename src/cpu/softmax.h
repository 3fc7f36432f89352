// Rows of a matrix made to probabilities, and the way back.
#pragma once
#include "base/job.h"
#include "base/matrix.h"

namespace warpweft::cpu {

// out [rows, columns] = e^x_ik / Σ_k e^x_ik. Rows of −∞ are 0; a NaN or +∞ makes its row NaN.
void softmax(const matrix& x, float* out, int threads, job* control);
// dx = y (g − Σ_k g·y). All [rows, columns].
void softmax_backward(int64_t rows, int64_t columns, const float* y, const float* g, float* dx, int threads, job* control);

}  // namespace warpweft::cpu

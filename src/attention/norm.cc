#include "attention/norm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "attention/gpu_rows.h"
#include "cpu/features.h"
#include "cpu/threads.h"

namespace warpweft::attention {
namespace {

double inverse_root(const float* row, int64_t d, double eps) {
  double squares = 0.0;
  for (int64_t k = 0; k < d; ++k) squares += static_cast<double>(row[k]) * row[k];
  return 1.0 / std::sqrt(squares / static_cast<double>(d) + eps);
}

void forward_row(const norm_params& p, const float* row, float* y) {
  const double r = inverse_root(row, p.x.columns, p.eps);
  for (int64_t k = 0; k < p.x.columns; ++k) y[k] = static_cast<float>(row[k] * r * p.gain[k]);
}

// gain_grad: [d], added to.
void backward_row(const norm_params& p, const float* row, const float* g, float* dx, double* gain_grad) {
  const int64_t d = p.x.columns;
  const double r = inverse_root(row, d, p.eps);
  double along = 0.0;
  for (int64_t k = 0; k < d; ++k) along += static_cast<double>(g[k]) * p.gain[k] * row[k];
  const double bend = along / static_cast<double>(d) * r * r;
  if (dx)
    for (int64_t k = 0; k < d; ++k) dx[k] = static_cast<float>(r * (static_cast<double>(g[k]) * p.gain[k] - bend * row[k]));
  if (p.gain_grad)
    for (int64_t k = 0; k < d; ++k) gain_grad[k] += r * g[k] * row[k];
}

}  // namespace

// A task is a run of rows that the shape alone decides; sums over rows are those of the runs, joined in order.
void rms_norm(const norm_params& p, const call_options& how) {
  if (how.on) return on_gpu::rms_norm(p, *how.on);
  constexpr int64_t rows_a_run = 32, most_runs = 256;
  const int64_t n = p.x.rows, d = p.x.columns;
  const int64_t run = std::max(rows_a_run, (n + most_runs - 1) / most_runs), runs = (n + run - 1) / run;
  std::vector<double> sums(p.gain_grad ? static_cast<size_t>(runs * d) : 0);
  rows_view view;
  view.of = p.x;
  cpu::parallel(runs, how.threads, how.control, [&](int64_t task, int) {
    std::vector<float> row(static_cast<size_t>(d));
    for (int64_t i = task * run; i < std::min(n, (task + 1) * run); ++i) {
      cpu::in_use().float32->read_row(view, i, row.data());
      if (p.grad)
        backward_row(p, row.data(), p.grad + i * d, p.out ? p.out + i * d : nullptr, sums.data() + (p.gain_grad ? task * d : 0));
      else
        forward_row(p, row.data(), p.out + i * d);
    }
  });
  if (!p.gain_grad) return;
  for (int64_t k = 0; k < d; ++k) {
    double sum = 0.0;
    for (int64_t task = 0; task < runs; ++task) sum += sums[static_cast<size_t>(task * d + k)];
    p.gain_grad[k] = static_cast<float>(sum);
  }
}

}  // namespace warpweft::attention

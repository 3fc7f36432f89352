#include "loss/mean_logits.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cpu/buffer.h"
#include "cpu/features.h"
#include "cpu/kernels.h"
#include "cpu/scratch.h"
#include "cpu/threads.h"

namespace warpweft::loss {
namespace {

rows_view view_of(const matrix& of) {
  rows_view view;
  view.of = of;
  return view;
}

// x̄, the mean of the anchors
std::vector<double> mean_row(const matrix& x) {
  const size_t d = static_cast<size_t>(x.columns);
  std::vector<double> mean(d), squares(d);
  if (x.rows > 0) cpu::in_use().float32->column_moments(view_of(x), 0, x.rows, mean.data(), squares.data());
  for (double& value : mean) value /= static_cast<double>(std::max<int64_t>(1, x.rows));
  return mean;
}

// x̄·w, or its share of |w| where rows are made unit ones: an order needs no more.
double mean_logit(const std::vector<double>& mean, const float* w, bool unit) {
  double along = 0, square = 0;
  for (size_t k = 0; k < mean.size(); ++k) {
    along += mean[k] * static_cast<double>(w[k]);
    square += static_cast<double>(w[k]) * static_cast<double>(w[k]);
  }
  const double found = unit ? along / std::max(std::sqrt(square), 1e-12) : along;
  return std::isnan(found) ? 0 : found;
}

}  // namespace

std::vector<int32_t> by_mean_logit(const loss_params& p, const call_options& how) {
  constexpr int64_t candidates_a_task = 256;
  const std::vector<double> mean = mean_row(p.x);
  const int64_t m = p.y.rows;
  std::vector<double> logits(static_cast<size_t>(m));
  cpu::parallel((m + candidates_a_task - 1) / candidates_a_task, how.threads, how.control, [&](int64_t task, int) {
    float* row = cpu::thread_scratch(p.y.columns);
    const int64_t end = std::min(m, (task + 1) * candidates_a_task);
    for (int64_t j = task * candidates_a_task; j < end; ++j) {
      cpu::in_use().float32->read_row(view_of(p.y), j, row);
      logits[static_cast<size_t>(j)] = mean_logit(mean, row, p.normalize);
    }
  });
  std::vector<int32_t> order(static_cast<size_t>(m));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int32_t a, int32_t b) { return logits[static_cast<size_t>(a)] < logits[static_cast<size_t>(b)]; });
  return order;
}

}  // namespace warpweft::loss

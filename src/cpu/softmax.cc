#include "cpu/softmax.h"

#include <algorithm>

#include "cpu/features.h"
#include "cpu/threads.h"

namespace warpweft::cpu {
namespace {

// Rows are shared among threads in runs that are worth waking one for.
template <class Row>
void each_row(int64_t rows, int64_t columns, int threads, job* control, const Row& row) {
  constexpr int64_t elements_a_task = 1 << 16;
  const int64_t run = std::max<int64_t>(1, elements_a_task / std::max<int64_t>(1, columns));
  if (control) control->begin_sweep();
  parallel((rows + run - 1) / run, threads, control, [&](int64_t task, int) {
    const int64_t last = std::min(rows, (task + 1) * run);
    for (int64_t i = task * run; i < last; ++i) {
      if (control) control->check();
      row(i);
    }
  });
}

}  // namespace

void softmax(const matrix& x, float* out, int threads, job* control) {
  const kernels& kern = *in_use().float32;
  rows_view view;
  view.of = x;
  each_row(x.rows, x.columns, threads, control, [&](int64_t i) { kern.softmax_row(view, i, out + i * x.columns); });
}

void softmax_backward(int64_t rows, int64_t columns, const float* y, const float* g, float* dx, int threads, job* control) {
  const kernels& kern = *in_use().float32;
  each_row(rows, columns, threads, control, [&](int64_t i) {
    const int64_t at = i * columns;
    kern.softmax_back(y + at, g + at, columns, dx + at);
  });
}

}  // namespace warpweft::cpu

// How rows are gone through before they meet.
#pragma once
#include <algorithm>

#include "base/job.h"
#include "base/matrix.h"
#include "cpu/threads.h"

namespace warpweft::distance {

struct visit {
  const int32_t* x_order = nullptr;  // visiting order of the rows, or null
  const int32_t* y_order = nullptr;
  bool unit_rows = false;  // rows are divided by max(|row|, 1e-12) before the metric sees them
  int threads = 1;
  job* control = nullptr;
  bool dots_alone = true;  // a sweep makes dots of the rows, and nothing else
};

inline visit plain(const call_options& how) {
  visit v;
  v.threads = how.threads;
  v.control = how.control;
  return v;
}

constexpr int64_t most_chunks = 64;  // of rows; fixed, so that sums have one order

// Calls body(chunk, first, count) for consecutive ranges of rows.
template <class Body>
void chunked(const matrix& of, const visit& how, const Body& body) {
  constexpr int64_t worth_waking = 1 << 20;  // elements
  const int64_t rows = of.rows, size = std::max<int64_t>(64, (rows + most_chunks - 1) / most_chunks);
  cpu::parallel((rows + size - 1) / size, rows * of.columns < worth_waking ? 1 : how.threads, how.control,
                [&](int64_t chunk, int) { body(chunk, chunk * size, std::min(size, rows - chunk * size)); });
}

}  // namespace warpweft::distance

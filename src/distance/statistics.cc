#include "distance/statistics.h"

#include <algorithm>

#include "distance/distance.h"
#include "distance/gpu.h"
#include "distance/operands.h"
#include "distance/scan.h"

namespace warpweft::distance {

namespace {

// Lanes are x: a lane's fold is a row of the matrix, and the fold across is a column.
void statistics_of(const operands& both, const statistics_params& p, const call_options& how) {
  const score_context scalars = both.lanes_x();
  statistics_context rows{p.scale, both.y().of.rows, {}}, columns{p.scale, both.x().of.rows, {}};
  std::copy(std::begin(p.rows), std::end(p.rows), rows.out);
  std::copy(std::begin(p.columns), std::end(p.columns), columns.out);
  const strips& family = strips_in_use();
  cpu::sweep work;
  work.kern = &both.kern();
  work.lanes = both.x_dots();
  work.rows = both.y_dots();
  work.packed_rows = both.packed_rows();
  work.threads = how.threads;
  work.control = how.control;
  work.score = both.stage(scalars);
  work.fold = family.lane_statistics;
  work.fold.context = &rows;
  if (std::any_of(std::begin(p.columns), std::end(p.columns), [](const float* out) { return out != nullptr; })) {
    work.row_fold = family.row_statistics;
    work.row_fold.context = &columns;
  }
  cpu::run(work);
}

statistics_params only(const reduce_params& p) {
  statistics_params all{};
  all.scale = p.scale;
  all.rows[static_cast<int>(p.reduction)] = p.out;
  return all;
}

}  // namespace

void row_statistics(const statistics_params& p, const call_options& how) {
  if (how.on) return on_gpu::row_statistics(p, how);
  statistics_of(operands(p.pair, plain(how)), p, how);
}

// One statistic of each row.
void reduce_rows(const reduce_params& p, const call_options& how) {
  if (how.on) {
    statistics_params all = only(p);
    all.pair = p.pair;
    return on_gpu::row_statistics(all, how);
  }
  if (!p.pair.base && scan_reduce(p, how)) return;
  const operands both(p.pair, plain(how));
  if (!p.pair.base || !scan_reduce(both, p, how)) statistics_of(both, only(p), how);
}

}  // namespace warpweft::distance

#include "loss/loss.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "cpu/buffer.h"
#include "cpu/plan.h"
#include "loss/gpu.h"
#include "loss/grouped.h"
#include "loss/negative_pairs.h"
#include "loss/problem.h"
#include "loss/sweeps.h"

namespace warpweft::loss {
namespace {

struct side_total {
  double sum = 0, count = 0, non_zero = 0;
  double factor(reduction_id reduction) const {
    const double divisor = reduction == reduction_id::mean ? count : reduction == reduction_id::mean_non_zero ? non_zero : 1;
    return divisor > 0 ? 1 / divisor : 0;
  }
};

// An anchor's value where the loss also looks from the candidates: the mean of both directions.
float both_ways(const problem& of, const terms& rows, const terms& columns, int64_t lane) {
  const int64_t target = lane + of.target_offset();
  const float back = target >= 0 && target < of.params().y.rows ? columns.at(0, 0, target) : 0.0f;
  return 0.5f * (rows.at(0, 0, lane) + back);
}

// Without a problem rows stand in their own order.
void reduce(const problem* of, const terms& rows, const terms* columns, const forward_params& p) {
  const int64_t n = p.of.x.rows;
  const bool two_parts = strips_of(p.of).two_parts, none = p.of.reduction == reduction_id::none;
  std::array<side_total, 2> total;
  for (int64_t lane = 0; lane < n; ++lane) {
    float own = 0;
    for (int side = 0; side < (two_parts ? 2 : 1); ++side) {
      const float sum = columns ? both_ways(*of, rows, *columns, lane) : rows.at(side, 0, lane);
      side_total& t = total[static_cast<size_t>(side)];
      t.sum += sum;
      t.count += rows.at(side, 1, lane);
      t.non_zero += columns ? sum > 0 : rows.at(side, 2, lane);
      own += sum;
    }
    if (none) p.value[of ? of->anchor(lane) : lane] = own;
  }
  double value = 0;
  for (int side = 0; side < 2; ++side) {
    const side_total& t = total[static_cast<size_t>(side)];
    p.state[side] = static_cast<float>(t.factor(p.of.reduction));
    if (t.count > 0) value += t.sum * t.factor(p.of.reduction);
  }
  if (!none) p.value[0] = static_cast<float>(value);
}

// The prefixes' values, each with factors of its own.
void add_up(const problem& of, const std::vector<terms>& rows, const std::vector<terms>& columns, const forward_params& p, int64_t stride) {
  const int64_t values = p.of.reduction == reduction_id::none ? p.of.x.rows : 1;
  cpu::buffer<float> one(values);
  for (size_t g = 0; g < rows.size(); ++g) {
    forward_params part = p;
    part.state += static_cast<int64_t>(g) * stride;
    if (g > 0) part.value = one.data();
    reduce(&of, rows[g], columns.empty() ? nullptr : &columns[g], part);
    for (int64_t i = 0; g > 0 && i < values; ++i) p.value[i] += one[i];
  }
}

// What only some passes know how to do is asked of them alone.
void refuse_prefixes(const loss_params& p) {
  if (p.prefixes) throw coded_error("ERR_ARGUMENT", "this loss takes one prefix at a time");
}

}  // namespace

const strips& strips_in_use() {
  switch (cpu::in_use().functors) {
#define WARPWEFT_STRIPS(name) \
  case cpu::isa_id::name: return cpu_##name;
    WARPWEFT_ISA_LIST(WARPWEFT_STRIPS)
#undef WARPWEFT_STRIPS
    default: return cpu_scalar;
  }
}

const row_strips& strips_of(const loss_params& p) {
  return strips_in_use().rows[static_cast<int>(p.loss)][p.mined ? 1 + static_cast<int>(p.miner) : 0];
}

bool is_two_sided(const loss_params& p) { return strips_of(p).meets_other && !p.self; }

bool is_symmetric(const loss_params& p) { return strips_of(p).position_of(p.scalars).symmetric; }

int64_t state_size(loss_id loss, int64_t n, int64_t m) {
  const row_strips& family = strips_in_use().rows[static_cast<int>(loss)][0];
  return state_header + most_fields * (padded(n) + (family.has_directions || family.meets_other ? padded(m) : 0));
}

int scalars_of(loss_id loss) {
  switch (loss) {
#define WARPWEFT_SCALARS(name) \
  case loss_id::name: return name##_scalars;
    WARPWEFT_LOSS_LIST(WARPWEFT_SCALARS)
#undef WARPWEFT_SCALARS
    default: return 0;
  }
}

bool wants_given(loss_id loss) {
  return loss != loss_id::unified_negative_pairs && strips_in_use().rows[static_cast<int>(loss)][0].given > 0;
}

int tensors_of(loss_id loss) { return strips_in_use().rows[static_cast<int>(loss)][0].tensors; }

int scalars_of(miner_id miner) {
  switch (miner) {
#define WARPWEFT_SCALARS(name) \
  case miner_id::name: return name##_miner_scalars;
    WARPWEFT_MINER_LIST(WARPWEFT_SCALARS)
#undef WARPWEFT_SCALARS
    default: return 0;
  }
}

void refuse_grouped(const call_options& how) {
  if (how.on) throw coded_error("ERR_DEVICE", "several centres a class are folded over whole rows of scores on a GPU: lib/loss/whole");
}

bool is_unified(const loss_params& p) { return p.loss == loss_id::unified_negative_pairs && !p.given; }

// Not of tensors on a GPU, where whole rows of scores are ranked: lib/loss/whole.
bool is_ranked(const loss_params& p) {
  return p.mined && (p.guided || strips_in_use().miners[static_cast<int>(p.miner)].ranked(p.miner_scalars) > 0);
}

void forward(const forward_params& p, const call_options& how) {
  if (how.on && is_ranked(p.of)) throw coded_error("ERR_DEVICE", "negatives are ranked over whole rows of scores on a GPU: lib/loss/whole");
  if (is_unified(p.of)) return refuse_prefixes(p.of), forward_unified(p, how);
  if (centers_of(p.of) > 1) {
    refuse_grouped(how);
    refuse_prefixes(p.of);
    terms rows(p.of.x.rows);
    fold_grouped(p.of, how, p.state + state_header, rows.memory.data());
    return reduce(nullptr, rows, nullptr, p);
  }
  if (how.on) return on_gpu::forward(p, how);
  const bool symmetric = is_symmetric(p.of), two_sided = is_two_sided(p.of);
  if (how.control) how.control->plan(sweeps_of(p.of));
  const problem of(p.of, how);
  const int64_t n = p.of.x.rows, m = p.of.y.rows, count = prefixes_of(p.of), stride = state_size(p.of.loss, n, m);
  float* x_fields = p.state + state_header;
  float* y_fields = x_fields + most_fields * padded(n);
  std::vector<terms> rows, columns;
  for (int64_t g = 0; g < count; ++g) {
    rows.emplace_back(n);
    if (symmetric || two_sided) columns.emplace_back(m);
  }
  if (folds_both(p.of)) {
    fold_both(of, x_fields, rows[0], y_fields, columns[0]);
  } else {
    if (two_sided) fold(of, true, y_fields, stride, columns, nullptr, true);
    fold(of, false, x_fields, stride, rows, two_sided ? y_fields : x_fields);
    if (symmetric) fold(of, true, y_fields, stride, columns);
  }
  if (!symmetric) columns.clear();
  add_up(of, rows, columns, p, stride);
}

}  // namespace warpweft::loss

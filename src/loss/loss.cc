#include "loss/loss.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "cpu/buffer.h"
#include "cpu/plan.h"
#include "loss/gpu.h"
#include "loss/problem.h"

namespace warpweft::loss {
namespace {

const row_strips& strips_of(const loss_params& p) {
  return strips_in_use().rows[static_cast<int>(p.loss)][p.mined ? 1 + static_cast<int>(p.miner) : 0];
}

bool is_symmetric(const loss_params& p) { return strips_of(p).position_of(p.scalars).symmetric; }

// Six arrays of a direction: sum, count and non-zero terms of positives, then of negatives.
struct terms {
  explicit terms(int64_t rows) : stride(padded(rows)), memory(6 * stride) { std::fill_n(memory.data(), 6 * stride, 0.0f); }
  float at(int side, int what, int64_t lane) const { return memory[(3 * side + what) * stride + lane]; }
  int64_t stride;
  cpu::buffer<float> memory;
};

// One direction's sweeps: fills fields and terms.
void fold(const problem& of, bool across, float* fields, terms& into) {
  const row_strips& family = strips_of(of.params());
  row_context c = of.context(across);
  c.fields = fields;
  c.stride = into.stride;
  c.parts = into.memory.data();
  cpu::sweep work = of.sweep(across);
  const auto run_with = [&](const cpu::fold_verbs& verbs) {
    work.fold = verbs;
    work.fold.context = &c;
    cpu::run(work);
  };
  if (!of.params().mined) return run_with(family.all);
  cpu::buffer<char> carry((into.stride / work.kern->lanes + 1) * family.carry_bytes);
  c.carry = carry.data();
  of.only_positives(work, across);
  run_with(family.before);
  work.begin = work.end = nullptr;
  run_with(family.all);
  of.only_positives(work, across);
  run_with(family.after);
}

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

void reduce(const problem& of, const terms& rows, const terms* columns, const forward_params& p) {
  const int64_t n = of.params().x.rows;
  const bool pairs = strips_of(of.params()).term_is_pair, none = p.of.reduction == reduction_id::none;
  std::array<side_total, 2> total;
  for (int64_t lane = 0; lane < n; ++lane) {
    float own = 0;
    for (int side = 0; side < (pairs ? 2 : 1); ++side) {
      const float sum = columns ? both_ways(of, rows, *columns, lane) : rows.at(side, 0, lane);
      side_total& t = total[static_cast<size_t>(side)];
      t.sum += sum;
      t.count += rows.at(side, 1, lane);
      t.non_zero += pairs ? rows.at(side, 2, lane) : sum > 0 ? 1 : 0;
      own += sum;
    }
    if (none) p.value[of.anchor(lane)] = own;
  }
  double value = 0;
  for (int side = 0; side < 2; ++side) {
    const side_total& t = total[static_cast<size_t>(side)];
    p.state[side] = static_cast<float>(t.factor(p.of.reduction));
    if (t.count > 0) value += t.sum * t.factor(p.of.reduction);
  }
  if (!none) p.value[0] = static_cast<float>(value);
}

// What a pair of each anchor counts for: upstream gradient times the reduction's factor. In visiting order, padded with zeros.
struct scales {
  scales(int64_t rows) : positive(padded(rows)), negative(padded(rows)) {
    std::fill_n(positive.data(), positive.size(), 0.0f);
    std::fill_n(negative.data(), negative.size(), 0.0f);
  }
  saved_fields with(const float* fields, int64_t rows) const { return {fields, padded(rows), positive.data(), negative.data()}; }
  cpu::buffer<float> positive, negative;
};

class gradients {
 public:
  gradients(const backward_params& p, const call_options& how)
      : p_(p), of_(p.of, how), family_(strips_of(of_.params())), symmetric_(is_symmetric(p.of)), n_(p.of.x.rows), m_(p.of.y.rows),
        x_fields_(p.state + state_header), y_fields_(x_fields_ + most_fields * padded(n_)), x_scales_(n_), y_scales_(m_) {
    if (how.control) how.control->plan((p.dx || p.d_temperature ? 1 : 0) + (p.dy ? 1 : 0));
    scale();
  }

  void run() {
    const bool temperature = p_.d_temperature && family_.has_temperature;
    if (p_.dx || temperature) {
      cpu::buffer<float> unused;
      if (!p_.dx) unused.resize(n_ * p_.of.x.columns);
      cpu::buffer<float> along(padded(n_));
      sweep(false, p_.dx ? p_.dx : unused.data(), temperature ? along.data() : nullptr);
      if (temperature) sum_temperature(along.data());
    }
    if (p_.dy) sweep(true, p_.dy, nullptr);
  }

 private:
  // A symmetric loss gives each direction half of an anchor's share.
  void scale() {
    const bool pairs = family_.term_is_pair, none = p_.of.reduction == reduction_id::none;
    for (int64_t lane = 0; lane < n_; ++lane) {
      const float upstream = (none ? p_.grad[of_.anchor(lane)] : p_.grad[0]) * (symmetric_ ? 0.5f : 1.0f);
      x_scales_.positive[lane] = upstream * p_.state[0];
      x_scales_.negative[lane] = upstream * p_.state[pairs ? 1 : 0];
      const int64_t target = lane + of_.target_offset();
      if (symmetric_ && target >= 0 && target < m_) y_scales_.positive[target] = y_scales_.negative[target] = x_scales_.positive[lane];
    }
  }

  void sweep(bool across, float* out, float* temperature) {
    const saved_fields x = x_scales_.with(x_fields_, n_), y = symmetric_ ? y_scales_.with(y_fields_, m_) : saved_fields{};
    row_context c = of_.context(across);
    c.lane_saved = across ? y : x;
    c.row_saved = across ? x : p_.of.self ? x : y;
    const rows_view& lanes = of_.lanes(across);
    c.target = {&lanes, of_.differences(), of_.unit_rows(), false, out, lanes.of.columns, cpu::in_use().float32};
    c.temperature = temperature;
    cpu::sweep work = of_.sweep(across);
    work.transposed = true;
    work.fold = family_.weights;
    work.fold.context = &c;
    work.fold.state_bytes += distance::strips_in_use().gradient_bytes * cpu::up_to_multiple(lanes.of.columns, work.kern->rows);
    cpu::run(work);
  }

  void sum_temperature(const float* along) {
    double sum = 0;
    for (int64_t lane = 0; lane < n_; ++lane) sum += along[lane];
    p_.d_temperature[0] = static_cast<float>(-sum / p_.of.scalars[0]);
  }

  const backward_params& p_;
  const problem of_;
  const row_strips& family_;
  const bool symmetric_;
  const int64_t n_, m_;
  const float *x_fields_, *y_fields_;
  scales x_scales_, y_scales_;
};

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

int64_t state_size(loss_id loss, int64_t n, int64_t m) {
  return state_header + most_fields * (padded(n) + (strips_in_use().rows[static_cast<int>(loss)][0].by_position ? padded(m) : 0));
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

int scalars_of(miner_id miner) {
  switch (miner) {
#define WARPWEFT_SCALARS(name) \
  case miner_id::name: return name##_miner_scalars;
    WARPWEFT_MINER_LIST(WARPWEFT_SCALARS)
#undef WARPWEFT_SCALARS
    default: return 0;
  }
}

void forward(const forward_params& p, const call_options& how) {
  if (how.on) return on_gpu::forward(p, how);
  const bool symmetric = is_symmetric(p.of);
  if (how.control) how.control->plan((p.of.mined ? 3 : 1) + (symmetric ? 1 : 0));
  const problem of(p.of, how);
  const int64_t n = p.of.x.rows, m = p.of.y.rows;
  float* fields = p.state + state_header;
  terms rows(n);
  fold(of, false, fields, rows);
  if (!symmetric) return reduce(of, rows, nullptr, p);
  terms columns(m);
  fold(of, true, fields + most_fields * padded(n), columns);
  reduce(of, rows, &columns, p);
}

void backward(const backward_params& p, const call_options& how) {
  if (how.on) return on_gpu::backward(p, how);
  gradients(p, how).run();
}

mined_pairs mine(const mine_params& p, const call_options& how) {
  if (how.on) return on_gpu::mine(p, how);
  const problem of(p.of, how);
  const int64_t n = p.of.x.rows, stride = padded(n);
  const miner_strips& family = strips_in_use().miners[static_cast<int>(p.of.miner)];
  cpu::buffer<float> fields(family.fields * stride);
  row_context c = of.context(false);
  c.fields = fields.data();
  c.stride = stride;
  cpu::sweep work = of.sweep(false);
  work.fold = family.extremes;
  work.fold.context = &c;
  cpu::run(work);

  struct kept {
    std::vector<int32_t> positives, negatives;
  };
  struct listing {
    const problem& of;
    std::vector<kept> anchors;
  } list{of, std::vector<kept>(static_cast<size_t>(n))};
  mine_context m{};
  m.params = &of.params();
  m.pairs = c.pairs;
  m.fields = fields.data();
  m.stride = stride;
  m.sink = &list;
  m.emit = [](void* sink, int64_t lane, int64_t row, bool positive) {
    listing& to = *static_cast<listing*>(sink);
    kept& anchor = to.anchors[static_cast<size_t>(to.of.anchor(lane))];
    (positive ? anchor.positives : anchor.negatives).push_back(static_cast<int32_t>(to.of.candidate(row)));
  };
  work.fold = family.list;
  work.fold.context = &m;
  cpu::run(work);

  mined_pairs out;
  for (size_t i = 0; i < list.anchors.size(); ++i) {
    kept& anchor = list.anchors[i];
    std::sort(anchor.positives.begin(), anchor.positives.end());
    std::sort(anchor.negatives.begin(), anchor.negatives.end());
    out.anchor1.insert(out.anchor1.end(), anchor.positives.size(), static_cast<int32_t>(i));
    out.positive.insert(out.positive.end(), anchor.positives.begin(), anchor.positives.end());
    out.anchor2.insert(out.anchor2.end(), anchor.negatives.size(), static_cast<int32_t>(i));
    out.negative.insert(out.negative.end(), anchor.negatives.begin(), anchor.negatives.end());
  }
  return out;
}

}  // namespace warpweft::loss

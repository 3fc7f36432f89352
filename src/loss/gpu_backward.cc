// The backward pass on a GPU: what a pair of each anchor counts for, then panels of pair weights, each multiplied with both sides' rows
// before the next is filled.
#include "distance/gpu_gradient.h"
#include "loss/gpu.h"
#include "loss/gpu_problem.h"
#include "loss/state.h"

namespace warpweft::loss::on_gpu {
namespace {

using distance::pair_range;

class gradients {
 public:
  gradients(const backward_params& p, const call_options& how)
      : p_(p), how_(how), on_(*how.on), loss_(traits_of(p.of)), of_(p.of, on_), two_sided_(loss_.meets_other && !p.of.self),
        x_fields_(p.state + state_header), y_fields_(x_fields_ + most_fields * padded(n())),
        scales_(on_.allocate(static_cast<size_t>(2 * p.of.x.rows + 2 * p.of.y.rows) * 4)) {
    scale();
    if (loss_.meets_other) touch();
  }

  void run() {
    float* const tensors = p_.d_tensors;
    gpu::buffer sum;
    if (tensors) {
      sum = on_.allocate(16);
      gpu::fill_zero(on_, sum.address(), 16);
      gpu::fill_zero(on_, tensors, static_cast<size_t>(4 * loss_.tensors));
    }
    if (p_.d_beside) gpu::fill_zero(on_, p_.d_beside, static_cast<size_t>(4 * m()));
    distance::on_gpu::gradient sides(on_, of_.seen(), of_.unit_rows(), p_.dx, p_.dy);
    if (loss_.filters) sides.mark_tiles();
    sides.run(how_.control, [&](const pair_range& range, float* panel, int64_t stride) {
      const gpu::extent3 tiles = distance::on_gpu::tiles_of(range);
      const gpu::buffer along = on_.allocate(tensors ? size_t{16} * tiles.x : 0);
      weigh_launch l = weights();
      l.range = range;
      l.panel = panel;
      l.panel_stride = stride;
      l.along = tensors ? along.as<double>() : nullptr;
      l.tiles = tiles.x;
      l.d_weights = p_.d_weights;
      l.hot = sides.marks();
      l.filter = least_weight(p_.of, loss_.beside_slope);
      of_.launch_tiles(of_.entry("loss_weigh"), tiles, l);
      if (tensors) launch_one(on_, "loss_tensors", tensors_launch{l.along, tiles.x, sum.as<double>(), tensors, l.of.loss, l.of.which, 0});
      if (p_.d_beside) add_beside(range, panel, stride);
    });
  }

 private:
  // Losses with something beside their logits take scores whose slope is 1, so that a panel holds ∂L/∂score.
  void add_beside(const pair_range& range, const float* panel, int64_t stride) const {
    const float factor = static_cast<float>(1 / loss_.beside_slope);
    launch_rows(on_, "loss_beside", range.columns, beside_launch{range, panel, stride, p_.d_beside, factor, 0});
  }
  int64_t n() const { return p_.of.x.rows; }
  int64_t m() const { return p_.of.y.rows; }
  float* x_scale() const { return scales_.as<float>(); }
  float* y_scale() const { return x_scale() + 2 * n(); }

  // A symmetric loss gives each direction half of an anchor's share.
  void scale() const {
    scale_launch l{};
    l.state = p_.state;
    l.grad = p_.grad;
    l.x_positive = x_scale();
    l.x_negative = x_scale() + n();
    l.y_scale = loss_.symmetric || two_sided_ ? y_scale() : nullptr;
    l.n = n();
    l.m = m();
    l.shift = loss_.target_offset;
    l.share = loss_.symmetric ? 0.5f : 1.0f;
    l.none = p_.of.reduction == reduction_id::none ? 1 : 0;
    l.two_parts = loss_.two_parts ? 1 : 0;
    l.whole_negatives = loss_.meets_other ? 1 : 0;
    launch_rows(on_, "loss_scale", n() + (l.y_scale ? m() : 0), l);
  }

  // What each row's positives come to, into copies of the fields: a pass may be repeated.
  void touch() {
    const auto copied = [&](gpu::buffer& to, const float*& from, int64_t rows) {
      const size_t bytes = static_cast<size_t>(most_fields * padded(rows)) * 4;
      to = on_.allocate(bytes);
      gpu::copy(on_, to.address(), from, bytes);
      from = to.as<float>();
    };
    copied(x_touched_, x_fields_, n());
    if (two_sided_) copied(y_touched_, y_fields_, m());
    touch(false, x_touched_.as<float>());
    if (two_sided_) touch(true, y_touched_.as<float>());
  }

  void touch(bool across, float* fields) const {
    const int64_t rows = of_.rows(across), others = of_.rows(!across);
    const distance::on_gpu::splits cut(rows, others, others + 1);
    const gpu::buffer partial = on_.allocate(static_cast<size_t>(cut.count * rows * loss_.state_bytes));
    const float* const candidates = two_sided_ ? y_scale() : x_scale();
    fold_launch l{};
    l.of = of_.pairs(across);
    l.of.pair.split_columns = cut.columns;
    l.partial = partial.address();
    l.splits = cut.count;
    l.fields = fields;
    l.others = across ? x_fields_ : two_sided_ ? y_fields_ : x_fields_;
    l.x_scale = across ? candidates : x_scale();
    l.y_scale = across ? x_scale() : candidates;
    l.stride = padded(rows);
    l.stage = fold_stage::touches;
    of_.launch_tiles(of_.entry("loss_fold"), cut.grid(rows), l);
    launch_rows(on_, "loss_fold_join", rows, l);
  }

  // In self mode each pair is met from both its ends, and weighs each time what it weighs in one anchor's term.
  weigh_launch weights() const {
    weigh_launch l{};
    l.of = of_.pairs(false);
    l.rows = {x_fields_, padded(n()), x_scale(), x_scale() + n()};
    if (loss_.symmetric) l.columns = {y_fields_, padded(m()), y_scale(), y_scale()};
    if (two_sided_) l.columns = {y_fields_, padded(m()), y_scale(), y_scale() + m()};
    l.others = two_sided_ ? y_fields_ : x_fields_;
    return l;
  }

  const backward_params& p_;
  const call_options& how_;
  gpu::device& on_;
  const traits loss_;
  const problem of_;
  const bool two_sided_;
  const float *x_fields_, *y_fields_;
  const gpu::buffer scales_;
  gpu::buffer x_touched_, y_touched_;
};

}  // namespace

void backward(const backward_params& p, const call_options& how) {
  if (how.control) how.control->check();
  gradients(p, how).run();
}

}  // namespace warpweft::loss::on_gpu

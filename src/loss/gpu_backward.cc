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
      : p_(p), how_(how), on_(*how.on), loss_(traits_of(p.of)), of_(p.of, on_),
        scales_(on_.allocate(static_cast<size_t>(2 * p.of.x.rows + p.of.y.rows) * 4)) {
    scale();
  }

  void run() {
    float* temperature = loss_.has_temperature ? p_.d_temperature : nullptr;
    gpu::buffer sum;
    if (temperature) {
      sum = on_.allocate(8);
      gpu::fill_zero(on_, sum.address(), 8);
      gpu::fill_zero(on_, temperature, 4);
    }
    distance::on_gpu::gradient sides(on_, of_.seen(), of_.unit_rows(), p_.dx, p_.dy);
    sides.run(how_.control, [&](const pair_range& range, float* panel, int64_t stride) {
      const gpu::extent3 tiles = distance::on_gpu::tiles_of(range);
      const gpu::buffer along = on_.allocate(temperature ? size_t{8} * tiles.x : 0);
      weigh_launch l = weights();
      l.range = range;
      l.panel = panel;
      l.panel_stride = stride;
      l.along = temperature ? along.as<double>() : nullptr;
      of_.launch_tiles(of_.entry("loss_weigh"), tiles, l);
      if (!temperature) return;
      launch_one(on_, "loss_temperature", temperature_launch{l.along, tiles.x, sum.as<double>(), temperature, p_.of.scalars[0]});
    });
  }

 private:
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
    l.y_scale = loss_.symmetric ? y_scale() : nullptr;
    l.n = n();
    l.m = m();
    l.shift = loss_.target_offset;
    l.share = loss_.symmetric ? 0.5f : 1.0f;
    l.none = p_.of.reduction == reduction_id::none ? 1 : 0;
    l.term_is_pair = loss_.term_is_pair ? 1 : 0;
    launch_rows(on_, "loss_scale", n() + (loss_.symmetric ? m() : 0), l);
  }

  // In self mode each pair is met from both its ends, and weighs each time what it weighs in one anchor's term.
  weigh_launch weights() const {
    const float* fields = p_.state + state_header;
    weigh_launch l{};
    l.of = of_.pairs(false);
    l.rows = {fields, padded(n()), x_scale(), x_scale() + n()};
    if (loss_.symmetric) l.columns = {fields + most_fields * padded(n()), padded(m()), y_scale(), y_scale()};
    return l;
  }

  const backward_params& p_;
  const call_options& how_;
  gpu::device& on_;
  const traits loss_;
  const problem of_;
  const gpu::buffer scales_;
};

}  // namespace

void backward(const backward_params& p, const call_options& how) {
  if (how.control) how.control->check();
  gradients(p, how).run();
}

}  // namespace warpweft::loss::on_gpu

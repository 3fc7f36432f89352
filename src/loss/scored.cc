// Row losses over whole rows of scores: for metrics whose gradients need more than a slope that follows from the score.
#include <algorithm>

#include "base/pooling.h"
#include "cpu/threads.h"
#include "loss/gpu.h"
#include "loss/ops.gen.h"
#include "loss/ops/row_kinds.h"
#include "loss/triplets.h"

namespace warpweft::loss {
namespace {

using namespace WARPWEFT_ISA;

// body(column, positive)
template <class Body>
void each_pair(const whole_rows& p, int64_t anchor, const Body& body) {
  for (int64_t column = 0; column < p.candidates; ++column) {
    const pair_kind kind = kind_of(p, anchor, column);
    if (kind != pair_kind::none) body(column, kind == pair_kind::positive);
  }
}

template <class Loss>
pooling pooling_of(const Loss& loss, int64_t centers) {
  if constexpr (Loss::has_centers) return {centers, loss.center_softness()};
  return {1, 0};
}

template <class Loss>
void one_anchor(const scored_params& p, const Loss& loss, int64_t r) {
  const int64_t anchor = p.of.first + r;
  const pooling pool = pooling_of(loss, p.centers);
  const float* scores = p.of.scores + r * p.of.candidates * pool.count;
  const auto score = [&](int64_t column) { return pool.value(scores + column * pool.count); };
  const auto beside = [&](int64_t column) { return p.y_beside ? p.y_beside[column] : p.x_beside ? p.x_beside[anchor] : 0.0f; };
  const int32_t* kept = p.kept ? p.kept + r * p.of.candidates : nullptr;
  typename Loss::template state<float> state;
  each_pair(p.of, anchor, [&](int64_t column, bool positive) {
    if (positive)
      fold_positive(loss, state, score(column), beside(column), true);
    else if (!kept || kept[column] != 0)
      fold_negative(loss, state, score(column), beside(column), true);
  });
  part<float> parts[2];
  float saved[Loss::fields + 1];
  loss.done(state, parts, saved);
  if (p.parts) {
    for (int side = 0; side < 2; ++side) {
      const float found[3] = {parts[side].sum, parts[side].count, parts[side].non_zero};
      for (int what = 0; what < 3; ++what) p.parts[(3 * side + what) * p.of.anchors + anchor] = found[what];
    }
    return;
  }
  const float upstream = p.grad[p.none ? anchor : 0];
  const float pull = upstream * p.state[0], push = upstream * p.state[Loss::two_parts ? 1 : 0];
  float* out = p.weights + r * p.of.candidates * pool.count;
  std::fill_n(out, p.of.candidates * pool.count, 0.0f);
  each_pair(p.of, anchor, [&](int64_t column, bool positive) {
    if (!positive && kept && kept[column] == 0) return;
    const float s = score(column), *const of = saved;
    const float w =
        positive ? pull * weight_of_positive(loss, of, s, beside(column)) : push * weight_of_negative(loss, of, s, beside(column));
    pool.share(scores + column * pool.count, w, out + column * pool.count);
  });
}

template <class Loss>
void run(const scored_params& p, const call_options& how, const Loss& loss) {
  if constexpr (Loss::weighs_pairs || Loss::given > 0 || Loss::positives_last) {
    throw coded_error("ERR_ARGUMENT", "scored: this loss wants more than scores");
  } else {
    cpu::parallel(p.of.rows, how.threads, how.control, [&](int64_t r, int) { one_anchor(p, loss, r); });
  }
}

}  // namespace

void scored(const scored_params& p, const call_options& how) {
  if (how.on) return on_gpu::scored(p, how);
  check_lists(p.of);
  if (how.control) how.control->begin_sweep();
  switch (p.loss) {
#define WARPWEFT_SCORED(name) \
  case loss_id::name: return run(p, how, WARPWEFT_ISA::name(name##_from(p.scalars), p.of.larger));
    WARPWEFT_LOSS_LIST(WARPWEFT_SCORED)
#undef WARPWEFT_SCORED
    default: return;
  }
}

// On the CPU a sweep ranks as it goes.
void rank(const rank_params& p, const call_options& how) {
  if (!how.on) throw coded_error("ERR_ARGUMENT", "rank: whole rows are ranked on a GPU");
  on_gpu::rank(p, how);
}

}  // namespace warpweft::loss

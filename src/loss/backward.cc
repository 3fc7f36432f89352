// The gradients of a loss, from what its forward pass kept.
#include <algorithm>

#include "cpu/buffer.h"
#include "loss/gpu.h"
#include "loss/grouped.h"
#include "loss/negative_pairs.h"
#include "loss/prefix.h"
#include "loss/problem.h"

namespace warpweft::loss {
namespace {

// What a pair of each anchor counts for: upstream gradient times the reduction's factor. In visiting order, padded with zeros.
struct scales {
  scales(int64_t rows) : positive(padded(rows)), negative(padded(rows)) {
    std::fill_n(positive.data(), positive.size(), 0.0f);
    std::fill_n(negative.data(), negative.size(), 0.0f);
  }
  saved_fields with(const float* fields, int64_t rows) const { return {fields, padded(rows), positive.data(), negative.data()}; }
  cpu::buffer<float> positive, negative;
};

// What the forward pass kept of a prefix, and what its pairs count for.
struct prefix_part {
  // `others`: of the candidates, whose pairs count for something of their own; else 0
  prefix_part(const float* state, int64_t n, int64_t others)
      : factors(state), x_fields(state + state_header), y_fields(x_fields + most_fields * padded(n)), x_scales(n), y_scales(others) {}
  const float *factors, *x_fields, *y_fields;
  scales x_scales, y_scales;
  cpu::buffer<float> x_touched, y_touched;
};

class gradients {
 public:
  gradients(const backward_params& p, const call_options& how)
      : p_(p), of_(p.of, how, !p.of.prefixes && strips_of(p.of).filters(p.of.scalars)), family_(strips_of(of_.params())),
        symmetric_(is_symmetric(p.of)), both_sides_(symmetric_ || is_two_sided(p.of)), once_(of_.meets_once() && !p.of.prefixes),
        n_(p.of.x.rows), m_(p.of.y.rows) {
    if (how.control) how.control->plan(at_once() ? 1 : (wants_x() ? 1 : 0) + (wants_y() ? 1 : 0));
    const int64_t stride = state_size(p.of.loss, n_, m_);
    for (int64_t g = 0; g < prefixes_of(p.of); ++g) scale(parts_.emplace_back(p.state + g * stride, n_, both_sides_ ? m_ : 0));
    if (family_.meets_other) touch();
  }

  void run() {
    if (at_once()) return both();
    if (wants_x()) one(false);
    if (wants_y()) one(true);
  }

 private:
  bool wants_x() const { return p_.dx || p_.d_tensors || p_.d_weights; }
  bool wants_y() const { return p_.dy || p_.d_beside; }
  // Both gradients come of one recompute, but where a candidate's sum of weights would have to be told from that of its slopes. Prefixes
  // have sums of their own.
  bool at_once() const {
    const distance::metric_id metric = of_.params().metric;
    const bool sloped = p_.d_beside && metric != distance::metric_id::inner && metric != distance::metric_id::cosine_similarity;
    return p_.dx && p_.dy && !p_.of.self && !p_.of.prefixes && !sloped && n_ > 0 && m_ > 0;
  }
  int64_t count() const { return static_cast<int64_t>(parts_.size()); }

  // along and total: [prefixes, padded rows]
  void one(bool across) {
    const int64_t rows = across ? m_ : n_;
    float* const wanted = across ? p_.dy : p_.dx;
    cpu::buffer<float> unused, along(count() * padded(rows)), total(count() * padded(rows));
    if (!wanted) unused.resize(rows * p_.of.x.columns);
    float* const out = wanted ? wanted : unused.data();
    std::vector<row_context> contexts;
    for (int64_t g = 0; g < count(); ++g) {
      row_context c = weights(across, g, out);
      c.along = along.data() + g * padded(rows);
      c.total = total.data() + g * padded(rows);
      if (!across) c.weights.gradient = p_.d_weights;
      c.weights.adds = g > 0;
      contexts.push_back(c);
    }
    if (p_.of.prefixes)
      sweep_prefixes(across, contexts, out);
    else if (once_)
      sweep_once(contexts[0], out);
    else
      cpu::run(sweep(across, contexts[0]));
    if (!across && p_.d_tensors) of_tensors(along.data(), total.data(), rows);
    if (across && p_.d_beside) of_beside(total.data());
  }

  // Columns beyond the last prefix get zeros. The prefixes' own folds gather no gradient, only weights.
  void sweep_prefixes(bool across, std::vector<row_context>& contexts, float* out) {
    const rows_view& lanes = of_.lanes(across);
    const int64_t columns = p_.of.x.columns;
    std::fill_n(out, lanes.of.rows * columns, 0.0f);
    for (row_context& c : contexts) c.target = {&lanes, distance::own_part::none, false, false, out, 0, cpu::in_use().float32};
    const prefix_gradient all{prefix_fold(of_, across, contexts, family_.weights), out, columns};
    cpu::sweep work = of_.sweep(across);
    work.transposed = true;
    work.fold = all.verbs();
    cpu::run(work);
  }

  // A batch with itself: the rows' side of each pair first, which the lanes' then adds to.
  void sweep_once(row_context& c, float* out) const {
    const bool totals = of_.own_part() == distance::own_part::difference;
    cpu::buffer<float> row_total(totals ? padded(n_) : 0);
    const distance::turned_context turned{target(false, out), totals ? row_total.data() : nullptr};
    c.pairs.rows = facing::behind;
    c.target.resumes = true;
    c.target.resumed_total = turned.total;
    cpu::sweep work = sweep(false, c);
    work.half = true;
    turn(work, turned);
    cpu::run(work);
  }

  // The shorter side stands on the lanes, so that few blocks of them add to the other's gradient.
  void both() {
    const bool across = m_ < n_;
    const int64_t lanes = across ? m_ : n_, rows = across ? n_ : m_;
    cpu::buffer<float> along(padded(lanes)), lane_total(padded(lanes)), row_total(padded(rows));
    row_context c = weights(across, 0, across ? p_.dy : p_.dx);
    c.along = along.data();
    c.total = lane_total.data();
    c.weights.gradient = p_.d_weights;
    const bool totals = of_.own_part() == distance::own_part::difference || (p_.d_beside && !across);
    const distance::turned_context turned{target(!across, across ? p_.dx : p_.dy), totals ? row_total.data() : nullptr, c.filter >= 0};
    cpu::sweep work = sweep(across, c);
    turn(work, turned);
    cpu::run(work);
    if (p_.d_tensors) of_tensors(along.data(), lane_total.data(), lanes);
    if (p_.d_beside) of_beside(across ? lane_total.data() : row_total.data());
  }

  // A symmetric loss gives each direction half of an anchor's share.
  void scale(prefix_part& part) const {
    const bool two_parts = family_.two_parts, none = p_.of.reduction == reduction_id::none;
    scales &x = part.x_scales, &y = part.y_scales;
    for (int64_t lane = 0; lane < n_; ++lane) {
      const float upstream = (none ? p_.grad[of_.anchor(lane)] : p_.grad[0]) * (symmetric_ ? 0.5f : 1.0f);
      x.positive[lane] = upstream * part.factors[0];
      x.negative[lane] = upstream * part.factors[two_parts ? 1 : 0];
      const int64_t target = lane + of_.target_offset();
      if (symmetric_ && target >= 0 && target < m_) y.positive[target] = y.negative[target] = x.positive[lane];
    }
  }

  // What each row's positives come to, into copies of the fields: a pass may be repeated.
  void touch() {
    const auto copied = [](cpu::buffer<float>& to, const float*& from, int64_t rows) {
      to.resize(most_fields * padded(rows));
      std::copy_n(from, to.size(), to.data());
      from = to.data();
    };
    for (prefix_part& part : parts_) {
      std::fill_n(part.x_scales.negative.data(), n_, 1.0f);
      std::fill_n(part.y_scales.negative.data(), both_sides_ ? m_ : 0, 1.0f);
      copied(part.x_touched, part.x_fields, n_);
      if (!p_.of.self) copied(part.y_touched, part.y_fields, m_);
    }
    touch(false);
    if (!p_.of.self) touch(true);
  }

  void touch(bool across) {
    std::vector<row_context> contexts;
    for (int64_t g = 0; g < count(); ++g) {
      prefix_part& part = parts_[static_cast<size_t>(g)];
      row_context c = weights(across, g, nullptr);
      c.fields = (across ? part.y_touched : part.x_touched).data();
      c.stride = padded(across ? m_ : n_);
      contexts.push_back(c);
    }
    cpu::sweep work = of_.sweep(across);
    of_.only_positives(work, across);
    work.fold = family_.touch;
    work.fold.context = &contexts[0];
    const prefix_fold all(of_, across, contexts, work.fold);
    if (p_.of.prefixes) work.fold = all.verbs();
    cpu::run(work);
  }

  distance::gradient_context target(bool across, float* out) const {
    const rows_view& lanes = of_.lanes(across);
    return {&lanes, of_.own_part(), of_.unit_rows(), false, out, lanes.of.columns, cpu::in_use().float32};
  }
  int64_t columns_bytes() const { return distance::strips_in_use().gradient_bytes * cpu::up_to_multiple(p_.of.x.columns, of_.kern().rows); }

  // What the pairs of prefix g weigh.
  row_context weights(bool across, int64_t g, float* out) const {
    const prefix_part& part = parts_[static_cast<size_t>(g)];
    const saved_fields x = part.x_scales.with(part.x_fields, n_);
    const saved_fields y = both_sides_ ? part.y_scales.with(part.y_fields, m_) : saved_fields{};
    row_context c = of_.context(across);
    c.lane_saved = across ? y : x;
    c.row_saved = across ? x : p_.of.self ? x : y;
    c.target = target(across, out);
    c.filter = of_.filter();
    return c;
  }

  void turn(cpu::sweep& work, const distance::turned_context& context) const {
    work.turned = distance::strips_in_use().turned;
    work.turned.context = &context;
    work.turned.state_bytes += columns_bytes();
  }
  cpu::sweep sweep(bool across, const row_context& c) const {
    cpu::sweep work = of_.sweep(across);
    work.transposed = true;
    work.fold = family_.weights;
    work.fold.context = &c;
    work.fold.state_bytes += columns_bytes();
    return work;
  }

  void of_tensors(const float* along, const float* total, int64_t lanes) {
    double along_all = 0, total_all = 0, out[most_tensors] = {};
    for (int64_t g = 0; g < count(); ++g)
      for (int64_t lane = 0; lane < lanes; ++lane) {
        along_all += along[g * padded(lanes) + lane];
        total_all += total[g * padded(lanes) + lane];
      }
    // In self mode a pair's place holds what it weighs for both of its anchors, and so does its reverse's where that is met too.
    const double share = p_.of.self && !once_ ? 0.5 : 1;
    family_.tensor_gradients(p_.of.scalars, share * along_all, share * total_all, out);
    for (int t = 0; t < family_.tensors; ++t) p_.d_tensors[t] = static_cast<float>(out[t]);
  }

  void of_beside(const float* total) {
    const double slope = family_.beside_slope(p_.of.scalars);
    for (int64_t lane = 0; lane < m_; ++lane) {
      double sum = 0;
      for (int64_t g = 0; g < count(); ++g) sum += total[g * padded(m_) + lane];
      p_.d_beside[of_.candidate(lane)] = static_cast<float>(sum / slope);
    }
  }

  const backward_params& p_;
  const problem of_;
  const row_strips& family_;
  const bool symmetric_, both_sides_;  // candidates have terms, or fields, of their own
  const bool once_;                    // each pair is met once, for both of its anchors
  const int64_t n_, m_;
  std::vector<prefix_part> parts_;
};

}  // namespace

void backward(const backward_params& p, const call_options& how) {
  if (is_unified(p.of)) return backward_unified(p, how);
  if (centers_of(p.of) > 1) return refuse_grouped(how), backward_grouped(p, how);
  if (how.on) return on_gpu::backward(p, how);
  gradients(p, how).run();
}

}  // namespace warpweft::loss

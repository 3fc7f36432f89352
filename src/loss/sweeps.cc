#include "loss/sweeps.h"

#include "loss/prefix.h"

namespace warpweft::loss {

cpu::fold_verbs ranking(const row_context& c, const loss_params& p) {
  const miner_strips& family = strips_in_use().miners[static_cast<int>(p.miner)];
  cpu::fold_verbs verbs = family.rank;
  verbs.context = &c;
  verbs.state_bytes += c.ranked * family.ranked_bytes;
  return verbs;
}

namespace {

// `all` of a batch with itself.
void fold_once(const problem& of, const std::vector<row_context>& contexts) {
  const row_strips& family = strips_of(of.params());
  std::vector<row_context> lanes = contexts;
  std::vector<both_directions> both;
  for (row_context& c : lanes) {
    c.pairs.rows = facing::behind;
    both_directions& b = both.emplace_back(both_directions{c, c});
    b.rows.pairs.rows = facing::before;
  }
  cpu::fold_verbs along = family.all, across = family.across;
  along.context = lanes.data();
  across.context = both.data();
  const prefix_fold all_along(of, false, lanes, along);
  const prefix_across all_across(both, across);
  cpu::sweep work = of.sweep(false);
  work.half = true;
  work.fold = of.params().prefixes ? all_along.verbs() : along;
  work.row_fold = of.params().prefixes ? all_across.verbs() : across;
  cpu::run(work);
}

}  // namespace

void fold(const problem& of, bool across, float* fields, int64_t fields_stride, std::vector<terms>& into, const float* others,
          bool negatives_only) {
  const loss_params& p = of.params();
  const row_strips& family = strips_of(p);
  const int mined = p.mined ? strips_in_use().miners[static_cast<int>(p.miner)].fields : 0;
  const bool once = of.meets_once();
  cpu::sweep work = of.sweep(across);
  std::vector<row_context> contexts;
  std::vector<cpu::buffer<char>> carries;
  for (size_t g = 0; g < into.size(); ++g) {
    row_context c = of.context(across);
    c.fields = fields + static_cast<int64_t>(g) * fields_stride;
    c.other = others ? others + static_cast<int64_t>(g) * fields_stride : nullptr;
    c.stride = into[g].stride;
    c.parts = into[g].memory.data();
    of.give(c.fields + mined * c.stride);
    if (family.after.step || once) c.carry = carries.emplace_back((c.stride / work.kern->lanes + 1) * family.carry_bytes).data();
    contexts.push_back(c);
  }
  const auto run_with = [&](cpu::fold_verbs verbs) {
    verbs.context = &contexts[0];
    const prefix_fold all(of, across, contexts, verbs);
    work.fold = p.prefixes ? all.verbs() : verbs;
    cpu::run(work);
  };
  const auto run_all = [&] { once ? fold_once(of, contexts) : run_with(family.all); };
  if (!family.after.step) return run_all();
  if (family.before.step) {
    of.only_positives(work, across);
    run_with(family.before);
    work.begin = work.end = nullptr;
    if (contexts[0].ranked > 0) run_with(ranking(contexts[0], p));
  }
  run_all();
  if (negatives_only) return;
  of.only_positives(work, across);
  run_with(family.after);
}

void fold_both(const problem& of, float* x_fields, terms& x_terms, float* y_fields, terms& y_terms) {
  const row_strips& family = strips_of(of.params());
  const auto context = [&](bool across, float* fields, terms& into) {
    row_context c = of.context(across);
    c.fields = fields;
    c.stride = into.stride;
    c.parts = into.memory.data();
    return c;
  };
  const both_directions both{context(false, x_fields, x_terms), context(true, y_fields, y_terms)};
  cpu::sweep work = of.sweep(false);
  work.fold = family.all;
  work.fold.context = &both.lanes;
  work.row_fold = family.across;
  work.row_fold.context = &both;
  of.give(x_fields);
  cpu::run(work);
}

bool folds_both(const loss_params& p) { return is_symmetric(p) && strips_of(p).across.step && !p.prefixes; }

int64_t sweeps_of(const loss_params& p) {
  const row_strips& family = strips_of(p);
  const bool ranked = p.mined && strips_in_use().miners[static_cast<int>(p.miner)].ranked(p.miner_scalars) > 0;
  const int64_t one = 1 + (family.before.step ? 1 : 0) + (family.after.step ? 1 : 0) + (ranked ? 1 : 0);
  return (is_symmetric(p) && !folds_both(p) ? 2 * one : one) + (is_two_sided(p) ? 1 : 0);
}

}  // namespace warpweft::loss

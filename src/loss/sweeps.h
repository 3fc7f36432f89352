// What the passes over a loss's pairs share: the sweeps of one direction, and where their terms go.
#pragma once
#include <algorithm>
#include <vector>

#include "cpu/buffer.h"
#include "loss/problem.h"

namespace warpweft::loss {

// Six arrays of a direction: sum, count and non-zero terms of positives, then of negatives.
struct terms {
  explicit terms(int64_t rows) : stride(padded(rows)), memory(6 * stride) { std::fill_n(memory.data(), 6 * stride, 0.0f); }
  float at(int side, int what, int64_t lane) const { return memory[(3 * side + what) * stride + lane]; }
  int64_t stride;
  cpu::buffer<float> memory;
};

// Which pairs a miner keeps of each anchor, where it keeps so many at most.
cpu::fold_verbs ranking(const row_context& c, const loss_params& p);

// One direction's sweeps: fills fields and terms, one of each prefix, whose fields are fields_stride apart. `others` are the fields of
// the other side's rows. With `negatives_only` terms stay 0.
void fold(const problem& of, bool across, float* fields, int64_t fields_stride, std::vector<terms>& into, const float* others = nullptr,
          bool negatives_only = false);

// Both directions in one sweep, of a loss that has `across`, over all columns alone.
void fold_both(const problem& of, float* x_fields, terms& x_terms, float* y_fields, terms& y_terms);
bool folds_both(const loss_params& p);

// Prefixes that the loss is summed over, or 1.
inline int64_t prefixes_of(const loss_params& p) { return p.prefixes ? p.prefix_count : 1; }

// Of a forward pass.
int64_t sweeps_of(const loss_params& p);

}  // namespace warpweft::loss

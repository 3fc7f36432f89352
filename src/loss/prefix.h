// A loss summed over prefixes of the columns, from one pass over them: each strip's dots grow from prefix to prefix, and after each one
// they are scores of that prefix, which its own states fold.
//
// With f_i = 1/|x_i| of the prefix over 1/|x_i| of all columns, x̂ the rows of unit length that are packed:
//   s_ij = f_i f_j (x̂_i · ŷ_j over the prefix)
//   ∂L/∂x_ik = (Σ_j Σ_{g reaches k} f_i f_j w^g_ij ŷ_jk − x̂_ik Σ_{g reaches k} f_i² Σ_j w^g_ij s^g_ij)/|x_i|
// The inner sum over prefixes is taken before the product: one product for each range of columns between two widths.
#pragma once
#include <vector>

#include "loss/sweeps.h"

namespace warpweft::loss {

// `each` over all prefixes of a sweep: their states lie one after another, and `contexts` has one of each.
struct prefix_fold {
  const problem& of;
  bool across;
  std::vector<row_context>& contexts;
  cpu::fold_verbs each;
  int64_t each_bytes;  // of a prefix's state

  prefix_fold(const problem& p, bool from_candidates, std::vector<row_context>& states, const cpu::fold_verbs& verbs)
      : of(p), across(from_candidates), contexts(states), each(verbs), each_bytes(cpu::up_to_multiple(verbs.state_bytes, 64)) {}
  cpu::fold_verbs verbs() const;
};

// `each` a row_fold of a batch with itself, behind a prefix_fold, which leaves it the strip's scores of all prefixes.
struct prefix_across {
  std::vector<both_directions>& contexts;
  cpu::fold_verbs each;
  int64_t each_bytes;

  prefix_across(std::vector<both_directions>& states, const cpu::fold_verbs& verbs)
      : contexts(states), each(verbs), each_bytes(cpu::up_to_multiple(verbs.state_bytes, 64)) {}
  cpu::fold_verbs verbs() const;
};

// Gradients of one direction's rows, whose weights the contexts' saved fields make.
struct prefix_gradient {
  prefix_fold fold;
  float* out;  // [lanes, out_stride], written up to the last width
  int64_t out_stride;

  cpu::fold_verbs verbs() const;
};

}  // namespace warpweft::loss

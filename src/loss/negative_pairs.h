// The negative pairs within a batch that a loss takes into all its rows: those whose similarity is no outlier among them.
#pragma once
#include "loss/loss.h"

namespace warpweft::loss {

// Of the similarities v_ab of rows a < b whose labels differ and are no −1, n in all, ascending v(0) … v(n − 1): Q1 = v(⌊n/4⌋),
// Q3 = v(⌊3n/4⌋); kept are those within [Q1 − w (Q3 − Q1), Q3 + w (Q3 − Q1)].
struct negative_pairs {
  float low, high;
  float log_sum;  // ln Σ e^(s v) over the kept, or `lowest` of none
};

// unified_negative_pairs: the pairs first, then the loss over classes with their log-sum given to each row; what was seen of them stays
// in the state. Backward, the share that all rows give the pairs is weighed out to them.
// Time beside the classes': three times the pairs' products, one more and the gradient's two backward. Memory: tiles of 4 MiB.
// On a GPU products are made there; the order of the pairs is looked at in host memory, to which each tile comes.
// Whether the pairs within the batch have still to be seen.
bool is_unified(const loss_params& p);
void forward_unified(const forward_params& p, const call_options& how);
void backward_unified(const backward_params& p, const call_options& how);

}  // namespace warpweft::loss

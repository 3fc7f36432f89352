// Losses whose classes have several centres, [C · K, D] by class. A loss's pairs are then rows and classes: the K scores of a pair are
// pooled into one, and its weight is handed back to each of them.
//
//   for each block of rows, for each chunk of classes:        tiles of a few MiB, cut by the shapes alone
//     s = rows · centresᵀ                                     distance::pairwise
//     S = pooled(s)  →  the loss's strips, as if S were scores of classes
//     backward:  ∂L/∂s_k = ∂L/∂S · ∂S/∂s_k  →  distance::pairwise_backward, added up in the order of the tiles
#pragma once
#include "loss/loss.h"

namespace warpweft::loss {

// Centres a class, 1 where each row of weights is a class of its own.
int64_t centers_of(const loss_params& p);

// fields and parts as row_context has them, padded(n) apart, for rows in their own order.
void refuse_grouped(const call_options& how);
void fold_grouped(const loss_params& p, const call_options& how, float* fields, float* parts);
void backward_grouped(const backward_params& p, const call_options& how);

}  // namespace warpweft::loss

// Pair k of K is an anchor with its own candidate, all other candidates are its negatives: L_k = ln Σ_j e^(s_kj) − s_kk
// ∂L_k/∂s_kj = p_kj with p the softmax of the row, −(1 − p_kk) for j = k.
// Source: Sohn 2016 as pytorch-metric-learning 2.8.1 has it (NPairsLoss).
#pragma once
#include "loss/ops/scaled_softmax.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct n_pairs : scaled_softmax<n_pairs>, n_pairs_params {
  WARPWEFT_HD n_pairs(const n_pairs_params& p, bool) : scaled_softmax(1.0f), n_pairs_params(p) {}
};

}  // namespace warpweft::loss::WARPWEFT_ISA

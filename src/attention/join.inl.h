// Parts of a row's keys that were summed up apart: states join in order, and what was added up beside them is scaled alike.
#pragma once
#include "attention/forward.inl.h"

namespace warpweft::attention::WARPWEFT_ISA {

// out[c] = out[c] · own + from[c] · other
WARPWEFT_HD void mix(float* HWY_RESTRICT out, float own, const float* HWY_RESTRICT from, float other, int64_t columns) {
  int64_t c = 0;
  for (; c + vec_lanes <= columns; c += vec_lanes) store(fma(load(out + c), vec(own), load(from + c) * vec(other)), out + c);
  for (; c < columns; ++c) out[c] = fma(out[c], own, from[c] * other);
}

// Part i's row is at(i), its state state(i); a part that has seen nothing is passed over, whatever its row holds.
template <class At, class State>
WARPWEFT_HD softmax<float> join_row(int64_t parts, int64_t columns, float* out, const At& at, const State& state) {
  softmax<float> row = softmax<float>::zero();
  for (int64_t c = 0; c < columns; ++c) out[c] = 0.0f;
  for (int64_t i = 0; i < parts; ++i) {
    const softmax<float> part = state(i);
    if (part.sum == 0.0f) continue;
    const softmax<float>::shares by = row.join(part);
    mix(out, by.own, at(i), by.other, columns);
  }
  const float share = row.done();
  for (int64_t c = 0; c < columns; ++c) out[c] *= share;
  return row;
}

inline void join(const join_unit& u) {
  for (int64_t r = 0; r < u.rows; ++r) {
    const softmax<float> row = join_row(
        u.splits, u.columns, u.out + r * u.columns, [&](int64_t i) { return u.sums + (i * u.split_rows + r) * u.columns; },
        [&](int64_t i) {
          const float* state = u.states + (i * u.split_rows + r) * 2;
          return softmax<float>{state[0], state[1]};
        });
    u.lse[r] = row.lse();
    if (!u.state) continue;
    u.state[2 * r] = row.top;
    u.state[2 * r + 1] = row.sum;
  }
}

// Of a finished result only its lse is known: its top is that, its sum 1.
inline void merge(const merge_params& p, int64_t first, int64_t last) {
  for (int64_t r = first; r < last; ++r)
    p.lse[r] = join_row(
                   p.parts, p.columns, p.out + r * p.columns, [&](int64_t i) { return p.outputs + (i * p.rows + r) * p.columns; },
                   [&](int64_t i) {
                     const float lse = p.lses[i * p.rows + r];
                     return softmax<float>{lse, lse == -__builtin_inff() ? 0.0f : 1.0f};
                   })
                   .lse();
}

}  // namespace warpweft::attention::WARPWEFT_ISA

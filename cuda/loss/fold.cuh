// Folding an anchor's pairs, a thread to an anchor. Without a miner one sweep sees every pair; with one, a sweep shows it all of them
// first. Splits of the candidates leave partial states, which a second kernel joins in index order.
#pragma once
#include "cuda/loss/pairs.cuh"

namespace warpweft::loss::gpu {

// States pass through memory as words, word w of all rows together, so that neighbours' words lie together.
template <class State>
struct partial_states {
  static_assert(sizeof(State) % 4 == 0, "states are whole words");
  static constexpr int words = sizeof(State) / 4;
  uint32_t* at;
  int64_t rows;
  __device__ __forceinline__ partial_states(void* p, int64_t rows_) : at(static_cast<uint32_t*>(p)), rows(rows_) {}

  __device__ __forceinline__ void write(int64_t split, int64_t row, const State& state) const {
    uint32_t word[words];
    __builtin_memcpy(word, &state, sizeof(state));
#pragma unroll
    for (int w = 0; w < words; ++w) at[(split * words + w) * rows + row] = word[w];
  }
  __device__ __forceinline__ State read(int64_t split, int64_t row) const {
    uint32_t word[words];
#pragma unroll
    for (int w = 0; w < words; ++w) word[w] = at[(split * words + w) * rows + row];
    State state;
    __builtin_memcpy(&state, word, sizeof(state));
    return state;
  }
};

template <class Rule>
__device__ __forceinline__ typename Rule::template state<float> joined(const fold_launch& p, int64_t row) {
  const partial_states<typename Rule::template state<float>> partial(p.partial, p.of.pair.x.rows);
  typename Rule::template state<float> state;
  for (int64_t split = 0; split < p.splits; ++split) Rule::join(state, partial.read(split, row));
  return state;
}

__device__ __forceinline__ int64_t thread_number() { return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; }

template <class T, class Miner>
__device__ __forceinline__ void extremes(const fold_launch& p) {
  typename Miner::template state<float> seen;
  sweep_pairs<T>(p.of, [&](int64_t, const auto& each) {
    each([&](int64_t, float s, const kinds& k) {
      Miner::positive(seen, s, k.positive);
      Miner::negative(seen, s, k.negative);
    });
  });
  if (own_row() < p.of.pair.x.rows) partial_states<decltype(seen)>(p.partial, p.of.pair.x.rows).write(blockIdx.y, own_row(), seen);
}

template <class Miner>
__device__ __forceinline__ void extremes_join(const fold_launch& p) {
  const int64_t row = thread_number();
  if (row >= p.of.pair.x.rows) return;
  float saved[Miner::fields];
  Miner::write(joined<Miner>(p, row), saved);
  for (int f = 0; f < Miner::fields; ++f) p.fields[f * p.stride + row] = saved[f];
}

template <class T, class Loss>
__device__ __forceinline__ void fold(const fold_launch& p) {
  const Loss loss = make<Loss>(p.of);
  typename Loss::template state<float> state;
  sweep_pairs<T>(p.of, [&](int64_t row, const auto& each) {
    with_miner(p.of, [&](const auto& miner) {
      const auto seen = mined_at(miner, p.fields, p.stride, row);
      each([&](int64_t, float s, const kinds& of) {
        const kinds k = kept(miner, seen, s, of);
        if (k.negative) loss.negative(state, s, true);
        if (k.positive) loss.positive(state, s, true);
      });
    });
  });
  if (own_row() < p.of.pair.x.rows) partial_states<decltype(state)>(p.partial, p.of.pair.x.rows).write(blockIdx.y, own_row(), state);
}

// The anchor's terms and what the backward pass needs of it. The miner's fields stand before the loss's.
template <class Loss>
__device__ __forceinline__ void fold_join(const fold_launch& p) {
  const int64_t row = thread_number();
  if (row >= p.of.pair.x.rows) return;
  part<float> parts[2];
  float saved[Loss::fields + 1];
  int before = 0;
  with_miner(p.of, [&](const auto& miner) { before = miner.fields; });
  make<Loss>(p.of).done(joined<Loss>(p, row), parts, saved);
  for (int f = 0; f < Loss::fields; ++f) p.fields[(before + f) * p.stride + row] = saved[f];
  for (int side = 0; side < 2; ++side) {
    float* to = p.parts + 3 * side * p.stride + row;
    to[0] = parts[side].sum;
    to[p.stride] = parts[side].count;
    to[2 * p.stride] = parts[side].non_zero;
  }
}

}  // namespace warpweft::loss::gpu

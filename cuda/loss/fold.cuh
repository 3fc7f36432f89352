// Folding an anchor's pairs, a thread to an anchor. Without a miner one sweep sees every pair; with one, a sweep shows it all of them
// first. A loss that wants its positives last has a sweep for each kind. Splits of the candidates leave partial states, which a second
// kernel joins in index order.
#pragma once
#include <type_traits>

#include "cuda/loss/pairs.cuh"

namespace warpweft::loss::gpu {

template <class Functor>
using state_of = typename Functor::template state<float>;

constexpr WARPWEFT_HD int larger_of(int a, int b) { return a > b ? a : b; }
template <class State>
constexpr WARPWEFT_HD int words_of() {
  static_assert(sizeof(State) % 4 == 0, "states are whole words");
  return sizeof(State) / 4;
}

// A state of any loss or any miner, in registers while tiles are multiplied.
template <int most>
struct state_words {
  uint32_t word[most] = {};
  template <class State>
  __device__ __forceinline__ State get() const {
    State state;
    __builtin_memcpy(&state, word, sizeof(State));
    return state;
  }
  template <class State>
  __device__ __forceinline__ void put(const State& state) {
    __builtin_memcpy(word, &state, sizeof(State));
  }
};

constexpr WARPWEFT_HD int most_loss_words() {
  int words = 1;
#define WARPWEFT_WORDS(name) words = larger_of(words, words_of<state_of<name>>());
  WARPWEFT_LOSS_LIST(WARPWEFT_WORDS)
#undef WARPWEFT_WORDS
  return words;
}
constexpr WARPWEFT_HD int most_miner_words() {
  int words = 1;
#define WARPWEFT_WORDS(name) words = larger_of(words, words_of<state_of<mine_##name>>());
  WARPWEFT_MINER_LIST(WARPWEFT_WORDS)
#undef WARPWEFT_WORDS
  return words;
}

// States pass through memory as words, word w of all rows together, so that neighbours' words lie together.
template <int most>
__device__ __forceinline__ void write_partial(const fold_launch& p, const state_words<most>& state, int words) {
  const int64_t row = own_row(), rows = p.of.pair.x.rows;
  if (row >= rows) return;
#pragma unroll
  for (int w = 0; w < most; ++w)
    if (w < words) static_cast<uint32_t*>(p.partial)[(blockIdx.y * words + w) * rows + row] = state.word[w];
}

template <class Functor>
__device__ __forceinline__ void join_all(const fold_launch& p, const void* partial, int64_t row, state_of<Functor>& all) {
  constexpr int words = words_of<state_of<Functor>>();
  for (int64_t split = 0; split < p.splits; ++split) {
    state_words<words> part;
#pragma unroll
    for (int w = 0; w < words; ++w) part.word[w] = static_cast<const uint32_t*>(partial)[(split * words + w) * p.of.pair.x.rows + row];
    Functor::join(all, part.template get<state_of<Functor>>());
  }
}

// What is known of an anchor before its pairs are folded: the call's own number, and in the last stage what came of the negatives.
template <class Loss>
__device__ __forceinline__ void load_saved(const fold_launch& p, int64_t row, float* saved) {
  const int before = mined_fields(p.of);
  if constexpr (Loss::positives_last)
    if (p.stage != fold_stage::negatives)
      for (int f = 0; f < Loss::fields; ++f) saved[f] = p.fields[(before + f) * p.stride + row];
  if constexpr (Loss::given > 0) saved[0] = p.given[row];
}
template <class Loss>
__device__ __forceinline__ state_of<Loss> first_state(const fold_launch& p, const Loss& loss, int64_t row) {
  state_of<Loss> state;
  if constexpr (Loss::given > 0 || Loss::positives_last) {
    float saved[Loss::fields] = {};
    load_saved<Loss>(p, row, saved);
    loss.resume(state, saved);
  }
  return state;
}

__device__ __forceinline__ int64_t thread_number() { return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; }

template <class T>
__device__ __forceinline__ void extremes(const fold_launch& p) {
  state_words<most_miner_words()> state;
  int words = 0;
  with_miner(p.of, [&](const auto& miner) {
    using State = state_of<std::decay_t<decltype(miner)>>;
    state.put(State{});
    words = words_of<State>();
  });
  sweep_pairs<T>(p.of, [&](int64_t, int64_t, int columns, const device::score_tile& tile, int own, const kinds& of) {
    with_miner(p.of, [&](const auto& miner) {
      auto seen = state.template get<state_of<std::decay_t<decltype(miner)>>>();
      each_pair(tile, own, columns, of, [&](int, float s, bool positive, bool negative) {
        miner.positive(seen, s, positive);
        miner.negative(seen, s, negative);
      });
      state.put(seen);
    });
  });
  write_partial(p, state, words);
}

__device__ __forceinline__ void extremes_join(const fold_launch& p) {
  const int64_t row = thread_number();
  if (row >= p.of.pair.x.rows) return;
  with_miner(p.of, [&](const auto& miner) {
    float saved[miner.fields];
    state_of<std::decay_t<decltype(miner)>> all;
    join_all<std::decay_t<decltype(miner)>>(p, p.partial, row, all);
    miner.write(all, saved);
    for (int f = 0; f < miner.fields; ++f) p.fields[f * p.stride + row] = saved[f];
  });
}

// A positive of a loss that meets the other row.
template <class Loss>
__device__ __forceinline__ void fold_met(const fold_launch& p, const Loss& loss, state_of<Loss>& folded, float s, int64_t row,
                                         int64_t column) {
  const float other = p.others[column];
  if (p.stage == fold_stage::touches)
    loss.touch(folded, s, other, p.x_scale[row] + p.y_scale[column], true);
  else
    loss.positive(folded, s, other, true);
}

template <class T>
__device__ __forceinline__ void fold(const fold_launch& p) {
  state_words<most_loss_words()> state;
  int words = 0;
  const int64_t last = p.of.pair.x.rows - 1;
  with_loss(p.of, [&](const auto& loss) {
    state.put(first_state(p, loss, own_row() < last ? own_row() : last));
    words = words_of<state_of<std::decay_t<decltype(loss)>>>();
  });
  sweep_pairs<T>(p.of, [&](int64_t row, int64_t column0, int columns, const device::score_tile& tile, int own, const kinds& all) {
    kinds of = p.of.mined ? kept(p.of, p.fields, p.stride, row, all, tile, own, columns) : all;
    if (p.stage == fold_stage::negatives) of.positive = bits{};
    if (p.stage == fold_stage::positives || p.stage == fold_stage::touches) of.negative = bits{};
    with_loss(p.of, [&](const auto& loss) {
      using Loss = std::decay_t<decltype(loss)>;
      auto folded = state.template get<state_of<Loss>>();
      each_pair(tile, own, columns, of, [&](int c, float s, bool positive, bool negative) {
        const float beside = beside_of<Loss>(p.of, row, column0 + c);
        if (negative) fold_negative(loss, folded, s, beside, true);
        if constexpr (Loss::meets_other) {
          if (positive) fold_met(p, loss, folded, s, row, column0 + c);
        } else {
          if (positive) fold_positive(loss, folded, s, beside, true);
        }
      });
      state.put(folded);
    });
  });
  write_partial(p, state, words);
}

// The anchor's terms and what the backward pass needs of it, or what came of its negatives. The miner's fields stand before the loss's.
__device__ __forceinline__ void fold_join(const fold_launch& p) {
  const int64_t row = thread_number();
  if (row >= p.of.pair.x.rows) return;
  const int before = mined_fields(p.of);
  part<float> parts[2];
  with_loss(p.of, [&](const auto& loss) {
    using Loss = std::decay_t<decltype(loss)>;
    float saved[Loss::fields + 1] = {};
    load_saved<Loss>(p, row, saved);
    state_of<Loss> all = first_state(p, loss, row);
    join_all<Loss>(p, p.partial, row, all);
    if (p.stage == fold_stage::negatives) {
      if constexpr (Loss::positives_last) loss.negatives_done(all, saved);
    } else if (p.stage == fold_stage::touches) {
      if constexpr (Loss::meets_other) loss.touched(all, saved);
    } else {
      if (p.stage == fold_stage::positives) join_all<Loss>(p, p.carried, row, all);
      loss.done(all, parts, saved);
    }
    for (int f = 0; f < Loss::fields; ++f) p.fields[(before + f) * p.stride + row] = saved[f];
  });
  if (p.stage == fold_stage::negatives || p.stage == fold_stage::touches) return;
  for (int side = 0; side < 2; ++side) {
    float* to = p.parts + 3 * side * p.stride + row;
    to[0] = parts[side].sum;
    to[p.stride] = parts[side].count;
    to[2 * p.stride] = parts[side].non_zero;
  }
}

}  // namespace warpweft::loss::gpu

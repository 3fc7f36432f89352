// Min, max, sum, mean and logSumExp of many lines of values side by side: one fold, which lanes use for the rows of the matrix and
// the strip turned round uses for its columns.
#pragma once

#include "distance/score.inl.h"
#include "distance/statistics.h"

namespace warpweft::distance::WARPWEFT_ISA {

template <int width>
struct statistics_state {
  double sum[width];     // Σ value
  double scaled[width];  // Σ exp(scale · value − top)
  float top[width];      // the largest exponent so far, with headroom
  float least[width];
  float most[width];
  float poison[width];  // 1 where a NaN was seen: it would slip through a minimum
};

// Values of `width` lines side by side: value r of line l stands at s[r · width + l].
template <int width>
struct lines {
  const float* s;
  int count;
  const float* at(int r, int offset) const { return s + r * width + offset; }
};

struct least_of {
  template <class V>
  static V join(V value, V kept) {
    return min(value, kept);
  }
};
struct most_of {
  template <class V>
  static V join(V value, V kept) {
    return max(value, kept);
  }
};

inline void store_poison(mask bad, float* poison) { store(select(bad, vec(1.0f), vec(0.0f)), poison); }

template <class Op, int width>
void fold_extreme(const lines<width>& in, float* kept, float* poison) {
  for (int offset = 0; offset < width; offset += vec_lanes) {
    vec acc = load(kept + offset);
    mask bad = load(poison + offset) > vec(0.0f);
    for (int r = 0; r < in.count; ++r) {
      const vec value = load(in.at(r, offset));
      bad = bad || !(value == value);
      acc = Op::join(value, acc);
    }
    store(acc, kept + offset);
    store_poison(bad, poison + offset);
  }
}

// A strip's own sum is float32, that of the strips float64.
template <int width>
void fold_sum(const lines<width>& in, double* sum) {
  for (int offset = 0; offset < width; offset += vec_lanes) {
    vec acc(0.0f);
    for (int r = 0; r < in.count; ++r) acc = acc + load(in.at(r, offset));
    float parts[vec_lanes];
    store(acc, parts);
    for (int l = 0; l < vec_lanes; ++l) sum[offset + l] += parts[l];
  }
}

// Rescales what was summed below `top` when a score rises above it; the headroom keeps that rare.
inline void raise(vec z, vec& top, vec& sum) {
  constexpr float headroom = 8.0f;
  if (!any(z > top)) return;
  const vec next = select(z > top, z + vec(headroom), top);
  sum = sum * exp(top - next);
  top = next;
}

template <int width>
void fold_exponentials(const lines<width>& in, float scale, statistics_state<width>& t) {
  const vec factor(scale);
  for (int offset = 0; offset < width; offset += vec_lanes) {
    const vec before = load(t.top + offset);
    vec acc(0.0f), top = before;
    mask bad = load(t.poison + offset) > vec(0.0f);
    for (int r = 0; r < in.count; ++r) {
      const vec z = load(in.at(r, offset)) * factor;
      bad = bad || !(z == z);
      raise(z, top, acc);
      acc = acc + exp(z - top);
    }
    float parts[vec_lanes], shrunk[vec_lanes];
    store(acc, parts);
    store(exp(before - top), shrunk);
    for (int l = 0; l < vec_lanes; ++l) t.scaled[offset + l] = t.scaled[offset + l] * shrunk[l] + parts[l];
    store(top, t.top + offset);
    store_poison(bad, t.poison + offset);
  }
}

template <int width>
void statistics_zero(const void*, void* state, int64_t, int) {
  statistics_state<width>& t = *static_cast<statistics_state<width>*>(state);
  for (int l = 0; l < width; ++l) {
    t.sum[l] = t.scaled[l] = 0;
    t.top[l] = lowest;
    t.least[l] = __builtin_inff();
    t.most[l] = -__builtin_inff();
    t.poison[l] = 0;
  }
}

template <int width>
void statistics_fold(const statistics_context& c, const lines<width>& in, statistics_state<width>& t) {
  using id = row_reduction_id;
  if (c.wants(id::min)) fold_extreme<least_of, width>(in, t.least, t.poison);
  if (c.wants(id::max)) fold_extreme<most_of, width>(in, t.most, t.poison);
  if (c.wants(id::sum) || c.wants(id::mean)) fold_sum<width>(in, t.sum);
  if (c.wants(id::log_sum_exp)) fold_exponentials<width>(in, c.scale, t);
}

inline void lane_statistics_step(const void* context, void* state, const cpu::strip& part) {
  const statistics_context& c = *static_cast<const statistics_context*>(context);
  statistics_fold<panel_lanes>(c, {part.s, part.rows}, *static_cast<statistics_state<panel_lanes>*>(state));
}

// Rows of the strip behind its last valid one are folded too, into states that nobody reads.
inline void row_statistics_step(const void* context, void* state, const cpu::strip& part) {
  constexpr int width = cpu::plain_strip_rows;
  static_assert(width % vec_lanes == 0 && width % panel_rows == 0);
  HWY_ALIGN float turned[panel_lanes * width];
  part.kern->turn(part.s, part.rows, turned, width);
  const statistics_context& c = *static_cast<const statistics_context*>(context);
  statistics_fold<width>(c, {turned, part.lanes}, *static_cast<statistics_state<width>*>(state));
}

template <int width>
void statistics_join(const void*, void* into, const void* from) {
  statistics_state<width>& t = *static_cast<statistics_state<width>*>(into);
  const statistics_state<width>& other = *static_cast<const statistics_state<width>*>(from);
  for (int l = 0; l < width; ++l) {
    t.sum[l] += other.sum[l];
    t.least[l] = least_of::join(other.least[l], t.least[l]);
    t.most[l] = most_of::join(other.most[l], t.most[l]);
    t.poison[l] = most_of::join(other.poison[l], t.poison[l]);
    const float top = warpweft::max(t.top[l], other.top[l]);
    t.scaled[l] = t.scaled[l] * __builtin_expf(t.top[l] - top) + other.scaled[l] * __builtin_expf(other.top[l] - top);
    t.top[l] = top;
  }
}

template <int width>
float statistic(const statistics_context& c, const statistics_state<width>& t, row_reduction_id id, int line) {
  if (id == row_reduction_id::sum) return static_cast<float>(t.sum[line]);
  if (id == row_reduction_id::mean) return static_cast<float>(t.sum[line] / static_cast<double>(c.count));
  if (t.poison[line] > 0) return __builtin_nanf("");
  if (id == row_reduction_id::min) return t.least[line];
  if (id == row_reduction_id::max) return t.most[line];
  if (t.top[line] == __builtin_inff()) return t.top[line];
  return static_cast<float>(t.top[line] + __builtin_log(t.scaled[line]));
}

template <int width>
void statistics_done(const void* context, void* state, int64_t first, int count) {
  const statistics_context& c = *static_cast<const statistics_context*>(context);
  const statistics_state<width>& t = *static_cast<const statistics_state<width>*>(state);
  for (int at = 0; at < static_cast<int>(row_reduction_id::count); ++at) {
    const row_reduction_id id = static_cast<row_reduction_id>(at);
    if (!c.wants(id)) continue;
    for (int l = 0; l < count; ++l) c.out[at][first + l] = statistic<width>(c, t, id, l);
  }
}

template <int width>
constexpr cpu::fold_verbs statistics_verbs(void (*step)(const void*, void*, const cpu::strip&)) {
  cpu::fold_verbs verbs;
  verbs.state_bytes = sizeof(statistics_state<width>);
  verbs.zero = statistics_zero<width>;
  verbs.step = step;
  verbs.join = statistics_join<width>;
  verbs.done = statistics_done<width>;
  return verbs;
}

}  // namespace warpweft::distance::WARPWEFT_ISA

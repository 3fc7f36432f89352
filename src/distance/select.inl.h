// The k closest rows of each lane: a sorted list while k is small, a heap above; ties go to the lower index.
#pragma once
#include <cstring>

#include "cpu/scratch.h"
#include "distance/score.inl.h"

namespace warpweft::distance::WARPWEFT_ISA {

constexpr int64_t longest_sorted_list = 32;
constexpr float no_value = __builtin_nanf("");

// Keys grow with distance. worst[l] is NaN until the list is full, so that `!(key >= worst)` lets everything in.
struct top_k_state {
  float worst[panel_lanes];
  int64_t size[panel_lanes];
  // float keys[panel_lanes][k], then int32_t ids[panel_lanes][k]
  float* keys(int64_t k, int lane) { return reinterpret_cast<float*>(this + 1) + lane * k; }
  int32_t* ids(int64_t k, int lane) { return reinterpret_cast<int32_t*>(reinterpret_cast<float*>(this + 1) + panel_lanes * k) + lane * k; }
};

inline bool closer(float key, int32_t id, float other_key, int32_t other_id) {
  return key < other_key || (key == other_key && id < other_id);
}

// Lets entry `at` sink to where no child is farther than it. The farthest entry is on top.
inline void sift_down(float* keys, int32_t* ids, int64_t size, int64_t at) {
  const float key = keys[at];
  const int32_t id = ids[at];
  for (int64_t child; (child = 2 * at + 1) < size; at = child) {
    if (child + 1 < size && closer(keys[child], ids[child], keys[child + 1], ids[child + 1])) ++child;
    if (!closer(key, id, keys[child], ids[child])) break;
    keys[at] = keys[child];
    ids[at] = ids[child];
  }
  keys[at] = key;
  ids[at] = id;
}

inline void insert_sorted(float* keys, int32_t* ids, int64_t size, float key, int32_t id) {
  int64_t at = size;
  for (; at > 0 && closer(key, id, keys[at - 1], ids[at - 1]); --at) {
    keys[at] = keys[at - 1];
    ids[at] = ids[at - 1];
  }
  keys[at] = key;
  ids[at] = id;
}

inline void offer(top_k_state& state, int64_t k, int lane, float key, int32_t id) {
  if (!(key == key)) return;
  float* keys = state.keys(k, lane);
  int32_t* ids = state.ids(k, lane);
  int64_t& size = state.size[lane];
  const bool full = size == k, sorted = k <= longest_sorted_list;
  const int64_t last = sorted ? k - 1 : 0;  // where the farthest entry of a full list stands
  if (full && !closer(key, id, keys[last], ids[last])) return;
  if (sorted) {
    insert_sorted(keys, ids, full ? k - 1 : size, key, id);
    if (!full) ++size;
  } else if (full) {
    keys[0] = key;
    ids[0] = id;
    sift_down(keys, ids, k, 0);
  } else {
    keys[size] = key;
    ids[size] = id;
    if (++size == k)
      for (int64_t at = k / 2 - 1; at >= 0; --at) sift_down(keys, ids, k, at);
  }
  if (size == k) state.worst[lane] = keys[last];
}

inline void top_k_zero(const void*, void* state, int64_t, int) {
  top_k_state& t = *static_cast<top_k_state*>(state);
  for (int l = 0; l < panel_lanes; ++l) {
    t.worst[l] = no_value;
    t.size[l] = 0;
  }
}

inline void top_k_step(const void* context, void* state, const cpu::strip& part) {
  const top_k_context& c = *static_cast<const top_k_context*>(context);
  top_k_state& t = *static_cast<top_k_state*>(state);
  const vec sign(c.larger ? -1.0f : 1.0f);
  for (int r = 0; r < part.rows; ++r) {
    const float* s = part.s + r * panel_lanes;
    mask hit[panel_vecs];
    bool some = false;
    for (int v = 0; v < panel_vecs; ++v) {
      hit[v] = !(load(s + v * vec_lanes) * sign >= load(t.worst + v * vec_lanes));
      some |= any(hit[v]);
    }
    if (!some) continue;
    const int64_t row = part.row0 + r;
    for (int v = 0; v < panel_vecs; ++v) {
      for (uint64_t bits = bits_of(hit[v]); bits; bits &= bits - 1) {
        const int lane = v * vec_lanes + __builtin_ctzll(bits);
        if (lane >= part.lanes || (c.exclude_self && part.lane0 + lane == row)) continue;
        offer(t, c.k, lane, c.larger ? -s[lane] : s[lane], static_cast<int32_t>(row));
      }
    }
  }
}

inline void top_k_join(const void* context, void* into, const void* from) {
  const int64_t k = static_cast<const top_k_context*>(context)->k;
  top_k_state& t = *static_cast<top_k_state*>(into);
  top_k_state& other = *static_cast<top_k_state*>(const_cast<void*>(from));
  for (int l = 0; l < panel_lanes; ++l)
    for (int64_t i = 0; i < other.size[l]; ++i) offer(t, k, l, other.keys(k, l)[i], other.ids(k, l)[i]);
}

// Heap sort by (key, id); for a short list the insertion that built it has done that already.
inline void sort_entries(float* keys, int32_t* ids, int64_t size) {
  for (int64_t at = size / 2 - 1; at >= 0; --at) sift_down(keys, ids, size, at);
  for (int64_t end = size - 1; end > 0; --end) {
    const float key = keys[end];
    const int32_t id = ids[end];
    keys[end] = keys[0];
    ids[end] = ids[0];
    keys[0] = key;
    ids[0] = id;
    sift_down(keys, ids, end, 0);
  }
}

inline float exact_difference(const float* x, const float* y, int64_t d) {
  vec sum(0.0f);
  int64_t k = 0;
  for (; k + vec_lanes <= d; k += vec_lanes) {
    const vec diff = load(x + k) - load(y + k);
    sum = fma(diff, diff, sum);
  }
  float parts[vec_lanes];
  store(sum, parts);
  double total = 0;
  for (int l = 0; l < vec_lanes; ++l) total += parts[l];
  for (; k < d; ++k) total += static_cast<double>(x[k] - y[k]) * (x[k] - y[k]);
  return static_cast<float>(total);
}

inline double exact_dot(const float* x, const float* y, int64_t d) {
  double part[4] = {};
  int64_t k = 0;
  for (; k + 4 <= d; k += 4)
    for (int u = 0; u < 4; ++u) part[u] += static_cast<double>(x[k + u]) * y[k + u];
  for (; k < d; ++k) part[0] += static_cast<double>(x[k]) * y[k];
  return part[0] + part[1] + (part[2] + part[3]);
}

// Values that the expansion leaves a few 1e-5 off are read again; those beyond half the norms are right as they are.
template <class Op>
float refined(const top_k_context& c, const float* x, float* y, int64_t lane, int32_t row, float key) {
  if constexpr (Op::safety == exact::none) {
    return key;
  } else {
    const score_context& n = c.scalars;
    if (!Op::within(returned_share, key, n.lane_scalar[lane], n.row_scalar[row]) || (n.self && lane == row)) return key;
    c.kern->read_row(*c.rows, row, y);
    const int64_t d = c.rows->of.columns;
    if constexpr (Op::safety == exact::difference) return Op::from_difference(exact_difference(x, y, d));
    if constexpr (Op::safety == exact::dot64)
      return static_cast<float>(Op::from_dot64(exact_dot(x, y, d), n.lane_norm[lane] * n.row_norm[row]));
  }
}

inline float refined(const top_k_context& c, const float* x, float* y, int64_t lane, int32_t row, float key) {
  switch (c.metric) {
#define WARPWEFT_REFINED(name) \
  case metric_id::name: return refined<name>(c, x, y, lane, row, key);
    WARPWEFT_DISTANCE_LIST(WARPWEFT_REFINED)
#undef WARPWEFT_REFINED
    default: return key;
  }
}

// `y` is room for one row.
inline void refine(const top_k_context& c, const float* x, float* y, int64_t lane, float* keys, int32_t* ids, int64_t size) {
  bool changed = c.k > longest_sorted_list;
  for (int64_t i = 0; i < size; ++i) {
    const float key = refined(c, x, y, lane, ids[i], keys[i]);
    changed |= key != keys[i];
    keys[i] = key;
  }
  if (changed) sort_entries(keys, ids, size);
}

inline void top_k_done(const void* context, void* state, int64_t lane0, int lanes) {
  const top_k_context& c = *static_cast<const top_k_context*>(context);
  top_k_state& t = *static_cast<top_k_state*>(state);
  const int64_t d = c.lanes->of.columns;
  float* x = cpu::thread_scratch(2 * d);
  for (int l = 0; l < lanes; ++l) {
    float* keys = t.keys(c.k, l);
    int32_t* ids = t.ids(c.k, l);
    c.kern->read_row(*c.lanes, lane0 + l, x);
    refine(c, x, x + d, lane0 + l, keys, ids, t.size[l]);
    float* values = c.values + (lane0 + l) * c.k;
    int32_t* indices = c.indices + (lane0 + l) * c.k;
    for (int64_t i = 0; i < c.k; ++i) {
      const bool filled = i < t.size[l];
      values[i] = !filled ? no_value : c.larger ? -keys[i] : keys[i];
      indices[i] = filled ? ids[i] : -1;
    }
  }
}

}  // namespace warpweft::distance::WARPWEFT_ISA

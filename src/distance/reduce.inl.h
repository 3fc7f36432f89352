// One number per lane from all its rows, and the plain store of a strip.
#pragma once
#include <cstring>

#include "cpu/scratch.h"
#include "distance/score.inl.h"

namespace warpweft::distance::WARPWEFT_ISA {

// Writes scores [rows][lanes] to out; 16-bit outputs are rounded once, to nearest even.
inline void store_strip(const void* context, void*, const cpu::strip& part) {
  const store_context& c = *static_cast<const store_context*>(context);
  for (int r = 0; r < part.rows; ++r) {
    const float* s = part.s + r * panel_lanes;
    const int64_t at = (part.row0 + r) * c.stride + part.lane0;
    if (c.type != dtype::float32) {
      part.kern->convert(s, dtype::float32, static_cast<uint16_t*>(c.out) + at, c.type, part.lanes);
    } else if (part.lanes == panel_lanes) {
      float* out = static_cast<float*>(c.out) + at;
      for (int v = 0; v < panel_vecs; ++v) store(load(s + v * vec_lanes), out + v * vec_lanes);
    } else {
      std::memcpy(static_cast<float*>(c.out) + at, s, static_cast<size_t>(part.lanes) * 4);
    }
  }
}

// value: extreme, or running sum, or Σ exp(z − top). top: the running maximum of logSumExp, with headroom.
struct reduce_state {
  double sum[panel_lanes];
  float value[panel_lanes];
  float top[panel_lanes];
  float poison[panel_lanes];  // 1 where a NaN was seen
};

constexpr bool is_sum(row_reduction_id id) { return id == row_reduction_id::sum || id == row_reduction_id::mean; }

inline void reduce_zero(const void* context, void* state, int64_t, int) {
  const reduce_context& c = *static_cast<const reduce_context*>(context);
  reduce_state& t = *static_cast<reduce_state*>(state);
  const float none = c.reduction == row_reduction_id::min   ? __builtin_inff()
                     : c.reduction == row_reduction_id::max ? -__builtin_inff()
                                                            : 0.0f;
  for (int l = 0; l < panel_lanes; ++l) {
    t.sum[l] = 0;
    t.value[l] = none;
    t.top[l] = lowest;
    t.poison[l] = 0;
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

template <row_reduction_id id>
void reduce_lanes(const reduce_context& c, reduce_state& t, const cpu::strip& part, int offset) {
  const float* s = part.s + offset;
  vec acc = is_sum(id) ? vec(0.0f) : load(t.value + offset), top = load(t.top + offset);
  mask bad = load(t.poison + offset) > vec(0.0f);
  const vec scale(c.scale);
  for (int r = 0; r < part.rows; ++r) {
    const vec value = load(s + r * panel_lanes);
    bad = bad || !(value == value);
    if constexpr (id == row_reduction_id::min) acc = min(value, acc);
    if constexpr (id == row_reduction_id::max) acc = max(value, acc);
    if constexpr (is_sum(id)) acc = acc + value;
    if constexpr (id == row_reduction_id::log_sum_exp) {
      const vec z = value * scale;
      raise(z, top, acc);
      acc = acc + exp(z - top);
    }
  }
  store(select(bad, vec(1.0f), vec(0.0f)), t.poison + offset);
  store(top, t.top + offset);
  if constexpr (is_sum(id)) {
    float parts[vec_lanes];
    store(acc, parts);
    for (int l = 0; l < vec_lanes; ++l) t.sum[offset + l] += parts[l];
  } else {
    store(acc, t.value + offset);
  }
}

inline void reduce_step(const void* context, void* state, const cpu::strip& part) {
  const reduce_context& c = *static_cast<const reduce_context*>(context);
  reduce_state& t = *static_cast<reduce_state*>(state);
  for (int offset = 0; offset < panel_lanes; offset += vec_lanes) switch (c.reduction) {
      case row_reduction_id::min: reduce_lanes<row_reduction_id::min>(c, t, part, offset); break;
      case row_reduction_id::max: reduce_lanes<row_reduction_id::max>(c, t, part, offset); break;
      case row_reduction_id::log_sum_exp: reduce_lanes<row_reduction_id::log_sum_exp>(c, t, part, offset); break;
      default: reduce_lanes<row_reduction_id::sum>(c, t, part, offset);
    }
}

inline void reduce_join(const void* context, void* into, const void* from) {
  const reduce_context& c = *static_cast<const reduce_context*>(context);
  reduce_state& t = *static_cast<reduce_state*>(into);
  const reduce_state& other = *static_cast<const reduce_state*>(from);
  for (int l = 0; l < panel_lanes; ++l) {
    t.poison[l] += other.poison[l];
    t.sum[l] += other.sum[l];
    if (c.reduction == row_reduction_id::min) t.value[l] = warpweft::min(t.value[l], other.value[l]);
    if (c.reduction == row_reduction_id::max) t.value[l] = warpweft::max(t.value[l], other.value[l]);
    if (c.reduction == row_reduction_id::log_sum_exp) {
      const float top = warpweft::max(t.top[l], other.top[l]);
      t.value[l] = t.value[l] * __builtin_expf(t.top[l] - top) + other.value[l] * __builtin_expf(other.top[l] - top);
      t.top[l] = top;
    }
  }
}

inline float reduced(const reduce_context& c, const reduce_state& t, int lane) {
  if (t.poison[lane] > 0) return __builtin_nanf("");
  switch (c.reduction) {
    case row_reduction_id::sum: return static_cast<float>(t.sum[lane]);
    case row_reduction_id::mean: return static_cast<float>(t.sum[lane] / static_cast<double>(c.rows));
    case row_reduction_id::log_sum_exp: return c.rows == 0 ? -__builtin_inff() : t.top[lane] + __builtin_logf(t.value[lane]);
    default: return t.value[lane];
  }
}

inline void reduce_done(const void* context, void* state, int64_t lane0, int lanes) {
  const reduce_context& c = *static_cast<const reduce_context*>(context);
  const reduce_state& t = *static_cast<const reduce_state*>(state);
  for (int l = 0; l < lanes; ++l) c.out[lane0 + l] = reduced(c, t, l);
}

}  // namespace warpweft::distance::WARPWEFT_ISA

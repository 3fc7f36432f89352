// All rows within a radius of each lane. A few candidates a lane are gathered, then evaluated again together; those that are within
// go to the sink. So memory follows the pairs that are found, and not the candidates.
#pragma once
#include "distance/select.inl.h"

namespace warpweft::distance::WARPWEFT_ISA {

constexpr int most_pending = 16;

struct radius_state {
  int32_t size[panel_lanes];
  int64_t lane0;
  void* found;  // the sink's own
  entry pending[panel_lanes][most_pending];
};

inline void radius_zero(const void*, void* state, int64_t lane0, int) {
  radius_state& t = *static_cast<radius_state*>(state);
  for (int l = 0; l < panel_lanes; ++l) t.size[l] = 0;
  t.lane0 = lane0;
  t.found = nullptr;
}

inline void look_again(const radius_context& c, radius_state& t, int lane) {
  const second_look again(c.scalars, c.larger, t.lane0 + lane);
  entry* list = t.pending[lane];
  int within = 0;
  for (int i = 0; i < t.size[lane]; ++i) {
    list[within] = again(list[i]);
    within += key_of(list[within]) <= c.farthest;
  }
  t.size[lane] = 0;
  if (within > 0) t.found = c.sink->take(t.found, lane, list, within);
}

template <bool larger>
void radius_step_as(const radius_context& c, radius_state& t, const cpu::strip& part) {
  const vec candidate(larger ? -c.candidate : c.candidate);
  const auto near = [&](vec s, int) HWY_ATTR { return larger ? s >= candidate : s <= candidate; };
  each_near(part, near, [&](int lane, int64_t row, float s) {
    if (c.exclude_self && part.lane0 + lane == row) return;
    t.pending[lane][t.size[lane]++] = entry_of(larger ? -s : s, row);
    if (t.size[lane] == most_pending) look_again(c, t, lane);
  });
}

inline void radius_step(const void* context, void* state, const cpu::strip& part) {
  const radius_context& c = *static_cast<const radius_context*>(context);
  radius_state& t = *static_cast<radius_state*>(state);
  if (c.larger)
    radius_step_as<true>(c, t, part);
  else
    radius_step_as<false>(c, t, part);
}

inline void radius_flush(const radius_context& c, radius_state& t) {
  for (int l = 0; l < panel_lanes; ++l)
    if (t.size[l] > 0) look_again(c, t, l);
}

inline void radius_join(const void* context, void* into, const void* from) {
  const radius_context& c = *static_cast<const radius_context*>(context);
  radius_state& t = *static_cast<radius_state*>(into);
  radius_state& other = *static_cast<radius_state*>(const_cast<void*>(from));
  radius_flush(c, other);
  t.found = c.sink->join(t.found, other.found);
}

inline void radius_done(const void* context, void* state, int64_t lane0, int lanes) {
  const radius_context& c = *static_cast<const radius_context*>(context);
  radius_state& t = *static_cast<radius_state*>(state);
  radius_flush(c, t);
  c.sink->close(t.found, lane0, lanes);
}

}  // namespace warpweft::distance::WARPWEFT_ISA

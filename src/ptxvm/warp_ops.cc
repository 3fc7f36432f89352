// What the lanes that met compute. Results go to the lanes of `who` alone; d may be a's own place.
#include "ptxvm/warp_ops.h"

#include <algorithm>
#include <cstring>

#include "ptxvm/run.h"

namespace ptxvm {
namespace {

const uint32_t* words(const void* from) { return static_cast<const uint32_t*>(from); }

void give_all(const meeting& m, uint32_t value) {
  uint32_t* const d = static_cast<uint32_t*>(m.d);
  for (int i = 0; i < warp_size; ++i) d[i] = m.who >> i & 1 ? value : d[i];
}

void give_predicate(const meeting& m, bool value) {
  lanes& d = *static_cast<lanes*>(m.d);
  d = value ? d | m.who : d & ~m.who;
}

// c: clamp in bits 0-4, segment mask in bits 8-12.
//   least = lane & segment, most = least | (clamp & ~segment);  b counts modulo 32
//   up: lane − b, in range when ≥ most;  down: lane + b, bfly: lane ^ b, idx: least | (b & ~segment), in range when ≤ most
// Out of range, a lane gets its own value and the predicate is false.
enum class direction { up, down, bfly, idx };

template <direction Way>
void shuffle(const meeting& m) {
  uint32_t a[warp_size];
  std::memcpy(a, m.a, sizeof a);
  const uint32_t *const b = words(m.b), *const c = words(m.c);
  uint32_t* const d = static_cast<uint32_t*>(m.d);
  int from[warp_size];
  lanes in_range = 0, sources = 0;
  for (int lane = 0; lane < warp_size; ++lane) {
    const int segment = c[lane] >> 8 & 31, clamp = c[lane] & 31, by = b[lane] & 31;
    const int least = lane & segment, most = least | (clamp & ~segment);
    const int j = Way == direction::up     ? lane - by
                  : Way == direction::down ? lane + by
                  : Way == direction::bfly ? lane ^ by
                                           : least | (by & ~segment);
    const bool holds = Way == direction::up ? j >= most : j <= most;
    from[lane] = holds ? j & 31 : lane;
    in_range |= lanes{holds} << lane;
  }
  for (int lane = 0; lane < warp_size; ++lane) sources |= (m.who >> lane & 1) << from[lane];
  if (sources & ~m.who)
    for_each_lane(m.who, [&](int lane) {
      if (!(m.who >> from[lane] & 1))
        fail(status::launch_failed, lane, "shfl.sync reads lane ", from[lane],
             ", which does not take part (those that do: ", lane_list(m.who), ")");
    });
  if (m.who == all_lanes)
    for (int lane = 0; lane < warp_size; ++lane) d[lane] = a[from[lane]];
  else
    for_each_lane(m.who, [&](int lane) { d[lane] = a[from[lane]]; });
  *m.p = in_range;
}

lanes holding(const meeting& m) { return *static_cast<const lanes*>(m.a) & m.who; }

template <class T>
void match_any(const meeting& m) {
  T a[warp_size];
  std::memcpy(a, m.a, sizeof a);
  uint32_t* const d = static_cast<uint32_t*>(m.d);
  for_each_lane(m.who, [&](int lane) {
    lanes same = 0;
    for (int i = 0; i < warp_size; ++i) same |= lanes{a[i] == a[lane]} << i;
    d[lane] = same & m.who;
  });
}

template <class T>
void match_all(const meeting& m) {
  const T* const a = static_cast<const T*>(m.a);
  bool same = true;
  for_each_lane(m.who, [&](int lane) { same = same && a[lane] == a[first_lane(m.who)]; });
  give_all(m, same ? m.who : 0);
  *m.p = same ? all_lanes : 0;
}

template <class T, class Join>
void reduce(const meeting& m, Join join) {
  const T* const a = static_cast<const T*>(m.a);
  const int first = first_lane(m.who);
  T total = a[first];
  for_each_lane(m.who & (m.who - 1), [&](int lane) { total = join(total, a[lane]); });
  give_all(m, static_cast<uint32_t>(total));
}

void reduce_add(const meeting& m) {
  reduce<uint32_t>(m, [](uint32_t x, uint32_t y) { return x + y; });
}
template <class T>
void reduce_min(const meeting& m) {
  reduce<T>(m, [](T x, T y) { return std::min(x, y); });
}
template <class T>
void reduce_max(const meeting& m) {
  reduce<T>(m, [](T x, T y) { return std::max(x, y); });
}
void reduce_and(const meeting& m) {
  reduce<uint32_t>(m, [](uint32_t x, uint32_t y) { return x & y; });
}
void reduce_or(const meeting& m) {
  reduce<uint32_t>(m, [](uint32_t x, uint32_t y) { return x | y; });
}
void reduce_xor(const meeting& m) {
  reduce<uint32_t>(m, [](uint32_t x, uint32_t y) { return x ^ y; });
}

void run_vote_all(const meeting& m) { give_predicate(m, holding(m) == m.who); }
void run_vote_any(const meeting& m) { give_predicate(m, holding(m) != 0); }
void run_vote_uni(const meeting& m) { give_predicate(m, holding(m) == m.who || holding(m) == 0); }
void run_ballot(const meeting& m) { give_all(m, holding(m)); }

void run_elect(const meeting& m) {
  give_all(m, static_cast<uint32_t>(first_lane(m.who)));
  *m.p = m.who & -m.who;
}

void run_warp_sync(const meeting& m) { m.at.block->shared.meet_lanes(m.at.number, m.who, m.at.live()); }

}  // namespace

const meeting_kind shfl_up{"shfl.sync", 4, 4, 4, 4, shuffle<direction::up>};
const meeting_kind shfl_down{"shfl.sync", 4, 4, 4, 4, shuffle<direction::down>};
const meeting_kind shfl_bfly{"shfl.sync", 4, 4, 4, 4, shuffle<direction::bfly>};
const meeting_kind shfl_idx{"shfl.sync", 4, 4, 4, 4, shuffle<direction::idx>};
const meeting_kind vote_all{"vote.sync", 0, -1, -1, 0, run_vote_all};
const meeting_kind vote_any{"vote.sync", 0, -1, -1, 0, run_vote_any};
const meeting_kind vote_uni{"vote.sync", 0, -1, -1, 0, run_vote_uni};
const meeting_kind vote_ballot{"vote.sync", 0, -1, -1, 4, run_ballot};
const meeting_kind match_any_32{"match.any.sync", 4, -1, -1, 4, match_any<uint32_t>};
const meeting_kind match_any_64{"match.any.sync", 8, -1, -1, 4, match_any<uint64_t>};
const meeting_kind match_all_32{"match.all.sync", 4, -1, -1, 4, match_all<uint32_t>};
const meeting_kind match_all_64{"match.all.sync", 8, -1, -1, 4, match_all<uint64_t>};
const meeting_kind redux_add{"redux.sync", 4, -1, -1, 4, reduce_add};
const meeting_kind redux_min_u32{"redux.sync", 4, -1, -1, 4, reduce_min<uint32_t>};
const meeting_kind redux_max_u32{"redux.sync", 4, -1, -1, 4, reduce_max<uint32_t>};
const meeting_kind redux_min_s32{"redux.sync", 4, -1, -1, 4, reduce_min<int32_t>};
const meeting_kind redux_max_s32{"redux.sync", 4, -1, -1, 4, reduce_max<int32_t>};
const meeting_kind redux_and{"redux.sync", 4, -1, -1, 4, reduce_and};
const meeting_kind redux_or{"redux.sync", 4, -1, -1, 4, reduce_or};
const meeting_kind redux_xor{"redux.sync", 4, -1, -1, 4, reduce_xor};
const meeting_kind elect{"elect.sync", -1, -1, -1, 4, run_elect};
const meeting_kind warp_sync{"bar.warp.sync", -1, -1, -1, -1, run_warp_sync};

}  // namespace ptxvm

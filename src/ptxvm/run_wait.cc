// Lanes of a warp that wait: for each other at .aligned and *_sync instructions, or as a warp at a barrier.
#include <sstream>

#include "ptxvm/run.h"
#include "ptxvm/warp_ops.h"

namespace ptxvm {

void park(warp& w, lanes who, waits why, const op& at, uint32_t what) {
  scheduling& s = w.wait;
  s.parked |= who;
  for_each_lane(who, [&](int lane) {
    s.of[lane] = {why, &at, w.present, what};
    w.pc[lane] = w.at;
  });
}

void let_go(warp& w, lanes who) {
  w.wait.parked &= ~who;
  for_each_lane(who, [&](int lane) { ++w.pc[lane]; });
  w.block->ready |= 1u << w.number;
}

void retry(warp& w, lanes who) { w.wait.parked &= ~who; }

void settle(warp& w) {
  scheduling& s = w.wait;
  if (!s.parked) return;
  settle_lanes(w);
  settle_barriers(w);
  const lanes live = w.live();
  if (!live || (s.parked & live) != live) return;
  const scheduling::parked_lane& first = s.of[first_lane(live)];
  bool together = true;
  for_each_lane(live, [&](int lane) {
    together = together && s.of[lane].why == waits::for_warp && s.of[lane].at == first.at && s.of[lane].in == first.in;
  });
  if (together) retry(w, live);
}

std::string lane_list(lanes who) {
  std::ostringstream out;
  for (int lane = 0; lane < warp_size; ++lane) {
    if (!(who >> lane & 1)) continue;
    int end = lane;
    while (end + 1 < warp_size && who >> (end + 1) & 1) ++end;
    out << (out.tellp() > 0 ? ", " : "") << lane;
    if (end > lane) out << '-' << end;
    lane = end;
  }
  return out.str();
}

std::string whereabouts(const warp& w) {
  std::ostringstream out;
  for (lanes rest = w.live(); rest;) {
    const int lane = first_lane(rest);
    const scheduling& s = w.wait;
    lanes same = 0;
    for_each_lane(rest, [&](int i) {
      const bool alike = (s.parked >> i & 1) == (s.parked >> lane & 1) && w.pc[i] == w.pc[lane] &&
                         (!(s.parked >> i & 1) || (s.of[i].at == s.of[lane].at && s.of[i].what == s.of[lane].what));
      if (alike) same |= lanes{1} << i;
    });
    rest &= ~same;
    out << (out.tellp() > 0 ? "; " : "") << "warp " << w.number << " lanes " << lane_list(same);
    if (!(s.parked >> lane & 1)) {
      out << " run";
      continue;
    }
    const auto& p = s.of[lane];
    out << " wait at PTX line " << p.at->line << " for ";
    if (p.why == waits::for_lanes) out << "lanes " << lane_list(p.what & w.live());
    if (p.why == waits::for_warp) out << "the warp's other lanes";
    if (p.why == waits::for_warp_there) out << "the warp's other lanes to come to barrier " << p.what;
    if (p.why == waits::at_barrier) out << "other warps at barrier " << p.what;
  }
  return out.str();
}

}  // namespace ptxvm

// Lists of a panel's lanes: the closest of the rows met so far. A short list is sorted at all times; a longer one is a pool that
// takes whatever is closer than a threshold, and each time it is full keeps the closest and lowers the threshold to the farthest
// of them. What a list ends with does not depend on the order in which candidates arrive.
#pragma once
#include "distance/list.h"
#include "distance/score.inl.h"

namespace warpweft::distance::WARPWEFT_ISA {

constexpr float no_value = __builtin_nanf("");

// A row is met in order, so one whose key equals `farthest` is beaten by those listed: they have lower numbers.
struct list_state {
  float farthest[panel_lanes];  // NaN until something may be turned away, so that `!(key >= farthest)` lets everything in
  int32_t size[panel_lanes];
  // entry entries[lanes][room]
  entry* entries(const list_shape& shape, int lane) { return reinterpret_cast<entry*>(this + 1) + lane * shape.room; }
};
static_assert(sizeof(list_state) % sizeof(entry) == 0, "entries follow their header");

inline void list_zero(list_state& t, int lanes) {
  for (int l = 0; l < panel_lanes; ++l) {
    t.farthest[l] = l < lanes ? no_value : -__builtin_inff();
    t.size[l] = 0;
  }
}

inline void insert_sorted(list_state& t, const list_shape& shape, int lane, entry e) {
  entry* list = t.entries(shape, lane);
  int64_t at = t.size[lane];
  if (at == shape.keep) {
    if (e >= list[at - 1]) return;
    --at;
  } else {
    ++t.size[lane];
  }
  for (; at > 0 && e < list[at - 1]; --at) list[at] = list[at - 1];
  list[at] = e;
  if (t.size[lane] == shape.keep) t.farthest[lane] = key_of(list[shape.keep - 1]);
}

namespace hn = warpweft::WARPWEFT_ISA::hn;
using entry_tag = hn::ScalableTag<entry>;
constexpr int entry_lanes = static_cast<int>(hn::MaxLanes(entry_tag()));

inline int64_t count_up_to(const entry* list, int64_t size, entry pivot) {
  const auto beyond = hn::Set(entry_tag(), pivot + 1);
  int64_t count = 0, i = 0;
  for (; i + entry_lanes <= size; i += entry_lanes)
    count += static_cast<int64_t>(hn::CountTrue(entry_tag(), hn::Lt(hn::LoadU(entry_tag(), list + i), beyond)));
  for (; i < size; ++i) count += list[i] <= pivot;
  return count;
}

// Moves those up to `pivot` to the front, in order. A whole register is stored each time, never beyond what was read.
inline int64_t compact(entry* list, int64_t size, entry pivot) {
  const auto beyond = hn::Set(entry_tag(), pivot + 1);
  int64_t kept = 0, i = 0;
  for (; i + entry_lanes <= size; i += entry_lanes) {
    const auto entries = hn::LoadU(entry_tag(), list + i);
    const auto near = hn::Lt(entries, beyond);
    hn::StoreU(hn::Compress(entries, near), entry_tag(), list + kept);
    kept += static_cast<int64_t>(hn::CountTrue(entry_tag(), near));
  }
  for (; i < size; ++i) {
    const entry e = list[i];
    list[kept] = e;
    kept += e <= pivot;
  }
  return kept;
}

// Makes room: drops entries that `keep` others beat, and returns one that all left are up to. Where a sample of the entries has one
// that about `keep` are up to, that is the threshold; else the exact one is looked for.
inline entry make_room(entry* list, int32_t& size, const list_shape& shape) {
  constexpr int samples = 16;
  entry sample[samples];
  for (int i = 0; i < samples; ++i) {
    const entry e = list[(2 * i + 1) * static_cast<int64_t>(size) / (2 * samples)];
    int at = i;
    for (; at > 0 && e < sample[at - 1]; --at) sample[at] = sample[at - 1];
    sample[at] = e;
  }
  const int64_t enough = shape.keep + (shape.room - shape.keep) / 2;
  for (int64_t i = shape.keep * samples / size; i < samples; ++i) {
    const int64_t left = count_up_to(list, size, sample[i]);
    if (left < shape.keep) continue;
    if (left > enough) break;
    size = static_cast<int32_t>(compact(list, size, sample[i]));
    return sample[i];
  }
  const entry last = keep_smallest(list, size, shape.keep);
  size = static_cast<int32_t>(shape.keep);
  return last;
}

inline void add_to_pool(list_state& t, const list_shape& shape, int lane, entry e) {
  entry* list = t.entries(shape, lane);
  list[t.size[lane]++] = e;
  if (t.size[lane] == shape.room && shape.room > shape.keep) t.farthest[lane] = key_of(make_room(list, t.size[lane], shape));
}

inline void list_add(list_state& t, const list_shape& shape, int lane, entry e) {
  if (shape.sorted)
    insert_sorted(t, shape, lane, e);
  else
    add_to_pool(t, shape, lane, e);
}

// The lane's closest, in any order unless the list is sorted; returns how many.
inline int64_t list_close(list_state& t, const list_shape& shape, int lane) {
  if (t.size[lane] > shape.keep) {
    keep_smallest(t.entries(shape, lane), t.size[lane], shape.keep);
    t.size[lane] = static_cast<int32_t>(shape.keep);
  }
  return t.size[lane];
}

}  // namespace warpweft::distance::WARPWEFT_ISA

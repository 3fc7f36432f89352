// The farthest and the closest of each lane's positives, then of its negatives, and the closest negative beyond a chosen positive.
#pragma once
#include "distance/labels.h"
#include "distance/score.inl.h"

namespace warpweft::distance::WARPWEFT_ISA {

using warpweft::WARPWEFT_ISA::bits;
using warpweft::WARPWEFT_ISA::fewer_bits;
using warpweft::WARPWEFT_ISA::load_bits;
using warpweft::WARPWEFT_ISA::only_lane;
using warpweft::WARPWEFT_ISA::same_label;
using warpweft::WARPWEFT_ISA::store_bits;

constexpr int32_t nobody = 0x7fffffff;  // after every reference

// The least key so far and who has it; of equal keys the lower id. Farthest means least of the negated keys.
struct pick {
  float key[panel_lanes];
  int32_t id[panel_lanes];
};

template <int picks>
struct label_state {
  pick of[picks];
  int32_t counted[panel_lanes];
};
constexpr int positive_picks = 2;  // hardest, easiest
constexpr int negative_picks = 3;  // hardest, easiest, semi-hard

template <int picks>
void label_zero(const void*, void* state, int64_t, int) {
  label_state<picks>& t = *static_cast<label_state<picks>*>(state);
  for (pick& p : t.of)
    for (int l = 0; l < panel_lanes; ++l) {
      p.key[l] = __builtin_inff();
      p.id[l] = nobody;
    }
  for (int32_t& counted : t.counted) counted = 0;
}

// A pick of one register of lanes.
struct picking {
  picking(const pick& from, int offset) : key(load(from.key + offset)), id(load_bits(from.id + offset)) {}
  void offer(vec other, vec other_id, mask among) {
    const mask better = among && (other < key || (other == key && fewer_bits(other_id, id)));
    key = select(better, other, key);
    id = select(better, other_id, id);
  }
  void keep(pick& to, int offset) const {
    store(key, to.key + offset);
    store_bits(id, to.id + offset);
  }
  vec key, id;
};

inline void add_counts(vec counts, int32_t* to) {
  float parts[vec_lanes];
  store(counts, parts);
  for (int l = 0; l < vec_lanes; ++l) to[l] += static_cast<int32_t>(parts[l]);
}

// First sweep, over the rows of the panel's own labels.
inline void positives_step(const void* context, void* state, const cpu::strip& part) {
  const label_context& c = *static_cast<const label_context*>(context);
  label_state<positive_picks>& t = *static_cast<label_state<positive_picks>*>(state);
  const vec sign(c.larger ? -1.0f : 1.0f), beyond(c.beyond), one(1.0f), none(0.0f);
  for (int offset = 0; offset < panel_lanes; offset += vec_lanes) {
    const int64_t lane0 = part.lane0 + offset;
    picking hardest(t.of[0], offset), easiest(t.of[1], offset);
    vec counted = none;
    for (int r = 0; r < part.rows; ++r) {
      const int64_t row = part.row0 + r;
      mask among = same_label(c.lane_labels + lane0, c.row_labels[row]);
      if (c.own) among = among && !only_lane(row - lane0);
      const vec key = load(part.s + r * panel_lanes + offset) * sign, id = bits(c.row_order[row]);
      hardest.offer(-key, id, among);
      easiest.offer(key, id, among);
      counted = counted + select(among && key > beyond, one, none);
    }
    hardest.keep(t.of[0], offset);
    easiest.keep(t.of[1], offset);
    add_counts(counted, t.counted + offset);
  }
}

// `mixed`: some lanes have positives among these rows.
template <bool mixed>
void negatives_of(const label_context& c, label_state<negative_picks>& t, const cpu::strip& part) {
  const vec sign(c.larger ? -1.0f : 1.0f), within(c.within), one(1.0f), none(0.0f);
  for (int offset = 0; offset < panel_lanes; offset += vec_lanes) {
    const int64_t lane0 = part.lane0 + offset;
    picking hardest(t.of[0], offset), easiest(t.of[1], offset), semi_hard(t.of[2], offset);
    const vec limit = load(c.limit + lane0);
    mask among = one > none;
    vec counted = none;
    for (int r = 0; r < part.rows; ++r) {
      const int64_t row = part.row0 + r;
      if constexpr (mixed) among = !same_label(c.lane_labels + lane0, c.row_labels[row]);
      const vec key = load(part.s + r * panel_lanes + offset) * sign, id = bits(c.row_order[row]);
      hardest.offer(key, id, among);
      easiest.offer(-key, id, among);
      semi_hard.offer(key, id, among && key > limit);
      counted = counted + select(among && key < within, one, none);
    }
    hardest.keep(t.of[0], offset);
    easiest.keep(t.of[1], offset);
    semi_hard.keep(t.of[2], offset);
    add_counts(counted, t.counted + offset);
  }
}

// Second sweep, over all rows; limits are known now.
inline void negatives_step(const void* context, void* state, const cpu::strip& part) {
  const label_context& c = *static_cast<const label_context*>(context);
  label_state<negative_picks>& t = *static_cast<label_state<negative_picks>*>(state);
  const int64_t panel = part.lane0 / panel_lanes;
  if (part.row0 < c.end[panel] && part.row0 + part.rows > c.begin[panel])
    negatives_of<true>(c, t, part);
  else
    negatives_of<false>(c, t, part);
}

template <int picks>
void label_join(const void*, void* into, const void* from) {
  label_state<picks>& t = *static_cast<label_state<picks>*>(into);
  const label_state<picks>& other = *static_cast<const label_state<picks>*>(from);
  for (int offset = 0; offset < panel_lanes; offset += vec_lanes)
    for (int i = 0; i < picks; ++i) {
      picking kept(t.of[i], offset);
      const picking offered(other.of[i], offset);
      kept.offer(offered.key, offered.id, vec(1.0f) > vec(0.0f));
      kept.keep(t.of[i], offset);
    }
  for (int l = 0; l < panel_lanes; ++l) t.counted[l] += other.counted[l];
}

inline void give(const label_context& c, label_choice_id choice, int64_t anchor, float key, int32_t id) {
  c.values[static_cast<int>(choice)][anchor] = id == nobody ? __builtin_nanf("") : c.larger ? -key : key;
  c.indices[static_cast<int>(choice)][anchor] = id == nobody ? -1 : id;
}

inline void positives_done(const void* context, void* state, int64_t lane0, int lanes) {
  const label_context& c = *static_cast<const label_context*>(context);
  const label_state<positive_picks>& t = *static_cast<const label_state<positive_picks>*>(state);
  for (int l = 0; l < lanes; ++l) {
    const int64_t anchor = c.lane_order[lane0 + l];
    give(c, label_choice_id::hardest_positive, anchor, -t.of[0].key[l], t.of[0].id[l]);
    give(c, label_choice_id::easiest_positive, anchor, t.of[1].key[l], t.of[1].id[l]);
    c.limit[lane0 + l] = t.of[0].id[l] == nobody ? __builtin_inff() : c.beyond_easiest ? t.of[1].key[l] : -t.of[0].key[l];
    if (c.beyond_count) c.beyond_count[anchor] = t.counted[l];
  }
}

inline void negatives_done(const void* context, void* state, int64_t lane0, int lanes) {
  const label_context& c = *static_cast<const label_context*>(context);
  const label_state<negative_picks>& t = *static_cast<const label_state<negative_picks>*>(state);
  for (int l = 0; l < lanes; ++l) {
    const int64_t anchor = c.lane_order[lane0 + l];
    give(c, label_choice_id::hardest_negative, anchor, t.of[0].key[l], t.of[0].id[l]);
    give(c, label_choice_id::easiest_negative, anchor, -t.of[1].key[l], t.of[1].id[l]);
    give(c, label_choice_id::semi_hard_negative, anchor, t.of[2].key[l], t.of[2].id[l]);
    if (c.within_count) c.within_count[anchor] = t.counted[l];
  }
}

template <int picks>
constexpr cpu::fold_verbs label_verbs(void (*step)(const void*, void*, const cpu::strip&), void (*done)(const void*, void*, int64_t, int)) {
  cpu::fold_verbs verbs;
  verbs.state_bytes = sizeof(label_state<picks>);
  verbs.zero = label_zero<picks>;
  verbs.step = step;
  verbs.join = label_join<picks>;
  verbs.done = done;
  return verbs;
}

}  // namespace warpweft::distance::WARPWEFT_ISA

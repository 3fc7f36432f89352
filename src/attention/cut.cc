#include "attention/cut.h"

#include <algorithm>
#include <atomic>
#include <limits>

#include "cpu/buffer.h"
#include "cpu/threads.h"

namespace warpweft::attention {
namespace {

constexpr int64_t lane_unit = 48;  // whole panels on every instruction set
constexpr int64_t most_lanes = 8 * lane_unit;
constexpr int64_t lane_bytes = 640 << 10;  // of queries and sums, which stay in the second-level cache
constexpr int64_t fewest_keys = 512;       // a split's sums cost as much as a few of its keys
constexpr int64_t invariant_keys = 1024;
constexpr int64_t wanted_units = 32;
constexpr int64_t key_unit = 64;  // the tile's rows
constexpr int64_t rows_a_join = 16;

int64_t columns_of(const forward_call& call) { return call.key_columns + call.value_columns; }

struct piece {
  int64_t sequence;
  const head_group* group;
  block lanes;
  int64_t first, last, split;
};

struct split_sums {
  int64_t splits = 1, rows = 0;
  cpu::buffer<float> sums, states;
};

// What a sequence's queries beyond its length hold.
void clear_padding(const forward_call& call, int64_t b) {
  const int64_t from = (b * call.queries + call.sequences[static_cast<size_t>(b)].queries) * call.heads;
  const int64_t to = (b + 1) * call.queries * call.heads;
  std::fill(call.out + from * call.value_columns, call.out + to * call.value_columns, 0.0f);
  std::fill(call.lse + from, call.lse + to, -std::numeric_limits<float>::infinity());
  for (int64_t r = from; call.state && r < to; ++r) {
    call.state[2 * r] = -std::numeric_limits<float>::infinity();
    call.state[2 * r + 1] = 0.0f;
  }
}

// Later lanes first: with causal sight they have the most to do.
std::vector<piece> pieces_of(const forward_call& call, const std::vector<int64_t>& split) {
  std::vector<piece> pieces;
  for (size_t b = 0; b < call.sequences.size(); ++b)
    for (const head_group& group : call.groups) {
      const auto [queries, keys] = call.sequences[b];
      const std::vector<block> blocks = lane_blocks(queries * static_cast<int64_t>(group.heads.size()), columns_of(call));
      for (size_t i = blocks.size(); i-- > 0;)
        for (int64_t first = 0, n = 0; first < std::max<int64_t>(1, keys); first += split[b], ++n)
          pieces.push_back({static_cast<int64_t>(b), &group, blocks[i], first, std::min(keys, first + split[b]), n});
    }
  return pieces;
}

join_unit join_of(const forward_call& call, int64_t b, const split_sums& from, int64_t row, int64_t rows) {
  join_unit u{};
  u.splits = from.splits;
  u.split_rows = from.rows;
  u.rows = rows;
  u.columns = call.value_columns;
  u.sums = from.sums.data() + row * u.columns;
  u.states = from.states.data() + row * 2;
  const int64_t at = b * call.queries * call.heads + row;
  u.out = call.out + at * u.columns;
  u.lse = call.lse + at;
  u.state = call.state ? call.state + 2 * at : nullptr;
  return u;
}

}  // namespace

std::vector<head_group> group_heads(int64_t heads, const int32_t* key_head, const int32_t* value_head) {
  std::vector<head_group> groups;
  for (int32_t h = 0; h < heads; ++h) {
    const auto same = [&](const head_group& g) { return g.key_head == key_head[h] && g.value_head == value_head[h]; };
    auto found = std::find_if(groups.begin(), groups.end(), same);
    if (found == groups.end()) found = groups.insert(found, {key_head[h], value_head[h], {}});
    found->heads.push_back(h);
  }
  return groups;
}

std::vector<block> lane_blocks(int64_t lanes, int64_t columns) {
  const int64_t most = std::clamp(lane_bytes / (4 * columns) / lane_unit * lane_unit, lane_unit, most_lanes);
  const int64_t count = (lanes + most - 1) / most, each = count ? cpu::up_to_multiple((lanes + count - 1) / count, lane_unit) : 0;
  std::vector<block> blocks;
  for (int64_t first = 0; first < lanes; first += each) blocks.push_back({first, std::min(each, lanes - first)});
  return blocks;
}

std::vector<int64_t> split_keys(const forward_call& call) {
  const int64_t groups = static_cast<int64_t>(call.groups.size());
  const auto blocks_of = [&](const lengths& s) {
    const int64_t lanes = s.queries * (call.heads / std::max<int64_t>(1, groups));
    return static_cast<int64_t>(lane_blocks(lanes, columns_of(call)).size());
  };
  int64_t work = 0;
  for (const lengths& s : call.sequences) work += blocks_of(s) * groups * s.keys;
  const int64_t share = std::max(fewest_keys, cpu::up_to_multiple(work / wanted_units, key_unit));
  std::vector<int64_t> split;
  for (const lengths& s : call.sequences) {
    const int64_t all = std::max<int64_t>(1, s.keys);
    if (call.split > 0) {
      split.push_back(std::min(all, call.split));
    } else if (call.batch_invariant) {
      split.push_back(blocks_of(s) > 1 ? all : std::min(all, invariant_keys));
    } else {
      const int64_t splits = (all + share - 1) / share;
      split.push_back(splits > 1 ? cpu::up_to_multiple((all + splits - 1) / splits, key_unit) : all);
    }
  }
  return split;
}

void each_task(int64_t tasks, const call_options& how, const std::function<void(int64_t)>& body) {
  if (how.control) how.control->begin_sweep();
  std::atomic<int64_t> done{0};
  cpu::parallel(tasks, how.threads, how.control, [&](int64_t task, int) {
    body(task);
    if (how.control) how.control->check();
    if (how.control) how.control->advance(done.fetch_add(1, std::memory_order_relaxed) + 1, tasks);
  });
}

stop_sign stop_of(const job* control) {
  return {[](const void* by) { return static_cast<const job*>(by)->cancelled(); }, control};
}

void run(const forward_call& call, const call_options& how) {
  const units& family = units_in_use();
  const std::vector<int64_t> split = split_keys(call);
  const std::vector<piece> pieces = pieces_of(call, split);
  std::vector<split_sums> parts(call.sequences.size());
  int64_t joined = 0;
  for (size_t b = 0; b < parts.size(); ++b) {
    clear_padding(call, static_cast<int64_t>(b));
    const auto [queries, keys] = call.sequences[b];
    parts[b].splits = std::max<int64_t>(1, (keys + split[b] - 1) / split[b]);
    parts[b].rows = queries * call.heads;
    if (parts[b].splits == 1) continue;
    parts[b].sums.resize(parts[b].splits * parts[b].rows * call.value_columns);
    parts[b].states.resize(parts[b].splits * parts[b].rows * 2);
    joined = std::max(joined, (parts[b].rows + rows_a_join - 1) / rows_a_join);
  }
  each_task(static_cast<int64_t>(pieces.size()), how, [&](int64_t task) {
    const piece& p = pieces[static_cast<size_t>(task)];
    const split_sums& part = parts[static_cast<size_t>(p.sequence)];
    forward_unit u = call.unit(p.sequence, *p.group);
    u.lanes = {p.group->heads.data(), static_cast<int64_t>(p.group->heads.size()), p.lanes.first, p.lanes.count};
    u.stop = stop_of(how.control);
    u.heads = call.heads;
    u.first = p.first;
    u.last = p.last;
    u.whole = part.splits == 1;
    const int64_t row = p.sequence * call.queries * call.heads, from = p.split * part.rows;
    u.out = u.whole ? call.out + row * call.value_columns : part.sums.data() + from * call.value_columns;
    u.lse = u.whole ? call.lse + row : nullptr;
    u.state = !u.whole ? part.states.data() + 2 * from : call.state ? call.state + 2 * row : nullptr;
    family.forward(u);
  });
  if (joined == 0) return;
  cpu::parallel(static_cast<int64_t>(parts.size()) * joined, how.threads, how.control, [&](int64_t task, int) {
    const int64_t b = task / joined, row = task % joined * rows_a_join;
    const split_sums& part = parts[static_cast<size_t>(b)];
    if (part.splits > 1 && row < part.rows) family.join(join_of(call, b, part, row, std::min(rows_a_join, part.rows - row)));
  });
}

}  // namespace warpweft::attention

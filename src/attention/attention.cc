#include "attention/attention.h"

#include <algorithm>
#include <cstring>

#include "attention/cut.h"
#include "attention/gpu.h"
#include "attention/gpu_prefill.h"
#include "attention/rules.h"
#include "cpu/buffer.h"
#include "cpu/threads.h"

namespace warpweft::attention {
namespace {

constexpr int64_t rows_a_task = 256;

lengths lengths_of(const attention_params& p, int64_t b) {
  return {p.query_lengths ? p.query_lengths[b] : p.queries, p.key_lengths ? p.key_lengths[b] : p.keys};
}

// Rows [tokens, heads, columns] of one sequence and head.
row_source rows_of(const void* data, dtype type, int64_t sequence, int64_t tokens, int64_t heads, int64_t head, int64_t columns) {
  row_source r{};
  r.data = static_cast<const char*>(data) + (sequence * tokens * heads + head) * columns * size_of(type);
  r.type = static_cast<storage>(type);
  r.stride = heads * columns * size_of(type);
  r.columns = columns;
  return r;
}
row_source keys_of(const attention_params& p, int64_t b, const head_group& group) {
  return rows_of(p.k, p.k_type, b, p.keys, p.key_heads, group.key_head, p.key_columns);
}
row_source values_of(const attention_params& p, int64_t b, const head_group& group) {
  return rows_of(p.v, p.v_type, b, p.keys, p.value_heads, group.value_head, p.value_columns);
}
const char* queries_of(const attention_params& p, int64_t b) {
  return static_cast<const char*>(p.q) + b * p.queries * p.heads * p.key_columns * size_of(p.q_type);
}

score_rules rules_of(const attention_params& p, int64_t b) {
  const lengths own = lengths_of(p, b);
  score_rules r = rules_of(p.score, p.sight, own.queries, own.keys);
  r.bias = p.bias.kind;
  if (r.bias == bias_kind::slopes) r.slopes = p.bias.data;
  if (r.bias == bias_kind::full) r.full = p.bias.data + b * p.bias.batch_stride;
  r.full_head = p.bias.head_stride;
  r.full_row = p.bias.row_stride;
  return r;
}

// The backward pass of one sequence and group, without queries, keys and results.
backward_unit unit_of(const attention_backward_params& p, const float* dots, int64_t b, const head_group& group, const call_options& how) {
  const attention_params& of = p.of;
  const int64_t row = b * of.queries * of.heads;
  backward_unit u{};
  u.stop = stop_of(how.control);
  u.queries = {group.heads.data(), static_cast<int64_t>(group.heads.size()), 0,
               lengths_of(of, b).queries * static_cast<int64_t>(group.heads.size())};
  u.q = queries_of(of, b);
  u.q_type = static_cast<storage>(of.q_type);
  u.grad = p.grad + row * of.value_columns;
  u.state = of.state + 2 * row;
  u.dots = dots + row;
  u.heads = of.heads;
  u.keys = keys_of(of, b, group);
  u.values = values_of(of, b, group);
  u.key_columns = of.key_columns;
  u.value_columns = of.value_columns;
  u.last = lengths_of(of, b).keys;
  u.rules = rules_of(of, b);
  return u;
}

void backward_queries(const attention_backward_params& p, const std::vector<head_group>& groups, const float* dots,
                      const call_options& how) {
  const attention_params& of = p.of;
  struct piece {
    int64_t sequence;
    const head_group* group;
    block lanes;
  };
  std::vector<piece> pieces;
  for (int64_t b = 0; b < of.batches; ++b)
    for (const head_group& group : groups) {
      const int64_t queries = lengths_of(of, b).queries, columns = 2 * (of.key_columns + of.value_columns);
      const std::vector<block> blocks = lane_blocks(queries * static_cast<int64_t>(group.heads.size()), columns);
      for (size_t i = blocks.size(); i-- > 0;) pieces.push_back({b, &group, blocks[i]});
    }
  each_task(static_cast<int64_t>(pieces.size()), how, [&](int64_t task) {
    const auto& [b, group, lanes] = pieces[static_cast<size_t>(task)];
    backward_unit u = unit_of(p, dots, b, *group, how);
    u.queries.first = lanes.first;
    u.queries.count = lanes.count;
    u.dq = p.dq + b * of.queries * of.heads * of.key_columns;
    units_in_use().backward_queries(u);
  });
}

// Keys of one head; the groups that read it take turns.
void backward_head(const attention_backward_params& p, const std::vector<head_group>& groups, const float* dots, int64_t b, block keys,
                   int32_t key_head, int32_t value_head, const call_options& how) {
  const attention_params& of = p.of;
  for (const head_group& group : groups) {
    if ((key_head >= 0 && group.key_head != key_head) || (value_head >= 0 && group.value_head != value_head)) continue;
    backward_unit u = unit_of(p, dots, b, group, how);
    u.first = keys.first;
    u.last = keys.first + keys.count;
    u.dk_stride = of.key_heads * of.key_columns;
    u.dv_stride = of.value_heads * of.value_columns;
    const int64_t row = b * of.keys + keys.first;
    if (p.dk && key_head >= 0) u.dk = p.dk + (row * of.key_heads + key_head) * of.key_columns;
    if (p.dv && value_head >= 0) u.dv = p.dv + (row * of.value_heads + value_head) * of.value_columns;
    units_in_use().backward_keys(u);
  }
}

// Whether each key head is read with one value head only, and the other way round: both gradients then come from one pass.
bool paired(const std::vector<head_group>& groups) {
  for (const head_group& a : groups)
    for (const head_group& b : groups)
      if (&a != &b && (a.key_head == b.key_head || a.value_head == b.value_head)) return false;
  return true;
}

void backward_keys(const attention_backward_params& p, const std::vector<head_group>& groups, const float* dots, const call_options& how) {
  const attention_params& of = p.of;
  struct owner {
    int32_t key_head, value_head;  // −1: not this pass's
  };
  std::vector<owner> owners;
  if (paired(groups)) {
    for (const head_group& group : groups) owners.push_back({group.key_head, group.value_head});
  } else {
    for (int32_t h = 0; p.dk && h < of.key_heads; ++h) owners.push_back({h, -1});
    for (int32_t h = 0; p.dv && h < of.value_heads; ++h) owners.push_back({-1, h});
  }
  struct piece {
    int64_t sequence;
    owner heads;
    block keys;
  };
  std::vector<piece> pieces;
  for (int64_t b = 0; b < of.batches; ++b)
    for (const owner& heads : owners) {
      const int64_t columns = 2 * (of.key_columns + of.value_columns);
      for (const block& part : lane_blocks(lengths_of(of, b).keys, columns)) pieces.push_back({b, heads, part});
    }
  each_task(static_cast<int64_t>(pieces.size()), how, [&](int64_t task) {
    const auto& [b, heads, keys] = pieces[static_cast<size_t>(task)];
    backward_head(p, groups, dots, b, keys, heads.key_head, heads.value_head, how);
  });
}

}  // namespace

const units& units_in_use() {
  switch (cpu::in_use().functors) {
#define WARPWEFT_UNITS(name) \
  case cpu::isa_id::name: return cpu_##name;
    WARPWEFT_ISA_LIST(WARPWEFT_UNITS)
#undef WARPWEFT_UNITS
    default: return cpu_scalar;
  }
}

void forward(const attention_params& p, const call_options& how) {
  if (how.on) return on_gpu::forward(p, how);
  forward_call call{};
  call.heads = p.heads;
  call.key_columns = p.key_columns;
  call.value_columns = p.value_columns;
  call.queries = p.queries;
  call.groups = group_heads(p.heads, p.key_head, p.value_head);
  for (int64_t b = 0; b < p.batches; ++b) call.sequences.push_back(lengths_of(p, b));
  call.batch_invariant = p.batch_invariant;
  call.out = p.out;
  call.lse = p.lse;
  call.state = p.state;
  call.unit = [&](int64_t b, const head_group& group) {
    forward_unit u{};
    u.query[0] = {queries_of(p, b), static_cast<storage>(p.q_type), p.key_columns};
    u.keys = keys_of(p, b, group);
    u.values = values_of(p, b, group);
    u.key_columns = p.key_columns;
    u.value_columns = p.value_columns;
    u.rules = rules_of(p, b);
    return u;
  };
  run(call, how);
}

void backward(const attention_backward_params& p, const call_options& how) {
  if (how.on) return on_gpu::backward(p, how);
  const attention_params& of = p.of;
  if (how.control) how.control->plan((p.dq ? 1 : 0) + (p.dk || p.dv ? 1 : 0));
  const auto clear = [&](float* out, int64_t tokens, int64_t heads, int64_t columns) {
    if (out) std::memset(out, 0, static_cast<size_t>(of.batches * tokens * heads * columns) * 4);
  };
  clear(p.dq, of.queries, of.heads, of.key_columns);
  clear(p.dk, of.keys, of.key_heads, of.key_columns);
  clear(p.dv, of.keys, of.value_heads, of.value_columns);
  const int64_t rows = of.batches * of.queries * of.heads;
  cpu::buffer<float> dots(rows);
  cpu::parallel((rows + rows_a_task - 1) / rows_a_task, how.threads, how.control, [&](int64_t task, int) {
    const int64_t first = task * rows_a_task, count = std::min(rows_a_task, rows - first);
    units_in_use().row_dots(p.grad + first * of.value_columns, of.out + first * of.value_columns, count, of.value_columns,
                            dots.data() + first);
  });
  const std::vector<head_group> groups = group_heads(of.heads, of.key_head, of.value_head);
  if (p.dq) backward_queries(p, groups, dots.data(), how);
  if (p.dk || p.dv) backward_keys(p, groups, dots.data(), how);
}

void merge(const merge_params& p, const call_options& how) {
  if (how.on) return on_gpu::merge(p, how);
  cpu::parallel((p.rows + rows_a_task - 1) / rows_a_task, how.threads, how.control,
                [&](int64_t task, int) { units_in_use().merge(p, task * rows_a_task, std::min(p.rows, (task + 1) * rows_a_task)); });
}

}  // namespace warpweft::attention

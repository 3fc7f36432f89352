// How a call is cut into units: a function of shapes, and with batch_invariant of each sequence's own shape alone, never of threads.
#pragma once
#include <functional>
#include <vector>

#include "attention/cpu.h"
#include "base/job.h"

namespace warpweft::attention {

// Heads that read the same keys and values: they stand side by side on the lanes, and their keys pass once.
struct head_group {
  int32_t key_head, value_head;
  std::vector<int32_t> heads;
};
std::vector<head_group> group_heads(int64_t heads, const int32_t* key_head, const int32_t* value_head);

struct lengths {
  int64_t queries, keys;
};

struct forward_call {
  int64_t heads, key_columns, value_columns;
  int64_t queries;  // tokens of each sequence in the results, padding included
  std::vector<head_group> groups;
  std::vector<lengths> sequences;
  bool batch_invariant;
  int64_t split;  // keys, 0: by the shape
  float *out, *lse, *state;
  // A unit without its lanes, keys and results.
  std::function<forward_unit(int64_t sequence, const head_group& group)> unit;
};

// A run of lanes or keys.
struct block {
  int64_t first, count;
};
// All alike, but for the last one.
std::vector<block> lane_blocks(int64_t lanes, int64_t columns);

// Keys of a split of each sequence; one that is not split has as many as there are.
std::vector<int64_t> split_keys(const forward_call& call);

stop_sign stop_of(const job* control);

void run(const forward_call& call, const call_options& how);

// Calls body(task) for each of them and reports progress as one sweep.
void each_task(int64_t tasks, const call_options& how, const std::function<void(int64_t)>& body);

}  // namespace warpweft::attention

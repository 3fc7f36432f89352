// The units of the attention family's work, compiled once per instruction set and reached through one table.
//
// Lanes are queries and rows are keys, or in one of the backward passes the other way round. A unit streams its rows once:
//
//   for each tile of rows:
//     for each panel of lanes:   s = rows · lanes   →   score, sight   →   fold   →   acc = acc · factor + valuesᵀ · weights
//
// A lane's sums have one order, whatever panel it stands in and whoever stands beside it.
#pragma once
#include <cstdint>

#include "attention/params.h"
#include "cpu/features.h"

namespace warpweft::attention {

// Rows of one sequence and head, in order.
struct row_source {
  const char* data;
  storage type;
  int64_t stride;        // bytes from a row to the next
  const int32_t* pages;  // null: as they follow; else row t is number t % page of page pages[t / page]
  int page_shift;        // page = 2^page_shift
  int64_t columns;
  int64_t latent;  // e4m3: columns that are codes
};

// Queries of some heads of one sequence; number i is head heads[i % group] of token i / group.
struct query_rows {
  const int32_t* heads;
  int64_t group;
  int64_t first, count;
  int64_t token(int64_t i) const { return (first + i) / group; }
  int64_t head(int64_t i) const { return heads[(first + i) % group]; }
};

// What there is of each of them, [tokens, heads, columns], one part or two that follow one another.
struct query_part {
  const char* data;  // null: there is no such part
  storage type;
  int64_t columns;
};

// The score of a query and a key, and whether it counts.
struct score_rules {
  score_params score;
  int64_t left, right;  // keys beside the query's own place; never negative, large where there is no limit
  int64_t place;        // of the first token: keys − queries
  int64_t keys;
  int64_t prefix;
  bias_kind bias;
  const float* slopes;  // [H]
  const float* full;    // of the sequence
  int64_t full_head, full_row;
};

// Asked before every tile, so that a long unit ends soon after its call was told to; what it leaves is then of no use.
struct stop_sign {
  bool (*asked)(const void* by);
  const void* by;
  bool operator()() const { return by && asked(by); }
};

struct forward_unit {
  stop_sign stop;
  query_rows lanes;
  query_part query[2];
  int64_t heads;  // of all, for the strides of queries and results
  row_source keys, values;
  bool values_in_keys;  // values are the first columns of keys
  int64_t key_columns, value_columns;
  int64_t first, last;  // keys of this unit
  score_rules rules;
  bool whole;    // all keys of the row: results are finished; else they are sums, for `join`
  float* out;    // [tokens, H, value_columns]
  float* lse;    // [tokens, H]; not written unless whole
  float* state;  // [tokens, H, 2] top and sum; may be null where whole
};

// Splits of a row's keys, in order: sums and states into one result.
struct join_unit {
  int64_t splits, split_rows;  // rows from one split to the next
  int64_t rows, columns;
  const float* sums;    // [splits, split_rows, columns]
  const float* states;  // [splits, split_rows, 2]
  float* out;
  float* lse;
  float* state;  // may be null
};

struct backward_unit {
  stop_sign stop;
  query_rows queries;
  const char* q;
  storage q_type;
  const float* grad;   // ∂L/∂out [tokens, H, value_columns]
  const float* state;  // [tokens, H, 2] of the forward pass
  const float* dots;   // [tokens, H] Σ grad · out
  int64_t heads;
  row_source keys, values;
  int64_t key_columns, value_columns;
  int64_t first, last;  // keys
  score_rules rules;
  float* dq;  // [tokens, H, key_columns], of the unit's queries
  // Of keys [first, last), one every so many elements; either may be null. Added to what they hold.
  float* dk;
  float* dv;
  int64_t dk_stride, dv_stride;
};

struct units {
  int lanes;  // of a register
  void (*forward)(const forward_unit& unit);
  void (*join)(const join_unit& unit);
  // The gradient of queries, which are lanes; and of keys and values, of which the keys are lanes.
  void (*backward_queries)(const backward_unit& unit);
  void (*backward_keys)(const backward_unit& unit);
  // Σ a · b of rows of so many columns.
  void (*row_dots)(const float* a, const float* b, int64_t rows, int64_t columns, float* out);
  void (*merge)(const merge_params& p, int64_t first, int64_t last);
  // A cache's row from float32 numbers, and back.
  void (*write_row)(const cache_params& cache, int64_t slot, const float* latent, const float* rope);
  void (*read_row)(const cache_params& cache, int64_t slot, float* row);
};

#define WARPWEFT_DECLARE(name) extern const units cpu_##name;
WARPWEFT_ISA_LIST(WARPWEFT_DECLARE)
#undef WARPWEFT_DECLARE

const units& units_in_use();

}  // namespace warpweft::attention

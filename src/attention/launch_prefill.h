// What the device code of whole sequences is told: one struct by value for each kernel, in which every pointer is an address on the
// device. B batch, S sequence, H heads; row number (b · S + i) · H + h is head h of token i of sequence b.
#pragma once
#include "attention/params.h"

namespace warpweft::attention {

namespace device_prefill {

constexpr int block_rows = 64;      // rows that a block owns, and rows that pass together
constexpr int block_columns = 128;  // of what a block adds up
constexpr int block_threads = 128;
constexpr int inner_rows = 16;  // of a step of that sum
constexpr int slice_bytes = 64;
constexpr int stages = 3;  // of shared memory that rows pass through

constexpr int slice_rows_bytes = block_rows * slice_bytes;
// Rows of a step of a sum lie 16 bytes farther apart than they are long, so that those that are read together begin in other banks.
WARPWEFT_HD constexpr int inner_stride(int element_bytes) { return block_columns * element_bytes + 16; }
WARPWEFT_HD constexpr int stage_bytes(int element_bytes) {
  const int inner = inner_rows * inner_stride(element_bytes), slices = 2 * slice_rows_bytes;
  return inner > slices ? inner : slices;
}

// Queries of so many slices stay in shared memory; longer ones pass through the stages together with the keys.
constexpr int most_resident_slices = 12;

}  // namespace device_prefill

// Rows that start at multiples of 16 bytes, by their numbers.
struct device_rows {
  const char* data;
  int64_t stride;     // bytes from one to the next
  int64_t row_bytes;  // what lies beyond is not read
};

struct prefill_launch {
  device_rows q, k, v;
  device_rows grad;  // ∂L/∂out, backward only
  int64_t batches, queries, keys;
  int64_t heads, key_heads, value_heads;
  const int32_t* query_lengths;  // [B] or null: all
  const int32_t* key_lengths;    // [B] or null: all
  // Heads that read the same keys and values make a group: their queries pass side by side, token by token.
  const int32_t* group_heads;       // [H], one group after the other
  const int32_t* group_begin;       // [groups + 1]
  const int32_t* group_key_head;    // [groups]
  const int32_t* group_value_head;  // [groups]
  int64_t groups;
  int64_t blocks;   // of a group's or a head's rows
  int64_t columns;  // of what is added up: of values; in the backward pass of the gradient
  score_params score;
  sight_params sight;  // as the call has it
  bias_params bias;
  float* out;         // [B, Sq, H, Dv]; in the backward pass the gradient, like q, k or v
  float* lse;         // [B, Sq, H]
  float* state;       // [B, Sq, H, 2] top and sum of each row; or null
  const float* dots;  // [B, Sq, H] Σ grad · out, backward only
};

}  // namespace warpweft::attention

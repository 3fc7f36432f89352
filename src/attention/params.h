// What the calls of the attention family take. B batch, S sequence, H heads; every array is contiguous.
#pragma once
#include <cstdint>

#include "attention/table.gen.h"
#include "base/matrix.h"

namespace warpweft::attention {

// How rows are stored. e4m3 is a cache's alone: a row is [latent codes][one float32 factor per code_columns of them][rope, bfloat16].
enum class storage : int32_t { float32 = 0, float16 = 1, bfloat16 = 2, e4m3 = 3, count = 4 };

constexpr int64_t code_columns = 128;  // latent columns that share a factor

// Where a row of codes has its factors and its rope, in bytes.
WARPWEFT_HD constexpr int64_t factors_at(int64_t latent) { return (latent + 3) / 4 * 4; }
WARPWEFT_HD constexpr int64_t factor_count(int64_t latent) { return (latent + code_columns - 1) / code_columns; }
WARPWEFT_HD constexpr int64_t rope_at(int64_t latent) { return factors_at(latent) + 4 * factor_count(latent); }

struct score_params {
  float scale;
  float softcap;  // 0: none
};

// Query i of n stands at i + keys − n, and sees the keys from `left` before it to `right` after it.
struct sight_params {
  int64_t left, right;  // −1: no limit
  int64_t prefix;       // keys that every query sees
};

enum class bias_kind : int32_t { none = 0, slopes = 1, full = 2, count = 3 };

struct bias_params {
  bias_kind kind;
  const float* data;                  // slopes: [H]; full: [B | 1, H | 1, Sq, Sk]
  int64_t batch_stride, head_stride;  // full: elements, 0 where all share
  int64_t row_stride;
};

struct attention_params {
  int64_t batches, queries, keys;  // B, Sq, Sk
  int64_t heads, key_heads, value_heads;
  int64_t key_columns, value_columns;  // Dk, Dv
  const void* q;                       // [B, Sq, H, Dk]
  const void* k;                       // [B, Sk, Hk, Dk]
  const void* v;                       // [B, Sk, Hv, Dv]
  dtype q_type, k_type, v_type;
  const int32_t* query_lengths;  // [B] or null: all
  const int32_t* key_lengths;    // [B] or null: all
  const int32_t* key_head;       // [H]: the key head that each head reads
  const int32_t* value_head;     // [H]
  score_params score;
  sight_params sight;
  bias_params bias;
  bool batch_invariant;
  float* out;    // [B, Sq, H, Dv]
  float* lse;    // [B, Sq, H]
  float* state;  // [B, Sq, H, 2]: what the backward pass knows of a row; or null
};

struct attention_backward_params {
  attention_params of;  // out as the forward pass made it; lse is not read
  const float* grad;    // [B, Sq, H, Dv]
  float* dq;            // like q, k and v, or null
  float* dk;
  float* dv;
};

// Pages of rows [latent | rope].
struct cache_params {
  char* data;  // [slots] rows of row_bytes
  storage type;
  int64_t slots, row_bytes;
  int64_t latent_columns, rope_columns;
};

struct append_params {
  cache_params cache;
  matrix latent, rope;   // [T, latent], [T, rope]
  const int32_t* slots;  // [T]
};

struct read_params {
  cache_params cache;
  int64_t count;         // T
  const int32_t* slots;  // [T]
  float* latent;         // [T, latent]
  float* rope;           // [T, rope]
};

struct decode_params {
  cache_params cache;
  int64_t batches, queries, heads;
  const void* latent;  // [B, Sq, H, latent]
  const void* rope;    // [B, Sq, H, rope]
  dtype latent_type, rope_type;
  const int32_t* pages;  // [B, pages_a_row]: of each sequence, in order; entries beyond its length are not read
  int64_t pages_a_row;
  int page_shift;          // rows of a page: 2^page_shift
  const int32_t* lengths;  // [B]
  float scale;
  bool causal, batch_invariant;
  int64_t split;  // tokens, 0: by the shape
  float* out;     // [B, Sq, H, latent]
  float* lse;     // [B, Sq, H]
};

// Partial results of disjoint sets of keys.
struct merge_params {
  int64_t parts, rows, columns;
  const float* outputs;  // [P, rows, columns]
  const float* lses;     // [P, rows]
  float* out;            // [rows, columns]
  float* lse;            // [rows]
};

}  // namespace warpweft::attention

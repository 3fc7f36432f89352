// What device code that keeps and reads a cache is told: one struct by value for each kernel, in which every pointer is an address on the
// device.
#pragma once
#include <cstdint>

#include "attention/params.h"

namespace warpweft::attention {

// Rows into a cache, or out of it: row t of both matrices belongs to slots[t].
struct cache_launch {
  cache_params cache;
  matrix latent, rope;   // what is written
  const int32_t* slots;  // [count]
  int64_t count;
  float* latent_out;  // [count, latent] what is read
  float* rope_out;    // [count, rope]
};

// A part of a sequence's keys, [first, last). part: its number among the parts of split sequences, −1 where it is all there are.
struct decode_piece {
  int32_t sequence, first, last, part;
};

// Shared memory of a block of 16·halves query rows, in bytes from its beginning. A stage has 64 bytes of each of 16 columns: 32 keys, or 16
// of float32. Rows are 32 bytes beyond a multiple of 128 apart, so that eight of them lie in different banks.
struct decode_layout {
  int64_t steps;  // 32 bytes of a key's row
  int32_t query_stride, key_stride, raw_stride;
  int32_t partial_stride;  // of a row's scores by one warp, in floats
  int32_t weight_stride;
  int32_t keys;  // of a stage
  int32_t query_at, partial_at, factor_at, key_at, raw_at;
  int32_t stages, stage_bytes;
  int32_t bytes;  // of all
};

// The four warps that share a row's columns.
constexpr int column_shares = 4;
constexpr int decode_threads = 128;  // of 16 rows
constexpr int decode_columns = 512;  // of values that a block adds up

// same: queries are kept as keys are; else as float32.
inline decode_layout decode_layout_of(storage type, int64_t columns, int64_t row_bytes, bool same, int halves, int stages) {
  decode_layout l{};
  const int64_t size = type == storage::float32 ? 4 : 2;
  const auto apart = [](int64_t bytes) { return static_cast<int32_t>((bytes - 32 + 127) / 128 * 128 + 32); };
  const int32_t rows = 16 * halves;
  l.steps = (columns * size + 31) / 32;
  l.keys = static_cast<int32_t>(64 / size);
  l.query_stride = apart(l.steps * (same ? 32 : 128 / size));
  l.key_stride = apart(l.steps * 32);
  l.raw_stride = type == storage::e4m3 ? apart(row_bytes) : 0;
  l.partial_stride = l.keys + 8;
  l.weight_stride = l.keys * 4 + 32;
  l.partial_at = l.query_at + rows * l.query_stride;
  const int32_t partial = column_shares * rows * l.partial_stride * 4;
  const int32_t raw = l.keys * l.raw_stride, tile = l.keys * l.key_stride;
  // The only stage of codes stands where partial scores stand: it is widened before there are any.
  const bool shared = raw > 0 && stages == 1;
  l.factor_at = l.partial_at + (shared && raw > partial ? raw : partial);
  l.key_at = l.factor_at + rows * 4;
  l.stages = stages;
  l.stage_bytes = raw > 0 ? raw : tile;
  l.raw_at = shared ? l.partial_at : raw > 0 ? l.key_at + tile : l.key_at;
  l.bytes = l.key_at + (raw > 0 ? tile : 0) + (shared ? 0 : stages * l.stage_bytes);
  return l;
}

struct decode_launch {
  cache_params cache;
  const void* latent;  // [B, rows, latent], where a row is one of [Sq, H]
  const void* rope;    // [B, rows, rope]
  dtype latent_type, rope_type;
  const int32_t* pages;  // [B, pages_a_row]
  const int32_t* lengths;
  const decode_piece* pieces;
  int64_t pages_a_row;
  int32_t page_shift;
  int32_t queries, heads;
  decode_layout layout;
  int32_t row_tiles;  // of a sequence: block x is tile x % row_tiles of piece x / row_tiles
  int32_t causal;
  float scale;
  float* out;     // [B, rows, latent]
  float* lse;     // [B, rows]
  float* sums;    // [parts, rows, latent] of split sequences
  float* states;  // [parts, rows, 2] top and sum
};

// Parts of a row's keys, joined in order: of sums and states, or where states are null of finished results and their lses.
struct join_range {
  int64_t first_part, parts;
  int64_t row;  // of the result, where the first of the sequence's rows is
};
struct join_launch {
  const join_range* ranges;  // one for each block y; null: all parts of the one result there is
  int64_t parts;
  int64_t rows, columns;
  const float* sums;    // [parts, rows, columns]
  const float* states;  // [parts, rows, 2] or null
  const float* lses;    // [parts, rows]
  float* out;
  float* lse;
};

}  // namespace warpweft::attention

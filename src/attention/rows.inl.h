// How rows of keys, values and queries reach a tile: float32 rows are read where they stand, others are widened first.
#pragma once
#include "attention/ops/e4m3.h"
#include "attention/tile.inl.h"
#include "cpu/scratch.h"

namespace warpweft::attention::WARPWEFT_ISA {

WARPWEFT_HD const char* row_at(const row_source& of, int64_t t) {
  if (!of.pages) return of.data + t * of.stride;
  const int64_t within = t & ((int64_t{1} << of.page_shift) - 1);
  return of.data + ((static_cast<int64_t>(of.pages[t >> of.page_shift]) << of.page_shift) + within) * of.stride;
}

// Codes as float32, without their factor: the exponent is rebased, and what is below it counted in steps of 2⁻⁹.
WARPWEFT_HD raw widen_codes(const uint8_t* codes) {
  const hn::Rebind<uint8_t, tag> bytes;
  const auto code = hn::PromoteTo(utag(), hn::LoadU(bytes, codes));
  const auto magnitude = hn::And(code, hn::Set(utag(), 0x7fu)), sign = hn::ShiftLeft<24>(hn::And(code, hn::Set(utag(), 0x80u)));
  const auto normal = hn::Add(hn::ShiftLeft<20>(magnitude), hn::Set(utag(), 120u << 23));
  const auto small = hn::Mul(hn::ConvertTo(tag(), hn::BitCast(itag(), magnitude)), hn::Set(tag(), 0x1p-9f));
  const raw size = hn::IfThenElse(hn::RebindMask(tag(), hn::Lt(magnitude, hn::Set(utag(), 8u))), small, hn::BitCast(tag(), normal));
  const raw value =
      hn::IfThenElse(hn::RebindMask(tag(), hn::Eq(magnitude, hn::Set(utag(), 0x7fu))), hn::Set(tag(), __builtin_nanf("")), size);
  return hn::Or(value, hn::BitCast(tag(), sign));
}

inline void widen_coded_row(const char* row, int64_t latent, int64_t columns, float* HWY_RESTRICT out) {
  const uint8_t* codes = reinterpret_cast<const uint8_t*>(row);
  for (int64_t k0 = 0; k0 < latent; k0 += code_columns) {
    float factor;
    std::memcpy(&factor, row + factors_at(latent) + k0 / code_columns * 4, 4);
    const int64_t stop = latent - k0 < code_columns ? latent : k0 + code_columns;
    int64_t k = k0;
    for (; k + vec_lanes <= stop; k += vec_lanes) hn::StoreU(hn::Mul(widen_codes(codes + k), hn::Set(tag(), factor)), tag(), out + k);
    for (; k < stop; ++k) out[k] = e4m3_value(codes[k]) * factor;
  }
  widen(row + rope_at(latent), dtype::bfloat16, 0, columns - latent, out + latent);
}

inline void widen_row(const char* row, storage type, int64_t latent, int64_t columns, float* HWY_RESTRICT out) {
  if (type == storage::e4m3)
    widen_coded_row(row, latent, columns, out);
  else
    widen(row, static_cast<dtype>(type), 0, columns, out);
}

// Where the rows [t0, t0 + count) are as float32, up to a whole tile: what is beyond them is the last one again. Rows that are not
// float32, or that are to be `gathered`, go through `room`, [tile_rows][stride].
inline void rows_of_tile(const row_source& of, int64_t t0, int64_t count, bool gathered, float* room, int64_t stride, const float** at) {
  for (int64_t i = 0; i < count; ++i) {
    const char* row = row_at(of, t0 + i);
    if (of.type == storage::float32 && !gathered) {
      at[i] = reinterpret_cast<const float*>(row);
      continue;
    }
    widen_row(row, of.type, of.latent, of.columns, room + i * stride);
    at[i] = room + i * stride;
  }
  for (int64_t i = count; i < tile_rows; ++i) at[i] = at[count - 1];
}

// Rows from t0 on as they are stored, a whole tile of them: what is beyond `last` is some row again.
inline rows_ahead next_rows(const row_source& of, int64_t t0, int64_t last, const char** at) {
  if (t0 >= last) return {};
  for (int64_t i = 0; i < tile_rows; ++i) at[i] = row_at(of, t0 + i < last ? t0 + i : last - 1);
  return {at, of.stride};
}

// Rows that would all fall into a few sets of the cache are better gathered, where they are read by more panels than one.
inline bool worth_gathering(const row_source& of, int64_t lanes) {
  constexpr int64_t page = 4096;
  return !of.pages && lanes > most_vecs * vec_lanes && of.stride % page == 0;
}
inline bool through_room(const row_source& of, bool gathered) { return gathered || of.type != storage::float32; }

// Lanes as a panel [k][width], zeros beyond `count`. read(lane, first column, columns, out) gives some of a lane's numbers.
template <int vecs, class Read>
void pack_panel(int64_t count, int64_t columns, float* HWY_RESTRICT out, const Read& read) {
  constexpr int width = vecs * vec_lanes;
  HWY_ALIGN float buffer[width * read_chunk];
  std::memset(buffer, 0, sizeof(buffer));
  for (int64_t k0 = 0; k0 < columns; k0 += read_chunk) {
    const int64_t n = columns - k0 < read_chunk ? columns - k0 : read_chunk;
    for (int64_t lane = 0; lane < count; ++lane) read(lane, k0, n, buffer + lane * read_chunk);
    transpose_chunk<width>(buffer, read_chunk, n, out + k0 * width);
  }
}

// Queries are [tokens, heads, columns].
inline const char* query_at(const query_part& part, int64_t heads, int64_t token, int64_t head) {
  return part.data + (token * heads + head) * part.columns * size_of(static_cast<dtype>(part.type));
}

template <int vecs>
void pack_queries(const query_rows& rows, int64_t first, int64_t count, const query_part (&parts)[2], int64_t heads, float* out) {
  for (const query_part& part : parts) {
    if (!part.data) continue;
    pack_panel<vecs>(count, part.columns, out, [&](int64_t lane, int64_t k0, int64_t n, float* to) HWY_ATTR {
      const char* row = query_at(part, heads, rows.token(first + lane), rows.head(first + lane));
      widen(row, static_cast<dtype>(part.type), k0, n, to);
    });
    out += part.columns * vecs * vec_lanes;
  }
}

// Queries as the rows of a tile.
inline void queries_of_tile(const query_rows& rows, int64_t first, int64_t count, const query_part& part, int64_t heads, float* room,
                            int64_t stride, const float** at) {
  constexpr int64_t page = 4096;  // see worth_gathering
  const bool gathered = part.type != storage::float32 || heads * part.columns * 4 % page == 0;
  for (int64_t i = 0; i < count; ++i) {
    const char* row = query_at(part, heads, rows.token(first + i), rows.head(first + i));
    at[i] = gathered ? room + i * stride : reinterpret_cast<const float*>(row);
    if (gathered) widen(row, static_cast<dtype>(part.type), 0, part.columns, room + i * stride);
  }
  for (int64_t i = count; i < tile_rows; ++i) at[i] = at[count - 1];
}

// A panel's lanes as rows, times `share`. acc: [columns][width]; to(lane) is where a lane's row goes, or null.
template <int vecs, class To>
void unpack_panel(const float* HWY_RESTRICT acc, int64_t count, int64_t columns, const float* share, bool add, const To& to) {
  constexpr int width = vecs * vec_lanes;
  for (int64_t lane = 0; lane < count; ++lane) {
    float* HWY_RESTRICT out = to(lane);
    const float by = share[lane];
    if (add)
      for (int64_t c = 0; c < columns; ++c) out[c] += acc[c * width + lane] * by;
    else
      for (int64_t c = 0; c < columns; ++c) out[c] = acc[c * width + lane] * by;
  }
}

}  // namespace warpweft::attention::WARPWEFT_ISA

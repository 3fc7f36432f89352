// What a kernel is told about an array it did not make.
#pragma once
#include <cstdint>

#include "base/hd.h"

namespace warpweft {

enum class dtype : int32_t { float32 = 0, float16 = 1, bfloat16 = 2, int32 = 3, int8 = 4, uint8 = 5 };

// Bytes of an element.
WARPWEFT_HD constexpr int64_t size_of(dtype type) {
  switch (type) {
    case dtype::float16:
    case dtype::bfloat16: return 2;
    case dtype::int8:
    case dtype::uint8: return 1;
    default: return 4;
  }
}

// Element (i, k) stands at data[i · stride + k · step], counted in elements.
struct matrix {
  const void* data = nullptr;  // [rows, columns]
  dtype type = dtype::float32;
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t stride = 0;
  int64_t step = 1;
};

// Rows as the packers read them: (element − offset[i]) · scale[i] − shift[k], with row number r taken from order[r].
struct rows_view {
  matrix of;
  const float* shift = nullptr;    // [columns] or null
  const float* scale = nullptr;    // [rows], by the matrix's own row number, or null
  const double* offset = nullptr;  // [rows] likewise
  const float* low = nullptr;      // [rows, columns]: what float32 left of rows that were computed; exact evaluations add it
  const float* back = nullptr;     // [columns] or null: what was taken off rows as they are stored; exact evaluations add it
  const int32_t* order = nullptr;  // [rows] or null: the r-th row to visit
  int panel = 0;                   // not 0: rows are stored packed, [panel of so many rows][word][row], see packed_at
  int64_t row(int64_t r) const { return order ? order[r] : r; }
};

// Columns in a 32-bit word of packed rows.
constexpr int64_t columns_a_word(dtype type) { return 4 / size_of(type); }

// Where element (i, k) of packed rows stands, counted in elements. int8 codes are stored 128 higher than they are.
constexpr int64_t packed_at(dtype type, int64_t columns, int panel, int64_t i, int64_t k) {
  const int64_t each = columns_a_word(type), depth = (columns + each - 1) / each;
  return ((i / panel * depth + k / each) * panel + i % panel) * each + k % each;
}

}  // namespace warpweft

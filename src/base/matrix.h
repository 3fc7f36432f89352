// What a kernel is told about an array it did not make.
#pragma once
#include <cstdint>

namespace warpweft {

enum class dtype : int32_t { float32 = 0, float16 = 1, bfloat16 = 2, int32 = 3, int8 = 4, uint8 = 5 };

// Bytes of an element.
constexpr int64_t size_of(dtype type) {
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

// Rows as the packers read them: element · scale[i] − shift[k], with row number r taken from order[r].
struct rows_view {
  matrix of;
  const float* shift = nullptr;    // [columns] or null
  const float* scale = nullptr;    // [rows], by the matrix's own row number, or null
  const int32_t* order = nullptr;  // [rows] or null: the r-th row to visit
  int64_t row(int64_t r) const { return order ? order[r] : r; }
};

}  // namespace warpweft

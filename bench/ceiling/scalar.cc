#include "scalar.h"

#include <math.h>

namespace ceiling {
namespace {

float cityblock(const float* x, const float* y, int columns) {
  float sum = 0;
  for (int k = 0; k < columns; ++k) sum += fabsf(x[k] - y[k]);
  return sum;
}

}  // namespace

float scalar_differences(float x) {
  static thread_local float left[kScalarRows * kScalarColumns], right[kScalarRows * kScalarColumns];
  for (float& value : left) value = x;
  float total = 0;
  for (int i = 0; i < kScalarRows; ++i)
    for (int j = 0; j < kScalarRows; ++j) total += cityblock(left + i * kScalarColumns, right + j * kScalarColumns, kScalarColumns);
  return total;
}

}  // namespace ceiling

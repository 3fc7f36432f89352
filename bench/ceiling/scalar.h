// What anyone would write first: the scalar loop that vector code is compared with. Its file is compiled with -O2 and
// without vectorization.
#pragma once

namespace ceiling {

constexpr int kScalarRows = 32, kScalarColumns = 128;  // two such matrices stay in the first cache
constexpr double kScalarTerms = 1.0 * kScalarRows * kScalarRows * kScalarColumns;

// The sum of |x − y| over every pair of rows of two matrices; `x` fills one of them.
float scalar_differences(float x);

}  // namespace ceiling

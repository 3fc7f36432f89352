// How a metric's value is made safe where the expansion |x|² + |y|² − 2x·y, or 1 − cos, cancels.
#pragma once

namespace warpweft::distance {

enum class exact {
  none,        // judged relative to |x||y|; the dot is good enough
  difference,  // near pairs are re-evaluated from Σ_k (x_k − y_k)²
  dot64,       // near pairs are re-evaluated from a float64 dot
};

// What a row or column scalar is.
enum class row_scalar { none, square_norm, inverse_norm };

}  // namespace warpweft::distance

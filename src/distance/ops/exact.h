// How a metric's value is made safe where the expansion |x|² + |y|² − 2x·y, or 1 − cos, cancels.
#pragma once

namespace warpweft::distance {

enum class exact {
  none,        // judged relative to |x||y|; the dot is good enough
  difference,  // near pairs are re-evaluated from Σ_k (x_k − y_k)²
  dot64,       // near pairs are re-evaluated from a float64 dot
};

// Pairs within this share of their norms are re-evaluated in the tile; values that a caller is given, within the second.
constexpr float near_share = 1e-2f;
constexpr float returned_share = 0.5f;

// What a row or column scalar is.
enum class row_scalar { none, square_norm, inverse_norm };

}  // namespace warpweft::distance

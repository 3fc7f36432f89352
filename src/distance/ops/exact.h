// What a metric says of itself: how its pairs are made, what it knows of each row, and how its value is made safe where
// the expansion |x|² + |y|² − 2x·y, or 1 − cos, cancels.
#pragma once

namespace warpweft::distance {

// dot: a function of x·y and of one or two numbers a row. elementwise: one accumulation over the coordinates of x − y.
enum class form { dot, elementwise };

enum class exact {
  none,        // judged relative to |x||y|; the dot is good enough
  difference,  // near pairs are re-evaluated from Σ_k (x_k − y_k)²
  dot64,       // near pairs are re-evaluated from a float64 dot
};

// Pairs within this share of their norms are re-evaluated in the tile; values that a caller is given, within the second.
constexpr float near_share = 1e-2f;
constexpr float returned_share = 0.5f;

// What is known of a row or column.
enum class row_scalar { none, square_norm, inverse_norm };

// What a row's gradient has beside Σ_j c_ij y_j, with c = w ∂value/∂(x·y):
enum class own_part {
  none,
  difference,  // −(Σ_j c_ij) x_i
  separate,    // (Σ_j o_ij) x_i, with weights of its own
};

// A row as a functor sees it: its row scalar, and what the metric makes of that.
template <class V>
struct row_side {
  V norm, extra;
};

}  // namespace warpweft::distance

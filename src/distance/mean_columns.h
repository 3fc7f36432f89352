// bfloat16 rows whose means are taken off their dots by columns beside them, so that they meet in the machine's own bfloat16 dots:
//   Σ_k (x_k − m)(y_k − n) = x·y − (√D m)(√D n)
// √D m is the sum of three bfloat16 numbers h + l + e, and the product of two such sums six columns: hh', hl', lh', ll', he', eh'.
#pragma once
#include "cpu/buffer.h"
#include "distance/visit.h"

namespace warpweft::distance {

class rows_with_means {
 public:
  // Of rows with offsets. The minus is on the side of x.
  void make(const rows_view& rows, bool of_x, const visit& how);
  // Null where nothing was made.
  const rows_view* view() const { return rows_.size() > 0 ? &view_ : nullptr; }

 private:
  cpu::buffer<uint16_t> rows_;
  rows_view view_;
};

// Whether what is taken off is small beside what is left, so that float32 sums lose nothing by it.
// norm: Σ (x_k − m)² of each row, or its root; in visiting order
bool means_are_small(const rows_view& rows, const double* norm, bool root);

}  // namespace warpweft::distance

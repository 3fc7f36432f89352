// The pairs within a radius, until their number is known and somebody has made room for them.
#pragma once
#include <memory>
#include <vector>

#include "distance/list.h"
#include "distance/params.h"

namespace warpweft::distance {

class found_pairs {
 public:
  // Rows come in blocks of `block_rows`, which may be closed from several threads.
  void open(int64_t rows, int64_t block_rows, bool larger);
  // lists: one for each of `rows` rows from `first`, where a block begins. Sorts them.
  void close(int64_t first, int64_t rows, std::vector<entry>* lists);
  // The same of whole blocks, or the last rows, whose lists are sorted and follow one another.
  void close(int64_t first, int64_t rows, const int32_t* counts, const entry* sorted);
  // Counts become offsets. The sum of all is at most 2³¹ − 1.
  void finish();

  int64_t rows() const { return static_cast<int64_t>(offsets_.size()) - 1; }
  int64_t total() const { return offsets_.back(); }
  // offsets[i] … offsets[i + 1]: the pairs of row i. [rows + 1]
  const std::vector<int32_t>& offsets() const { return offsets_; }

  int64_t blocks() const { return static_cast<int64_t>(blocks_.size()); }
  void copy_block(int64_t block, int32_t* indices, float* values) const;

 private:
  std::vector<int32_t> offsets_{0};
  std::vector<std::unique_ptr<entry[]>> blocks_;
  int64_t block_rows_ = 1;
  bool larger_ = false;
};

// Keys grow with distance.
struct radius_keys {
  float farthest;   // that is within
  float candidate;  // the farthest that a sweep may give to such a pair
};
radius_keys keys_of(metric_id metric, float radius);

// Throws where more were found than the caller allows.
void check_pairs(int64_t total, int64_t most);

}  // namespace warpweft::distance

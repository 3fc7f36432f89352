// Rows sorted by label: the rows of one label then stand in one range, so that a tile meets all positives of a row together.
#pragma once
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace warpweft {

// Stable, so equal labels keep the order of their rows.
inline std::vector<int32_t> sorted_by_label(const int32_t* labels, int64_t rows) {
  std::vector<int32_t> order(static_cast<size_t>(rows));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return labels[a] < labels[b]; });
  return order;
}

struct label_range {
  int64_t begin, end;
};

// Where `label` stands among rows visited in `order`.
inline label_range range_of(const std::vector<int32_t>& order, const int32_t* labels, int32_t label) {
  const auto first = std::lower_bound(order.begin(), order.end(), label, [&](int32_t row, int32_t l) { return labels[row] < l; });
  const auto last = std::upper_bound(first, order.end(), label, [&](int32_t l, int32_t row) { return l < labels[row]; });
  return {first - order.begin(), last - order.begin()};
}

}  // namespace warpweft

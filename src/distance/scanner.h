// What blocks of rows are met with in a scan: the queries as the kernels take them, and values out of sums.
#pragma once
#include <algorithm>

#include "cpu/plan.h"
#include "cpu/threads.h"
#include "distance/scan.h"

namespace warpweft::distance {

constexpr int block_panels = 8;  // rows that are folded together; their values stay in the first-level cache
constexpr int most_lanes = 512;  // of a block on any instruction set

// A query as codes, high · 2⁻⁸ + low of its largest element: sums of either with rows of codes are exact.
struct coded {
  double scale[2];   // of each term
  int64_t total[2];  // Σ of its codes
};

// All that a block of rows is met with.
class scanner {
 public:
  // Rows as they are stored.
  scanner(const pair_params& pair, const traits& metric);
  // Packed rows of a base; x_scale: of queries that are codes.
  scanner(const operands& both, float x_scale);
  scanner(const scanner&) = delete;

  int64_t few() const { return few_; }
  int64_t rows() const { return rows_; }
  const score_context& pair() const { return c_; }
  int block() const { return block_panels * family_.lanes; }
  // Of rows, fixed by the shape: at most 64, each of them worth a thread's while.
  int64_t range_rows() const {
    constexpr int64_t most_ranges = 64, worth_sharing = 1 << 18;
    const int64_t least = std::max((rows_ + most_ranges - 1) / most_ranges, worth_sharing / std::max<int64_t>(1, columns_));
    return cpu::up_to_multiple(std::max<int64_t>(1, least), block());
  }
  int64_t ranges() const { return (rows_ + range_rows() - 1) / range_rows(); }

  // Calls fold(range, query, values, first row, rows) for each block of each range in order.
  template <class Fold>
  void run(const call_options& how, const Fold& fold) const {
    constexpr double worth_waking = 1 << 20;  // elements that are read
    if (how.control) how.control->begin_sweep();
    const int64_t range = range_rows(), count = ranges();
    const auto one = [&](int64_t r) {
      const int64_t end = std::min(rows_, (r + 1) * range);
      for (int64_t first = r * range; first < end; first += block()) {
        alignas(64) float values[most_few * most_lanes];
        const int lanes = static_cast<int>(std::min<int64_t>(block(), end - first));
        meet(first, lanes, values);
        for (int64_t q = 0; q < few_; ++q) fold(r, q, values + q * most_lanes, first, lanes);
      }
    };
    if (static_cast<double>(rows_) * static_cast<double>(columns_) < worth_waking)
      for (int64_t r = 0; r < count; ++r) one(r);
    else
      cpu::parallel(count, how.threads, how.control, [&](int64_t r, int) { one(r); });
    if (how.control) how.control->advance(1, 1);
  }

 private:
  float inverse_of(const rows_view& view, int64_t row, double& norm) const;
  void take_codes(const rows_view& queries, float x_scale);
  // values: [few][most_lanes]
  void meet(int64_t first, int lanes, float* values) const;
  void invert(int64_t first, int lanes, float* squares) const;
  void meet_codes(int64_t first, int lanes, float* values) const;

  const scans& family_ = scans_in_use();
  const int64_t few_, columns_, rows_;
  const bool packed_;
  bool inverse_ = false, coded_ = false;
  int terms_ = 1;
  const cpu::kernels& kern_ = cpu::in_use().bf16_pairs ? *cpu::in_use().bf16_pairs : *cpu::in_use().float32;
  cpu::sum_of what_ = cpu::sum_of::dot;
  rows_view x_, y_;
  score_context c_{};
  const float* queries_ = nullptr;
  coded code_[most_few];
  float known_[most_few] = {};
  double norm_[most_few] = {};
};

}  // namespace warpweft::distance

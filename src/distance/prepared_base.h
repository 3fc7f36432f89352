// What is known of a base that has been prepared, wherever its rows lie: each place has its own kind.
#pragma once
#include <algorithm>

#include "distance/params.h"

namespace warpweft::gpu {
class device;
}

namespace warpweft::distance {

class prepared_base {
 public:
  prepared_base(const prepare_params& p, gpu::device* on)
      : metric_(p.pair.metric), type_(p.type), rows_(p.pair.x.rows), columns_(p.pair.x.columns), on_(on) {
    std::copy_n(p.pair.scalars, most_metric_scalars, scalars_);
  }
  prepared_base(const prepared_base&) = delete;
  virtual ~prepared_base() = default;

  metric_id metric() const { return metric_; }
  const double* scalars() const { return scalars_; }
  dtype type() const { return type_; }  // that rows were rounded to
  int64_t row_count() const { return rows_; }
  int64_t columns() const { return columns_; }
  gpu::device* on() const { return on_; }  // null: in host memory
  virtual int64_t bytes() const = 0;

 private:
  const metric_id metric_;
  double scalars_[most_metric_scalars];
  const dtype type_;
  const int64_t rows_, columns_;
  gpu::device* const on_;
};

}  // namespace warpweft::distance

// A base that is searched again and again on a GPU: its rows as the kernels read them, and what is known of each. A snapshot that owns all
// it needs.
#pragma once
#include "distance/gpu_rows.h"
#include "distance/prepared_base.h"

namespace warpweft::distance::on_gpu {

class prepared : public prepared_base {
 public:
  prepared(const prepare_params& p, gpu::device& on);

  const device_side& side() const { return side_; }
  const row_maker& rows() const { return rows_; }  // of whose whitening queries are whitened
  // The element type of the kernels that meet it.
  dtype read_as() const { return read_as_; }
  int64_t bytes() const override { return rows_.bytes(); }

 private:
  void keep_codes(const prepare_params& p, gpu::device& on);

  const dtype read_as_;
  row_maker rows_;
  device_side side_{};
};

}  // namespace warpweft::distance::on_gpu

// What loss kernels are told. binding.cc alone fills these; fixed-width fields and plain pointers only.
#pragma once
#include <cstdint>

#include "base/matrix.h"
#include "distance/table.gen.h"
#include "loss/table.gen.h"

namespace warpweft::loss {

constexpr int most_scalars = 8;

struct loss_params {
  loss_id loss;
  double scalars[most_scalars];  // the entry's, in table order
  distance::metric_id metric;
  bool mined;
  miner_id miner;
  double miner_scalars[most_scalars];
  reduction_id reduction;
  bool normalize;
  matrix x;                 // [n, d] anchors
  matrix y;                 // [m, d] candidates
  bool self;                // y is x, and (i, i) is no pair
  const int32_t* x_labels;  // [n], null where pairs come from positions
  const int32_t* y_labels;  // [m]
};

struct forward_params {
  loss_params of;
  float* value;  // [1], or [n] without reduction
  float* state;  // [state_size]
};

struct backward_params {
  loss_params of;
  const float* state;
  const float* grad;     // [1], or [n] without reduction
  float* dx;             // [n, d] or null; with self, both sides
  float* dy;             // [m, d] or null
  float* d_temperature;  // [1] or null
};

struct mine_params {
  loss_params of;  // loss and reduction are not read
};

}  // namespace warpweft::loss

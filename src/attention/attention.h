// The operations of the attention family.
#pragma once
#include "attention/params.h"
#include "base/job.h"

namespace warpweft::attention {

void forward(const attention_params& p, const call_options& how);
void backward(const attention_backward_params& p, const call_options& how);
void decode(const decode_params& p, const call_options& how);
void append(const append_params& p, const call_options& how);
void read(const read_params& p, const call_options& how);
void merge(const merge_params& p, const call_options& how);

// Bytes from a cache's row to the next. On a device rows begin at multiples of 32, and zeros fill them up to there.
int64_t row_bytes(storage type, int64_t latent_columns, int64_t rope_columns, bool on_device);

}  // namespace warpweft::attention

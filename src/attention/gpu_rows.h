// Whole rows on a GPU: what a layer does to them round its attention. Everything is enqueued. Parameters are those of the CPU with
// addresses on the device, but for what norm.h, rope.h and embed.h say lies in host memory.
#pragma once
#include "attention/embed.h"
#include "attention/norm.h"
#include "attention/rope.h"
#include "gpu/launch.h"

namespace warpweft::attention::on_gpu {

void rms_norm(const norm_params& p, gpu::device& on);
void rope(const rope_params& p, gpu::device& on);
void embed(const embed_params& p, gpu::device& on);
void embed_backward(const embed_backward_params& p, gpu::device& on);

// Rows [rows, columns] without gaps as they are multiplied: of `type`, each at a multiple of 16 bytes; where they are, or a copy.
struct packed_rows {
  const char* data;
  int64_t stride;  // bytes
  gpu::buffer copy;
};
packed_rows packed(gpu::device& on, const void* data, dtype from, int64_t rows, int64_t columns, dtype type);

// out[i] = Σ_k a[i, k] b[i, k]
void row_dots(gpu::device& on, const float* a, const float* b, int64_t rows, int64_t columns, float* out);

}  // namespace warpweft::attention::on_gpu

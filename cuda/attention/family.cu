// The attention family's device code, one module: the paged cache and what decodes from it, attention over whole sequences, and the rows
// that a layer prepares round it.
#include "cuda/attention/cache.cuh"
#include "cuda/attention/decode.cuh"
#include "cuda/attention/merge.cuh"
#include "cuda/attention/prefill.cuh"
#include "cuda/attention/prefill_backward.cuh"
#include "cuda/attention/rows.cuh"

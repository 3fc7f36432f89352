// The attention family's device code, one module.
#include "cuda/attention/cache.cuh"
#include "cuda/attention/decode.cuh"
#include "cuda/attention/merge.cuh"

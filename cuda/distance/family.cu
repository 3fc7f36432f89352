// The distance family's device code, one module.
#include "cuda/distance/gradient.cuh"
#include "cuda/distance/pairwise.cuh"
#include "cuda/distance/prepare.cuh"
#include "cuda/distance/reduce.cuh"
#include "cuda/distance/top_k.cuh"

// The distance family's device code, one module.
#include "cuda/distance/fold.cuh"
#include "cuda/distance/gradient.cuh"
#include "cuda/distance/maps.cuh"
#include "cuda/distance/pairwise.cuh"
#include "cuda/distance/partial.cuh"
#include "cuda/distance/prepare.cuh"
#include "cuda/distance/terms.cuh"
#include "cuda/distance/top_k.cuh"

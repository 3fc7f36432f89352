// Arithmetic on whole tensors: one kernel walks the elements of any layout, one sums, the rest are what training needs beside them.
#include "cuda/algebra/elementwise.cuh"
#include "cuda/algebra/matmul.cuh"
#include "cuda/algebra/normalize.cuh"
#include "cuda/algebra/optimize.cuh"
#include "cuda/algebra/softmax.cuh"
#include "cuda/algebra/sum.cuh"

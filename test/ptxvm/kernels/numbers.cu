// Arithmetic in the 16-bit types and in double, each formula in one line so that the host can say the same.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

extern "C" __global__ void halves(const float* x, const float* y, float* out) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const __half2 a = __floats2half2_rn(x[i], y[i]), b = __floats2half2_rn(y[i], x[i]);
  const __nv_bfloat162 c = __floats2bfloat162_rn(x[i], y[i]), e = __floats2bfloat162_rn(y[i], x[i]);
  float* to = out + i * 8;
  to[0] = __low2float(__hfma2(a, b, a));
  to[1] = __high2float(__hadd2(a, b));
  to[2] = __low2float(__hmul2(a, b));
  to[3] = __low2float(__hmax2(a, b));
  to[4] = __low2float(__hfma2(c, e, c));
  to[5] = __high2float(__hadd2(c, e));
  to[6] = __low2float(__hmul2(c, e));
  to[7] = __hlt(__low2half(a), __low2half(b)) ? 1.0f : 0.0f;
}

extern "C" __global__ void doubles(const double* x, const double* y, double* out) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  double* to = out + i * 6;
  to[0] = fma(x[i], y[i], x[i]);
  to[1] = x[i] / y[i];
  to[2] = sqrt(fabs(x[i]));
  to[3] = (double)(long long)x[i];
  to[4] = fmin(x[i], y[i]);
  to[5] = exp(-fabs(x[i]));
}

extern "C" __global__ void integers(const int* x, const int* y, long long* out) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  long long* to = out + i * 6;
  to[0] = x[i] / y[i];
  to[1] = x[i] % y[i];
  to[2] = (unsigned)x[i] / (unsigned)y[i];
  to[3] = ((long long)x[i] << 20) / y[i];
  to[4] = __mul64hi((long long)x[i] << 33, (long long)y[i] << 31);
  to[5] = __popcll((long long)x[i] * y[i]);
}

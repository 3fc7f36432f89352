#ifdef PTXVM_CUDA_HEADERS
#include "nvidia_conversions.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>

#include <bit>

namespace nvidia {
namespace {

float float_of(uint64_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits)); }
__half_raw raw_of(uint64_t bits) {
  __half_raw raw;
  raw.x = static_cast<unsigned short>(bits);
  return raw;
}
__half half_of(uint64_t bits) { return __half(raw_of(bits)); }
uint64_t bits_of(__half h) { return static_cast<__half_raw>(h).x; }
uint64_t bits_of(__nv_bfloat16 h) { return static_cast<__nv_bfloat16_raw>(h).x; }

}  // namespace

uint64_t f16_to_f32(uint64_t x) { return std::bit_cast<uint32_t>(__half2float(half_of(x))); }
uint64_t bf16_to_f32(uint64_t x) {
  __nv_bfloat16_raw raw;
  raw.x = static_cast<unsigned short>(x);
  return std::bit_cast<uint32_t>(__bfloat162float(__nv_bfloat16(raw)));
}
uint64_t f32_to_f16(uint64_t x, char rounding) {
  switch (rounding) {
    case 'n': return bits_of(__float2half_rn(float_of(x)));
    case 'z': return bits_of(__float2half_rz(float_of(x)));
    case 'd': return bits_of(__float2half_rd(float_of(x)));
    default: return bits_of(__float2half_ru(float_of(x)));
  }
}
uint64_t f32_to_bf16(uint64_t x, char rounding) {
  return rounding == 'n' ? bits_of(__float2bfloat16_rn(float_of(x))) : bits_of(__float2bfloat16_rz(float_of(x)));
}

uint64_t f16_to_s16(uint64_t x) { return static_cast<uint16_t>(__half2short_rz(half_of(x))); }
uint64_t f16_to_u16(uint64_t x) { return __half2ushort_rz(half_of(x)); }
uint64_t f16_to_s32(uint64_t x) { return static_cast<uint32_t>(__half2int_rz(half_of(x))); }
uint64_t f16_to_u32(uint64_t x) { return __half2uint_rz(half_of(x)); }
uint64_t f16_to_s64(uint64_t x) { return static_cast<uint64_t>(__half2ll_rz(half_of(x))); }
uint64_t f16_to_u64(uint64_t x) { return __half2ull_rz(half_of(x)); }
uint64_t s16_to_f16(uint64_t x) { return bits_of(__short2half_rn(static_cast<short>(x))); }
uint64_t u16_to_f16(uint64_t x) { return bits_of(__ushort2half_rn(static_cast<unsigned short>(x))); }

uint64_t f32_to_e4m3(uint64_t x) { return __nv_cvt_float_to_fp8(float_of(x), __NV_SATFINITE, __NV_E4M3); }
uint64_t f32_to_e5m2(uint64_t x) { return __nv_cvt_float_to_fp8(float_of(x), __NV_SATFINITE, __NV_E5M2); }
uint64_t f16_to_e4m3(uint64_t x) { return __nv_cvt_halfraw_to_fp8(raw_of(x), __NV_SATFINITE, __NV_E4M3); }
uint64_t f16_to_e5m2(uint64_t x) { return __nv_cvt_halfraw_to_fp8(raw_of(x), __NV_SATFINITE, __NV_E5M2); }
uint64_t e4m3_to_f16(uint64_t x) { return __nv_cvt_fp8_to_halfraw(static_cast<__nv_fp8_storage_t>(x), __NV_E4M3).x; }
uint64_t e5m2_to_f16(uint64_t x) { return __nv_cvt_fp8_to_halfraw(static_cast<__nv_fp8_storage_t>(x), __NV_E5M2).x; }

}  // namespace nvidia
#endif

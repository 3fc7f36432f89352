// NVIDIA's own host conversions, bits to bits. They have a file of their own because their headers and the driver's cannot be
// included together.
#pragma once
#include <cstdint>

namespace nvidia {

uint64_t f16_to_f32(uint64_t x);
uint64_t bf16_to_f32(uint64_t x);
uint64_t f32_to_f16(uint64_t x, char rounding);  // 'n' to nearest, 'z' to zero, 'd' down, 'u' up
uint64_t f32_to_bf16(uint64_t x, char rounding);
// Towards zero.
uint64_t f16_to_s16(uint64_t x);
uint64_t f16_to_u16(uint64_t x);
uint64_t f16_to_s32(uint64_t x);
uint64_t f16_to_u32(uint64_t x);
uint64_t f16_to_s64(uint64_t x);
uint64_t f16_to_u64(uint64_t x);
uint64_t s16_to_f16(uint64_t x);
uint64_t u16_to_f16(uint64_t x);
// Saturating.
uint64_t f32_to_e4m3(uint64_t x);
uint64_t f32_to_e5m2(uint64_t x);
uint64_t f16_to_e4m3(uint64_t x);
uint64_t f16_to_e5m2(uint64_t x);
uint64_t e4m3_to_f16(uint64_t x);
uint64_t e5m2_to_f16(uint64_t x);

}  // namespace nvidia

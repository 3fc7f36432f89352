// cvt against NVIDIA's own host conversions (cuda_fp16.h, cuda_bf16.h, cuda_fp8.h): all 2¹⁶ inputs of a 16-bit source, and for f32
// sources every pattern of the upper 16 bits with lower halves chosen around the rounding points. Without those headers it is skipped.
#include "nvidia_conversions.h"
#include "rows.h"

namespace {

#ifdef PTXVM_CUDA_HEADERS

std::vector<uint64_t> all_16_bits() {
  std::vector<uint64_t> values(1 << 16);
  for (size_t i = 0; i < values.size(); ++i) values[i] = i;
  return values;
}

// Lower halves around the ties of f16 (13 bits dropped), bf16 (16), e4m3 and e5m2 (20 and 21: the upper half decides).
std::vector<uint64_t> floats(uint32_t lower) {
  std::vector<uint64_t> values(1 << 16);
  for (size_t i = 0; i < values.size(); ++i) values[i] = i << 16 | lower;
  return values;
}
constexpr uint32_t lowers[] = {0, 1, 0x0fff, 0x1000, 0x1001, 0x2fff, 0x3000, 0x3001, 0x7fff, 0x8000, 0x8001, 0xefff, 0xf000, 0xffff};

template <class F>
void compare(const std::string& body, const std::string& result, const std::string& source, const std::vector<uint64_t>& values, F host) {
  ptx::changed_settings device;
  device.set(&ptxvm::options::capability, 90);
  const std::vector<uint64_t> got = ptx::evaluate(body, result, {{source, values}}, "sm_90");
  size_t differences = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const uint64_t wanted = host(values[i]);
    if (got[i] != wanted && ++differences <= 3)
      CHECK(got[i] == wanted, std::hex, body, " of 0x", values[i], " is 0x", got[i], ", NVIDIA's 0x", wanted);
  }
  CHECK_EQ(differences, size_t{0}, body);
}

TEST("cvt host: f16 to f32, exhaustive") {
  compare("cvt.f32.f16 %d, %a;", "f32", "f16", all_16_bits(), [](uint64_t x) { return nvidia::f16_to_f32(x); });
}
TEST("cvt host: bf16 to f32, exhaustive") {
  compare("cvt.f32.bf16 %d, %a;", "f32", "bf16", all_16_bits(), [](uint64_t x) { return nvidia::bf16_to_f32(x); });
}
TEST("cvt host: f32 to f16 in four roundings") {
  for (const uint32_t lower : lowers) {
    const auto values = floats(lower);
    compare("cvt.rn.f16.f32 %d, %a;", "f16", "f32", values, [](uint64_t x) { return nvidia::f32_to_f16(x, 'n'); });
    compare("cvt.rz.f16.f32 %d, %a;", "f16", "f32", values, [](uint64_t x) { return nvidia::f32_to_f16(x, 'z'); });
    compare("cvt.rm.f16.f32 %d, %a;", "f16", "f32", values, [](uint64_t x) { return nvidia::f32_to_f16(x, 'd'); });
    compare("cvt.rp.f16.f32 %d, %a;", "f16", "f32", values, [](uint64_t x) { return nvidia::f32_to_f16(x, 'u'); });
  }
}
TEST("cvt host: f32 to bf16, to nearest and to zero") {
  for (const uint32_t lower : lowers) {
    const auto values = floats(lower);
    compare("cvt.rn.bf16.f32 %d, %a;", "bf16", "f32", values, [](uint64_t x) { return nvidia::f32_to_bf16(x, 'n'); });
    compare("cvt.rz.bf16.f32 %d, %a;", "bf16", "f32", values, [](uint64_t x) { return nvidia::f32_to_bf16(x, 'z'); });
  }
}
TEST("cvt host: f32 to f16x2 and bf16x2, the first source high") {
  for (const uint32_t lower : lowers) {
    const auto values = floats(lower);
    compare("{ .reg .f32 o; mov.f32 o, 0f3F800000; cvt.rn.f16x2.f32 %d, %a, o; }", "f16x2", "f32", values,
            [](uint64_t x) { return nvidia::f32_to_f16(x, 'n') << 16 | 0x3c00; });
    compare("{ .reg .f32 o; mov.f32 o, 0f3F800000; cvt.rn.bf16x2.f32 %d, o, %a; }", "bf16x2", "f32", values,
            [](uint64_t x) { return uint64_t{0x3f80} << 16 | nvidia::f32_to_bf16(x, 'n'); });
  }
}
TEST("cvt host: f16 to integers, exhaustive") {
  const auto values = all_16_bits();
  compare("cvt.rzi.s32.f16 %d, %a;", "s32", "f16", values, [](uint64_t x) { return nvidia::f16_to_s32(x); });
  compare("cvt.rzi.u32.f16 %d, %a;", "u32", "f16", values, [](uint64_t x) { return nvidia::f16_to_u32(x); });
  compare("cvt.rzi.s16.f16 %d, %a;", "s16", "f16", values, [](uint64_t x) { return nvidia::f16_to_s16(x); });
  compare("cvt.rzi.u16.f16 %d, %a;", "u16", "f16", values, [](uint64_t x) { return nvidia::f16_to_u16(x); });
  compare("cvt.rzi.s64.f16 %d, %a;", "s64", "f16", values, [](uint64_t x) { return nvidia::f16_to_s64(x); });
  compare("cvt.rzi.u64.f16 %d, %a;", "u64", "f16", values, [](uint64_t x) { return nvidia::f16_to_u64(x); });
}
TEST("cvt host: 16-bit integers to f16, exhaustive") {
  const auto values = all_16_bits();
  compare("cvt.rn.f16.s16 %d, %a;", "f16", "s16", values, [](uint64_t x) { return nvidia::s16_to_f16(x); });
  compare("cvt.rn.f16.u16 %d, %a;", "f16", "u16", values, [](uint64_t x) { return nvidia::u16_to_f16(x); });
}
TEST("cvt host: f32 to e4m3 and e5m2") {
  for (const uint32_t lower : lowers) {
    const auto values = floats(lower);
    compare("{ .reg .f32 z; mov.f32 z, 0f00000000; cvt.rn.satfinite.e4m3x2.f32 %d, z, %a; }", "e4m3x2", "f32", values,
            [](uint64_t x) { return nvidia::f32_to_e4m3(x); });
    compare("{ .reg .f32 z; mov.f32 z, 0f00000000; cvt.rn.satfinite.e5m2x2.f32 %d, z, %a; }", "e5m2x2", "f32", values,
            [](uint64_t x) { return nvidia::f32_to_e5m2(x); });
  }
}
TEST("cvt host: e4m3 and e5m2 to f16, exhaustive over pairs") {
  const auto values = all_16_bits();
  compare("cvt.rn.f16x2.e4m3x2 %d, %a;", "f16x2", "e4m3x2", values,
          [](uint64_t x) { return nvidia::e4m3_to_f16(x >> 8) << 16 | nvidia::e4m3_to_f16(x & 0xff); });
  compare("cvt.rn.f16x2.e5m2x2 %d, %a;", "f16x2", "e5m2x2", values,
          [](uint64_t x) { return nvidia::e5m2_to_f16(x >> 8) << 16 | nvidia::e5m2_to_f16(x & 0xff); });
}
TEST("cvt host: pairs of f16 to e4m3 and e5m2, exhaustive in the low half") {
  const auto values = all_16_bits();
  compare("cvt.rn.satfinite.e4m3x2.f16x2 %d, %a;", "e4m3x2", "f16x2", values, [](uint64_t x) { return nvidia::f16_to_e4m3(x); });
  compare("cvt.rn.satfinite.e5m2x2.f16x2 %d, %a;", "e5m2x2", "f16x2", values, [](uint64_t x) { return nvidia::f16_to_e5m2(x); });
}

#else
TEST("cvt host: comparisons with NVIDIA's host conversions") { throw harness::skipped{"cuda_fp16.h and its like were not found"}; }
#endif

}  // namespace

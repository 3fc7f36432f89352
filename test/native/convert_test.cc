// Storage conversion of every instruction set: all 16-bit values, and every place where rounding turns over.
#include <limits>

#include "data.h"
#include "places.h"

namespace {

using warpweft::dtype;
using warpweft::cpu::kernels;

constexpr dtype halves[] = {dtype::float16, dtype::bfloat16};
constexpr int every = 1 << 16;

const char* name(dtype type) { return type == dtype::float16 ? "float16" : "bfloat16"; }

std::vector<uint16_t> all_values() {
  std::vector<uint16_t> out(every);
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<uint16_t>(i);
  return out;
}

std::vector<uint16_t> narrow(const kernels& kern, const std::vector<float>& from, dtype type) {
  data::fenced<float> source(static_cast<int64_t>(from.size()));
  data::fenced<uint16_t> target(static_cast<int64_t>(from.size()));
  std::copy(from.begin(), from.end(), source.begin());
  kern.convert(source.data(), dtype::float32, target.data(), type, static_cast<int64_t>(from.size()));
  return {target.begin(), target.end()};
}

uint16_t narrow(const kernels& kern, double value, dtype type) { return narrow(kern, std::vector{static_cast<float>(value)}, type)[0]; }

// The positive finite values in order, and infinity: value h + 1 follows value h.
int infinity(dtype type) { return type == dtype::float16 ? 0x7c00 : 0x7f80; }

}  // namespace

TEST_EACH_TABLE("every 16-bit value becomes its float32") {
  const std::vector<uint16_t> values = all_values();
  for (const dtype type : halves) {
    data::fenced<float> out(every);
    kern.convert(values.data(), type, out.data(), dtype::float32, every);
    for (int h = 0; h < every; ++h) {
      const float want = static_cast<float>(data::half_value(static_cast<uint16_t>(h), type));
      CHECK(data::same(out[h], want), name(type), " ", h, " is ", out[h], ", wanted ", want);
    }
  }
}

TEST_EACH_TABLE("conversion of any count stays inside its arrays") {
  const std::vector<uint16_t> values = all_values();
  for (const dtype type : halves)
    for (int count = 0; count <= 67; ++count) {
      data::fenced<uint16_t> from(count);
      data::fenced<float> to(count);
      std::copy_n(values.begin() + 0x3c00, count, from.begin());
      kern.convert(from.data(), type, to.data(), dtype::float32, count);
      for (int i = 0; i < count; ++i) CHECK_EQ(to[i], data::half_value(from[i], type), name(type), count);
      data::fenced<uint16_t> back(count);
      kern.convert(to.data(), dtype::float32, back.data(), type, count);
      for (int i = 0; i < count; ++i) CHECK_EQ(back[i], from[i], name(type), count);
    }
}

TEST_EACH_TABLE("float32 copies to float32") {
  const std::vector<float> from{0.0f, -0.0f, 1.5f, 1e-45f, std::numeric_limits<float>::infinity(), -3e38f, 7.0f};
  std::vector<float> to(from.size());
  kern.convert(from.data(), dtype::float32, to.data(), dtype::float32, static_cast<int64_t>(from.size()));
  for (size_t i = 0; i < from.size(); ++i) CHECK_EQ(data::bits(to[i]), data::bits(from[i]), i);
}

TEST_EACH_TABLE("a 16-bit value comes back from float32 as it was, a NaN as a NaN") {
  for (const dtype type : halves) {
    std::vector<float> wide(every);
    for (int h = 0; h < every; ++h) wide[static_cast<size_t>(h)] = static_cast<float>(data::half_value(static_cast<uint16_t>(h), type));
    const std::vector<uint16_t> back = narrow(kern, wide, type);
    for (int h = 0; h < every; ++h) {
      const uint16_t got = back[static_cast<size_t>(h)];
      if (std::isnan(wide[static_cast<size_t>(h)]))
        CHECK(std::isnan(data::half_value(got, type)), name(type), " NaN ", h, " came back as ", got);
      else
        CHECK_EQ(got, h, name(type));
    }
  }
}

TEST_EACH_TABLE("every NaN of float32 stays a NaN") {
  for (const dtype type : halves)
    for (const uint32_t w : {0x7f800001u, 0x7f801fffu, 0x7f80ffffu, 0x7fc00000u, 0x7fffffffu, 0xff800001u, 0xffffffffu}) {
      const uint16_t h = narrow(kern, std::vector{data::from_bits(w)}, type)[0];
      CHECK(std::isnan(data::half_value(h, type)), name(type), " of NaN ", w, " is ", h);
    }
}

TEST_EACH_TABLE("between two neighbours the nearest is taken, half way the even one") {
  for (const dtype type : halves) {
    std::vector<float> below, half_way, above;
    for (int h = 0; h + 1 < infinity(type); ++h) {
      const double low = data::half_value(static_cast<uint16_t>(h), type), high = data::half_value(static_cast<uint16_t>(h + 1), type);
      const float middle = static_cast<float>((low + high) / 2);  // exact, also among the subnormals
      half_way.push_back(middle);
      below.push_back(std::nextafter(middle, -1.0f));
      above.push_back(std::nextafter(middle, INFINITY));
    }
    for (const float sign : {1.0f, -1.0f}) {
      const uint16_t bit = sign < 0 ? 0x8000 : 0;
      const auto expect = [&](std::vector<float> from, const std::function<int(int)>& want, const char* where) {
        for (float& v : from) v *= sign;
        const std::vector<uint16_t> got = narrow(kern, from, type);
        for (int h = 0; h + 1 < infinity(type); ++h)
          CHECK_EQ(got[static_cast<size_t>(h)], want(h) | bit, name(type), " ", from[static_cast<size_t>(h)], where);
      };
      expect(
          below, [](int h) { return h; }, " below the middle");
      expect(
          half_way, [](int h) { return h + (h & 1); }, " half way");
      expect(
          above, [](int h) { return h + 1; }, " above the middle");
    }
  }
}

TEST_EACH_TABLE("what is too large becomes infinite from half a step beyond the largest value") {
  for (const dtype type : halves) {
    const int inf = infinity(type);
    const double largest = data::half_value(static_cast<uint16_t>(inf - 1), type);
    const double step = largest - data::half_value(static_cast<uint16_t>(inf - 2), type);
    const float edge = static_cast<float>(largest + step / 2);
    CHECK_EQ(narrow(kern, std::nextafter(edge, 0.0f), type), inf - 1, name(type));
    CHECK_EQ(narrow(kern, edge, type), inf, name(type));
    CHECK_EQ(narrow(kern, -edge, type), inf | 0x8000, name(type));
    CHECK_EQ(narrow(kern, INFINITY, type), inf, name(type));
    CHECK_EQ(narrow(kern, std::numeric_limits<float>::max(), type), inf, name(type));
  }
}

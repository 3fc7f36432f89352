// mma.sync and wmma, on small integers so that every answer is exact. Where an element lies is written here as the PTX manual's
// text gives it, element by element; the machine goes by registers and tiles.
#include <functional>

#include "rows.h"

namespace {

struct place {
  int row, column;
};

// Elements i of a lane with group g = lane / 4 and t = lane % 4.
using layout = std::function<place(int i, int g, int t)>;

struct shape {
  std::string name;  // with its types
  int m, n, k;
  int a_bits, c_bits;                                 // of an element
  std::function<uint64_t(int)> element, accumulator;  // an integer in that type
  layout a, b, c;                                     // b: row is k, column is n
  int least = -8, most = 8;                           // of the integers
};

uint64_t small_f16(int x) {  // |x| ≤ 2048
  if (x == 0) return 0;
  const int size = x < 0 ? -x : x, exponent = 31 - std::countl_zero(static_cast<uint32_t>(size));
  return (x < 0 ? 0x8000u : 0) | static_cast<uint32_t>(15 + exponent) << 10 | (static_cast<uint32_t>(size) << 10 >> exponent & 0x3ff);
}
uint64_t small_bf16(int x) { return ptx::bits(static_cast<float>(x)) >> 16; }
uint64_t small_f32(int x) { return ptx::bits(static_cast<float>(x)); }
uint64_t small_f64(int x) { return ptx::bits(static_cast<double>(x)); }
uint64_t small_s8(int x) { return static_cast<uint8_t>(x); }
uint64_t small_s32(int x) { return static_cast<uint32_t>(x); }

const layout c_of_16 = [](int i, int g, int t) { return place{i < 2 ? g : g + 8, 2 * t + (i & 1)}; };
const layout c_of_8 = [](int i, int g, int t) { return place{g, 2 * t + i}; };
const layout half_a16 = [](int i, int g, int t) {
  return place{i < 2 || (i >= 4 && i < 6) ? g : g + 8, 2 * t + (i & 1) + (i >= 4 ? 8 : 0)};
};
const layout half_b16 = [](int i, int g, int t) { return place{2 * t + (i & 1) + (i >= 2 ? 8 : 0), g}; };
const layout half_a8 = [](int i, int g, int t) { return place{i < 2 ? g : g + 8, 2 * t + (i & 1)}; };
const layout half_b8 = [](int i, int g, int t) { return place{2 * t + i, g}; };
const layout word_a8 = [](int i, int g, int t) { return place{i == 0 || i == 2 ? g : g + 8, i < 2 ? t : t + 4}; };
const layout word_b8 = [](int i, int g, int t) { return place{i == 0 ? t : t + 4, g}; };
const layout word_a4 = [](int i, int g, int t) { return place{i == 0 ? g : g + 8, t}; };
const layout word_b4 = [](int, int g, int t) { return place{t, g}; };
const layout byte_a16 = [](int i, int g, int t) { return place{i < 4 ? g : g + 8, 4 * t + (i & 3)}; };
const layout byte_b16 = [](int i, int g, int t) { return place{4 * t + i, g}; };
const layout byte_a32 = [](int i, int g, int t) {
  return place{i < 4 || (i >= 8 && i < 12) ? g : g + 8, 4 * t + (i & 3) + (i >= 8 ? 16 : 0)};
};
const layout byte_b32 = [](int i, int g, int t) { return place{4 * t + (i & 3) + (i >= 4 ? 16 : 0), g}; };
const layout byte_a8x16 = [](int i, int g, int t) { return place{g, 4 * t + i}; };
const layout double_a = [](int, int g, int t) { return place{g, t}; };

const shape shapes[] = {
    {"m16n8k16.row.col.f32.f16.f16.f32", 16, 8, 16, 16, 32, small_f16, small_f32, half_a16, half_b16, c_of_16},
    {"m16n8k16.row.col.f16.f16.f16.f16", 16, 8, 16, 16, 16, small_f16, small_f16, half_a16, half_b16, c_of_16, -4, 4},
    {"m16n8k16.row.col.f32.bf16.bf16.f32", 16, 8, 16, 16, 32, small_bf16, small_f32, half_a16, half_b16, c_of_16},
    {"m16n8k8.row.col.f32.f16.f16.f32", 16, 8, 8, 16, 32, small_f16, small_f32, half_a8, half_b8, c_of_16},
    {"m16n8k8.row.col.f16.f16.f16.f16", 16, 8, 8, 16, 16, small_f16, small_f16, half_a8, half_b8, c_of_16, -4, 4},
    {"m16n8k8.row.col.f32.bf16.bf16.f32", 16, 8, 8, 16, 32, small_bf16, small_f32, half_a8, half_b8, c_of_16},
    {"m16n8k8.row.col.f32.tf32.tf32.f32", 16, 8, 8, 32, 32, small_f32, small_f32, word_a8, word_b8, c_of_16},
    {"m16n8k4.row.col.f32.tf32.tf32.f32", 16, 8, 4, 32, 32, small_f32, small_f32, word_a4, word_b4, c_of_16},
    {"m16n8k16.row.col.s32.s8.s8.s32", 16, 8, 16, 8, 32, small_s8, small_s32, byte_a16, byte_b16, c_of_16, -128, 127},
    {"m16n8k16.row.col.s32.u8.u8.s32", 16, 8, 16, 8, 32, small_s8, small_s32, byte_a16, byte_b16, c_of_16, 0, 255},
    {"m16n8k32.row.col.s32.s8.s8.s32", 16, 8, 32, 8, 32, small_s8, small_s32, byte_a32, byte_b32, c_of_16, -128, 127},
    {"m16n8k32.row.col.s32.u8.u8.s32", 16, 8, 32, 8, 32, small_s8, small_s32, byte_a32, byte_b32, c_of_16, 0, 255},
    {"m16n8k32.row.col.s32.s8.u8.s32", 16, 8, 32, 8, 32, small_s8, small_s32, byte_a32, byte_b32, c_of_16, 0, 127},
    {"m16n8k32.row.col.satfinite.s32.u8.s8.s32", 16, 8, 32, 8, 32, small_s8, small_s32, byte_a32, byte_b32, c_of_16, 0, 127},
    {"m8n8k16.row.col.s32.s8.s8.s32", 8, 8, 16, 8, 32, small_s8, small_s32, byte_a8x16, byte_b16, c_of_8, -128, 127},
    {"m8n8k4.row.col.f64.f64.f64.f64", 8, 8, 4, 64, 64, small_f64, small_f64, double_a, word_b4, c_of_8},
};

// A matrix's elements, packed as lanes hold them: registers of 32 bits (64 for f64), lane after lane.
std::vector<uint64_t> packed(const layout& where, int per_lane, int bits, const std::function<uint64_t(place)>& element) {
  const int each = bits == 64 ? 1 : 32 / bits, registers = per_lane / each;
  std::vector<uint64_t> words(static_cast<size_t>(32 * registers));
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < per_lane; ++i)
      words[static_cast<size_t>(lane * registers + i / each)] |= element(where(i, lane / 4, lane % 4)) << (bits % 64 * (i % each));
  return words;
}

std::string names(const char* prefix, int n) {
  std::string text;
  for (int i = 0; i < n; ++i) text += std::string(i ? ", " : "") + prefix + std::to_string(i);
  return n == 1 ? text : "{" + text + "}";
}
std::string vector_names(const char* prefix, int n) { return n == 1 ? "{" + names(prefix, 1) + "}" : names(prefix, n); }

struct fragment_sizes {
  int a, b, c;  // registers
};

std::string mma_module(const std::string& instruction, fragment_sizes n, bool wide) {
  const std::string width = wide ? "64" : "32";
  std::string body = ".reg .b" + width + " %a<16>, %b<16>, %c<16>, %e<16>; .reg .b32 %l; .reg .b64 %p, %q;\nmov.u32 %l, %laneid;\n";
  const auto move = [&](const char* buffer, const char* prefix, int count, bool load) {
    body += std::string("ld.param.u64 %p, [") + buffer + "]; mul.wide.u32 %q, %l, " + std::to_string(8 * count) + "; add.u64 %p, %p, %q;\n";
    for (int i = 0; i < count; ++i) {
      const std::string at = "[%p+" + std::to_string(8 * i) + "]", reg = prefix + std::to_string(i);
      body += (load ? "ld.global.b" + width + " " + reg + ", " + at : "st.global.b" + width + " " + at + ", " + reg) + ";\n";
    }
  };
  move("in_a", "%a", n.a, true), move("in_b", "%b", n.b, true), move("in_c", "%c", n.c, true);
  body += instruction + " " + vector_names("%e", n.c) + ", " + vector_names("%a", n.a) + ", " + vector_names("%b", n.b) + ", " +
          vector_names("%c", n.c) + ";\n";
  move("out", "%e", n.c, false);
  return ptx::kernel(body + "ret;", ".param .u64 in_a, .param .u64 in_b, .param .u64 in_c, .param .u64 out");
}

void check_shape(const shape& s) {
  const int a_each = s.a_bits == 64 ? 1 : 32 / s.a_bits, c_each = s.c_bits == 64 ? 1 : 32 / s.c_bits;
  const int a_lane = s.m * s.k / 32, b_lane = s.k * s.n / 32, c_lane = s.m * s.n / 32;
  const fragment_sizes n{a_lane / a_each, b_lane / a_each, c_lane / c_each};
  std::vector<int> a(static_cast<size_t>(s.m * s.k)), b(static_cast<size_t>(s.k * s.n)), c(static_cast<size_t>(s.m * s.n));
  uint32_t state = 12345;
  const auto fill = [&](std::vector<int>& values, int least, int most) {
    for (int& x : values) {
      state = state * 1664525 + 1013904223;
      x = least + static_cast<int>((state >> 8) % static_cast<uint32_t>(most - least + 1));
    }
  };
  fill(a, s.least, s.most), fill(b, s.least, s.most), fill(c, -100, 100);
  const auto at = [](const std::vector<int>& values, int columns, place p) {
    return values[static_cast<size_t>(p.row * columns + p.column)];
  };
  const ptx::buffer in_a(packed(s.a, a_lane, s.a_bits, [&](place p) { return s.element(at(a, s.k, p)); }));
  const ptx::buffer in_b(packed(s.b, b_lane, s.a_bits, [&](place p) { return s.element(at(b, s.n, p)); }));
  const ptx::buffer in_c(packed(s.c, c_lane, s.c_bits, [&](place p) { return s.accumulator(at(c, s.n, p)); }));
  const ptx::buffer out(std::vector<uint64_t>(static_cast<size_t>(32 * n.c), 0));
  const ptx::outcome how = ptx::launch(mma_module("mma.sync.aligned." + s.name, n, s.a_bits == 64), "k", {1}, {32}, in_a, in_b, in_c, out);
  CHECK(how.ok(), how);
  const std::vector<uint64_t> wanted = packed(s.c, c_lane, s.c_bits, [&](place p) {
    int sum = at(c, s.n, p);
    for (int k = 0; k < s.k; ++k) sum += at(a, s.k, {p.row, k}) * at(b, s.n, {k, p.column});
    return s.accumulator(sum);
  });
  const std::vector<uint64_t> got = out.read<uint64_t>();
  for (size_t i = 0; i < wanted.size(); ++i) CHECK(got[i] == wanted[i], std::hex, "word ", i, " is 0x", got[i], ", wanted 0x", wanted[i]);
  CHECK_EQ(ptx::counted().tensor_operations, static_cast<uint64_t>(2 * s.m * s.n * s.k));
}

const bool registered = [] {
  for (const shape& s : shapes) harness::add("mma: " + s.name, [&s] { check_shape(s); });
  return true;
}();

std::vector<uint64_t> run_words(const std::string& instruction, fragment_sizes n, uint64_t a, uint64_t b, uint64_t c) {
  const ptx::buffer in_a(std::vector<uint64_t>(static_cast<size_t>(32 * n.a), a)),
      in_b(std::vector<uint64_t>(static_cast<size_t>(32 * n.b), b)), in_c(std::vector<uint64_t>(static_cast<size_t>(32 * n.c), c));
  const ptx::buffer out(std::vector<uint64_t>(static_cast<size_t>(32 * n.c), 0));
  const ptx::outcome how = ptx::launch(mma_module(instruction, n, false), "k", {1}, {32}, in_a, in_b, in_c, out);
  CHECK(how.ok(), how);
  return out.read<uint64_t>();
}

TEST("mma: s32 wraps, and .satfinite clamps") {
  // 32 · 127 · 127 on top of 0x7fffffff
  const std::string form = "s32.s8.s8.s32";
  for (const uint64_t x : run_words("mma.sync.aligned.m16n8k32.row.col." + form, {4, 2, 4}, 0x7f7f7f7f, 0x7f7f7f7f, 0x7fffffff))
    CHECK_EQ(x, uint64_t{0x8007e01f});
  for (const uint64_t x : run_words("mma.sync.aligned.m16n8k32.row.col.satfinite." + form, {4, 2, 4}, 0x7f7f7f7f, 0x7f7f7f7f, 0x7fffffff))
    CHECK_EQ(x, uint64_t{0x7fffffff});
}
TEST("mma: a NaN comes out as the canonical one") {
  for (const uint64_t x : run_words("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", {4, 2, 4}, 0x3f807fc1, 0x3f803f80, 0))
    CHECK_EQ(x, uint64_t{0x7fffffff});
}
TEST("mma recall: tf32 operands count without their low 13 bits") {
  // 1.9997… cut to 1 + 1023/1024; times 1, eight times
  for (const uint64_t x : run_words("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", {4, 2, 4}, 0x3fffffff, 0x3f800000, 0))
    CHECK_EQ(x, uint64_t{0x417fe000});
}
TEST("mma: small addends are not lost on the way to the rounding") {
  // 2²⁴ + 16 · 1 in f32, exactly
  for (const uint64_t x : run_words("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", {4, 2, 4}, 0x3c003c00, 0x3c003c00, 0x4b800000))
    CHECK_EQ(x, uint64_t{0x4b800008});
}

TEST("mma: part of a warp is a fault") {
  const std::string body = R"(.reg .b32 %a, %c<4>; .reg .pred %p; .reg .b32 %l;
    mov.b32 %a, 0; mov.u32 %l, %laneid; setp.lt.u32 %p, %l, 16;
    @%p mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%c0, %c1, %c2, %c3}, {%a, %a, %a, %a}, {%a, %a}, {%a, %a, %a, %a};
    ret;)";
  const ptx::outcome how = ptx::launch(ptx::kernel(body), "k", {1}, {32});
  CHECK(!how.ok(), how);
  const std::string none = R"(.reg .b32 %a, %c<4>; mov.b32 %a, 0;
    mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%c0, %c1, %c2, %c3}, {%a, %a, %a, %a}, {%a, %a}, {%a, %a, %a, %a}; ret;)";
  const ptx::outcome short_warp = ptx::launch(ptx::kernel(none), "k", {1}, {16});
  CHECK(!short_warp.ok() && short_warp.says("32 threads"), short_warp);
}

// D = A · B + C with A 16×16 by rows or columns, B likewise, C and D by rows, all in global memory.
void check_wmma(const std::string& a_layout, const std::string& b_layout, bool half_sum) {
  const std::string sum = half_sum ? "f16" : "f32";
  const int c_registers = half_sum ? 4 : 8;
  std::string body = ".reg .b32 %a<8>, %b<8>, %c<8>, %e<8>; .reg .b64 %p;\n";
  const auto load = [&](const std::string& which, const std::string& layout, const std::string& type, const std::string& names,
                        const std::string& stride) {
    body += "ld.param.u64 %p, [in_" + which + "]; cvta.to.global.u64 %p, %p;\n";
    body += "wmma.load." + which + ".sync.aligned." + layout + ".m16n16k16.global." + type + " " + names + ", [%p], " + stride + ";\n";
  };
  load("a", a_layout, "f16", names("%a", 8), "24"), load("b", b_layout, "f16", names("%b", 8), "16"),
      load("c", "row", sum, names("%c", c_registers), "16");
  body += "wmma.mma.sync.aligned." + a_layout + "." + b_layout + ".m16n16k16." + sum + "." + sum + " " + names("%e", c_registers) + ", " +
          names("%a", 8) + ", " + names("%b", 8) + ", " + names("%c", c_registers) +
          ";\nld.param.u64 %p, [out];\nwmma.store.d.sync.aligned.row.m16n16k16." + sum + " [%p], " + names("%e", c_registers) +
          ", 16;\nret;";
  std::vector<uint16_t> a(24 * 16), b(256);
  std::vector<int> ia(256), ib(256), ic(256);
  for (int i = 0; i < 256; ++i) ia[i] = i * 7 % 9 - 4, ib[i] = i * 5 % 7 - 3, ic[i] = i % 11;
  for (int r = 0; r < 16; ++r)
    for (int c = 0; c < 16; ++c) {
      a[static_cast<size_t>(a_layout == "row" ? r * 24 + c : c * 24 + r)] = static_cast<uint16_t>(small_f16(ia[r * 16 + c]));
      b[static_cast<size_t>(b_layout == "row" ? r * 16 + c : c * 16 + r)] = static_cast<uint16_t>(small_f16(ib[r * 16 + c]));
    }
  const ptx::buffer in_a(a), in_b(b);
  std::vector<uint16_t> halves;
  std::vector<uint32_t> words;
  for (const int x : ic) halves.push_back(static_cast<uint16_t>(small_f16(x))), words.push_back(static_cast<uint32_t>(small_f32(x)));
  const auto check = [&](const auto& c, auto as_bits) {
    const ptx::buffer in_c(c), out(std::vector<std::decay_t<decltype(c[0])>>(256, 0));
    const ptx::outcome how = ptx::launch(ptx::kernel(body, ".param .u64 in_a, .param .u64 in_b, .param .u64 in_c, .param .u64 out"), "k",
                                         {1}, {32}, in_a, in_b, in_c, out);
    CHECK(how.ok(), how);
    const auto got = out.template read<std::decay_t<decltype(c[0])>>();
    for (int r = 0; r < 16; ++r)
      for (int n = 0; n < 16; ++n) {
        int wanted = ic[r * 16 + n];
        for (int k = 0; k < 16; ++k) wanted += ia[r * 16 + k] * ib[k * 16 + n];
        CHECK_EQ(got[static_cast<size_t>(r * 16 + n)], as_bits(wanted), "row ", r, " column ", n);
      }
    CHECK_EQ(ptx::counted().tensor_operations, uint64_t{8192});
  };
  if (half_sum)
    check(halves, [](int x) { return static_cast<uint16_t>(small_f16(x)); });
  else
    check(words, [](int x) { return static_cast<uint32_t>(small_f32(x)); });
}
TEST("wmma: m16n16k16 row.col into f32") { check_wmma("row", "col", false); }
TEST("wmma: m16n16k16 col.row into f32") { check_wmma("col", "row", false); }
TEST("wmma: m16n16k16 row.row into f16") { check_wmma("row", "row", true); }
TEST("wmma: m16n16k16 col.col into f16") { check_wmma("col", "col", true); }

const bool refused = rows::add_refused(
    "tensor",
    {
        {"mma.sync.aligned.m16n8k16.row.row.f32.f16.f16.f32 {%r0, %r1, %r2, %r3}, {%r0, %r1, %r2, %r3}, {%r4, %r5}, {%r0, %r1, %r2, %r3};",
         ".row.col"},
        {"mma.sync.aligned.m16n8k16.row.col.f16.bf16.bf16.f16 {%r0, %r1}, {%r0, %r1, %r2, %r3}, {%r4, %r5}, {%r0, %r1};", "bf16"},
        {"mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%r0, %r1, %r2, %r3}, {%r0, %r1}, {%r4, %r5}, {%r0, %r1, %r2, %r3};",
         "number of registers"},
        {"mma.sync.aligned.m16n8k64.row.col.s32.s4.s4.s32 {%r0, %r1, %r2, %r3}, {%r0, %r1, %r2, %r3}, {%r4, %r5}, {%r0, %r1, %r2, %r3};",
         "shape"},
        {"mma.sync.aligned.m16n8k16.row.col.satfinite.f32.f16.f16.f32 {%r0, %r1, %r2, %r3}, {%r0, %r1, %r2, %r3}, {%r4, %r5}, {%r0, %r1, "
         "%r2, %r3};",
         "satfinite"},
        {"mma.sp.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%r0, %r1, %r2, %r3}, {%r0, %r1}, {%r4, %r5}, {%r0, %r1, %r2, %r3}, %r6, 0;",
         "mma"},
        {"wmma.load.a.sync.aligned.row.m16n16k16.global.f32 {%r0, %r1, %r2, %r3, %r4, %r5, %r6, %r7}, [%rd0];", "f32"},
        {"wgmma.fence.sync.aligned;", "wgmma"},
    });

}  // namespace

// What every instruction shares: operands checked against types, modifiers all understood, else the module does not load.
#include "harness.h"
#include "program.h"

using namespace ptx;

namespace {

// A body whose only instruction that matters is on line 9.
std::string refused(const std::string& instruction) {
  return refusal_of(".reg .pred %p<3>; .reg .b16 %h<3>; .reg .b32 %r<5>; .reg .b64 %d<5>; .shared .b8 s[16];\n\n" + instruction + "\nret;");
}

}  // namespace

TEST("decoder: a good instruction loads") { CHECK_EQ(refused("add.s32 %r1, %r2, -5;"), ""); }

TEST("decoder: unknown instructions and modifiers are refused with their line") {
  CHECK_EQ(refused("wgmma.fence.sync.aligned;"), "PTX line 9: wgmma.fence.sync.aligned: the instruction is unknown to this machine");
  CHECK_EQ(refused("tcgen05.wait::ld.sync.aligned;"),
           "PTX line 9: tcgen05.wait::ld.sync.aligned: the instruction is unknown to this machine");
  CHECK_EQ(refused("add.s32.fancy %r1, %r2, %r3;").substr(0, 32), "PTX line 9: add.s32.fancy: the m");
  CHECK_EQ(refused("add.s31 %r1, %r2, %r3;").substr(0, 21), "PTX line 9: add.s31: ");
  CHECK_EQ(refused("add %r1, %r2, %r3;").substr(0, 17), "PTX line 9: add: ");
  const char* const never_ignored[] = {"add.ftz.s32 %r1, %r2, %r3;",     "mul.s32 %r1, %r2, %r3;",       "fma.f32 %r1, %r2, %r3, %r4;",
                                       "ld.global.v8.f32 {%r1}, [%d1];", "div.f32 %r1, %r2, %r3;",       "shl.s32 %r1, %r2, %r3;",
                                       "cvt.u32.f32 %r1, %r2;",          "cvt.rn.u32.u64 %r1, %d1;",     "mov.s33 %r1, %r2;",
                                       "setp.eq.foo.s32 %p1, %r2, %r3;", "selp.pred %p1, %p1, %p2, %p0;"};
  for (const char* text : never_ignored) CHECK_EQ(refused(text).substr(0, 12), "PTX line 9: ", text);
}

TEST("decoder: operands fit their types") {
  CHECK_EQ(refused("add.s32 %r1, %r2, %d3;"), "PTX line 9: add.s32: '%d3' is 64 bits wide, wanted 32 bits wide");
  CHECK_EQ(refused("add.s64 %d1, %r2, %d3;"), "PTX line 9: add.s64: '%r2' is 32 bits wide, wanted 64 bits wide");
  CHECK_EQ(refused("add.s32 %h1, %r2, %r3;"), "PTX line 9: add.s32: '%h1' is 16 bits wide, wanted 32 bits wide");
  CHECK_EQ(refused("add.s32 %p1, %r2, %r3;"), "PTX line 9: add.s32: '%p1' is a predicate, wanted 32 bits wide");
  CHECK_EQ(refused("add.s32 %r1, %r2, 4294967296;"), "PTX line 9: add.s32: '4294967296' does not fit 32 bits");
  CHECK_EQ(refused("add.s32 %r1, %r2, -2147483649;"), "PTX line 9: add.s32: '-2147483649' does not fit 32 bits");
  CHECK_EQ(refused("add.s32 %r1, %r2, 0f3F800000;"), "PTX line 9: add.s32: the real number '0f3F800000' is not wanted here");
  CHECK_EQ(refused("add.f32 %r1, %r2, 1;"), "PTX line 9: add.f32: the integer '1' where a real number is wanted");
  CHECK_EQ(refused("add.s32 %r1, %r2, {%r3, %r4};"), "PTX line 9: add.s32: a vector is not supported here");
  CHECK_EQ(refused("add.s32 5, %r2, %r3;"), "PTX line 9: add.s32: '5' is no register");
  CHECK_EQ(refused("add.s32 %r1, %r2, !%p1;"), "PTX line 9: add.s32: '!' stands before what is no predicate");
  CHECK_EQ(refused("ld.shared.u32 %r1, [%h1];"), "PTX line 9: ld.shared.u32: the address '%h1' is 16 bits wide");
  CHECK_EQ(refused("ld.shared.u32 %h1, [s];"), "PTX line 9: ld.shared.u32: '%h1' is 16 bits wide, wanted at least 32 bits wide");
  CHECK_EQ(refused("mov.u16 %h1, s;"), "PTX line 9: mov.u16: the address of 's' is not wanted here");
  CHECK_EQ(refused("mov.u64 %d1, %tid.x;"), "PTX line 9: mov.u64: '%tid.x' is 32 bits wide");
  CHECK_EQ(refused("selp.b32 %r1, %r2, %r3, %r4;"), "PTX line 9: selp.b32: '%r4' is no predicate");
}

TEST("decoder: constants have the bits of their type") {
  using values = std::vector<uint64_t>;
  const auto one = [](const std::string& body, const std::string& type) { return evaluate(body, type, {{"u32", {0}}}); };
  CHECK(one("mov.f32 %d, 0f7F800001;", "f32") == values{0x7f800001}, "a NaN's payload");
  CHECK(one("mov.b32 %d, 0f3F800000;", "b32") == values{0x3f800000}, "a float as bits");
  CHECK(one("mov.f32 %d, 0.1;", "f32") == values{0x3dcccccd}, "a decimal number");
  CHECK(one("mov.f32 %d, 0d3FF0000000000000;", "f32") == values{0x3f800000}, "a double as a float");
  CHECK(one("mov.f64 %d, 0f3F800000;", "f64") == values{0x3ff0000000000000}, "a float as a double");
  CHECK(one("mov.u16 %d, -1;", "u16") == values{0xffff}, "a negative number");
  CHECK(one("mov.u32 %d, 0xFFFFFFFF;", "u32") == values{0xffffffff}, "an unsigned number");
}

TEST("decoder: variables lie apart and aligned, what the launch sizes behind them") {
  const std::string text = kernel(
      ".shared .align 1 .b8 a[3]; .shared .align 8 .b64 b; .local .align 8 .b8 l[8]; .local .align 16 .b8 m[16];\n"
      ".reg .b64 %rd1; .reg .b32 %r<9>; ld.param.u64 %rd1, [out];\nmov.u32 %r1, a; mov.u32 %r2, b; mov.u32 %r3, dynamic; mov.u32 %r4, b+4; "
      "mov.u32 %r5, l; mov.u32 "
      "%r6, m;\nst.global.u32 [%rd1], %r1; st.global.u32 [%rd1+4], %r2; st.global.u32 [%rd1+8], %r3; st.global.u32 [%rd1+12], %r4;\n"
      "st.global.u32 [%rd1+16], %r5; st.global.u32 [%rd1+20], %r6; ret;",
      ".param .u64 out", "sm_80", ".extern .shared .align 32 .b8 dynamic[];\n.shared .b8 unused[48000];");
  const buffer out(std::vector<uint32_t>(6, 99));
  const outcome o = launch_shared(text, "k", 1, 1, 64, out);
  CHECK(o.ok(), o);
  CHECK((out.read<uint32_t>() == std::vector<uint32_t>{0, 8, 32, 12, 0, 16}), "addresses");
}

TEST("decoder: initialised variables reach a kernel, addresses in them too") {
  const std::string text = kernel(
      ".reg .b64 %rd<4>; .reg .b32 %r<4>; .reg .pred %p; ld.param.u64 %rd1, [out];\nld.const.u32 %r1, [c+4]; st.global.u32 [%rd1], %r1;\n"
      "ld.global.u64 %rd2, [p]; ld.global.u8 %r2, [%rd2]; st.global.u32 [%rd1+4], %r2;\nld.global.u64 %rd2, [p+8]; ld.u32 %r2, [%rd2]; "
      "st.global.u32 [%rd1+8], %r2;\n"
      "ld.global.u64 %rd2, [cut]; ld.global.u64 %rd3, [p+8]; setp.eq.u64 %p, %rd2, %rd3; selp.u32 %r3, 1, 0, %p; st.global.u32 [%rd1+12], "
      "%r3; ret;",
      ".param .u64 out", "sm_80",
      ".const .align 4 .u32 c[2] = {5, 6};\n.global .align 4 .b8 text[8] = {104, 105, 106};\n.global .u64 p[2] = {generic(text)+2, c};\n"
      ".global .align 8 .u8 cut[8] = {0xFF(c), 0xFF00(c), 0xFF0000(c), 0xFF000000(c), 0xFF00000000(c), 0xFF0000000000(c), "
      "0xFF000000000000(c), "
      "0xFF00000000000000(c)};");
  const buffer out(std::vector<uint32_t>(4, 99));
  const outcome o = launch(text, "k", 1, 1, out);
  CHECK(o.ok(), o);
  CHECK((out.read<uint32_t>() == std::vector<uint32_t>{6, 106, 5, 1}), "values");
}

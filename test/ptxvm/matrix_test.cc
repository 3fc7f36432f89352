// ldmatrix and stmatrix: where each element of a matrix comes to lie.
#include "harness.h"
#include "memory_program.h"

namespace {

using memory_test::run;
using memory_test::some_shared;

// 32 rows of 8 elements in shared memory; element (row, column) is row · 256 + column. Lane i gives the address of row i.
const std::string filled =
    "mov.u32 %r0, buf; shl.b32 %r1, %t, 4; add.u32 %r0, %r0, %r1;\n"
    "mul.lo.u32 %r2, %t, 0x01000100; add.u32 %r3, %r2, 0x00010000; add.u32 %r4, %r2, 0x00030002; add.u32 %r5, %r2, 0x00050004; add.u32 "
    "%r6, %r2, 0x00070006;\n"
    "st.shared.v4.u32 [%r0], {%r3, %r4, %r5, %r6}; bar.sync 0;\n";

TEST("ldmatrix gives lane l row l/4, columns 2(l%4) and the next") {
  const auto r =
      run(filled +
              "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r7, %r8, %r9, %r10}, [%r0];\nmov.b64 %x0, {%r7, %r8}; mov.b64 %x1, {%r9, %r10};\n"
              "st.global.u64 [%out], %x0; st.global.u64 [%me], %x1;",
          some_shared);
  CHECK(r.outcome.ok(), r.outcome);
  if (!r.outcome.ok()) return;
  CHECK_EQ(r.out[0], 0x0801080000010000u);  // rows 0 and 8
  CHECK_EQ(r.in[0], 0x1801180010011000u);   // rows 16 and 24
  CHECK_EQ(r.out[1], 0x0803080200030002u);
  CHECK_EQ(r.out[4], 0x0901090001010100u);
  CHECK_EQ(r.out[31], 0x0f070f0607070706u);
  CHECK_EQ(r.in[31], 0x1f071f0617071706u);
}

TEST("ldmatrix.trans gives the transpose") {
  const auto r =
      run(filled +
              "ldmatrix.sync.aligned.m8n8.x2.trans.shared::cta.b16 {%r7, %r8}, [%r0];\nmov.b64 %x0, {%r7, %r8}; st.global.u64 [%out], %x0;",
          some_shared);
  CHECK(r.outcome.ok(), r.outcome);
  if (!r.outcome.ok()) return;
  CHECK_EQ(r.out[0], 0x0900080001000000u);  // (0,0) and (1,0); (8,0) and (9,0)
  CHECK_EQ(r.out[1], 0x0b000a0003000200u);
  CHECK_EQ(r.out[5], 0x0b010a0103010201u);
  CHECK_EQ(r.out[31], 0x0f070e0707070607u);
}

TEST("ldmatrix.x1 takes the addresses of eight lanes, generic ones too") {
  const auto r = run(filled +
                         "cvt.u64.u32 %x1, %r0; cvta.shared.u64 %x1, %x1; setp.ge.u32 %p0, %t, 8; @%p0 mov.u64 %x1, 3;\n"
                         "ldmatrix.sync.aligned.m8n8.x1.b16 {%r7}, [%x1]; cvt.u64.u32 %x0, %r7; st.global.u64 [%out], %x0;",
                     some_shared);
  CHECK(r.outcome.ok(), r.outcome);
  if (!r.outcome.ok()) return;
  CHECK_EQ(r.out[0], 0x00010000u);
  CHECK_EQ(r.out[31], 0x07070706u);
}

TEST("stmatrix is ldmatrix the other way round") {
  for (const char* trans : {"", ".trans"}) {
    const auto r = run(filled + "ldmatrix.sync.aligned.m8n8.x4" + trans + ".shared.b16 {%r7, %r8, %r9, %r10}, [%r0]; bar.sync 0;\n" +
                           "stmatrix.sync.aligned.m8n8.x4" + trans + ".shared.b16 [%r0+512], {%r7, %r8, %r9, %r10}; bar.sync 0;\n" +
                           "ld.shared.v2.u64 {%x0, %x1}, [%r0+512]; st.global.u64 [%out], %x0; st.global.u64 [%me], %x1;",
                       some_shared, 32, {}, "sm_90");
    CHECK(r.outcome.ok(), r.outcome);
    if (!r.outcome.ok()) return;
    for (uint64_t row = 0; row < 32; ++row) {
      CHECK_EQ(r.out[row], 0x0100010001000100 * row + 0x0003000200010000, trans);
      CHECK_EQ(r.in[row], 0x0100010001000100 * row + 0x0007000600050004, trans);
    }
  }
  const auto one = run(filled +
                           "stmatrix.sync.aligned.m8n8.x1.shared.b16 [%r0+512], {%t}; bar.sync 0; setp.lt.u32 %p0, %t, 8; mov.u64 %x0, 0;\n"
                           "@%p0 ld.shared.u64 %x0, [%r0+512]; st.global.u64 [%out], %x0;",
                       some_shared, 32, {}, "sm_90");
  CHECK(one.outcome.ok(), one.outcome);
  if (one.outcome.ok()) CHECK_EQ(one.out[2], 0x0000000900000008u);  // row 2: lanes 8, 9, …
}

TEST("ldmatrix is checked: alignment, bounds, bytes nobody wrote, partial warps, races") {
  const auto says = [](const std::string& body, const char* words, uint32_t threads = 32) {
    const auto r = run(body, some_shared, threads);
    CHECK(r.outcome.says(words), body, " gave ", r.outcome);
  };
  const std::string load = "ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r7}, ";
  says(filled + load + "[%r0+8];", "no multiple of 16");
  says(filled + load + "[%r0+4096];", "shared memory, which has 4096 bytes");
  says(filled + load + "[%r0+512];", "nobody wrote the byte at offset 512");
  says(filled + "st.shared.u32 [%r0], 1; " + load + "[%r0];", "no bar.warp.sync between");
  says(filled + load + "[%r0]; st.shared.u32 [%r0], 1;", "no bar.warp.sync between");
  const auto partial = run(filled + "setp.lt.u32 %p0, %t, 16; @%p0 " + load + "[%r0];", some_shared);
  CHECK(!partial.outcome.ok(), "16 lanes of a warp executed ldmatrix");
}

}  // namespace

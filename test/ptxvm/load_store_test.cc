// ld and st: widths, extension, vectors, spaces.
#include "harness.h"
#include "memory_program.h"

namespace {

using memory_test::run;
using memory_test::shown;
using memory_test::some_shared;

// One thread loads from 0x8192a3b4c5d6e7f8 in memory, so the first byte is 0xf8, the first 16 bits 0xe7f8.
uint64_t loaded(const std::string& load) {
  const auto r = run(load + "\nst.global.u64 [%out], %x0;", "", 1, {0x8192a3b4c5d6e7f8, 0x0123456789abcdef});
  CHECK(r.outcome.ok(), load, ": ", r.outcome);
  return r.out.empty() ? 0 : r.out[0];
}

TEST("ld extends by the instruction's type, whatever the register") {
  const auto in16 = [](const std::string& type) { return loaded("ld.global." + type + " %h0, [%in]; cvt.u64.u16 %x0, %h0;"); };
  const auto in32 = [](const std::string& type) { return loaded("ld.global." + type + " %r0, [%in]; cvt.u64.u32 %x0, %r0;"); };
  const auto in64 = [](const std::string& type) { return loaded("ld.global." + type + " %x0, [%in];"); };
  CHECK_EQ(in16("u8"), 0xf8u);
  CHECK_EQ(in16("b8"), 0xf8u);
  CHECK_EQ(in16("s8"), 0xfff8u);
  CHECK_EQ(in32("u8"), 0xf8u);
  CHECK_EQ(in32("s8"), 0xfffffff8u);
  CHECK_EQ(in64("u8"), 0xf8u);
  CHECK_EQ(in64("s8"), 0xfffffffffffffff8u);
  CHECK_EQ(in16("u16"), 0xe7f8u);
  CHECK_EQ(in16("s16"), 0xe7f8u);
  CHECK_EQ(in32("u16"), 0xe7f8u);
  CHECK_EQ(in32("b16"), 0xe7f8u);
  CHECK_EQ(in32("s16"), 0xffffe7f8u);
  CHECK_EQ(in64("s16"), 0xffffffffffffe7f8u);
  CHECK_EQ(in32("s32"), 0xc5d6e7f8u);
  CHECK_EQ(in32("f32"), 0xc5d6e7f8u);
  CHECK_EQ(in64("u32"), 0xc5d6e7f8u);
  CHECK_EQ(in64("b32"), 0xc5d6e7f8u);
  CHECK_EQ(in64("s32"), 0xffffffffc5d6e7f8u);
  CHECK_EQ(in64("u64"), 0x8192a3b4c5d6e7f8u);
  CHECK_EQ(in64("s64"), 0x8192a3b4c5d6e7f8u);
  CHECK_EQ(in64("f64"), 0x8192a3b4c5d6e7f8u);
}

TEST("ld.param.s32 into 64 bits extends the sign") {
  const ptx::buffer out(std::vector<uint64_t>(1, 0));
  const std::string text =
      ptx::kernel(".reg .b64 %x<2>;\nld.param.u64 %x0, [out];\nld.param.s32 %x1, [n];\nst.global.u64 [%x0], %x1;\nret;",
                  ".param .u64 out, .param .u32 n");
  CHECK(ptx::launch(text, "k", 1, 1, out, -5).ok(), "");
  CHECK_EQ(memory_test::shown(out.read<uint64_t>()), "0xfffffffffffffffb");
}

TEST("ld with an offset, and vectors of every element") {
  CHECK_EQ(loaded("ld.global.u8 %x0, [%in+7];"), 0x81u);
  CHECK_EQ(loaded("add.u64 %x1, %in, 16; ld.global.u16 %x0, [%x1+-6];"), 0x89abu);
  CHECK_EQ(loaded("ld.global.v2.u8 {%h0, %h1}, [%in+2]; mov.b32 %r0, {%h0, %h1}; cvt.u64.u32 %x0, %r0;"), 0x00c500d6u);
  CHECK_EQ(loaded("ld.global.v4.s8 {%r0, %r1, %r2, %r3}, [%in]; mov.b64 %x0, {%r0, %r3};"), 0xffffffc5fffffff8u);
  CHECK_EQ(loaded("ld.global.v4.u16 {%h0, %h1, %h2, %h3}, [%in]; mov.b64 %x0, {%h3, %h2, %h1, %h0};"), 0xe7f8c5d6a3b48192u);
  CHECK_EQ(loaded("ld.global.v2.u32 {%r0, %r1}, [%in]; mov.b64 %x0, {%r1, %r0};"), 0xc5d6e7f88192a3b4u);
  CHECK_EQ(loaded("ld.global.v2.f32 {_, %r1}, [%in]; mov.b64 %x0, {%r1, %r1};"), 0x8192a3b48192a3b4u);
  CHECK_EQ(loaded("ld.global.v4.u32 {%r0, %r1, %r2, %r3}, [%in]; mov.b64 %x0, {%r2, %r0};"), 0xc5d6e7f889abcdefu);
  CHECK_EQ(loaded("ld.global.v2.u64 {%x1, %x0}, [%in];"), 0x0123456789abcdefu);
}

TEST("ld with every word that may stand before its type") {
  for (const char* words : {"ld", "ld.weak", "ld.volatile", "ld.relaxed.gpu", "ld.acquire.cta", "ld.acquire.sys", "ldu"})
    for (const char* space : {"", ".global"}) CHECK_EQ(loaded(std::string(words) + space + ".u32 %x0, [%in];"), 0xc5d6e7f8u, words, space);
  for (const char* words : {".nc", ".ca", ".cg", ".cs", ".lu", ".cv", ".L1::evict_last", ".L1::no_allocate", ".L2::128B", ".ca.nc",
                            ".nc.L1::no_allocate.L2::256B"})
    CHECK_EQ(loaded(std::string("ld.global") + words + ".u32 %x0, [%in];"), 0xc5d6e7f8u, words);
  CHECK_EQ(loaded("mov.u64 %x1, 0; ld.global.L2::cache_hint.u32 %x0, [%in], %x1;"), 0xc5d6e7f8u);
}

TEST("st cuts a wider register, and vectors") {
  const auto stored = [](const std::string& store) {
    const auto r = run("mov.u64 %x0, 0x8192a3b4c5d6e7f8; cvt.u32.u64 %r0, %x0; cvt.u16.u64 %h0, %x0;\n" + store, "", 1, {0, 0});
    CHECK(r.outcome.ok(), store, ": ", r.outcome);
    return r.in;
  };
  const auto one = [&](const std::string& store) { return stored(store).at(0); };
  CHECK_EQ(one("st.global.u8 [%in+1], %h0;"), 0xf800u);
  CHECK_EQ(one("st.global.b8 [%in], %r0;"), 0xf8u);
  CHECK_EQ(one("st.global.s8 [%in], %x0;"), 0xf8u);
  CHECK_EQ(one("st.global.u16 [%in+6], %h0;"), 0xe7f8000000000000u);
  CHECK_EQ(one("st.global.u16 [%in], %r0;"), 0xe7f8u);
  CHECK_EQ(one("st.global.u32 [%in+4], %x0;"), 0xc5d6e7f800000000u);
  CHECK_EQ(one("st.global.f32 [%in], 0f3f800000;"), 0x3f800000u);
  CHECK_EQ(one("st.global.f64 [%in], 0d3ff0000000000000;"), 0x3ff0000000000000u);
  CHECK_EQ(one("st.u32 [%in], 7;"), 7u);
  CHECK_EQ(one("st.volatile.global.u64 [%in], %x0;"), 0x8192a3b4c5d6e7f8u);
  CHECK_EQ(one("st.relaxed.gpu.global.u64 [%in], %x0;"), 0x8192a3b4c5d6e7f8u);
  CHECK_EQ(one("st.release.sys.global.u64 [%in], %x0;"), 0x8192a3b4c5d6e7f8u);
  CHECK_EQ(one("st.global.wb.u64 [%in], %x0;"), 0x8192a3b4c5d6e7f8u);
  CHECK_EQ(one("st.global.cs.u64 [%in], %x0;"), 0x8192a3b4c5d6e7f8u);
  CHECK_EQ(one("st.global.v2.u8 [%in+2], {%h0, %h0};"), 0xf8f80000u);
  CHECK_EQ(one("st.global.v4.u16 [%in], {%h0, 1, 2, %h0};"), 0xe7f800020001e7f8u);
  CHECK_EQ(shown(stored("st.global.v4.u32 [%in], {%r0, 1, 2, 3};")), shown({0x1c5d6e7f8, 0x300000002}));
  CHECK_EQ(shown(stored("st.global.v2.f64 [%in], {%x0, %x0};")), shown({0x8192a3b4c5d6e7f8, 0x8192a3b4c5d6e7f8}));
}

TEST("lanes that do not take part keep their registers and their memory") {
  const auto r =
      run("mov.u64 %x0, 99; setp.lt.u32 %p0, %t, 3;\n@%p0 ld.global.u64 %x0, [%me];\n@!%p0 st.global.u64 [%me], 5;\nst.global.u64 [%out], "
          "%x0;");
  CHECK(r.outcome.ok(), r.outcome);
  for (size_t i = 0; i < r.out.size(); ++i) {
    CHECK_EQ(r.out[i], i < 3 ? 0x0101010101010101u * i : 99u);
    CHECK_EQ(r.in[i], i < 3 ? 0x0101010101010101u * i : 5u);
  }
}

TEST("gathers, broadcasts and rows of a warp load the same values") {
  const auto indexed = [](const std::string& index) {
    return run(index + "\nmul.wide.u32 %x1, %r0, 8; add.u64 %x1, %in, %x1; ld.global.u64 %x0, [%x1]; st.global.u64 [%out], %x0;").out;
  };
  const std::vector<uint64_t> row = indexed("mov.u32 %r0, %t;"), back = indexed("sub.u32 %r0, 31, %t;"), same = indexed("mov.u32 %r0, 9;");
  for (uint64_t i = 0; i < 32; ++i) {
    CHECK_EQ(row.at(i), 0x0101010101010101 * i);
    CHECK_EQ(back.at(i), 0x0101010101010101 * (31 - i));
    CHECK_EQ(same.at(i), 0x0101010101010101u * 9);
  }
}

TEST("shared memory by offset and by generic address") {
  const auto r =
      run("mov.u32 %r0, buf; shl.b32 %r1, %t, 4; add.u32 %r0, %r0, %r1;\nst.shared.v4.u32 [%r0], {%t, 1, 2, %r1};\n"
          "cvt.u64.u32 %x0, %r0; cvta.shared.u64 %x0, %x0; ld.u32 %r2, [%x0+12]; st.u32 [%x0+4], %r2;\n"
          "cvta.to.shared.u64 %x1, %x0; ld.shared.u64 %x2, [%x1]; st.global.u64 [%out], %x2;",
          some_shared);
  CHECK(r.outcome.ok(), r.outcome);
  for (uint64_t i = 0; i < r.out.size(); ++i) CHECK_EQ(r.out[i], i | i << 36);
}

TEST("generic addresses of one instruction in three spaces") {
  const auto r =
      run(".local .align 8 .b8 mine[8];\nst.local.u64 [mine], 77;\nst.shared.u64 [buf], 88; bar.warp.sync 0xffffffff;\n"
          "mov.u64 %x1, mine; cvta.local.u64 %x1, %x1;\nmov.u64 %x2, buf; cvta.shared.u64 %x2, %x2;\n"
          "rem.u32 %r0, %t, 3; setp.eq.u32 %p0, %r0, 0; setp.eq.u32 %p1, %r0, 1;\n"
          "selp.u64 %x3, %x1, %x2, %p0; selp.u64 %x3, %me, %x3, %p1;\nld.u64 %x0, [%x3]; st.global.u64 [%out], %x0;",
          some_shared);
  CHECK(r.outcome.ok(), r.outcome);
  for (uint64_t i = 0; i < r.out.size(); ++i) CHECK_EQ(r.out[i], i % 3 == 0 ? 77 : i % 3 == 1 ? 0x0101010101010101 * i : 88);
}

TEST("local memory is each thread's own") {
  const auto r =
      run(".local .align 16 .b8 mine[64];\nmov.u64 %x1, mine; and.b32 %r0, %t, 7; mul.wide.u32 %x2, %r0, 8; add.u64 %x1, %x1, %x2;\n"
          "st.local.u32 [%x1], %t; st.local.u32 [%x1+4], 3; bar.warp.sync 0xffffffff; ld.local.u64 %x0, [%x1]; st.global.u64 [%out], %x0;");
  CHECK(r.outcome.ok(), r.outcome);
  for (uint64_t i = 0; i < r.out.size(); ++i) CHECK_EQ(r.out[i], i | uint64_t{3} << 32);
}

TEST("constant memory, by symbol and by address") {
  const auto r =
      run("mul.wide.u32 %x1, %t, 4; mov.u64 %x2, table; and.b64 %x1, %x1, 15; add.u64 %x1, %x1, %x2; ld.const.u32 %r0, [%x1];\n"
          "ld.const.u32 %r1, [table+8]; mov.b64 %x0, {%r0, %r1}; st.global.u64 [%out], %x0;",
          ".const .align 4 .u32 table[4] = {10, 20, 30, 40};");
  CHECK(r.outcome.ok(), r.outcome);
  for (uint64_t i = 0; i < r.out.size(); ++i) CHECK_EQ(r.out[i], 10 * (i % 4 + 1) | uint64_t{30} << 32);
}

TEST("isspacep tells the windows apart") {
  const auto r = run(
      ".local .align 8 .b8 mine[8];\nmov.u64 %x1, mine; cvta.local.u64 %x1, %x1;\nmov.u64 %x2, buf; cvta.shared.u64 %x2, %x2;\n"
      "mov.u32 %r0, 0;\n" +
          [] {
            std::string all;
            int bit = 1;
            for (const char* s : {"global", "shared", "shared::cta", "local"})
              for (const char* a : {"%in", "%x2", "%x1"}) {
                all += std::string("isspacep.") + s + " %p0, " + a + "; @%p0 or.b32 %r0, %r0, " + std::to_string(bit) + ";\n";
                bit *= 2;
              }
            return all;
          }() +
          "cvt.u64.u32 %x0, %r0; st.global.u64 [%out], %x0;",
      some_shared, 1);
  CHECK(r.outcome.ok(), r.outcome);
  CHECK_EQ(r.out.at(0), 0b100'010'010'001u);
}

TEST("a kernel's parameter by generic address") {
  const auto r = run("mov.b64 %x1, in; cvta.param.u64 %x1, %x1; ld.u64 %x0, [%x1]; sub.u64 %x0, %x0, %in; st.global.u64 [%out], %x0;", "",
                     2, {}, "sm_80");
  CHECK(r.outcome.ok(), r.outcome);
  if (r.outcome.ok()) CHECK_EQ(shown(r.out), shown({0, 0}));
}

TEST("fences and hints are taken and change nothing") {
  for (const char* what : {"membar.cta;", "membar.gl;", "membar.sys;", "fence.sc.gpu;", "fence.acq_rel.cta;", "fence.sc.sys;", "fence.cta;",
                           "prefetch.global.L1 [%in];", "prefetch.global.L2 [%in+64];", "prefetch.L2 [%in];", "prefetchu.L1 [%in];",
                           "prefetch.global.L2::evict_last [%in];", "applypriority.global.L2::evict_normal [%in], 128;"}) {
    const auto r = run(std::string(what) + "\nst.global.u64 [%out], 4;", "", 1);
    CHECK(r.outcome.ok() && r.out.at(0) == 4, what, " ", r.outcome);
  }
}

}  // namespace

// atom and red: each operation and type, in global and shared memory and by generic address.
#include <algorithm>
#include <numeric>

#include "harness.h"
#include "memory_program.h"

namespace {

using memory_test::run;
using memory_test::shown;
using memory_test::some_shared;

// Thread 0 does one atomic on `before`; {what it returned, what is in memory then}.
struct step {
  uint64_t old, now;
  bool operator==(const step&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const step& s) {
    return out << std::hex << "{0x" << s.old << ", 0x" << s.now << "}" << std::dec;
  }
};

enum class place { global, generic, shared };

step once(const std::string& operation, const std::string& type, uint64_t before, uint64_t b, uint64_t c, place where) {
  const int width = type == "b16" || type == "f16" || type == "bf16" || type == "noftz.f16" || type == "noftz.bf16" ? 16
                    : type.find("64") != std::string::npos                                                          ? 64
                                                                                                                    : 32;
  const std::string r = width == 16 ? "%h" : width == 32 ? "%r" : "%x";
  const std::string w = std::to_string(width);
  const std::string space = where == place::global ? ".global" : where == place::shared ? ".shared" : "";
  const std::string address = where == place::shared ? "[buf]" : "[%in]";
  const std::string third = operation == "cas" ? ", " + r + "3" : "";
  const auto r1 = run("ld.global.u" + w + " " + r + "2, [%in+8]; ld.global.u" + w + " " + r +
                          "3, [%in+16]; ld.global.u64 %x9, [%in]; st.shared.u64 [buf], %x9;\n" + "atom" + space + "." + operation + "." +
                          type + " " + r + "1, " + address + ", " + r + "2" + third + ";\n" + "ld.shared.u64 %x9, [buf]; " +
                          (where == place::shared ? "st.global.u64 [%in], %x9;\n" : "") +
                          "mov.u64 %x8, 0; st.global.u64 [%out], %x8; st.global.u" + w + " [%out], " + r + "1;",
                      some_shared, 1, {before, b, c}, type.find("bf16") != std::string::npos ? "sm_90" : "sm_80");
  CHECK(r1.outcome.ok(), operation, ".", type, ": ", r1.outcome);
  return r1.outcome.ok() ? step{r1.out[0], r1.in[0]} : step{};
}

void everywhere(const std::string& operation, const std::string& type, uint64_t before, uint64_t b, uint64_t now, uint64_t c = 0) {
  for (place where : {place::global, place::generic, place::shared})
    CHECK_EQ(once(operation, type, before, b, c, where), (step{before, now}), operation, ".", type, " in place ", static_cast<int>(where));
}

TEST("atom on integers") {
  everywhere("add", "u32", 0xfffffffe, 5, 3);
  everywhere("add", "s32", 0x7fffffff, 1, 0x80000000);
  everywhere("add", "u64", 0xffffffffffffffff, 2, 1);
  everywhere("min", "u32", 5, 0xffffffff, 5);
  everywhere("min", "s32", 5, 0xffffffff, 0xffffffff);
  everywhere("max", "u32", 5, 0xffffffff, 0xffffffff);
  everywhere("max", "s32", 5, 0xffffffff, 5);
  everywhere("min", "u64", 5, 0xffffffffffffffff, 5);
  everywhere("min", "s64", 5, 0xffffffffffffffff, 0xffffffffffffffff);
  everywhere("max", "u64", 5, 0xffffffffffffffff, 0xffffffffffffffff);
  everywhere("max", "s64", 5, 0xffffffffffffffff, 5);
  everywhere("and", "b32", 0xf0f0f0f0, 0xff00ff00, 0xf000f000);
  everywhere("or", "b32", 0xf0f0f0f0, 0xff00ff00, 0xfff0fff0);
  everywhere("xor", "b32", 0xf0f0f0f0, 0xff00ff00, 0x0ff00ff0);
  everywhere("and", "b64", 0xf0f0f0f0f0f0f0f0, 0xff00ff0000000000, 0xf000f00000000000);
  everywhere("or", "b64", 0xf0f0f0f0f0f0f0f0, 0xff00ff0000000000, 0xfff0fff0f0f0f0f0);
  everywhere("xor", "b64", 0xf0f0f0f0f0f0f0f0, 0xff00ff0000000000, 0x0ff00ff0f0f0f0f0);
  everywhere("exch", "b32", 7, 9, 9);
  everywhere("exch", "b64", 7, 0x900000000, 0x900000000);
}

TEST("atom.cas writes only where the value is the expected one") {
  everywhere("cas", "b32", 7, 7, 9, 9);
  everywhere("cas", "b32", 7, 8, 7, 9);
  everywhere("cas", "b64", 0x700000000, 0x700000000, 9, 9);
  everywhere("cas", "b64", 0x700000000, 0x800000000, 0x700000000, 9);
  everywhere("cas", "b16", 7, 7, 9, 9);
  everywhere("cas", "b16", 7, 8, 7, 9);
}

TEST("atom.inc and atom.dec wrap at their operand") {
  everywhere("inc", "u32", 4, 5, 5);
  everywhere("inc", "u32", 5, 5, 0);
  everywhere("inc", "u32", 6, 5, 0);
  everywhere("dec", "u32", 5, 5, 4);
  everywhere("dec", "u32", 0, 5, 5);
  everywhere("dec", "u32", 6, 5, 5);
}

TEST("atom.add on floats") {
  everywhere("add", "f32", 0x3f800000, 0x40000000, 0x40400000);  // 1 + 2
  everywhere("add", "f32", 0x7f800000, 0xff800000, 0x7fffffff);  // inf − inf
  everywhere("add", "f64", 0x3ff0000000000000, 0x4000000000000000, 0x4008000000000000);
  everywhere("add", "noftz.f16", 0x3c00, 0x4000, 0x4200);
  everywhere("add", "noftz.f16", 0x0001, 0x0001, 0x0002);  // subnormal
  everywhere("add", "noftz.bf16", 0x3f80, 0x4000, 0x4040);
  everywhere("add", "noftz.f16x2", 0x3c003c00, 0x40003c00, 0x42004000);
  everywhere("add", "noftz.bf16x2", 0x3f803f80, 0x40003f80, 0x40404000);
}

TEST("atom.add.f32 makes zeros of subnormals in global memory and keeps them in shared memory") {
  const uint64_t least = 1, normal = 0x00800000;
  CHECK_EQ(once("add", "f32", least, least, 0, place::global), (step{least, 0}));
  CHECK_EQ(once("add", "f32", least, least, 0, place::generic), (step{least, 0}));
  CHECK_EQ(once("add", "f32", least, least, 0, place::shared), (step{least, 2}));
  CHECK_EQ(once("add", "f32", normal, least, 0, place::global), (step{normal, normal}));
  CHECK_EQ(once("add", "f32", normal, least, 0, place::shared), (step{normal, normal + 1}));
}

TEST("atom takes order and scope, and red returns nothing") {
  for (const char* words : {".relaxed", ".acquire", ".release", ".acq_rel"})
    for (const char* scope : {".cta", ".gpu", ".sys"}) {
      const auto r = run(std::string("atom") + words + scope + ".global.add.u32 %r0, [%in], 1;", "", 1, {10});
      CHECK(r.outcome.ok() && r.in[0] == 11, words, scope, " ", r.outcome);
      if (std::string(words).substr(0, 4) == ".acq") continue;
      const auto reduced = run(std::string("red") + words + scope + ".global.add.u32 [%in], 2;", "", 1, {10});
      CHECK(reduced.outcome.ok() && reduced.in[0] == 12, words, scope, " ", reduced.outcome);
    }
  const auto sink = run("atom.global.add.u32 _, [%in], 4;", "", 1, {10});
  CHECK(sink.outcome.ok() && sink.in[0] == 14, sink.outcome);
}

TEST("red has every operation but exch and cas") {
  const auto r =
      run("red.global.add.u32 [%in], 1; red.global.min.s32 [%in+8], 3; red.global.max.u64 [%in+16], 9; red.global.and.b32 [%in+24], 6;\n"
          "red.global.or.b32 [%in+32], 8; red.xor.b64 [%in+40], 5; red.global.inc.u32 [%in+48], 1; red.global.dec.u32 [%in+56], 4;\n"
          "red.global.add.f32 [%in+64], 0f3f800000;",
          "", 1, {10, 10, 5, 12, 1, 4, 1, 0, 0x3f800000});
  CHECK(r.outcome.ok(), r.outcome);
  if (r.outcome.ok()) CHECK_EQ(shown(r.in), shown({11, 3, 9, 4, 9, 1, 0, 4, 0x40000000}));
}

TEST("lanes of one atomic act in their order, each on what the one before left") {
  for (const char* space : {".global", ".shared", ""}) {
    const bool shared = std::string(space) == ".shared";
    const auto r = run("setp.eq.u32 %p0, %t, 0; @%p0 st.shared.u32 [buf], 100; bar.sync 0;\natom" + std::string(space) + ".add.u32 %r0, " +
                           (shared ? "[buf]" : "[%in]") + ", 3; cvt.u64.u32 %x0, %r0; st.global.u64 [%out], %x0;",
                       some_shared, 32, {100});
    CHECK(r.outcome.ok(), r.outcome);
    for (uint64_t i = 0; i < r.out.size(); ++i) CHECK_EQ(r.out[i], 100 + 3 * i);
  }
}

TEST("blocks on several threads lose no update") {
  ptx::changed_settings with;
  with.set(&ptxvm::options::threads, 2);
  const ptx::buffer out(std::vector<uint64_t>(3, 0)), in(std::vector<uint64_t>(3, 0));
  const std::string text = memory_test::text(
      "mov.u32 %r2, 0x00010001; ld.param.u64 %x0, [in]; red.global.add.u32 [%x0], 1; red.global.add.f32 [%x0+8], 0f3f800000;\n"
      "atom.global.add.noftz.f16x2 %r1, [%x0+16], %r2;");
  const ptx::outcome o = ptx::launch(text, "k", 64, 32, out, in);
  CHECK(o.ok(), o);
  CHECK_EQ(shown(in.read<uint64_t>()), shown({2048, 0x45000000, 0x08000800}));  // 2048 times the least f16 is its exponent's least
}

}  // namespace

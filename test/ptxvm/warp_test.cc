// shfl, vote, match, redux, elect, activemask and bar.warp.sync.
#include <algorithm>

#include "harness.h"
#include "threads.h"

namespace {

using ptx::run_threads;

// The lane that each lane's value came from, and the lanes whose predicate holds.
struct shuffled {
  const char *mode, *b, *c;
  uint32_t from[32];
  uint32_t in_range;
};

TEST("warp: shfl in every mode, with segments and clamps") {
  const shuffled cases[] = {
      {"up",
       "3",
       "0",
       {0, 1, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28},
       0xfffffff8},
      {"up",
       "3",
       "0x1800",
       {0, 1, 2, 0, 1, 2, 3, 4, 8, 9, 10, 8, 9, 10, 11, 12, 16, 17, 18, 16, 17, 18, 19, 20, 24, 25, 26, 24, 25, 26, 27, 28},
       0xf8f8f8f8},
      {"up",
       "0",
       "0",
       {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31},
       0xffffffff},
      {"down",
       "5",
       "0x101f",
       {5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 11, 12, 13, 14, 15, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 27, 28, 29, 30, 31},
       0x07ff07ff},
      // only the low five bits of b count
      {"down",
       "33",
       "0x1f",
       {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 31},
       0x7fffffff},
      {"bfly",
       "12",
       "0x1f",
       {12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3, 28, 29, 30, 31, 24, 25, 26, 27, 20, 21, 22, 23, 16, 17, 18, 19},
       0xffffffff},
      // across segments of 8: a lower segment is in range, a higher one is not
      {"bfly",
       "12",
       "0x1807",
       {0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 0, 1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 23, 20, 21, 22, 23, 16, 17, 18, 19},
       0xff00ff00},
      {"idx",
       "9",
       "0x181f",
       {1, 1, 1, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9, 9, 9, 17, 17, 17, 17, 17, 17, 17, 17, 25, 25, 25, 25, 25, 25, 25, 25},
       0xffffffff},
      {"idx",
       "%r5",
       "5",
       {1, 0, 3, 2, 5, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31},
       0x3f},
  };
  for (const shuffled& s : cases) {
    const std::string name = std::string(s.mode) + " " + s.b + " " + s.c;
    const auto r = run_threads("xor.b32 %r5, %t, 1;\nadd.u32 %r0, %t, 100;\nshfl.sync." + std::string(s.mode) + ".b32 %r1|%p0, %r0, " +
                                   s.b + ", " + s.c + ", -1;\nselp.u32 %r2, 1000, 0, %p0;\nadd.u32 %d, %r1, %r2;",
                               32);
    CHECK(r.how.ok(), name, ": ", r.how);
    for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], s.from[t] + 100 + (s.in_range >> t & 1 ? 1000 : 0), name, " lane ", t);
  }
}

TEST("warp: shfl writes its source register without harm, and without a predicate") {
  const auto r = run_threads("mov.u32 %d, %t;\nshfl.sync.bfly.b32 %d, %d, 1, 0x1f, -1;", 32);
  CHECK(r.how.ok(), r.how);
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], t ^ 1);
}

TEST("warp: votes") {
  const struct {
    const char *set, *op;
    uint32_t d;
  } cases[] = {
      {"setp.lt.u32 %p0, %t, 7;", "vote.sync.ballot.b32 %d, %p0, -1;", 0x7f},
      {"setp.lt.u32 %p0, %t, 7;", "vote.sync.ballot.b32 %d, !%p0, -1;", 0xffffff80},
      {"setp.lt.u32 %p0, %t, 7;", "vote.sync.any.pred %p1, %p0, -1; selp.u32 %d, 1, 0, %p1;", 1},
      {"setp.gt.u32 %p0, %t, 70;", "vote.sync.any.pred %p1, %p0, -1; selp.u32 %d, 1, 0, %p1;", 0},
      {"setp.lt.u32 %p0, %t, 31;", "vote.sync.all.pred %p1, %p0, -1; selp.u32 %d, 1, 0, %p1;", 0},
      {"setp.lt.u32 %p0, %t, 32;", "vote.sync.all.pred %p1, %p0, -1; selp.u32 %d, 1, 0, %p1;", 1},
      {"setp.lt.u32 %p0, %t, 32;", "vote.sync.all.pred %p1, !%p0, -1; selp.u32 %d, 1, 0, %p1;", 0},
      {"setp.lt.u32 %p0, %t, 32;", "vote.sync.uni.pred %p1, %p0, -1; selp.u32 %d, 1, 0, %p1;", 1},
      {"setp.gt.u32 %p0, %t, 32;", "vote.sync.uni.pred %p1, %p0, -1; selp.u32 %d, 1, 0, %p1;", 1},
      {"setp.lt.u32 %p0, %t, 3;", "vote.sync.uni.pred %p1, %p0, -1; selp.u32 %d, 1, 0, %p1;", 0},
  };
  for (const auto& c : cases) {
    const auto r = run_threads(std::string(c.set) + c.op, 32);
    CHECK(r.how.ok(), r.how);
    for (uint32_t d : r.d) CHECK_EQ(d, c.d, c.set, c.op);
  }
}

TEST("warp: match finds equal values") {
  const auto any = run_threads("rem.u32 %r0, %t, 3;\nmatch.any.sync.b32 %d, %r0, -1;", 32);
  CHECK(any.how.ok(), any.how);
  const uint32_t wanted[] = {0x49249249, 0x92492492, 0x24924924};
  for (uint32_t t = 0; t < any.d.size(); ++t) CHECK_EQ(any.d[t], wanted[t % 3]);
  // values that differ in the upper half alone
  const auto wide = run_threads(
      "and.b32 %r0, %t, 1;\nmov.b64 %l0, {%t, %r0};\nand.b64 %l0, %l0, 0xffffffff00000000;\nmatch.any.sync.b64 %d, %l0, -1;", 32);
  CHECK(wide.how.ok(), wide.how);
  CHECK_EQ(wide.d.at(0), 0x55555555u);
  CHECK_EQ(wide.d.at(1), 0xaaaaaaaau);
  const auto all = run_threads("match.all.sync.b32 %r0|%p0, 7, -1;\nselp.u32 %d, %r0, 1, %p0;", 32);
  CHECK(all.how.ok(), all.how);
  for (uint32_t d : all.d) CHECK_EQ(d, 0xffffffffu);
  const auto not_all =
      run_threads("max.u32 %r1, %t, 1;\nmatch.all.sync.b32 %r0|%p0, %r1, -1;\nselp.u32 %r2, 1, 2, %p0;\nadd.u32 %d, %r2, %r0;", 32);
  CHECK(not_all.how.ok(), not_all.how);
  for (uint32_t d : not_all.d) CHECK_EQ(d, 2u);
  const auto all_wide = run_threads("cvt.u64.u32 %l0, %t;\nshr.u64 %l0, %l0, 5;\nmatch.all.sync.b64 %d, %l0, -1;", 32);
  CHECK(all_wide.how.ok(), all_wide.how);
  CHECK_EQ(all_wide.d.at(3), 0xffffffffu);
}

TEST("warp: redux in every operation") {
  const struct {
    const char *value, *op;
    uint32_t d;
  } cases[] = {
      {"mov.u32 %r0, %t;", "add.u32", 496},           {"sub.u32 %r0, %t, 20;", "add.s32", 496u - 640u},
      {"sub.u32 %r0, %t, 5;", "min.s32", 0xfffffffb}, {"sub.u32 %r0, %t, 5;", "min.u32", 0},
      {"sub.u32 %r0, %t, 5;", "max.s32", 26},         {"sub.u32 %r0, %t, 5;", "max.u32", 0xffffffff},
      {"or.b32 %r0, %t, 0x40;", "and.b32", 0x40},     {"or.b32 %r0, %t, 0x40;", "or.b32", 0x5f},
      {"max.u32 %r0, %t, 1;", "xor.b32", 1},
  };
  for (const auto& c : cases) {
    const auto r = run_threads(std::string(c.value) + "\nredux.sync." + c.op + " %d, %r0, -1;", 32);
    CHECK(r.how.ok(), r.how);
    for (uint32_t d : r.d) CHECK_EQ(d, c.d, c.op);
  }
}

TEST("warp: elect gives all lanes of the mask one leader, and that one alone the predicate") {
  ptx::changed_settings with;
  with.set(&ptxvm::options::capability, 90);
  const auto r = run_threads(
      "setp.ge.u32 %p0, %t, 4;\n@%p0 elect.sync %r0|%p1, 0xfffffff0;\n@%p0 selp.u32 %r1, 100, 0, %p1;\n@%p0 add.u32 %d, %r0, %r1;", 32, 1,
      "sm_90");
  CHECK(r.how.ok(), r.how);
  CHECK_EQ(r.d.at(3), 0u);
  const uint32_t leader = r.d.at(31) % 100;
  CHECK(leader >= 4 && leader < 32, leader);
  for (uint32_t t = 4; t < r.d.size(); ++t) CHECK_EQ(r.d[t], leader + (t == leader ? 100 : 0), "lane ", t);
}

TEST("warp: activemask is the lanes that run together") {
  const auto r = run_threads("activemask.b32 %d;\nsetp.lt.u32 %p0, %t, 6;\n@%p0 activemask.b32 %d;", 40);
  CHECK(r.how.ok(), r.how);
  CHECK_EQ(r.d.at(0), 0x3fu);
  CHECK_EQ(r.d.at(6), 0xffffffffu);
  CHECK_EQ(r.d.at(32), 0xffu);
}

TEST("warp: parts of a warp meet among themselves, apart or side by side") {
  // Both halves together, each with its own mask.
  const auto together =
      run_threads("and.b32 %r0, %t, 16;\nmov.u32 %r1, 0xffff;\nshl.b32 %r1, %r1, %r0;\nredux.sync.add.u32 %d, %t, %r1;", 32);
  CHECK(together.how.ok(), together.how);
  for (uint32_t t = 0; t < together.d.size(); ++t) CHECK_EQ(together.d[t], t < 16 ? 120u : 376u);
  // One after the other, in two instructions.
  const auto apart = run_threads(R"(
    setp.lt.u32 %p0, %t, 16;
    @%p0 bra low;
    redux.sync.max.u32 %d, %t, 0xffff0000;
    bra.uni done;
  low:
    redux.sync.max.u32 %d, %t, 0xffff;
  done:)",
                                 32);
  CHECK(apart.how.ok(), apart.how);
  for (uint32_t t = 0; t < apart.d.size(); ++t) CHECK_EQ(apart.d[t], t < 16 ? 15u : 31u);
}

TEST("warp: lanes of one mask meet at different instructions") {
  const auto r = run_threads(R"(
    add.u32 %r0, %t, 100;
    add.u32 %r1, %t, 200;
    setp.lt.u32 %p0, %t, 16;
    @%p0 bra low;
    shfl.sync.bfly.b32 %d|%p1, %r1, 16, 0x1f, -1;
    bra.uni done;
  low:
    shfl.sync.bfly.b32 %r3, %r0, 16, 0x1f, -1;
    add.u32 %d, %r3, 1000;
  done:)",
                             32);
  CHECK(r.how.ok(), r.how);
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], t < 16 ? 1216 + t : 84 + t, "lane ", t);
}

TEST("warp: lanes that come late are waited for") {
  const auto r = run_threads(R"(
    setp.lt.u32 %p0, %t, 3;
    @%p0 bra cold;
  meet:
    vote.sync.ballot.b32 %d, %p0, -1;
    bra.uni done;
  cold:
    add.u32 %r0, %r0, 1;
    bra meet;
  done:)",
                             32);
  CHECK(r.how.ok(), r.how);
  for (uint32_t d : r.d) CHECK_EQ(d, 7u);
}

TEST("warp: lanes of the mask that exited, or that the block does not have, are not waited for") {
  const auto r = run_threads("setp.ge.u32 %p0, %t, 20;\n@%p0 exit;\nredux.sync.add.u32 %d, 1, -1;", 60);
  CHECK(r.how.ok(), r.how);
  CHECK_EQ(r.d.at(19), 20u);
  // Lanes already wait when the others leave.
  const auto later = run_threads(R"(
    setp.lt.u32 %p0, %t, 20;
    @%p0 bra meet;
    bra.uni leave;
  meet:
    redux.sync.add.u32 %d, 1, -1;
    bra.uni done;
  leave:
    exit;
  done:)",
                                 25);
  CHECK(later.how.ok(), later.how);
  CHECK_EQ(later.d.at(19), 20u);
}

TEST("warp: what is wrong about masks is a fault") {
  const struct {
    const char *body, *words;
  } cases[] = {
      {"shfl.sync.bfly.b32 %d, %t, 1, 0x1f, 0xffff;", "shfl.sync is executed by lanes that its mask does not name: 16-31"},
      {"vote.sync.ballot.b32 %d, %p0, 0;", "vote.sync is executed by lanes that its mask does not name: 0-31"},
      {"xor.b32 %r0, %t, 31; mov.u32 %r1, 1; shl.b32 %r1, %r1, %r0; bar.warp.sync %r1;",
       "bar.warp.sync is executed by lanes that its mask does not name: 0"},
      {"setp.lt.u32 %p0, %t, 16; @%p0 shfl.sync.bfly.b32 %d, %t, 16, 0x1f, 0xffff;",
       "thread (0, 0, 0): shfl.sync reads lane 16, which does not take part (those that do: 0-15)"},
      {"setp.ge.u32 %p0, %t, 30; @%p0 exit; shfl.sync.down.b32 %d, %t, 1, 0x1f, -1;",
       "thread (29, 0, 0): shfl.sync reads lane 30, which does not take part"},
      {"setp.lt.u32 %p0, %t, 16; @%p0 bra low; bar.warp.sync -1; bra.uni done; low: shfl.sync.idx.b32 %d, %t, 0, 0x1f, -1; done:",
       "lanes wait for each other for ever"},
      {"setp.lt.u32 %p0, %t, 16; @%p0 bra low; bar.sync 0; bra.uni done; low: bar.warp.sync -1; done:", "divergent barrier"},
      {"setp.lt.u32 %p0, %t, 16; @%p0 bra low; shfl.sync.up.b32 %d, %t, 1, 0, -1; bra.uni done; low: shfl.sync.down.b32 %d, %t, 1, 0x1f, "
       "-1; done:",
       "lanes wait for each other for ever"},
  };
  for (const auto& c : cases) {
    const auto r = run_threads(c.body, 32);
    CHECK_EQ(r.how.code, 719, c.body);
    CHECK(r.how.says(c.words), r.how);
  }
}

TEST("warp: forms that do not exist are refused") {
  for (const char* text :
       {"shfl.bfly.b32 %r, %r, 1, 0x1f;", "shfl.sync.bfly.b64 %r, %r, 1, 0x1f, -1;", "shfl.sync.rotate.b32 %r, %r, 1, 0x1f, -1;",
        "vote.all.pred %p, %p;", "vote.sync.ballot.pred %p, %p, -1;", "match.any.sync.b32 %r|%p, %r, -1;",
        "match.some.sync.b32 %r, %r, -1;", "redux.sync.add.b32 %r, %r, -1;", "redux.sync.and.u32 %r, %r, -1;",
        "redux.sync.min.f32 %r, %r, -1;", "elect.sync %r, -1;", "activemask.u32 %r;", "bar.warp.arrive -1;"}) {
    const std::string words = ptx::refusal_of(std::string(".reg .pred %p;\n.reg .b32 %r;\n") + text + "\nret;");
    CHECK(words.find("PTX line 9") != std::string::npos, text, " gave '", words, "'");
  }
}

TEST("warp: bar.warp.sync orders what lanes do in shared memory") {
  const std::string body =
      ".shared .align 4 .b8 there[128];\nmov.u32 %r0, there;\nshl.b32 %r1, %t, 2;\nadd.u32 %r1, %r0, %r1;\nst.shared.u32 [%r1], %t;\n";
  const std::string read = "xor.b32 %r2, %t, 1;\nshl.b32 %r2, %r2, 2;\nadd.u32 %r2, %r0, %r2;\nld.shared.u32 %d, [%r2];";
  const auto r = run_threads(body + "bar.warp.sync -1;\n" + read, 32);
  CHECK(r.how.ok(), r.how);
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], t ^ 1);
  CHECK(run_threads(body + read, 32).how.says("race"), "the race without it was not seen");
}

}  // namespace

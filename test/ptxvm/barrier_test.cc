// bar and barrier: who waits for whom, reductions, subsets, and everything that is wrong about them.
#include "harness.h"
#include "threads.h"

namespace {

using ptx::run_threads;

const std::string exchange = ".shared .align 4 .b8 there[512];\n";

// shared[t] = t + 1; <barrier>; d = shared[t ^ 32].
std::string swapped(const std::string& barrier) {
  return exchange + R"(
    mov.u32 %r0, there;
    shl.b32 %r1, %t, 2;
    add.u32 %r2, %r0, %r1;
    add.u32 %r3, %t, 1;
    st.shared.u32 [%r2], %r3;
    )" + barrier +
         R"(
    xor.b32 %r1, %r1, 128;
    add.u32 %r2, %r0, %r1;
    ld.shared.u32 %d, [%r2];)";
}

TEST("barrier: what warps wrote before it, others read behind it") {
  for (const char* barrier : {"bar.sync 0;", "bar.cta.sync 3;", "barrier.sync 0;", "barrier.cta.sync.aligned 15;", "bar.sync 1, 128;",
                              "barrier.sync 2, 128;", "mov.u32 %r8, 5; mov.u32 %r9, 128; bar.sync %r8, %r9;"}) {
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      ptx::changed_settings with;
      with.set(&ptxvm::options::seed, seed);
      const auto r = run_threads(swapped(barrier), 128);
      CHECK(r.how.ok(), barrier, ": ", r.how);
      for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], (t ^ 32) + 1, barrier, " thread ", t);
    }
  }
}

TEST("barrier: a barrier is used again and again") {
  const auto r = run_threads(exchange + R"(
    mov.u32 %r0, there;
    shl.b32 %r1, %t, 2;
    add.u32 %r1, %r0, %r1;
    mov.u32 %r5, 0;
    st.shared.u32 [%r1], 0;
  again:
    bar.sync 0;
    setp.ne.u32 %p0, %t, %r5;
    @%p0 bra skip;
    ld.shared.u32 %r6, [%r0];
    add.u32 %r6, %r6, %t;
    st.shared.u32 [%r0], %r6;
  skip:
    add.u32 %r5, %r5, 1;
    setp.lt.u32 %p1, %r5, 96;
    @%p1 bra again;
    bar.sync 0;
    ld.shared.u32 %d, [%r0];)",
                             96);
  CHECK(r.how.ok(), r.how);
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], 95u * 96 / 2, "thread ", t);
  CHECK_EQ(ptx::counted().barriers, 97u * 3);
}

TEST("barrier: red counts and joins predicates of all threads") {
  const auto popc = run_threads("setp.lt.u32 %p0, %t, 41;\nbar.red.popc.u32 %d, 0, %p0;", 96);
  CHECK(popc.how.ok(), popc.how);
  for (uint32_t d : popc.d) CHECK_EQ(d, 41u);
  const auto not_popc = run_threads("setp.lt.u32 %p0, %t, 41;\nbarrier.cta.red.popc.aligned.u32 %d, 2, 96, !%p0;", 96);
  CHECK(not_popc.how.ok(), not_popc.how);
  for (uint32_t d : not_popc.d) CHECK_EQ(d, 55u);
  const struct {
    const char *op, *compare;
    uint32_t result;
  } cases[] = {{"and", "setp.lt.u32 %p0, %t, 96;", 1},
               {"and", "setp.lt.u32 %p0, %t, 95;", 0},
               {"or", "setp.gt.u32 %p0, %t, 94;", 1},
               {"or", "setp.gt.u32 %p0, %t, 95;", 0}};
  for (const auto& c : cases) {
    const auto r = run_threads(std::string(c.compare) + "\nbar.red." + c.op + ".pred %p1, 0, %p0;\nselp.u32 %d, 1, 0, %p1;", 96);
    CHECK(r.how.ok(), r.how);
    for (uint32_t d : r.d) CHECK_EQ(d, c.result, c.op, ' ', c.compare);
  }
}

TEST("barrier: subsets of warps use barriers of their own") {
  // Warps 0 and 1 swap through barrier 1, warps 2 and 3 through barrier 2.
  const auto r = run_threads(swapped("shr.u32 %r4, %t, 6;\nadd.u32 %r4, %r4, 1;\nbar.sync %r4, 64;"), 128);
  CHECK(r.how.ok(), r.how);
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], (t ^ 32) + 1, "thread ", t);
}

const std::string producer = exchange + R"(
    mov.u32 %r0, there;
    setp.ge.u32 %p0, %t, 32;
    @%p0 bra consumer;
    shl.b32 %r1, %t, 2;
    add.u32 %r1, %r0, %r1;
    st.shared.u32 [%r1], %t;
    bar.arrive 1, 64;
    mov.u32 %d, 1000;
    bra.uni done;
  consumer:
    bar.sync 1, 64;
    sub.u32 %r2, 63, %t;
    shl.b32 %r2, %r2, 2;
    add.u32 %r2, %r0, %r2;
    ld.shared.u32 %d, [%r2];
  done:)";

TEST("barrier: arrive does not wait, sync waits for it") {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    ptx::changed_settings with;
    with.set(&ptxvm::options::seed, seed);
    const auto r = run_threads(producer, 64);
    CHECK(r.how.ok(), r.how);
    for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], t < 32 ? 1000 : 63 - t, "thread ", t);
  }
}

TEST("barrier: threads that have exited are not waited for") {
  const auto warps = run_threads("setp.ge.u32 %p0, %t, 64;\n@%p0 exit;\nbar.red.popc.u32 %d, 0, %p0;\nadd.u32 %d, %d, 1;", 128);
  CHECK(warps.how.ok(), warps.how);
  CHECK_EQ(warps.d.at(63), 1u);
  const auto lanes = run_threads("setp.lt.u32 %p0, %t, 50;\n@!%p0 exit;\nbar.red.popc.u32 %d, 0, %p0;", 64);
  CHECK(lanes.how.ok(), lanes.how);
  CHECK_EQ(lanes.d.at(49), 50u);
  CHECK_EQ(lanes.d.at(50), 0xeeeeeeeeu);
}

TEST("barrier: lanes come to the same barrier by ways of different length") {
  // The lanes of the cold path lie behind the barrier in the program, so the others are there first.
  const auto r = run_threads(R"(
    setp.lt.u32 %p0, %t, 3;
    @%p0 bra cold;
  meet:
    bar.red.popc.u32 %r0, 0, %p0;
    add.u32 %d, %d, %r0;
    bra.uni done;
  cold:
    mov.u32 %d, 100;
    bra meet;
  done:)",
                             64);
  CHECK(r.how.ok(), r.how);
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], t < 3 ? 103u : 3u, "thread ", t);
}

TEST("barrier: lanes of a warp in two bar.sync are a divergent barrier, in two barrier.sync they meet") {
  const auto body = [](const char* sync) {
    return std::string("setp.lt.u32 %p0, %t, 16;\n@%p0 bra low;\n") + sync + " 0;\nmov.u32 %d, 2;\nbra.uni done;\nlow:\n" + sync +
           " 0;\nmov.u32 %d, 1;\ndone:";
  };
  const auto wrong = run_threads(body("bar.sync"), 32);
  CHECK_EQ(wrong.how.code, 719);
  CHECK(wrong.how.says("divergent barrier") && wrong.how.says("lanes 0-15 wait at PTX line 24") &&
            wrong.how.says("lanes 16-31 wait at PTX line 20"),
        wrong.how);
  const auto right = run_threads(body("barrier.sync"), 64);
  CHECK(right.how.ok(), right.how);
  CHECK_EQ(right.d.at(15), 1u);
  CHECK_EQ(right.d.at(16), 2u);
}

TEST("barrier: lanes of a warp at different barriers are a fault") {
  const auto r = run_threads("and.b32 %r0, %t, 1;\nbar.sync %r0;", 32);
  CHECK_EQ(r.how.code, 719);
  CHECK(r.how.says("lanes of one warp name different barriers"), r.how);
  const auto apart = run_threads("and.b32 %r0, %t, 1;\nbarrier.sync %r0;", 32);
  CHECK_EQ(apart.how.code, 719);
  CHECK(apart.how.says("divergent barrier"), apart.how);
}

TEST("barrier: a deadlock is reported with who waits where") {
  const auto r = run_threads("setp.lt.u32 %p0, %t, 32;\n@%p0 bra one;\nbar.sync 2, 64;\none:\nbar.sync 1, 64;", 64);
  CHECK_EQ(r.how.code, 719);
  CHECK(r.how.says("deadlock") && r.how.says("warp 0 lanes 0-31 wait at PTX line 22 for other warps at barrier 1") &&
            r.how.says("warp 1 lanes 0-31 wait at PTX line 20 for other warps at barrier 2") &&
            r.how.says("32 threads have arrived at barrier 1, which expects 64"),
        r.how);
}

TEST("barrier: a warp that leaves lets a barrier with a count wait for ever") {
  const auto r = run_threads("setp.lt.u32 %p0, %t, 32;\n@%p0 exit;\nbar.sync 1, 64;", 64);
  CHECK_EQ(r.how.code, 719);
  CHECK(r.how.says("deadlock") && r.how.says("warp 1"), r.how);
}

TEST("barrier: numbers and counts that do not exist are faults") {
  const struct {
    const char *body, *words;
  } cases[] = {
      {"bar.sync 16;", "barrier 16; there are 16"},
      {"mov.u32 %r0, 33; bar.sync 0, %r0;", "barrier 0 for 33 threads"},
      {"mov.u32 %r0, 0; bar.sync 0, %r0;", "barrier 0 for 0 threads"},
      {"add.u32 %r0, %t, 32; and.b32 %r0, %r0, 0xe0; bar.sync 0, %r0;", "expects"},
      {"bar.arrive 0, 96; bar.arrive 0, 96;", "arrives at barrier 0 again"},
  };
  for (const auto& c : cases) {
    const auto r = run_threads(c.body, 64);
    CHECK_EQ(r.how.code, 719, c.body);
    CHECK(r.how.says(c.words), r.how);
  }
}

TEST("barrier: a block that is no multiple of a warp") {
  const auto r = run_threads("setp.eq.u32 %p0, %t, %t;\nbar.red.popc.u32 %d, 0, %p0;", 70);
  CHECK(r.how.ok(), r.how);
  for (uint32_t d : r.d) CHECK_EQ(d, 70u);
}

}  // namespace

// mbarrier: phases, counts, states and what it orders.
#include "harness.h"
#include "memory_program.h"

namespace {

using memory_test::run;
using memory_test::some_shared;

// One thread with a barrier for three arrivals at [buf].
memory_test::result alone(const std::string& body) {
  return run("mbarrier.init.shared.b64 [buf], 3;\n" + body, some_shared, 1, {}, "sm_90");
}

// Whether the phase of parity 0 is over after `body`.
bool over_after(const std::string& body) {
  const auto r = alone(body + "\nmbarrier.test_wait.parity.shared.b64 %p0, [buf], 0; selp.u64 %x0, 1, 0, %p0; st.global.u64 [%out], %x0;");
  CHECK(r.outcome.ok(), body, r.outcome);
  return r.outcome.ok() && r.out[0] == 1;
}

TEST("mbarrier: the phase is over when all have arrived") {
  const std::string one = "mbarrier.arrive.shared.b64 %x1, [buf]; ";
  CHECK(!over_after(""), "");
  CHECK(!over_after(one + one), "");
  CHECK(over_after(one + one + one), "");
  CHECK(over_after("mbarrier.arrive.shared::cta.b64 _, [buf], 3;"), "");
  CHECK(over_after("mbarrier.arrive.release.cta.shared::cta.b64 %x1, [buf], 2; mbarrier.arrive.shared.b64 _, [buf];"), "");
  CHECK(!over_after("mbarrier.arrive.noComplete.shared.b64 %x1, [buf], 2;"), "");
  CHECK(over_after("mbarrier.arrive.noComplete.shared.b64 %x1, [buf], 2;" + one), "");
  CHECK(over_after("mov.u64 %x2, buf; cvta.shared.u64 %x2, %x2; mbarrier.arrive.b64 %x1, [%x2], 3;"), "by generic address");
}

TEST("mbarrier: parities take turns") {
  const auto r = alone(
      "mov.u32 %r0, 0;\n"
      "mbarrier.test_wait.parity.shared.b64 %p0, [buf], 1; @%p0 or.b32 %r0, %r0, 1;\n"  // the phase before the first
      "mbarrier.arrive.shared.b64 _, [buf], 3;\n"
      "mbarrier.test_wait.parity.shared.b64 %p0, [buf], 0; @%p0 or.b32 %r0, %r0, 2;\n"
      "mbarrier.test_wait.parity.shared.b64 %p0, [buf], 1; @%p0 or.b32 %r0, %r0, 4;\n"
      "mbarrier.arrive.shared.b64 _, [buf], 3;\n"
      "mbarrier.try_wait.parity.shared.b64 %p0, [buf], 1; @%p0 or.b32 %r0, %r0, 8;\n"
      "mbarrier.try_wait.parity.acquire.cta.shared::cta.b64 %p0, [buf], 0, 100; @%p0 or.b32 %r0, %r0, 16;\n"
      "cvt.u64.u32 %x0, %r0; st.global.u64 [%out], %x0;");
  CHECK(r.outcome.ok(), r.outcome);
  if (r.outcome.ok()) CHECK_EQ(r.out[0], 1u + 2u + 8u);
}

TEST("mbarrier: a state tells the phase it was taken in") {
  const auto r = alone(
      "mov.u32 %r0, 0; mbarrier.arrive.shared.b64 %x1, [buf];\n"
      "mbarrier.test_wait.shared.b64 %p0, [buf], %x1; @%p0 or.b32 %r0, %r0, 1;\n"
      "mbarrier.arrive.shared.b64 _, [buf], 2;\n"
      "mbarrier.test_wait.shared.b64 %p0, [buf], %x1; @%p0 or.b32 %r0, %r0, 2;\n"
      "mbarrier.try_wait.shared.b64 %p0, [buf], %x1; @%p0 or.b32 %r0, %r0, 4;\n"
      "cvt.u64.u32 %x0, %r0; st.global.u64 [%out], %x0;");
  CHECK(r.outcome.ok(), r.outcome);
  if (r.outcome.ok()) CHECK_EQ(r.out[0], 6u);
}

TEST("mbarrier.pending_count of a state is the count before the arrival (recall)") {
  const auto r = alone(
      "mbarrier.arrive.noComplete.shared.b64 %x1, [buf], 2; mbarrier.pending_count.b64 %r0, %x1;\n"
      "mbarrier.arrive.shared.b64 %x2, [buf]; mbarrier.pending_count.b64 %r1, %x2; mov.b64 %x0, {%r0, %r1}; st.global.u64 [%out], %x0;");
  CHECK(r.outcome.ok(), r.outcome);
  if (r.outcome.ok()) CHECK_EQ(r.out[0], 0x100000003u);
}

TEST("mbarrier.arrive_drop arrives and is expected no more") {
  const auto r = alone(
      "mbarrier.arrive_drop.shared.b64 _, [buf]; mbarrier.arrive.shared.b64 _, [buf], 2;\n"
      "mbarrier.arrive.shared.b64 _, [buf], 2;\n"  // the second phase wants two only
      "mbarrier.test_wait.parity.shared.b64 %p0, [buf], 1; selp.u64 %x0, 1, 0, %p0; st.global.u64 [%out], %x0;");
  CHECK(r.outcome.ok(), r.outcome);
  if (r.outcome.ok()) CHECK_EQ(r.out[0], 1u);
}

TEST("mbarrier: misuse is reported") {
  const auto says = [](const std::string& body, const char* words) {
    const auto r = run(body, some_shared, 1, {}, "sm_90");
    CHECK(r.outcome.says(words), body, " gave ", r.outcome);
  };
  const std::string init = "mbarrier.init.shared.b64 [buf], 3; ";
  says("mbarrier.arrive.shared.b64 _, [buf];", "no mbarrier has been initialised at offset 0");
  says(init + "mbarrier.inval.shared.b64 [buf]; mbarrier.arrive.shared.b64 _, [buf];", "no mbarrier has been initialised");
  says(init + init, "where there is one already");
  says("mbarrier.init.shared.b64 [buf], 0;", "for 0 arrivals");
  says("mbarrier.init.shared.b64 [buf], 1048576;", "for 1048576 arrivals");
  says("mbarrier.init.shared.b64 [buf+4], 1;", "no multiple of 8");
  says("mbarrier.init.b64 [%in], 1;", "outside shared memory");
  says(init + "mbarrier.arrive.shared.b64 _, [buf], 4;", "4 arrivals at the mbarrier at offset 0 of shared memory, which waits for 3");
  says(init + "mbarrier.arrive.noComplete.shared.b64 %x0, [buf], 3;", ".noComplete completes the mbarrier's phase");
  says(init + "mov.u32 %r0, 2; mbarrier.test_wait.parity.shared.b64 %p0, [buf], %r0;", "parity of 2");
  says(init +
           "mbarrier.arrive.shared.b64 %x0, [buf], 3; mbarrier.arrive.shared.b64 _, [buf], 3; mbarrier.test_wait.shared.b64 %p0, [buf], "
           "%x0;",
       "neither of the mbarrier's present phase nor of the one before");
  says(init + "mov.u64 %x0, 5; mbarrier.pending_count.b64 %r0, %x0;", "what is no state");
  CHECK(run(init + "mbarrier.inval.shared.b64 [buf]; " + init, some_shared, 1).outcome.ok(), "a barrier again after inval");
}

// Two warps: the second writes a word for each thread, both go through the barrier, the first reads.
std::string exchange(const std::string& arrive_and_wait) {
  return "setp.eq.u32 %p0, %t, 0; @%p0 mbarrier.init.shared.b64 [buf], 64; bar.sync 0;\n"
         "mov.u32 %r0, buf; shl.b32 %r1, %t, 2; add.u32 %r0, %r0, %r1; setp.ge.u32 %p1, %t, 32; @%p1 st.shared.u32 [%r0], %t;\n" +
         arrive_and_wait + "\n@!%p1 ld.shared.u32 %r2, [%r0+128]; @%p1 mov.u32 %r2, 0; cvt.u64.u32 %x0, %r2; st.global.u64 [%out], %x0;";
}

TEST("mbarrier: who waits sees what others wrote before they arrived") {
  const auto r =
      run(exchange("mbarrier.arrive.shared.b64 %x1, [buf];\nagain: mbarrier.test_wait.shared.b64 %p2, [buf], %x1; @!%p2 bra again;"),
          some_shared, 64);
  CHECK(r.outcome.ok(), r.outcome);
  if (r.outcome.ok())
    for (uint64_t i = 0; i < 32; ++i) CHECK_EQ(r.out[i], i + 32);
}

TEST("mbarrier: an arrival alone orders nothing") {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    ptx::changed_settings with;
    with.set(&ptxvm::options::seed, seed);
    const auto r = run(exchange("mbarrier.arrive.shared.b64 %x1, [buf];"), some_shared, 64);
    CHECK(r.outcome.says("data race in shared memory") || r.outcome.says("nobody wrote"), r.outcome);
  }
}

TEST("mbarrier: an access before the barrier is initialised for all is a race") {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    ptx::changed_settings with;
    with.set(&ptxvm::options::seed, seed);
    const auto r =
        run("setp.eq.u32 %p0, %t, 0; @%p0 mbarrier.init.shared.b64 [buf], 64; mbarrier.arrive.shared.b64 %x1, [buf];", some_shared, 64);
    CHECK(r.outcome.says("data race") || r.outcome.says("no mbarrier has been initialised"), r.outcome);
  }
}

// Each thread of the second warp copies a word for the first, which waits for the barrier.
std::string piped(const std::string& count, const std::string& arrive, const std::string& wait) {
  return "setp.eq.u32 %p0, %t, 0; @%p0 mbarrier.init.shared.b64 [buf], " + count + "; bar.sync 0;\n" +
         "mov.u32 %r0, buf; shl.b32 %r1, %t, 2; add.u32 %r0, %r0, %r1; setp.ge.u32 %p1, %t, 32; @!%p1 bra second;\n"
         "cp.async.ca.shared.global [%r0], [%me], 4;\n" +
         arrive + "\nmov.u32 %r2, 0; bra done;\nsecond:\n" + wait +
         "\nld.shared.u32 %r2, [%r0+128];\ndone: cvt.u64.u32 %x0, %r2; st.global.u64 [%out], %x0;";
}

TEST("cp.async.mbarrier.arrive: copies are there for who waits") {
  const std::string wait = "again: mbarrier.test_wait.parity.shared.b64 %p2, [buf], 0; @!%p2 bra again;";
  const auto noinc = run(piped("32", "cp.async.mbarrier.arrive.noinc.shared.b64 [buf];", wait), some_shared, 64);
  const auto counted =
      run(piped("32", "cp.async.mbarrier.arrive.shared::cta.b64 [buf]; mbarrier.arrive.shared.b64 _, [buf];", wait), some_shared, 64);
  for (const auto* r : {&noinc, &counted}) {
    CHECK(r->outcome.ok(), r->outcome);
    if (!r->outcome.ok()) continue;
    for (uint64_t i = 0; i < 32; ++i) CHECK_EQ(r->out[i], 0x01010101 * (i + 32));
  }
}

TEST("cp.async.mbarrier.arrive: the copying warp itself must wait for the barrier") {
  const std::string body =
      "setp.eq.u32 %p0, %t, 0; @%p0 mbarrier.init.shared.b64 [buf], 32; bar.sync 0;\n"
      "mov.u32 %r0, buf; shl.b32 %r1, %t, 2; add.u32 %r0, %r0, %r1; cp.async.ca.shared.global [%r0+64], [%me], 4;\n"
      "cp.async.mbarrier.arrive.noinc.shared.b64 [buf];\n";
  const std::string read = "ld.shared.u32 %r2, [%r0+64]; cvt.u64.u32 %x0, %r2; st.global.u64 [%out], %x0;";
  CHECK(run(body + read, some_shared).outcome.says("a cp.async of threads 0-31"), "");
  const auto r = run(body + "again: mbarrier.test_wait.parity.shared.b64 %p2, [buf], 0; @!%p2 bra again;\n" + read, some_shared);
  CHECK(r.outcome.ok(), r.outcome);
  if (r.outcome.ok()) CHECK_EQ(r.out[31], 31 * 0x01010101u);
}

}  // namespace

// Whole kernels under the race checker: clean ones are left in peace, and each missing step is found whatever the order of the warps.
#include "harness.h"
#include "memory_program.h"

namespace {

using memory_test::some_shared;

constexpr uint32_t threads = 128;

// The words of the fault for each of a few seeds, all together.
std::vector<std::string> runs(const std::string& body) {
  std::vector<std::string> words;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    ptx::changed_settings with;
    with.set(&ptxvm::options::seed, seed);
    const auto r = memory_test::run(body, some_shared, threads, std::vector<uint64_t>(1024, 3));
    words.push_back(r.outcome.ok() ? "" : r.outcome.words);
  }
  return words;
}

void clean(const std::string& body) {
  for (const std::string& w : runs(body)) CHECK_EQ(w, "");
}

void found(const std::string& body, const std::string& part) {
  for (const std::string& w : runs(body)) CHECK(w.find(part) != std::string::npos, "wanted '", part, "', got '", w, "'");
}

std::string without(std::string text, const std::string& part, int which = 0) {
  size_t at = text.find(part);
  for (; which > 0 && at != std::string::npos; --which) at = text.find(part, at + 1);
  if (at == std::string::npos) throw std::invalid_argument("no '" + part + "' to take away");
  return text.erase(at, part.size());
}

std::string instead(std::string text, const std::string& part, const std::string& by) {
  const size_t at = text.find(part);
  if (at == std::string::npos) throw std::invalid_argument("no '" + part + "' to replace");
  return text.replace(at, part.size(), by);
}

// A tile a step: each thread writes a word and reads its neighbour's in the next warp.
const std::string tile_loop =
    "mov.u32 %r0, buf; shl.b32 %r1, %t, 2; add.u32 %r2, %r0, %r1; xor.b32 %r1, %r1, 128; add.u32 %r3, %r0, %r1; mov.u32 %r4, 0; mov.u32 "
    "%r6, 0;\n"
    "step: st.shared.u32 [%r2], %t;\nbar.sync 0;\nld.shared.u32 %r5, [%r3]; add.u32 %r6, %r6, %r5;\nbarrier.sync 0;\n"
    "add.u32 %r4, %r4, 1; setp.lt.u32 %p0, %r4, 4; @%p0 bra step;\ncvt.u64.u32 %x0, %r6; st.global.u64 [%out], %x0;";

TEST("race: a tile loop with both barriers is clean, and without either is not") {
  clean(tile_loop);
  found(without(tile_loop, "bar.sync 0;"), "shared memory");
  found(without(tile_loop, "barrier.sync 0;"), "data race in shared memory");
}

// A sum over each warp by halves, in shared memory.
const std::string warp_sum =
    "mov.u32 %r0, buf; shl.b32 %r1, %t, 2; add.u32 %r0, %r0, %r1; st.shared.u32 [%r0], %t; mov.u32 %r2, 64; and.b32 %r9, %t, 31;\n"
    "step: bar.warp.sync 0xffffffff;\nshr.u32 %r7, %r2, 2; setp.lt.u32 %p1, %r9, %r7; add.u32 %r3, %r0, %r2;\n"
    "@%p1 ld.shared.u32 %r4, [%r3]; @%p1 ld.shared.u32 %r5, [%r0]; @%p1 add.u32 %r4, %r4, %r5; @%p1 st.shared.u32 [%r0], %r4;\n"
    "shr.u32 %r2, %r2, 1; setp.ge.u32 %p0, %r2, 4; @%p0 bra step;";

TEST("race: lanes of a warp need bar.warp.sync") {
  clean(warp_sum);
  found(without(warp_sum, "bar.warp.sync 0xffffffff;"), "of the same warp, with no bar.warp.sync between");
}

// Double buffered tiles of 16 bytes a thread, by cp.async; the neighbour's 16 bytes in the next warp are read.
const std::string pipeline =
    "mov.u32 %r0, buf; shl.b32 %r1, %t, 4; add.u32 %r2, %r0, %r1; xor.b32 %r1, %r1, 512; add.u32 %r3, %r0, %r1; mov.u32 %r4, 0; mov.u32 "
    "%r6, 0;\n"
    "mul.wide.u32 %x1, %t, 16; add.u64 %x1, %in, %x1;\n"
    "cp.async.cg.shared.global [%r2], [%x1], 16; cp.async.commit_group;\n"
    "step: xor.b32 %r2, %r2, 2048; cp.async.cg.shared.global [%r2], [%x1], 16; cp.async.commit_group;\n"
    "cp.async.wait_group 1;\nbar.sync 0;\nld.shared.v4.u32 {%r7, %r8, %r9, %r10}, [%r3]; add.u32 %r6, %r6, %r7; xor.b32 %r3, %r3, "
    "2048;\nbarrier.sync 0;\n"
    "add.u32 %r4, %r4, 1; setp.lt.u32 %p0, %r4, 5; @%p0 bra step;\ncp.async.wait_all;\ncvt.u64.u32 %x0, %r6; st.global.u64 [%out], %x0;";

TEST("race: a double buffer of cp.async") {
  clean(pipeline);
  found(without(pipeline, "bar.sync 0;"), "shared memory");
  found(without(pipeline, "barrier.sync 0;"), "shared memory");
  found(without(pipeline, "cp.async.wait_group 1;"), "not been waited for");
  found(instead(pipeline, "wait_group 1", "wait_group 2"), "not been waited for");
}

// Warps 0 and 1 hand a word for each thread to warps 2 and 3, by two named barriers.
const std::string named =
    "mov.u32 %r0, buf; and.b32 %r1, %t, 63; shl.b32 %r1, %r1, 2; add.u32 %r0, %r0, %r1; mov.u32 %r4, 0; setp.lt.u32 %p0, %t, 64; @!%p0 bra "
    "consume;\n"
    "produce: st.shared.u32 [%r0], %r4; bar.arrive 1, 128;\nbar.sync 2, 128;\nadd.u32 %r4, %r4, 1; setp.lt.u32 %p1, %r4, 4; @%p1 bra "
    "produce; bra done;\n"
    "consume: bar.sync 1, 128;\nld.shared.u32 %r5, [%r0]; bar.arrive 2, 128;\nadd.u32 %r4, %r4, 1; setp.lt.u32 %p1, %r4, 4; @%p1 bra "
    "consume;\n"
    "done: st.global.u64 [%out], 1;";

TEST("race: producers and consumers with named barriers") {
  clean(named);
  // What a producer writes after it arrived, and a consumer reads after it did, is ordered with nobody.
  found(instead(named, "bar.arrive 1, 128;", "bar.arrive 1, 128; st.shared.u32 [%r0], 77;"), "data race in shared memory");
  found(instead(named, "bar.arrive 2, 128;", "bar.arrive 2, 128; ld.shared.u32 %r6, [%r0];"), "data race in shared memory");
}

TEST("race: a barrier of two warps says nothing to the others") {
  const std::string pairs =
      "mov.u32 %r0, buf; shl.b32 %r1, %t, 2; add.u32 %r2, %r0, %r1; xor.b32 %r1, %r1, 128; add.u32 %r3, %r0, %r1; st.shared.u32 [%r2], "
      "%t;\n"
      "shr.u32 %r4, %t, 6; add.u32 %r4, %r4, 1; bar.sync %r4, 64; ld.shared.u32 %r5, [%r3];";
  clean(pairs);
  found(instead(pairs, "xor.b32 %r1, %r1, 128", "xor.b32 %r1, %r1, 256"), "shared memory");
}

TEST("race: a flag with release and acquire hands over, a plain flag does not") {
  const std::string flag =
      "setp.eq.u32 %p0, %t, 0; @%p0 st.shared.u32 [buf+64], 0; bar.sync 0; shr.u32 %r0, %t, 5; setp.eq.u32 %p1, %r0, 0; @!%p1 bra wait;\n"
      "@!%p0 bra done; st.shared.u32 [buf], 9; st.release.cta.shared.u32 [buf+64], 1; bra done;\n"
      "wait: ld.acquire.cta.shared.u32 %r1, [buf+64]; setp.eq.u32 %p2, %r1, 0; @%p2 bra wait; ld.shared.u32 %r2, [buf];\n"
      "cvt.u64.u32 %x0, %r2; st.global.u64 [%out], %x0;\ndone: ret;";
  clean(flag);
  found(instead(flag, "st.release.cta.shared.u32", "st.relaxed.cta.shared.u32"), "data race in shared memory at offset 0");
  found(instead(instead(flag, "st.release.cta", "st"), "ld.acquire.cta", "ld"), "data race in shared memory at offset 64");
  const std::string fenced = instead(instead(flag, "st.release.cta", "membar.cta; st.volatile"), "ld.acquire.cta", "ld.volatile");
  found(fenced, "data race in shared memory at offset 0");
  clean(instead(fenced, "@%p2 bra wait; ld.shared.u32 %r2, [buf];", "@%p2 bra wait; membar.cta; ld.shared.u32 %r2, [buf];"));
}

TEST("race: histograms by atomics are clean, by plain additions they are not") {
  const std::string histogram =
      "mov.u32 %r0, buf; shl.b32 %r1, %t, 2; add.u32 %r2, %r0, %r1; st.shared.u32 [%r2], 0; bar.sync 0;\n"
      "and.b32 %r3, %t, 7; shl.b32 %r3, %r3, 2; add.u32 %r3, %r0, %r3; atom.shared.add.u32 %r4, [%r3], 1; bar.sync 0; ld.shared.u32 %r5, "
      "[%r2];";
  clean(histogram);
  found(without(histogram, "bar.sync 0;"), "shared memory");
  found(without(histogram, "bar.sync 0;", 1), "data race");
  found(
      instead(histogram, "atom.shared.add.u32 %r4, [%r3], 1;", "ld.shared.u32 %r4, [%r3]; add.u32 %r4, %r4, 1; st.shared.u32 [%r3], %r4;"),
      "data race");
}

TEST("race: lanes of one store, the same value and different ones") {
  clean("setp.lt.u32 %p0, %t, 32; @%p0 st.shared.u32 [buf], 5;");
  found("setp.lt.u32 %p0, %t, 32; @%p0 st.shared.u32 [buf], %t;", "in the same instruction, with another value");
}

}  // namespace

// Where lanes go: branches and how they come together again, guards, exits, and lanes, warps and blocks that wait for each other.
#include <algorithm>

#include "harness.h"
#include "threads.h"

namespace {

using ptx::run_threads;

TEST("control: the two sides of a branch come together behind it") {
  const auto r = run_threads(R"(
    setp.lt.u32 %p0, %t, 10;
    @%p0 bra low;
    mov.u32 %d, 200;
    bra.uni together;
  low:
    mov.u32 %d, 100;
  together:
    activemask.b32 %r0;
    setp.eq.u32 %p1, %r0, 0xffffffff;
    @%p1 add.u32 %d, %d, %t;)",
                             64);
  CHECK(r.how.ok(), r.how);
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], (t < 10 ? 100 : 200) + t, "thread ", t);
}

TEST("control: a loop runs as often as each lane says") {
  const auto r = run_threads(R"(
    mov.u32 %r0, 0;
  again:
    add.u32 %d, %d, %r0;
    add.u32 %r0, %r0, 1;
    setp.le.u32 %p0, %r0, %t;
    @%p0 bra again;
    activemask.b32 %r1;
    setp.ne.u32 %p1, %r1, -1;
    @%p1 trap;)",
                             32);
  CHECK(r.how.ok(), r.how);
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], t * (t + 1) / 2, "thread ", t);
}

TEST("control: branches within branches, and one that leads backwards out of both") {
  const auto r = run_threads(R"(
    mov.u32 %r0, %t;
  again:
    and.b32 %r1, %r0, 1;
    setp.eq.u32 %p0, %r1, 0;
    @%p0 bra even;
    setp.eq.u32 %p1, %r0, 1;
    @%p1 bra done;
    mad.lo.u32 %r0, %r0, 3, 1;
    add.u32 %d, %d, 1;
    bra again;
  even:
    setp.eq.u32 %p2, %r0, 0;
    @%p2 bra done;
    shr.u32 %r0, %r0, 1;
    add.u32 %d, %d, 1;
    bra again;
  done:)",
                             32);
  // steps of the 3n+1 sequence from t down to 1
  const uint32_t steps[] = {0, 0,  1,  7,  2, 5, 8,  16, 3,  19, 6,  14,  9,  9,  17, 17,
                            4, 12, 20, 20, 7, 7, 15, 15, 10, 23, 10, 111, 18, 18, 18, 106};
  CHECK(r.how.ok(), r.how);
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], steps[t], "thread ", t);
}

TEST("control: a guard holds back any instruction, with and without !") {
  const auto r = run_threads(R"(
    and.b32 %r0, %t, 3;
    setp.eq.u32 %p0, %r0, 2;
    mov.u32 %d, 7;
    @%p0 add.u32 %d, %d, 10;
    @!%p0 add.u32 %d, %d, 20;
    @%p0 ld.global.u32 %r1, [%out];
    @!%p0 st.global.u32 [%at_], %d;)",
                             8);
  CHECK(r.how.ok(), r.how);
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], t % 4 == 2 ? 17u : 27u, "thread ", t);
}

TEST("control: bra.uni that only some lanes take is a fault that names them") {
  const auto r = run_threads("setp.lt.u32 %p0, %t, 4;\n@%p0 bra.uni there;\nmov.u32 %d, 1;\nthere:", 32);
  CHECK_EQ(r.how.code, 719);
  CHECK(r.how.says("bra.uni is taken by lanes 0-3 and not by lanes 4-31"), r.how);
}

TEST("control: brx.idx goes to the label of each lane's index") {
  const std::string body = R"(
    and.b32 %r0, %t, 3;
    targets: .branchtargets zero, one, two, one;
    brx.idx %r0, targets;
  zero:
    mov.u32 %d, 100;
    bra behind;
  one:
    mov.u32 %d, 101;
    bra behind;
  two:
    mov.u32 %d, 102;
  behind:)";
  const auto r = run_threads(body, 32);
  CHECK(r.how.ok(), r.how);
  const uint32_t wanted[] = {100, 101, 102, 101};
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], wanted[t % 4], "thread ", t);
  std::string beyond = body;
  beyond.replace(beyond.find("and.b32 %r0, %t, 3"), 18, "and.b32 %r0, %t, 7");
  const auto f = run_threads(beyond, 32);
  CHECK_EQ(f.how.code, 718);
  CHECK(f.how.says("brx.idx: index 4 of a table of 4 labels") && f.how.says("thread (4, 0, 0)"), f.how);
}

TEST("control: ret and exit end some lanes, the others go on") {
  for (const char* leave : {"ret", "exit"}) {
    const auto r = run_threads(std::string("setp.ge.u32 %p0, %t, 5;\n@%p0 ") + leave + ";\nadd.u32 %d, %t, 1;", 40);
    CHECK(r.how.ok(), r.how);
    for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], t < 5 ? t + 1 : 0xeeeeeeee, leave, " thread ", t);
  }
}

TEST("control: trap names kernel, PTX line, block and thread") {
  const auto r = run_threads("setp.eq.u32 %p0, %g, 71;\n@%p0 trap;", 32, 4);
  CHECK_EQ(r.how.code, 715);
  CHECK(r.how.says("kernel k, PTX line 19, block (2, 0, 0), thread (7, 0, 0): trap"), r.how);
}

// %l0: where the numbers of the grid lie, to pass messages through.
TEST("control: a lane that spins until another lane of its warp has written comes to its end") {
  const auto r = run_threads(R"(
    setp.ne.u32 %p0, %t, 0;
    @%p0 bra writer;
  spin:
    ld.volatile.global.u32 %d, [%out + 124];
    setp.ne.u32 %p1, %d, 31;
    @%p1 bra spin;
    bra.uni done;
  writer:
    mov.u32 %d, %t;
    st.volatile.global.u32 [%at_], %d;
  done:)",
                             32);
  CHECK(r.how.ok(), r.how);
  CHECK_EQ(r.d.at(0), 31u);
}

TEST("control: a warp and a block that spin for others come to their end, in any order of blocks") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    ptx::changed_settings with;
    with.set(&ptxvm::options::seed, seed);
    with.set(&ptxvm::options::threads, 1);
    // Thread g waits for the number of thread g + 32, the last warp of the last block for nobody.
    const auto r = run_threads(R"(
      mov.u32 %d, 1;
      setp.ge.u32 %p0, %g, 352;
      @%p0 bra done;
    spin:
      ld.volatile.global.u32 %r0, [%at_ + 128];
      setp.eq.u32 %p1, %r0, 0xeeeeeeee;
      @%p1 bra spin;
      add.u32 %d, %r0, 1;
    done:)",
                               96, 4);
    CHECK(r.how.ok(), r.how);
    for (uint32_t g = 0; g < r.d.size(); ++g) CHECK_EQ(r.d[g], 12 - g / 32, "thread ", g, " seed ", seed);
  }
}

TEST("control: what never ends runs out of fuel, and the message says so") {
  ptx::changed_settings with;
  with.set(&ptxvm::options::fuel, 100000);
  const auto r = run_threads("again:\nadd.u32 %d, %d, 1;\nbra.uni again;", 32);
  CHECK_EQ(r.how.code, 702);
  CHECK(r.how.says("has not ended after 100000 instructions") && r.how.says("PTXVM_FUEL"), r.how);
}

TEST("control: nanosleep lets others go on recall") {
  const auto r = run_threads(R"(
    setp.ne.u32 %p0, %t, 0;
    @%p0 bra writer;
  spin:
    nanosleep.u32 100;
    ld.volatile.global.u32 %d, [%out + 124];
    setp.ne.u32 %p1, %d, 31;
    @%p1 bra spin;
  writer:
    @%p0 mov.u32 %d, %t;)",
                             32);
  CHECK(r.how.ok(), r.how);
  CHECK_EQ(r.d.at(0), 31u);
}

TEST("control: griddepcontrol does nothing where no other grid runs recall") {
  const auto r = run_threads("griddepcontrol.wait;\nmov.u32 %d, 5;\ngriddepcontrol.launch_dependents;", 32, 1, "sm_80");
  CHECK(r.how.ok(), r.how);
  CHECK_EQ(r.d.at(7), 5u);
}

TEST("control: what is not understood is refused with its line") {
  for (const char* text :
       {"brkpt;", "pmevent 1;", "setmaxnreg.inc.sync.aligned.u32 64;", "bra.div there;\nthere:", "exit.now;", "barrier.cluster.arrive;",
        "nanosleep.u64 5;", "bar.sync 0, 32, 32;", "barrier.red.xor.pred %p, 0, %p;", "ret.all;", "trap.x;"}) {
    const std::string words = ptx::refusal_of(std::string(".reg .pred %p;\n") + text + "\nret;");
    CHECK(words.find("PTX line 8") != std::string::npos, text, " gave '", words, "'");
  }
}

TEST("control: blocks and warps run in an order that the seed draws") {
  // Each block takes a ticket; the order is some permutation, the same for the same seed on one thread, another for another seed.
  const auto tickets = [](uint64_t seed) {
    ptx::changed_settings with;
    with.set(&ptxvm::options::seed, seed);
    with.set(&ptxvm::options::threads, 1);
    return run_threads("setp.eq.u32 %p0, %t, 0;\n@%p0 atom.global.add.u32 %d, [counter], 1;", 1, 16, "sm_80", ".global .u32 counter;").d;
  };
  const auto first = tickets(1);
  auto sorted = first;
  std::sort(sorted.begin(), sorted.end());
  for (uint32_t i = 0; i < 16; ++i) CHECK_EQ(sorted.at(i), i);
  CHECK(first == tickets(1), "one seed, two orders");
  CHECK(first != tickets(2), "two seeds, one order");
}

}  // namespace

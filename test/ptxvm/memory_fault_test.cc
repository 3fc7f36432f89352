// What a launch is stopped for when memory is used wrongly: the code and the words.
#include "harness.h"
#include "memory_program.h"

namespace {

using memory_test::run;
using memory_test::some_shared;

constexpr int illegal_address = 700, misaligned_address = 716, invalid_address_space = 717, launch_failed = 719;

void faults(int code, const std::string& body, const std::vector<std::string>& parts, uint32_t threads = 1) {
  const auto r = run(body, some_shared, threads, {1, 2, 3, 4});
  CHECK_EQ(r.outcome.code, code, body, " gave ", r.outcome);
  for (const std::string& part : parts) CHECK(r.outcome.says(part), body, " does not say '", part, "' but ", r.outcome);
}

TEST("global memory: past the end, before the start, nowhere") {
  faults(illegal_address, "ld.global.u32 %r0, [%in+32];", {"read of 4 bytes", "past the end of the allocation of 32 bytes"});
  faults(illegal_address, "st.global.u32 [%in+36], %t;", {"write of 4 bytes", "past the end"});
  faults(illegal_address, "ld.global.v4.u32 {%r0,%r1,%r2,%r3}, [%in+32];", {"read of 16 bytes", "past the end"});
  faults(illegal_address, "ld.global.u64 %x0, [%in+-8];", {"8 bytes before the allocation of 32 bytes"});
  faults(illegal_address, "mov.u64 %x1, 0; ld.global.u32 %r0, [%x1+16];", {"null pointer"});
  faults(illegal_address, "mov.u64 %x1, 0; ld.u32 %r0, [%x1];", {"null pointer"});
  faults(illegal_address, "atom.global.add.u32 %r0, [%in+32], 1;", {"atomic of 4 bytes", "past the end"});
  faults(illegal_address, "red.global.add.u32 [%in+32], 1;", {"atomic of 4 bytes"});
}

TEST("the thread of a warp that is out of bounds is named") {
  faults(illegal_address, "ld.global.u64 %x0, [%me];", {"past the end", "thread (4, 0, 0)"}, 32);
  faults(illegal_address, "st.global.u64 [%me], 1;", {"past the end", "thread (4, 0, 0)"}, 32);
}

TEST("alignment, in every space") {
  faults(misaligned_address, "ld.global.u32 %r0, [%in+2];", {"read of 4 bytes", "no multiple of 4"});
  faults(misaligned_address, "st.global.u64 [%in+4], %x0;", {"write of 8 bytes", "no multiple of 8"});
  faults(misaligned_address, "ld.global.v2.u32 {%r0,%r1}, [%in+4];", {"read of 8 bytes", "no multiple of 8"});
  faults(misaligned_address, "ld.global.v4.f32 {%r0,%r1,%r2,%r3}, [%in+8];", {"no multiple of 16"});
  faults(misaligned_address, "st.shared.u32 [buf+1], %t;", {"no multiple of 4"});
  faults(misaligned_address, ".local .align 8 .b8 mine[8]; st.local.u32 [mine+2], %t;", {"no multiple of 4"});
  faults(misaligned_address, "atom.global.cas.b64 %x0, [%in+4], %x1, %x2;", {"atomic of 8 bytes"});
}

TEST("shared memory: bounds") {
  faults(illegal_address, "ld.shared.u32 %r0, [buf+4096];", {"read of 4 bytes at offset 4096 of shared memory, which has 4096 bytes"});
  faults(illegal_address, "mov.u32 %r1, buf; sub.u32 %r1, %r1, 4; st.shared.u32 [%r1], 1;", {"write of 4 bytes at offset 4294967292"});
  faults(illegal_address, "mov.u64 %x1, buf; cvta.shared.u64 %x1, %x1; ld.u32 %r0, [%x1+5000];", {"at offset 5000 of shared memory"});
  faults(illegal_address, "atom.shared.add.u32 %r0, [buf+8192], 1;", {"atomic of 4 bytes at offset 8192"});
}

TEST("local memory: bounds") {
  faults(illegal_address, ".local .align 8 .b8 mine[16]; st.local.u32 [mine+16], 1;", {"local memory, which has 16 bytes"});
  faults(illegal_address, ".local .align 8 .b8 mine[16]; mov.u64 %x1, mine; cvta.local.u64 %x1, %x1; ld.u32 %r0, [%x1+64];",
         {"at offset 64 of the thread's local memory"});
}

TEST("memory that nobody wrote") {
  faults(launch_failed, "ld.shared.u32 %r0, [buf+8];", {"read of 4 bytes at offset 8 of shared memory: nobody wrote the byte at offset 8"});
  faults(launch_failed, "st.shared.u16 [buf+8], 1; ld.shared.u32 %r0, [buf+8];", {"nobody wrote the byte at offset 10"});
  faults(launch_failed, "atom.shared.add.u32 %r0, [buf], 1;", {"nobody wrote"});
  faults(launch_failed, ".local .align 8 .b8 mine[16]; st.local.u32 [mine], 1; ld.local.u64 %x0, [mine];",
         {"local memory: not all were written"});
  const ptx::buffer out(size_t{64}), in(size_t{64});
  const auto launch = [&](const std::string& body) { return ptx::launch(memory_test::text(body), "k", 1, 4, out, in); };
  CHECK(launch("st.global.u64 [%me], 1; ld.global.u64 %x0, [%me]; st.global.u64 [%out], %x0;").ok(), "");
  const ptx::outcome o = launch("ld.global.u64 %x0, [%me+8];");
  CHECK(o.code == launch_failed && o.says("nobody wrote the byte at 0x") && o.says("thread (3, 0, 0)"), o);
}

TEST("memory that nobody wrote: by halves, and by atomics") {
  const ptx::buffer out(size_t{64}), in(size_t{64});
  const ptx::outcome half = ptx::launch(memory_test::text("st.global.u32 [%in], 1; ld.global.u64 %x0, [%in];"), "k", 1, 1, out, in);
  CHECK(half.says("read of 8 bytes at global address") && half.says("nobody wrote"), half);
  const ptx::buffer out2(size_t{64}), in2(size_t{64});
  CHECK(ptx::launch(memory_test::text("red.global.add.u32 [%in], 1;"), "k", 1, 1, out2, in2).says("nobody wrote"), "");
}

TEST("use after free") {
  const ptx::buffer out(size_t{64});
  uint64_t gone = 0;
  {
    const ptx::buffer in(std::vector<uint64_t>{1, 2});
    gone = in.address();
  }
  const ptx::outcome o = ptx::launch(memory_test::text("ld.global.u64 %x0, [%me];"), "k", 1, 1, out, gone);
  CHECK(o.code == illegal_address && o.says("use after free"), o);
}

TEST("spaces that an instruction does not go with") {
  faults(invalid_address_space,
         ".local .align 8 .b8 mine[8]; mov.u64 %x1, mine; cvta.local.u64 %x1, %x1; st.u32 [%x1], 1; atom.add.u32 %r0, [%x1], 1;",
         {"atomic on local memory"});
  faults(invalid_address_space, "mov.b64 %x1, in; cvta.param.u64 %x1, %x1; st.u32 [%x1], 1;", {"write to a kernel's parameters"});
}

TEST("checks of what was written are off when asked, bounds are not") {
  ptx::changed_settings with;
  with.set(&ptxvm::options::check, false);
  CHECK(run("ld.shared.u32 %r0, [buf+8];", some_shared, 1).outcome.ok(), "");
  CHECK(run("ld.shared.u32 %r0, [buf+4096];", some_shared, 1).outcome.says("which has 4096 bytes"), "");
}

}  // namespace

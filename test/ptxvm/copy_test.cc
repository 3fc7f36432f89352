// cp.async: sizes, zero fill, groups, and that nothing arrives before the wait.
#include "harness.h"
#include "memory_program.h"

namespace {

using memory_test::run;
using memory_test::shown;
using memory_test::some_shared;

// Each thread copies into its 16 bytes of shared memory, which hold 0xeeee…, and hands back the halves xored into one value.
std::string copied(const std::string& copy) {
  return "mov.u32 %r0, buf; shl.b32 %r1, %t, 4; add.u32 %r0, %r0, %r1; mul.wide.u32 %x5, %t, 16; add.u64 %x5, %in, %x5;\n"
         "mov.u64 %x6, 0xeeeeeeeeeeeeeeee; st.shared.v2.u64 [%r0], {%x6, %x6};\n" +
         copy + "\nld.shared.v2.u64 {%x0, %x1}, [%r0]; st.global.u64 [%out], %x0; st.global.u64 [%me], %x1;";
}

const std::vector<uint64_t> two_values = {0x8192a3b4c5d6e7f8, 0x0123456789abcdef};

TEST("cp.async copies 4, 8 and 16 bytes") {
  const auto low = [](const std::string& copy) { return run(copied(copy + " cp.async.wait_all;"), some_shared, 1, two_values); };
  CHECK_EQ(low("cp.async.ca.shared.global [%r0], [%x5], 4;").first_out(), 0xeeeeeeeec5d6e7f8u);
  CHECK_EQ(low("cp.async.ca.shared.global [%r0+4], [%x5+4], 4;").first_out(), 0x8192a3b4eeeeeeeeu);
  CHECK_EQ(low("cp.async.ca.shared.global [%r0], [%x5], 8;").first_out(), 0x8192a3b4c5d6e7f8u);
  CHECK_EQ(low("cp.async.ca.shared.global [%r0], [%x5], 8;").first_in(), 0xeeeeeeeeeeeeeeeeu);
  for (const char* form :
       {"cp.async.ca.shared.global", "cp.async.cg.shared.global", "cp.async.cg.shared::cta.global", "cp.async.cg.shared.global.L2::128B"}) {
    const auto r = low(std::string(form) + " [%r0], [%x5], 16;");
    CHECK(r.outcome.ok(), form, r.outcome);
    CHECK_EQ(r.out.at(0), 0x8192a3b4c5d6e7f8u);
    CHECK_EQ(r.in.at(0), 0x0123456789abcdefu);
  }
  CHECK_EQ(low("mov.u64 %x9, 0; cp.async.cg.shared.global.L2::cache_hint [%r0], [%x5], 16, %x9;").first_in(), 0x0123456789abcdefu);
}

TEST("cp.async fills with zeros past the source size, and reads no more than that") {
  const auto filled = [](const std::string& size, uint64_t values) {
    return run(copied("cp.async.cg.shared.global [%r0], [%x5], 16, " + size + "; cp.async.wait_all;"), some_shared, 1,
               std::vector<uint64_t>(two_values.begin(), two_values.begin() + static_cast<long>(values)));
  };
  CHECK_EQ(filled("0", 2).first_out(), 0u);
  CHECK_EQ(filled("0", 2).first_in(), 0u);
  CHECK_EQ(filled("16", 2).first_in(), 0x0123456789abcdefu);
  CHECK_EQ(filled("8", 1).first_out(), 0x8192a3b4c5d6e7f8u);  // the source ends there
  CHECK_EQ(filled("8", 1).first_in(), 0u);
  CHECK_EQ(filled("3", 2).first_out(), 0xd6e7f8u);
  CHECK(filled("16", 1).outcome.says("past the end"), filled("16", 1).outcome);
  const auto more = run(copied("mov.u32 %r2, 17; cp.async.cg.shared.global [%r0], [%x5], 16, %r2;"), some_shared, 1, two_values);
  CHECK(more.outcome.says("source size of 17"), more.outcome);
}

TEST("cp.async with a predicate ignores the source") {
  const auto r = run(copied("setp.eq.u32 %p0, %t, 0; cp.async.cg.shared.global [%r0], [%x5], 16, %p0; cp.async.wait_all;"), some_shared, 2,
                     {1, 2, 3, 4});
  CHECK(r.outcome.ok(), r.outcome);
  if (r.outcome.ok()) CHECK_EQ(shown(r.out), shown({0, 3}));
}

TEST("a target read before the wait is reported") {
  const auto r = run(copied("cp.async.ca.shared.global [%r0], [%x5], 8; cp.async.commit_group;"), some_shared, 1, two_values);
  CHECK(r.outcome.says("the target of a cp.async of thread 0 that has not been waited for"), r.outcome);
}

TEST("unchecked, a target read before the wait holds what it held") {
  ptx::changed_settings with;
  with.set(&ptxvm::options::check, false);
  const auto r = run(copied("cp.async.ca.shared.global [%r0], [%x5], 8; cp.async.commit_group;"), some_shared, 1, two_values);
  CHECK(r.outcome.ok(), r.outcome);
  CHECK_EQ(r.out.at(0), 0xeeeeeeeeeeeeeeeeu);
}

// Three groups with one 4-byte copy each to bytes 0, 4 and 8, and a fourth copy to byte 12 in no group.
uint64_t after(const std::string& wait, bool high) {
  ptx::changed_settings with;
  with.set(&ptxvm::options::check, false);
  const auto r = run(copied("cp.async.ca.shared.global [%r0], [%x5], 4; cp.async.commit_group;\n"
                            "cp.async.ca.shared.global [%r0+4], [%x5], 4; cp.async.commit_group;\n"
                            "cp.async.ca.shared.global [%r0+8], [%x5], 4; cp.async.commit_group;\n"
                            "cp.async.ca.shared.global [%r0+12], [%x5], 4;\n" +
                            wait),
                     some_shared, 1, {0x11111111, 0});
  CHECK(r.outcome.ok(), r.outcome);
  return high ? r.in.at(0) : r.out.at(0);
}

TEST("cp.async.wait_group leaves the newest groups under way") {
  CHECK_EQ(after("cp.async.wait_group 3;", false), 0xeeeeeeeeeeeeeeeeu);
  CHECK_EQ(after("cp.async.wait_group 2;", false), 0xeeeeeeee11111111u);
  CHECK_EQ(after("cp.async.wait_group 1;", false), 0x1111111111111111u);
  CHECK_EQ(after("cp.async.wait_group 1;", true), 0xeeeeeeeeeeeeeeeeu);
  CHECK_EQ(after("cp.async.wait_group 0;", true), 0xeeeeeeee11111111u);
  CHECK_EQ(after("cp.async.wait_all;", true), 0x1111111111111111u);
  CHECK_EQ(after("cp.async.commit_group; cp.async.wait_group 1;", true), 0xeeeeeeee11111111u);
  CHECK_EQ(after("cp.async.commit_group; cp.async.commit_group; cp.async.wait_group 1;", true), 0x1111111111111111u);
}

TEST("groups are each thread's own") {
  ptx::changed_settings with;
  with.set(&ptxvm::options::check, false);
  const auto r =
      run(copied("cp.async.ca.shared.global [%r0], [%x5], 8; setp.eq.u32 %p0, %t, 1; @%p0 cp.async.commit_group; cp.async.wait_group 0;"),
          some_shared, 2, {1, 2, 3, 4});
  CHECK(r.outcome.ok(), r.outcome);
  CHECK_EQ(shown(r.out), shown({0xeeeeeeeeeeeeeeee, 3}));
}

TEST("cp.async is checked like other accesses") {
  CHECK(run(copied("cp.async.ca.shared.global [%r0+2], [%x5], 4;"), some_shared, 1, two_values).outcome.says("no multiple of 4"), "");
  CHECK(run(copied("cp.async.ca.shared.global [%r0], [%x5+1], 4;"), some_shared, 1, two_values).outcome.says("no multiple of 4"), "");
  CHECK(run(copied("cp.async.ca.shared.global [%r0+4096], [%x5], 4;"), some_shared, 1, two_values)
            .outcome.says("shared memory, which has 4096 bytes"),
        "");
  CHECK(run(copied("cp.async.cg.shared.global [%r0], [%x5+16], 16;"), some_shared, 1, two_values).outcome.says("past the end"), "");
}

}  // namespace

// Calls: arguments, results, recursion, tables of functions, local arrays handed on; vprintf and assertions.
#include <unistd.h>

#include <cstdio>

#include "harness.h"
#include "threads.h"

namespace {

using ptx::run_threads;

// d = first · 10 + second
const std::string join = R"(
.func (.param .b32 result) join(.param .b32 first, .param .b32 second)
{
  .reg .b32 %a, %b;
  ld.param.u32 %a, [first];
  ld.param.u32 %b, [second];
  mad.lo.u32 %a, %a, 10, %b;
  st.param.b32 [result], %a;
  ret;
}
)";

std::string call(const std::string& callee, const std::string& first, const std::string& second, const std::string& to,
                 const std::string& prototype = "") {
  return "{\n.param .b32 one;\n.param .b32 two;\n.param .b32 back;\nst.param.b32 [one], " + first + ";\nst.param.b32 [two], " + second +
         ";\ncall.uni (back), " + callee + ", (one, two)" + (prototype.empty() ? "" : ", " + prototype) + ";\nld.param.b32 " + to +
         ", [back];\n}\n";
}

TEST("call: arguments in, a result out") {
  const auto r = run_threads("mov.u32 %r0, 7;\n" + call("join", "%t", "%r0", "%d"), 40, 1, "sm_80", join);
  CHECK(r.how.ok(), r.how);
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], t * 10 + 7);
}

TEST("call: registers and constants as arguments and results recall") {
  const auto r = run_threads("call (%d), join, (%t, 5);", 32, 1, "sm_80", join);
  CHECK(r.how.ok(), r.how);
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], t * 10 + 5);
}

TEST("call: some lanes call, the others wait for them behind it") {
  const auto r = run_threads("mov.u32 %r0, 7;\nsetp.lt.u32 %p0, %t, 5;\n@!%p0 bra behind;\n" + call("join", "%t", "%r0", "%d") +
                                 "behind:\nactivemask.b32 %r1;\nsetp.ne.u32 %p1, %r1, -1;\n@%p1 trap;",
                             32, 1, "sm_80", join);
  CHECK(r.how.ok(), r.how);
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], t < 5 ? t * 10 + 7 : 0);
}

const std::string factorial = R"(
.func (.param .b32 result) factorial(.param .b32 of)
{
  .reg .b32 %n, %m, %r;
  .reg .pred %p;
  ld.param.u32 %n, [of];
  mov.u32 %r, 1;
  setp.lt.u32 %p, %n, 2;
  @%p bra done;
  sub.u32 %m, %n, 1;
  {
    .param .b32 less;
    .param .b32 back;
    st.param.b32 [less], %m;
    call.uni (back), factorial, (less);
    ld.param.b32 %r, [back];
  }
  mul.lo.u32 %r, %r, %n;
done:
  st.param.b32 [result], %r;
  ret;
}
)";

TEST("call: recursion, to another depth in each lane") {
  const auto r = run_threads("and.b32 %r0, %t, 7;\ncall (%d), factorial, (%r0);", 32, 1, "sm_80", factorial);
  CHECK(r.how.ok(), r.how);
  const uint32_t wanted[] = {1, 1, 2, 6, 24, 120, 720, 5040};
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], wanted[t % 8], "lane ", t);
}

TEST("call: recursion without end is a stack error, and the message names the function") {
  const auto r = run_threads("mov.u32 %r0, -1;\ncall (%d), factorial, (%r0);", 32, 1, "sm_80", factorial);
  CHECK_EQ(r.how.code, 714);
  CHECK(r.how.says("function factorial") && r.how.says("calls within each other"), r.how);
}

TEST("call: a table of functions, another one in each lane") {
  const std::string functions = join + R"(
.func (.param .b32 result) first_of(.param .b32 first, .param .b32 second)
{
  .reg .b32 %a;
  ld.param.u32 %a, [first];
  st.param.b32 [result], %a;
  ret;
}
.global .align 8 .u64 table[2] = {join, first_of};
)";
  const std::string load =
      "and.b32 %r0, %t, 1;\nmul.wide.u32 %l0, %r0, 8;\nmov.u64 %l1, table;\nadd.u64 %l0, %l0, %l1;\nld.global.u64 %l2, [%l0];\nmov.u32 "
      "%r1, 3;\n";
  const std::string prototype = "shape: .callprototype (.param .b32 _) _ (.param .b32 _, .param .b32 _);\n";
  const auto r = run_threads(prototype + load + call("%l2", "%t", "%r1", "%d", "shape"), 32, 1, "sm_80", functions);
  CHECK(r.how.ok(), r.how);
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], t % 2 ? t : t * 10 + 3);
  const auto wild =
      run_threads(prototype + load + "add.u64 %l2, %l2, 8;\n" + call("%l2", "%t", "%r1", "%d", "shape"), 32, 1, "sm_80", functions);
  CHECK_EQ(wild.how.code, 718);
  CHECK(wild.how.says("which is no function's address"), wild.how);
}

TEST("call: a prototype of another shape is a fault") {
  const std::string functions = join + ".global .align 8 .u64 table[1] = {join};\n";
  const auto r = run_threads(
      "shape: .callprototype (.param .b32 _) _ (.param .b32 _);\nmov.u64 %l1, table;\nld.global.u64 %l2, [%l1];\ncall (%d), %l2, (%t), "
      "shape;",
      32, 1, "sm_80", functions);
  CHECK_EQ(r.how.code, 718);
  CHECK(r.how.says("call of join by a prototype with other parameters"), r.how);
}

TEST("call: a function reads and writes its caller's local array") {
  const std::string functions = R"(
.func increase(.param .b64 where)
{
  .local .align 8 .b8 own[8];
  .reg .b64 %a;
  .reg .b32 %x;
  st.local.u32 [own], 100;
  ld.param.u64 %a, [where];
  ld.u32 %x, [%a];
  add.u32 %x, %x, 1;
  st.u32 [%a], %x;
  ld.local.u32 %x, [own];
  st.u32 [%a + 4], %x;
  ret;
}
)";
  const auto r = run_threads(R"(
    .local .align 8 .b8 mine[16];
    st.local.u32 [mine + 8], %t;
    mov.u64 %l0, mine;
    cvta.local.u64 %l1, %l0;
    add.u64 %l1, %l1, 8;
    call increase, (%l1);
    ld.local.u32 %r0, [mine + 8];
    ld.local.u32 %r1, [mine + 12];
    add.u32 %d, %r0, %r1;)",
                             32, 1, "sm_80", functions);
  CHECK(r.how.ok(), r.how);
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], t + 101);
}

TEST("call: lanes in different calls of a function meet in it, and a barrier inside counts the warp") {
  const std::string functions = R"(
.func (.param .b32 result) total(.param .b32 of)
{
  .reg .b32 %a;
  ld.param.u32 %a, [of];
  redux.sync.add.u32 %a, %a, -1;
  barrier.sync 0;
  st.param.b32 [result], %a;
  ret;
}
)";
  const auto r = run_threads(R"(
    setp.lt.u32 %p0, %t, 4;
    @%p0 bra few;
    call (%d), total, (%t);
    bra.uni done;
  few:
    call (%d), total, (1000);
  done:)",
                             32, 1, "sm_80", functions);
  CHECK(r.how.ok(), r.how);
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], 4000u + 496 - 6);
}

TEST("call: exit within a function ends the thread") {
  const std::string functions =
      ".func leave(.param .b32 n)\n{\n.reg .b32 %a;\n.reg .pred %p;\nld.param.u32 %a, [n];\nsetp.lt.u32 %p, %a, 3;\n@%p exit;\nret;\n}\n";
  const auto r = run_threads("call leave, (%t);\nmov.u32 %d, 1;", 32, 1, "sm_80", functions);
  CHECK(r.how.ok(), r.how);
  for (uint32_t t = 0; t < r.d.size(); ++t) CHECK_EQ(r.d[t], t < 3 ? 0xeeeeeeee : 1);
}

TEST("call: what nobody provides, and calls that do not fit, are refused") {
  const auto refused = [](const std::string& before, const std::string& body, const std::string& part) {
    const std::string words = ptx::refusal_of(ptx::threads_module(body, "sm_80", before));
    CHECK(!words.empty() && words.find(part) != std::string::npos, body, " gave '", words, "'");
  };
  refused(".extern .func (.param .b64 r) malloc(.param .b64 n);\n", "{\n.param .b64 n;\n.param .b64 r;\ncall (r), malloc, (n);\n}",
          "'malloc' is defined nowhere");
  refused(join, "call (%d), join, (%t);", "1 arguments, wanted 2");
  refused(join, "call join, (%t, %t);", "0 results, wanted 1");
  refused(join, "call (%d), join, (%l0, %t);", "64 bits");
  refused(join, "call (%d), %l0, (%t, %t);", "prototype");
}

// What the process writes to stdout meanwhile.
template <class F>
std::string printed(F&& f) {
  std::fflush(stdout);
  std::FILE* const file = std::tmpfile();
  const int before = dup(1);
  dup2(fileno(file), 1);
  f();
  std::fflush(stdout);
  dup2(before, 1);
  close(before);
  std::rewind(file);
  std::string text;
  for (int c; (c = std::fgetc(file)) != EOF;) text += static_cast<char>(c);
  std::fclose(file);
  return text;
}

const std::string print = ".extern .func (.param .b32 r) vprintf(.param .b64 format, .param .b64 arguments);\n";

TEST("call: vprintf formats as C does and returns the length") {
  const std::string text = print +
                           ".global .align 1 .b8 format[40] = "
                           "{37,100,32,37,115,32,37,54,46,50,102,32,37,99,32,37,35,108,108,120,32,37,117,37,37,32,37,45,42,100,124,10,0};\n"
                           ".global .align 1 .b8 word[4] = {97,98,99,0};\n";  // "%d %s %6.2f %c %#llx %u%% %-*d|\n", "abc"
  ptx::left_behind r;
  const std::string out = printed([&] {
    r = run_threads(R"(
      .local .align 8 .b8 list[64];
      sub.u32 %r0, %t, 2;
      st.local.u32 [list], %r0;
      mov.u64 %l0, word;
      cvta.global.u64 %l1, %l0;
      st.local.u64 [list + 8], %l1;
      st.local.f64 [list + 16], 0d4009000000000000;
      st.local.u32 [list + 24], 122;
      st.local.u64 [list + 32], 0x10000000000;
      st.local.u32 [list + 40], -1;
      st.local.u32 [list + 44], 4;
      st.local.u32 [list + 48], 7;
      mov.u64 %l0, format;
      cvta.global.u64 %l2, %l0;
      mov.u64 %l0, list;
      cvta.local.u64 %l3, %l0;
      {
        .param .b64 one;
        .param .b64 two;
        .param .b32 back;
        st.param.b64 [one], %l2;
        st.param.b64 [two], %l3;
        call.uni (back), vprintf, (one, two);
        ld.param.b32 %d, [back];
      })",
                    2, 1, "sm_80", text);
  });
  CHECK(r.how.ok(), r.how);
  const std::string line = " abc   3.12 z 0x10000000000 4294967295% 7   |\n";
  CHECK_EQ(out, "-2" + line + "-1" + line);
  CHECK_EQ(r.d.at(0), 2 + line.size());
}

TEST("call: an assertion that fails stops the launch with its words") {
  const std::string text =
      ".extern .func __assertfail(.param .b64 a, .param .b64 b, .param .b32 c, .param .b64 d, .param .b64 e);\n"
      ".global .align 1 .b8 message[6] = {120,32,60,32,51,0};\n.global .align 1 .b8 file[5] = {97,46,99,117,0};\n.global .align 1 .b8 "
      "name[2] = {102,0};\n";
  const auto r = run_threads(R"(
    setp.lt.u32 %p0, %t, 3;
    @%p0 bra fine;
    mov.u64 %l0, message;
    cvta.global.u64 %l0, %l0;
    mov.u64 %l1, file;
    cvta.global.u64 %l1, %l1;
    mov.u64 %l2, name;
    cvta.global.u64 %l2, %l2;
    {
      .param .b64 p0;
      .param .b64 p1;
      .param .b32 p2;
      .param .b64 p3;
      .param .b64 p4;
      st.param.b64 [p0], %l0;
      st.param.b64 [p1], %l1;
      st.param.b32 [p2], 42;
      st.param.b64 [p3], %l2;
      st.param.b64 [p4], 1;
      call.uni __assertfail, (p0, p1, p2, p3, p4);
    }
  fine:)",
                             32, 1, "sm_80", text);
  CHECK_EQ(r.how.code, 710);
  CHECK(r.how.says("thread (3, 0, 0): a.cu:42: f: assertion `x < 3` failed"), r.how);
}

}  // namespace

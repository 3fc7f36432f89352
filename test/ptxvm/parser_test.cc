// The parser: what it makes of a text, and what it refuses with which line.
#include "ptxvm/ast.h"
#include "harness.h"

using namespace ptxvm;
using kind = ast::operand::kind;

namespace {

const std::string head = ".version 9.0\n.target sm_80\n.address_size 64\n";

// "" when the text is taken.
std::string refused(const std::string& text) {
  try {
    parse(text);
  } catch (const refusal& r) {
    return r.what();
  }
  return "";
}

// The text behind the three lines of the header, so its first line is 4.
std::string refused_behind(const std::string& text) { return refused(head + text); }

// The body of a kernel; its first line is 5.
ast::module body(const std::string& text) { return parse(head + ".entry k(.param .u64 p) {\n" + text + "\n}\n"); }
std::string refused_in_body(const std::string& text) { return refused_behind(".entry k(.param .u64 p) {\n" + text + "\n}\n"); }

const ast::function& only(const ast::module& m) { return m.functions.at(0); }

}  // namespace

TEST("parser: the header") {
  const ast::module m = parse("// a comment\n.version 8.7\n.target sm_100, debug\n.address_size 64\n");
  CHECK_EQ(m.version, 87);
  CHECK_EQ(m.target, 100);
  CHECK_EQ(m.target_kind, '\0');
  CHECK_EQ(parse(".version 9.0 .target sm_90a").target_kind, 'a');
  CHECK_EQ(parse(".version 9.0 .target sm_120f").target, 120);
  CHECK_EQ(refused(".target sm_80"), "PTX line 1: PTX begins with .version");
  CHECK_EQ(refused(".version 9.0\n.entry k() {}"), "PTX line 2: after .version comes .target");
  CHECK_EQ(refused(".version 9.0 .target sm_80x"), "PTX line 1: the target 'sm_80x' is unknown");
  CHECK_EQ(refused(".version 9.0 .target sm_80, map_f64_to_f32"), "PTX line 1: the target's option 'map_f64_to_f32' is not supported");
  CHECK_EQ(refused(".version 9.0 .target sm_80 .address_size 32"), "PTX line 1: only .address_size 64 is supported");
  CHECK_EQ(refused(".version nine .target sm_80"), "PTX line 1: 'nine' is no version");
}

TEST("parser: characters, comments and strings that never end") {
  CHECK_EQ(refused_behind("\n`"), "PTX line 5: the character '`' has no meaning here");
  CHECK_EQ(refused_behind("/* \n\n"), "PTX line 4: the comment never ends");
  CHECK_EQ(refused_behind(".pragma \"no end\n;"), "PTX line 4: the string never ends");
  CHECK_EQ(refused_behind("/* a\nb */ .nothing"), "PTX line 5: '.nothing' is not supported here");
}

TEST("parser: debug information is passed over") {
  const ast::module m = parse(head +
                              ".file 1 \"a.cu\"\n.func f() {\n.loc 1 3 5, function_name $L__info0, inlined_at 1 2 3\nret;\n.loc 1 4 1\n}\n"
                              ".section .debug_str\n{\n$L__info0:\n.b8 95\n.b32 .debug_abbrev\n}\n");
  CHECK_EQ(only(m).body.size(), size_t{1});
  CHECK_EQ(only(m).body[0].line, 7u);
}

TEST("parser: parameters lie as their alignments demand") {
  const ast::module m = parse(
      head +
      ".func (.param .b32 r) f(.param .b8 a, .param .align 16 .b8 s[20], .param .u64 .ptr .global .align 1 q, .param .f32 x);\n"
      ".visible .entry k(.param .u64 .ptr .align 1 a, .param .u8 b, .param .v2 .f32 c)\n.maxntid 128, 2\n.minnctapersm 2\n{ ret; }\n");
  const ast::function& f = m.functions[0];
  CHECK_EQ(f.defined, false);
  CHECK_EQ(f.params[1]->offset, uint64_t{16});
  CHECK_EQ(f.params[2]->offset, uint64_t{40});
  CHECK_EQ(f.params[3]->offset, uint64_t{48});
  CHECK_EQ(f.params_bytes, uint64_t{52});
  CHECK_EQ(f.returns_bytes, uint64_t{4});
  const ast::function& k = m.functions[1];
  CHECK_EQ((k.kernel && k.defined), true);
  CHECK_EQ(k.max_threads, 256u);
  CHECK_EQ(k.params[2]->offset, uint64_t{16});
  CHECK_EQ(k.params_bytes, uint64_t{24});
}

TEST("parser: registers, vectors of names and scopes") {
  const ast::module m = body(".reg .b32 %r<3>, x;\n.reg .pred %p;\n{ .reg .b64 x; mov.b64 x, 1; }\nmov.b32 x, %r2;\n@!%p bra L;\nL: ret;");
  const ast::function& f = only(m);
  CHECK_EQ(f.registers.size(), size_t{6});
  CHECK_EQ(f.registers[f.body[0].operands[0].number].declared == type::b64, true);
  CHECK_EQ(f.registers[f.body[1].operands[0].number].declared == type::b32, true);
  CHECK_EQ(f.registers[f.body[1].operands[1].number].name, "%r2");
  CHECK_EQ(f.body[2].guard, 4);
  CHECK_EQ(f.body[2].guard_negated, true);
  CHECK_EQ(f.body[2].operands[0].number, 3u);
  CHECK_EQ(refused_in_body(".reg .b32 x;\n.reg .b32 x;"), "PTX line 6: 'x' is declared twice");
  CHECK_EQ(refused_in_body("{ .reg .b32 x; }\nmov.b32 x, 1;"), "PTX line 6: 'x' is unknown");
  CHECK_EQ(refused_in_body(".reg .b32 %r<2>;\nmov.b32 %r0, %r2;"), "PTX line 6: '%r2' is unknown");
  CHECK_EQ(refused_in_body(".reg .b32 q;\n@q ret;"), "PTX line 6: 'q' is no predicate");
  CHECK_EQ(refused_in_body(".reg .texref t;"), "PTX line 5: registers of '.texref' are not supported");
}

TEST("parser: a label belongs to its scope, whichever way it is jumped") {
  const ast::module m = body("bra L;\n{ L: bra L;\n bra M; }\n{ bra L;\n L: nop_a; }\nL: bra M;\nM: ret;");
  const ast::function& f = only(m);
  CHECK_EQ(f.body[0].operands[0].number, 5u);  // the outer one, behind
  CHECK_EQ(f.body[1].operands[0].number, 1u);  // the inner one, itself
  CHECK_EQ(f.body[2].operands[0].number, 6u);  // out of the scope, ahead
  CHECK_EQ(f.body[3].operands[0].number, 4u);  // ahead in its own scope
  CHECK_EQ(refused_in_body("{ L: }\nbra L;"), "PTX line 6: 'L' is unknown");
  CHECK_EQ(refused_in_body("L:\nL: ret;"), "PTX line 6: the label 'L' stands twice");
}

TEST("parser: branch tables and prototypes") {
  const ast::module m = parse(head +
                              ".func (.param .b32 r) f(.param .b32 a) { ret; }\n.func g() { ret; }\n.global .u64 t[2] = {g, f};\n.entry "
                              "k() {\n.reg .b32 %r1; .reg .b64 "
                              "%rd1;\nT: .branchtargets A, B;\nbrx.idx %r1, T;\nA: ret;\nB: { .param .b32 p0; .param .b32 r0;\n"
                              "P: .callprototype (.param .b32 _) _ (.param .b32 _, .param .align 8 .b8 _[12]);\n"
                              "call (r0), %rd1, (p0), P;\ncall.uni (r0),\nf,\n(\np0\n);\ncall g; }\n}\n");
  const ast::function& k = m.functions[2];
  const ast::operand& table = k.body[0].operands[1];
  CHECK_EQ((table.is == kind::list), true);
  CHECK_EQ(table.parts.size(), size_t{2});
  CHECK_EQ(table.parts[0].number, 1u);
  CHECK_EQ(table.parts[1].number, 2u);
  const ast::instruction& indirect = k.body[2];
  CHECK_EQ(indirect.operands.size(), size_t{4});
  CHECK_EQ((indirect.operands[1].is == kind::reg), true);
  CHECK_EQ(indirect.operands[3].callee->params_bytes, uint64_t{20});
  CHECK_EQ(indirect.operands[3].callee->returns_bytes, uint64_t{4});
  const ast::instruction& direct = k.body[3];
  CHECK_EQ((direct.operands[1].callee == &m.functions[0]), true);
  CHECK_EQ(direct.operands[2].parts.size(), size_t{1});
  const ast::instruction& bare = k.body[4];
  CHECK_EQ(bare.operands.size(), size_t{3});
  CHECK_EQ((bare.operands[0].parts.empty() && bare.operands[2].parts.empty()), true);
  CHECK_EQ(m.address_taken.size(), size_t{2});
  CHECK_EQ((m.address_taken[0] == &m.functions[1]), true);
}

TEST("parser: operands") {
  const ast::module m = body(
      ".reg .b32 %r<5>; .reg .pred %p<3>; .reg .f32 %f<5>; .reg .b64 %rd<3>; .shared .align 16 .b8 s[64];\n"
      "setp.eq.and.s32 %p0|%p1, %r0, -7, !%p2;\nld.shared.v4.f32 {%f0, _, %f2, %f3}, [s+16];\nld.global.f32 %f0, [%rd1+-8];\n"
      "mov.f32 %f1, 0fBF800000;\nmov.u64 %rd2, s+4;\nmov.u32 %r1, %tid.x;\nst.shared.u32 [64], 0xFFFFFFFFU;\nadd.f64 %rd1, %rd2, "
      "0d4000000000000000;\n"
      "mov.u32 %r1, WARP_SZ;\nmov.u32 %r1, 017;\nmov.u32 %r1, 0b101;\nmov.f32 %f1, 1.5e-3;\nmov.u32 %r1, ~0;\nmov.u32 %r1, 2-5;\nst.f32 "
      "[p+8], %f1;");
  const auto& b = only(m).body;
  CHECK_EQ((b[0].operands[0].is == kind::pair), true);
  CHECK_EQ(static_cast<int64_t>(b[0].operands[2].bits), int64_t{-7});
  CHECK_EQ(b[0].operands[3].negated, true);
  CHECK_EQ(b[0].modifiers.size(), size_t{3});
  CHECK_EQ((b[1].operands[0].is == kind::vector && b[1].operands[0].parts[1].is == kind::sink), true);
  CHECK_EQ(b[1].operands[1].offset, int64_t{16});
  CHECK_EQ(b[1].operands[1].parts[0].of->name, "s");
  CHECK_EQ(b[2].operands[1].offset, int64_t{-8});
  CHECK_EQ((b[3].operands[1].is == kind::real && b[3].operands[1].single), true);
  CHECK_EQ(b[3].operands[1].bits, uint64_t{0xBFF0000000000000});
  CHECK_EQ((b[4].operands[1].is == kind::symbol), true);
  CHECK_EQ(b[4].operands[1].offset, int64_t{4});
  CHECK_EQ((b[5].operands[1].is == kind::special), true);
  CHECK_EQ(b[5].operands[1].name, "%tid.x");
  CHECK_EQ((b[6].operands[0].parts[0].is == kind::integer), true);
  CHECK_EQ(b[6].operands[1].bits, uint64_t{0xFFFFFFFF});
  CHECK_EQ(b[7].operands[2].bits, uint64_t{0x4000000000000000});
  CHECK_EQ(b[8].operands[1].bits, uint64_t{32});
  CHECK_EQ(b[9].operands[1].bits, uint64_t{15});
  CHECK_EQ(b[10].operands[1].bits, uint64_t{5});
  CHECK_EQ(b[11].operands[1].bits, uint64_t{0x3F589374BC6A7EFA});  // 0.0015
  CHECK_EQ(b[12].operands[1].bits, ~uint64_t{0});
  CHECK_EQ(static_cast<int64_t>(b[13].operands[1].bits), int64_t{-3});
  CHECK_EQ((b[14].operands[0].parts[0].of->where == space::param), true);
}

TEST("parser: the payload of a NaN stays") {
  const ast::module m = body(".reg .f32 %f1;\nmov.f32 %f1, 0f7F800001;\nmov.f32 %f1, 0f7FFFFFFF;");
  CHECK_EQ(only(m).body[0].operands[1].bits, uint64_t{0x7FF0000020000000});
  CHECK_EQ(only(m).body[1].operands[1].bits, uint64_t{0x7FFFFFFFE0000000});
}

TEST("parser: operands that are refused") {
  const std::string regs = ".reg .b32 %r<5>; .reg .b64 %rd<5>;\n";
  CHECK_EQ(refused_in_body(regs + "mov.u32 %r1, %nonsense;"), "PTX line 6: '%nonsense' is unknown");
  CHECK_EQ(refused_in_body(regs + "mov.u32 %r1, 0f3F80;"), "PTX line 6: '0f3F80' is no number");
  CHECK_EQ(refused_in_body(regs + "mov.u32 %r1, 12x;"), "PTX line 6: '12x' is no number");
  CHECK_EQ(refused_in_body(regs + "mov.u32 %r1, 99999999999999999999;"), "PTX line 6: '99999999999999999999' is no number");
  CHECK_EQ(refused_in_body(regs + "ld.u32 %r1, [%rd1+%rd2];"), "PTX line 6: '%rd2' is no constant");
  CHECK_EQ(refused_in_body(regs + "tex.x %r1, [p, {%r1}];"), "PTX line 6: this form of an address is not supported");
  CHECK_EQ(refused_in_body(regs + "mov.u32 %r1, k;"), "PTX line 6: the address of the kernel 'k' is not supported");
  CHECK_EQ(refused_in_body(regs + "mov.u32 %r1, !5;"), "PTX line 6: wanted an operand instead of '5'");
  CHECK_EQ(refused_in_body(regs + "mov.u32 %r1, %r2"), "PTX line 7: wanted ';' instead of '}'");
}

TEST("parser: what variables begin with") {
  const ast::module m = parse(
      head +
      ".func f() { ret; }\n.const .align 4 .f32 c[3] = {0f3F800000, -0f40000000, 1.5};\n.global .align 2 .b8 b[4] = {1, -1, 255};\n"
      ".global .s32 grid[2][2] = {{1, 2}, {3, 4}};\n.global .u64 p[3] = {generic(b)+2, grid, f};\n.visible .global .u16 h[] = {7, 8};\n"
      ".global .align 8 .b8 cut[4] = {0xFF(b), 0xFF00(b), 5, 0xFF0000(grid)};\n.weak .global .f64 d = 0d3FF0000000000000;\n.global .u32 "
      "z[8];");
  using bytes = std::vector<uint8_t>;
  CHECK_EQ((m.variables[0].initial == bytes{0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0xc0, 0x3f}), true);
  CHECK_EQ((m.variables[1].initial == bytes{1, 255, 255, 0}), true);
  CHECK_EQ(m.variables[1].align, 2u);
  CHECK_EQ((m.variables[2].initial == bytes{1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0}), true);
  const auto& r = m.variables[3].relocations;
  CHECK_EQ(r.size(), size_t{3});
  CHECK_EQ((r[0].generic && r[0].of == &m.variables[1]), true);
  CHECK_EQ(r[0].addend, int64_t{2});
  CHECK_EQ(r[1].offset, uint64_t{8});
  CHECK_EQ((r[2].code == &m.functions[0]), true);
  CHECK_EQ(m.variables[4].bytes, uint64_t{4});
  CHECK_EQ((m.variables[4].initial == bytes{7, 0, 8, 0}), true);
  CHECK_EQ(m.variables[5].relocations[1].shift, 8);
  CHECK_EQ(m.variables[5].relocations[1].bytes, 1);
  CHECK_EQ(m.variables[5].relocations[2].offset, uint64_t{3});
  CHECK_EQ((m.variables[6].initial == bytes{0, 0, 0, 0, 0, 0, 0xf0, 0x3f}), true);
  CHECK_EQ(m.variables[7].bytes, uint64_t{32});
  CHECK_EQ((m.variables[7].initial.empty()), true);
}

TEST("parser: variables that are refused") {
  CHECK_EQ(refused_behind(".extern .global .u32 elsewhere;"), "PTX line 4: 'elsewhere' is defined nowhere: there is no linker");
  CHECK_EQ(refused_behind(".global .attribute(.managed) .u32 x;"), "PTX line 4: '.attribute' of a variable is not supported");
  CHECK_EQ(refused_behind(".global .u8 x[1] = {1, 2};"), "PTX line 4: 'x' is initialised with more than it holds");
  CHECK_EQ(refused_behind(".shared .u32 x = 1;"), "PTX line 4: only .global and .const variables can be initialised");
  CHECK_EQ(refused_behind(".global .u64 x = y;"), "PTX line 4: 'y' is unknown");
  CHECK_EQ(refused_behind(".global .f32 x = 1;"), "PTX line 4: an integer does not fit a variable of real numbers");
  CHECK_EQ(refused_behind(".global .u32 x = f;"), "PTX line 4: an address does not fit this variable");
  CHECK_EQ(refused_behind(".shared .u32 s;\n.global .u64 x = s;"), "PTX line 5: the address of 's' is not known before a launch");
  CHECK_EQ(refused_behind(".global .align 3 .u32 x;"), "PTX line 4: an alignment of 3");
  CHECK_EQ(refused_behind(".shared .b8 x[];"), "PTX line 4: 'x' has no size");
  CHECK_EQ(refused_behind(".tex .u64 t;"), "PTX line 4: '.tex' is not supported here");
}

TEST("parser: functions and directives that are refused") {
  CHECK_EQ(refused_behind(".alias a, b;"), "PTX line 4: '.alias' is not supported here");
  CHECK_EQ(refused_behind(".func (.reg .b32 r) f() { ret; }"), "PTX line 4: parameters in registers are not supported");
  CHECK_EQ(refused_behind(".entry k() { ret; }\n.entry k() { ret; }"), "PTX line 5: 'k' has a second body");
  CHECK_EQ(refused_behind(".func f(.param .u32 a);\n.func f(.param .u64 a) { ret; }"),
           "PTX line 5: 'f' was declared with other parameters");
  CHECK_EQ(refused_behind(".entry k() .maxntid 2048 { ret; }"), "PTX line 4: .maxntid of 2048 threads");
  CHECK_EQ(refused_behind(".entry k() .explicitcluster { ret; }"), "PTX line 4: wanted ';' instead of '.explicitcluster'");
  CHECK_EQ(refused_behind(".entry k() .reqnctapercluster 2 { ret; }"), "PTX line 4: wanted ';' instead of '.reqnctapercluster'");
  CHECK_EQ(refused_behind(".entry k() {\nret;"), "PTX line 5: the body of 'k' never ends");
  CHECK_EQ(refused_in_body(".surf x;"), "PTX line 5: '.surf' is not supported here");
}

// f32 and f64: every rounding, subnormals, NaN, .ftz, .sat; signs, extremes, tests of numbers.
#include "rows.h"

namespace {

constexpr uint64_t one = 0x3f800000, nan_in = 0xffc00001, nan_out = 0x7fffffff, inf = 0x7f800000;

const bool sums = rows::add(
    "float",
    {
        {"add.f32 %d, %a, %b;",
         "f32",
         {{"f32", {one, nan_in, inf}}, {"f32", {0x40000000, one, 0xff800000}}},
         {0x40400000, nan_out, nan_out}},
        // 1 + 2⁻²⁵ and −1 − 2⁻²⁵
        {"add.rn.f32 %d, %a, %b;", "f32", {{"f32", {one, 0xbf800000}}, {"f32", {0x33000000, 0xb3000000}}}, {one, 0xbf800000}},
        {"add.rz.f32 %d, %a, %b;", "f32", {{"f32", {one, 0xbf800000}}, {"f32", {0xb3000000, 0xb3000000}}}, {0x3f7fffff, 0xbf800000}},
        {"add.rm.f32 %d, %a, %b;", "f32", {{"f32", {one, 0xbf800000}}, {"f32", {0x33000000, 0xb3000000}}}, {one, 0xbf800001}},
        {"add.rp.f32 %d, %a, %b;", "f32", {{"f32", {one, 0xbf800000}}, {"f32", {0x33000000, 0xb3000000}}}, {0x3f800001, 0xbf800000}},
        {"add.sat.f32 %d, %a, %b;",
         "f32",
         {{"f32", {one, 0xbf800000, nan_in, 0x3e800000}}, {"f32", {one, 0, one, 0x3e800000}}},
         {one, 0, 0, 0x3f000000}},
        {"add.ftz.f32 %d, %a, %b;",
         "f32",
         {{"f32", {1, 0x00800000, 0x80000001}}, {"f32", {0x00800000, 0x80800001, 0x80000000}}},
         {0x00800000, 0x80000000, 0x80000000}},
        {"add.f32 %d, %a, %b;", "f32", {{"f32", {1, 0x00800000}}, {"f32", {0x00800000, 0x80800001}}}, {0x00800001, 0x80000001}},
        {"add.rp.ftz.sat.f32 %d, %a, %b;", "f32", {{"f32", {one}}, {"f32", {0x33000000}}}, {one}},
        {"sub.f32 %d, %a, %b;", "f32", {{"f32", {one}}, {"f32", {0x40000000}}}, {0xbf800000}},
        {"sub.rz.f32 %d, %a, %b;", "f32", {{"f32", {one}}, {"f32", {0x33000000}}}, {0x3f7fffff}},
        {"sub.rp.f32 %d, %a, %b;", "f32", {{"f32", {one}}, {"f32", {0x33000000}}}, {one}},
        {"sub.rm.f32 %d, %a, %b;", "f32", {{"f32", {one, one}}, {"f32", {0x33000000, one}}}, {0x3f7fffff, 0x80000000}},
        {"sub.sat.f32 %d, %a, %b;", "f32", {{"f32", {one}}, {"f32", {0x40000000}}}, {0}},
        {"sub.ftz.f32 %d, %a, %b;", "f32", {{"f32", {0x00800001}}, {"f32", {0x00800000}}}, {0}},
        // (1 + 2⁻²³)² = 1 + 2⁻²² + 2⁻⁴⁶
        {"mul.f32 %d, %a, %a;", "f32", {{"f32", {0x3f800001, 0xbf800001}}}, {0x3f800002, 0x3f800002}},
        {"mul.rz.f32 %d, %a, %b;", "f32", {{"f32", {0x3f800001, 0xbf800001}}, {"f32", {0x3f800001, 0x3f800001}}}, {0x3f800002, 0xbf800002}},
        {"mul.rm.f32 %d, %a, %b;", "f32", {{"f32", {0x3f800001, 0xbf800001}}, {"f32", {0x3f800001, 0x3f800001}}}, {0x3f800002, 0xbf800003}},
        {"mul.rp.f32 %d, %a, %b;", "f32", {{"f32", {0x3f800001, 0xbf800001}}, {"f32", {0x3f800001, 0x3f800001}}}, {0x3f800003, 0xbf800002}},
        {"mul.ftz.f32 %d, %a, %b;", "f32", {{"f32", {0x00800000, 0x00000001}}, {"f32", {0x3f000000, 0x7f000000}}}, {0, 0}},
        {"mul.f32 %d, %a, %b;",
         "f32",
         {{"f32", {0x00800000, 0x00000001, inf}}, {"f32", {0x3f000000, 0x4b000000, 0}}},
         {0x00400000, 0x00800000, nan_out}},
        {"mul.sat.f32 %d, %a, %b;", "f32", {{"f32", {0x40000000}}, {"f32", {0x40000000}}}, {one}},
        // (1 + 2⁻¹²)² − (1 + 2⁻¹¹) = 2⁻²⁴: a product rounded on its own would leave 0
        {"fma.rn.f32 %d, %a, %b, %c;",
         "f32",
         {{"f32", {0x3f800800, nan_in}}, {"f32", {0x3f800800, one}}, {"f32", {0xbf801000, one}}},
         {0x33800000, nan_out}},
        {"fma.rz.f32 %d, %a, %b, %c;", "f32", {{"f32", {one}}, {"f32", {one}}, {"f32", {0xb3000000}}}, {0x3f7fffff}},
        {"fma.rm.f32 %d, %a, %b, %c;", "f32", {{"f32", {one}}, {"f32", {one}}, {"f32", {0xb3000000}}}, {0x3f7fffff}},
        {"fma.rp.f32 %d, %a, %b, %c;", "f32", {{"f32", {one}}, {"f32", {one}}, {"f32", {0x33000000}}}, {0x3f800001}},
        {"fma.rn.sat.f32 %d, %a, %b, %c;", "f32", {{"f32", {one}}, {"f32", {one}}, {"f32", {one}}}, {one}},
        {"fma.rn.ftz.f32 %d, %a, %b, %c;", "f32", {{"f32", {one}}, {"f32", {0x00000001}}, {"f32", {0x80000001}}}, {0}},
        {"mad.rn.f32 %d, %a, %b, %c;", "f32", {{"f32", {0x3f800800}}, {"f32", {0x3f800800}}, {"f32", {0xbf801000}}}, {0x33800000}},
    });

const bool quotients = rows::add(
    "float",
    {
        {"div.rn.f32 %d, %a, %b;", "f32", {{"f32", {one, one, 0}}, {"f32", {0x40400000, 0, 0}}}, {0x3eaaaaab, inf, nan_out}},
        {"div.rz.f32 %d, %a, %b;", "f32", {{"f32", {one}}, {"f32", {0x40400000}}}, {0x3eaaaaaa}},
        {"div.rm.f32 %d, %a, %b;", "f32", {{"f32", {0xbf800000}}, {"f32", {0x40400000}}}, {0xbeaaaaab}},
        {"div.rp.f32 %d, %a, %b;", "f32", {{"f32", {0xbf800000}}, {"f32", {0x40400000}}}, {0xbeaaaaaa}},
        {"div.rn.ftz.f32 %d, %a, %b;", "f32", {{"f32", {1}}, {"f32", {0x00800000}}}, {0}},
        {"div.full.f32 %d, %a, %b;", "f32", {{"f32", {0x40c00000}}, {"f32", {0x40000000}}}, {0x40400000}},
        {"div.full.ftz.f32 %d, %a, %b;", "f32", {{"f32", {0x00800000}}, {"f32", {0x40000000}}}, {0}},
        // |b| beyond 2¹²⁶ gives 0, or NaN from an infinity
        {"div.approx.f32 %d, %a, %b;",
         "f32",
         {{"f32", {0x40c00000, one, inf, one}}, {"f32", {0x40000000, 0x7f000000, 0x7f000000, 0x7e800000}}},
         {0x40400000, 0, nan_out, 0x00800000}},
        {"div.approx.ftz.f32 %d, %a, %b;", "f32", {{"f32", {1}}, {"f32", {1}}}, {nan_out}},
        {"rcp.rn.f32 %d, %a;", "f32", {{"f32", {0x40400000, 0x80000000}}}, {0x3eaaaaab, 0xff800000}},
        {"rcp.rz.f32 %d, %a;", "f32", {{"f32", {0x40400000}}}, {0x3eaaaaaa}},
        {"rcp.rm.f32 %d, %a;", "f32", {{"f32", {0xc0400000}}}, {0xbeaaaaab}},
        {"rcp.rp.f32 %d, %a;", "f32", {{"f32", {0xc0400000}}}, {0xbeaaaaaa}},
        {"rcp.rn.ftz.f32 %d, %a;", "f32", {{"f32", {0x7f000000, 1}}}, {0, inf}},
        {"rcp.approx.f32 %d, %a;", "f32", {{"f32", {0x40000000, 0, 0xff800000, 0x7f000000}}}, {0x3f000000, inf, 0x80000000, 0x00400000}},
        {"rcp.approx.ftz.f32 %d, %a;", "f32", {{"f32", {0x40000000, 0x80000001, 0x7f000000}}}, {0x3f000000, 0xff800000, 0}},
        {"sqrt.rn.f32 %d, %a;", "f32", {{"f32", {0x40000000, 0xbf800000, 0x80000000}}}, {0x3fb504f3, nan_out, 0x80000000}},
        {"sqrt.rz.f32 %d, %a;", "f32", {{"f32", {0x40400000}}}, {0x3fddb3d7}},
        {"sqrt.rm.f32 %d, %a;", "f32", {{"f32", {0x40000000}}}, {0x3fb504f3}},
        {"sqrt.rp.f32 %d, %a;", "f32", {{"f32", {0x40000000}}}, {0x3fb504f4}},
        {"sqrt.rn.ftz.f32 %d, %a;", "f32", {{"f32", {1}}}, {0}},
        {"sqrt.approx.f32 %d, %a;", "f32", {{"f32", {0x40800000, 0xbf800000, inf}}}, {0x40000000, nan_out, inf}},
        {"sqrt.approx.ftz.f32 %d, %a;", "f32", {{"f32", {0x80000001}}}, {0x80000000}},
        {"rsqrt.approx.f32 %d, %a;",
         "f32",
         {{"f32", {0x40800000, 0, 0x80000000, inf, 0xbf800000}}},
         {0x3f000000, inf, 0xff800000, 0, nan_out}},
        {"rsqrt.approx.ftz.f32 %d, %a;", "f32", {{"f32", {1}}}, {inf}},
    });

const bool functions =
    rows::add("float", {
                           {"ex2.approx.f32 %d, %a;",
                            "f32",
                            {{"f32", {0, 0x40400000, 0xc3000000, inf, 0xff800000, nan_in, 0x43000000, 0xc3150000}}},
                            {one, 0x41000000, 0x00200000, inf, 0, nan_out, inf, 1}},
                           {"ex2.approx.f32 %d, %a;", "f32", {{"f32", {0x3f000000, 0xbf000000}}}, {0x3fb504f3, 0x3f3504f3}},
                           {"ex2.approx.ftz.f32 %d, %a;", "f32", {{"f32", {0xc3000000, 1}}}, {0, one}},
                           {"lg2.approx.f32 %d, %a;",
                            "f32",
                            {{"f32", {0x41000000, 0, 0xbf800000, inf, one, 1}}},
                            {0x40400000, 0xff800000, nan_out, inf, 0, 0xc3150000}},
                           {"lg2.approx.ftz.f32 %d, %a;", "f32", {{"f32", {1}}}, {0xff800000}},
                           {"sin.approx.f32 %d, %a;", "f32", {{"f32", {0, 0x80000000, inf, 0x3fc90fdb}}}, {0, 0x80000000, nan_out, one}},
                           {"sin.approx.ftz.f32 %d, %a;", "f32", {{"f32", {0x80000001}}}, {0x80000000}},
                           {"cos.approx.f32 %d, %a;", "f32", {{"f32", {0, 0xff800000, 0x40490fdb}}}, {one, nan_out, 0xbf800000}},
                           {"cos.approx.ftz.f32 %d, %a;", "f32", {{"f32", {1}}}, {one}},
                           {"tanh.approx.f32 %d, %a;", "f32", {{"f32", {0, inf, 0xff800000, nan_in}}}, {0, one, 0xbf800000, nan_out}},
                       });

const bool extremes = rows::add(
    "float", {
                 {"min.f32 %d, %a, %b;",
                  "f32",
                  {{"f32", {one, nan_in, nan_in, 0x80000000, 0}}, {"f32", {0x40000000, one, nan_in, 0, 0x80000000}}},
                  {one, one, nan_out, 0x80000000, 0x80000000}},
                 {"max.f32 %d, %a, %b;",
                  "f32",
                  {{"f32", {one, one, nan_in, 0x80000000, 0}}, {"f32", {0x40000000, nan_in, nan_in, 0, 0x80000000}}},
                  {0x40000000, one, nan_out, 0, 0}},
                 {"min.NaN.f32 %d, %a, %b;", "f32", {{"f32", {one, nan_in}}, {"f32", {0x40000000, one}}}, {one, nan_out}},
                 {"max.NaN.f32 %d, %a, %b;", "f32", {{"f32", {one, one}}, {"f32", {0x40000000, nan_in}}}, {0x40000000, nan_out}},
                 {"min.ftz.f32 %d, %a, %b;", "f32", {{"f32", {0x80000001}}, {"f32", {one}}}, {0x80000000}},
                 {"max.ftz.NaN.f32 %d, %a, %b;", "f32", {{"f32", {1}}, {"f32", {0xbf800000}}}, {0}},
                 {"min.xorsign.abs.f32 %d, %a, %b;",
                  "f32",
                  {{"f32", {0xc0000000, 0xc0000000}}, {"f32", {0x40400000, 0xbf800000}}},
                  {0xc0000000, one},
                  "sm_86"},
                 {"max.xorsign.abs.f32 %d, %a, %b;", "f32", {{"f32", {0xc0000000}}, {"f32", {0x40400000}}}, {0xc0400000}, "sm_86"},
                 {"abs.f32 %d, %a;", "f32", {{"f32", {0xbf800000, 0x80000001}}}, {one, 1}},
                 {"abs.ftz.f32 %d, %a;", "f32", {{"f32", {0x80000001}}}, {0}},
                 {"neg.f32 %d, %a;", "f32", {{"f32", {one, 0}}}, {0xbf800000, 0x80000000}},
                 {"neg.ftz.f32 %d, %a;", "f32", {{"f32", {1}}}, {0x80000000}},
                 {"copysign.f32 %d, %a, %b;", "f32", {{"f32", {0x80000000, 0}}, {"f32", {one, 0xc0000000}}}, {0xbf800000, 0x40000000}},
                 {"copysign.f64 %d, %a, %b;", "f64", {{"f64", {0x8000000000000000}}, {"f64", {0x3ff0000000000000}}}, {0xbff0000000000000}},
                 {"testp.finite.f32 %d, %a;", "pred", {{"f32", {one, inf, nan_in, 0, 1}}}, {1, 0, 0, 1, 1}},
                 {"testp.infinite.f32 %d, %a;", "pred", {{"f32", {one, inf, nan_in, 0, 1}}}, {0, 1, 0, 0, 0}},
                 {"testp.number.f32 %d, %a;", "pred", {{"f32", {one, inf, nan_in, 0, 1}}}, {1, 1, 0, 1, 1}},
                 {"testp.notanumber.f32 %d, %a;", "pred", {{"f32", {one, inf, nan_in, 0, 1}}}, {0, 0, 1, 0, 0}},
                 {"testp.normal.f32 %d, %a;", "pred", {{"f32", {one, inf, nan_in, 1}}}, {1, 0, 0, 0}},
                 {"testp.subnormal.f32 %d, %a;", "pred", {{"f32", {one, inf, nan_in, 1}}}, {0, 0, 0, 1}},
                 {"testp.notanumber.f64 %d, %a;", "pred", {{"f64", {0x7ff0000000000001, 0x7ff0000000000000}}}, {1, 0}},
             });

constexpr uint64_t one64 = 0x3ff0000000000000, tiny64 = 0x3c90000000000000;  // 2⁻⁵⁴
const bool doubles = rows::add(
    "double",
    {
        {"add.f64 %d, %a, %b;", "f64", {{"f64", {one64}}, {"f64", {one64}}}, {0x4000000000000000}},
        {"add.rn.f64 %d, %a, %b;", "f64", {{"f64", {one64}}, {"f64", {tiny64}}}, {one64}},
        {"add.rz.f64 %d, %a, %b;", "f64", {{"f64", {one64}}, {"f64", {0xbc90000000000000}}}, {0x3fefffffffffffff}},
        {"add.rm.f64 %d, %a, %b;", "f64", {{"f64", {0xbff0000000000000}}, {"f64", {0xbc90000000000000}}}, {0xbff0000000000001}},
        {"add.rp.f64 %d, %a, %b;", "f64", {{"f64", {one64}}, {"f64", {tiny64}}}, {0x3ff0000000000001}},
        {"sub.f64 %d, %a, %b;", "f64", {{"f64", {one64}}, {"f64", {0x4000000000000000}}}, {0xbff0000000000000}},
        {"sub.rp.f64 %d, %a, %b;", "f64", {{"f64", {one64}}, {"f64", {0xbc90000000000000}}}, {0x3ff0000000000001}},
        {"mul.f64 %d, %a, %b;", "f64", {{"f64", {0x4000000000000000}}, {"f64", {0x4008000000000000}}}, {0x4018000000000000}},
        {"mul.rp.f64 %d, %a, %a;", "f64", {{"f64", {0x3ff0000000000001}}}, {0x3ff0000000000003}},
        {"fma.rn.f64 %d, %a, %b, %c;",
         "f64",
         {{"f64", {0x3ff0000002000000}}, {"f64", {0x3ff0000002000000}}, {"f64", {0xbff0000004000000}}},
         {0x3c90000000000000}},
        {"fma.rz.f64 %d, %a, %b, %c;", "f64", {{"f64", {one64}}, {"f64", {one64}}, {"f64", {0xbc90000000000000}}}, {0x3fefffffffffffff}},
        {"mad.rn.f64 %d, %a, %b, %c;", "f64", {{"f64", {one64}}, {"f64", {one64}}, {"f64", {one64}}}, {0x4000000000000000}},
        {"div.rn.f64 %d, %a, %b;", "f64", {{"f64", {one64}}, {"f64", {0x4008000000000000}}}, {0x3fd5555555555555}},
        {"div.rp.f64 %d, %a, %b;", "f64", {{"f64", {one64}}, {"f64", {0x4008000000000000}}}, {0x3fd5555555555556}},
        {"rcp.rn.f64 %d, %a;", "f64", {{"f64", {0x4008000000000000}}}, {0x3fd5555555555555}},
        {"sqrt.rn.f64 %d, %a;", "f64", {{"f64", {0x4000000000000000}}}, {0x3ff6a09e667f3bcd}},
        {"sqrt.rz.f64 %d, %a;", "f64", {{"f64", {0x4000000000000000}}}, {0x3ff6a09e667f3bcc}},
        {"min.f64 %d, %a, %b;", "f64", {{"f64", {one64, 0x7ff8000000000000}}, {"f64", {0, one64}}}, {0, one64}},
        {"max.f64 %d, %a, %b;", "f64", {{"f64", {one64}}, {"f64", {0x7ff8000000000000}}}, {one64}},
        {"abs.f64 %d, %a;", "f64", {{"f64", {0xbff0000000000000}}}, {one64}},
        {"neg.f64 %d, %a;", "f64", {{"f64", {one64}}}, {0xbff0000000000000}},
        {"rsqrt.approx.f64 %d, %a;", "f64", {{"f64", {0x4010000000000000}}}, {0x3fe0000000000000}},
    });
const bool coarse =
    rows::add("double recall", {
                                   {"rcp.approx.ftz.f64 %d, %a;",
                                    "f64",
                                    {{"f64", {0x4000000000000001, 0x4008000000000000}}},
                                    {0x3fe0000000000000, 0x3fd5555500000000}},
                                   {"rsqrt.approx.ftz.f64 %d, %a;", "f64", {{"f64", {0x4010000000000000}}}, {0x3fe0000000000000}},
                               });

const bool refused = rows::add_refused("float", {
                                                    {"fma.f32 %f0, %f1, %f2, %f3;", "fma.f32"},
                                                    {"div.f32 %f0, %f1, %f2;", "div.f32"},
                                                    {"add.ftz.f64 %fd0, %fd1, %fd2;", "ftz"},
                                                    {"add.sat.f64 %fd0, %fd1, %fd2;", "sat"},
                                                    {"div.rn.sat.f32 %f0, %f1, %f2;", "PTX line"},
                                                    {"sqrt.f32 %f0, %f1;", "sqrt"},
                                                    {"ex2.f32 %f0, %f1;", ".approx"},
                                                    {"ex2.approx.f64 %fd0, %fd1;", "f64"},
                                                    {"sin.approx.f64 %fd0, %fd1;", "f64"},
                                                    {"min.xorsign.f32 %f0, %f1, %f2;", "xorsign"},
                                                    {"min.NaN.f64 %fd0, %fd1, %fd2;", "NaN"},
                                                    {"max.f32 %f0, %f1, %f2, %f3;", "operands"},
                                                    {"add.rna.f32 %f0, %f1, %f2;", "PTX line"},
                                                    {"rcp.approx.f64 %fd0, %fd1;", ".ftz"},
                                                    {"copysign.f16 %h0, %h1, %h2;", "copysign"},
                                                    {"add.f32 %f0, %f1, 1;", "real number"},
                                                });

TEST("float: PTXVM_PERTURB moves approximate results by at most its number of units, and exact ones not") {
  ptx::changed_settings changed;
  changed.set(&ptxvm::options::perturb, 2);
  const std::vector<uint64_t> ones(256, 0x40400000);
  const auto thirds = ptx::evaluate("rcp.approx.f32 %d, %a;", "f32", {{"f32", ones}});
  bool below = false, above = false;
  for (const uint64_t x : thirds) {
    CHECK(x >= 0x3eaaaaa9 && x <= 0x3eaaaaad, std::hex, x);
    below |= x<0x3eaaaaab, above |= x> 0x3eaaaaab;
  }
  CHECK(below, "no result was moved down");
  CHECK(above, "no result was moved up");
  for (const uint64_t x : ptx::evaluate("rcp.rn.f32 %d, %a;", "f32", {{"f32", ones}})) CHECK_EQ(x, uint64_t{0x3eaaaaab});
}

TEST("float: operations are counted, an fma as two") {
  const std::vector<float> some(64, 1.0f);
  ptx::evaluate("fma.rn.f32 %d, %a, %a, %a;", "f32", {ptx::f32(some)});
  CHECK_EQ(ptx::counted().float_operations, uint64_t{128});
  ptx::evaluate("mul.f32 %d, %a, %a;", "f32", {ptx::f32(some)});
  CHECK_EQ(ptx::counted().float_operations, uint64_t{64});
  ptx::evaluate("fma.rn.f16x2 %d, %a, %a, %a;", "f16x2", {{"f16x2", std::vector<uint64_t>(64, 0x3c003c00)}});
  CHECK_EQ(ptx::counted().float_operations, uint64_t{256});
}

}  // namespace

// setp, set, selp, slct.
#include "rows.h"

namespace {

constexpr uint64_t nan32 = 0x7fc00000, one32 = 0x3f800000, two32 = 0x40000000;
const ptx::typed a32{"f32", {one32, two32, one32, nan32, nan32}}, b32{"f32", {two32, one32, one32, one32, nan32}};

const bool floats =
    rows::add("setp", {
                          {"setp.eq.f32 %d, %a, %b;", "pred", {a32, b32}, {0, 0, 1, 0, 0}},
                          {"setp.ne.f32 %d, %a, %b;", "pred", {a32, b32}, {1, 1, 0, 0, 0}},
                          {"setp.lt.f32 %d, %a, %b;", "pred", {a32, b32}, {1, 0, 0, 0, 0}},
                          {"setp.le.f32 %d, %a, %b;", "pred", {a32, b32}, {1, 0, 1, 0, 0}},
                          {"setp.gt.f32 %d, %a, %b;", "pred", {a32, b32}, {0, 1, 0, 0, 0}},
                          {"setp.ge.f32 %d, %a, %b;", "pred", {a32, b32}, {0, 1, 1, 0, 0}},
                          {"setp.equ.f32 %d, %a, %b;", "pred", {a32, b32}, {0, 0, 1, 1, 1}},
                          {"setp.neu.f32 %d, %a, %b;", "pred", {a32, b32}, {1, 1, 0, 1, 1}},
                          {"setp.ltu.f32 %d, %a, %b;", "pred", {a32, b32}, {1, 0, 0, 1, 1}},
                          {"setp.leu.f32 %d, %a, %b;", "pred", {a32, b32}, {1, 0, 1, 1, 1}},
                          {"setp.gtu.f32 %d, %a, %b;", "pred", {a32, b32}, {0, 1, 0, 1, 1}},
                          {"setp.geu.f32 %d, %a, %b;", "pred", {a32, b32}, {0, 1, 1, 1, 1}},
                          {"setp.num.f32 %d, %a, %b;", "pred", {a32, b32}, {1, 1, 1, 0, 0}},
                          {"setp.nan.f32 %d, %a, %b;", "pred", {a32, b32}, {0, 0, 0, 1, 1}},
                          {"setp.eq.ftz.f32 %d, %a, %b;", "pred", {{"f32", {1, 0x80000001}}, {"f32", {0, 5}}}, {1, 1}},
                          {"setp.eq.f32 %d, %a, %b;", "pred", {{"f32", {1, 0x80000000}}, {"f32", {0, 0}}}, {0, 1}},
                          {"setp.gt.f64 %d, %a, %b;", "pred", {ptx::f64({2, 1}), ptx::f64({1, 2})}, {1, 0}},
                          {"setp.ltu.f64 %d, %a, %b;", "pred", {{"f64", {0x7ff8000000000000}}, {"f64", {0}}}, {1}},
                          {"setp.lt.f16 %d, %a, %b;", "pred", {{"f16", {0x3c00, 0x7e00}}, {"f16", {0x4000, 0x4000}}}, {1, 0}},
                          {"setp.geu.f16 %d, %a, %b;", "pred", {{"f16", {0x3c00, 0x7e00}}, {"f16", {0x4000, 0x4000}}}, {0, 1}},
                          {"setp.eq.ftz.f16 %d, %a, %b;", "pred", {{"f16", {1}}, {"f16", {0}}}, {1}},
                          {"setp.gt.bf16 %d, %a, %b;", "pred", {{"bf16", {0x4000, 0x3f80}}, {"bf16", {0x3f80, 0x4000}}}, {1, 0}, "sm_90"},
                          {"{ .reg .pred p, q; setp.lt.f16x2 p|q, %a, %b; selp.b32 %d, 1, 0, p; @q add.u32 %d, %d, 2; }",
                           "b32",
                           {{"f16x2", {0x40003c00, 0x3c004000, 0x3c003c00}}, {"f16x2", {0x3c004000, 0x40003c00, 0x40004000}}},
                           {1, 2, 3}},
                          {"{ .reg .pred p, q; setp.gt.bf16x2 p|q, %a, %b; selp.b32 %d, 1, 0, p; @q add.u32 %d, %d, 2; }",
                           "b32",
                           {{"bf16x2", {0x40003f80}}, {"bf16x2", {0x3f804000}}},
                           {2},
                           "sm_90"},
                      });

const bool integers = rows::add(
    "setp", {
                {"setp.eq.s32 %d, %a, %b;", "pred", {{"s32", {1, 2}}, {"s32", {1, 1}}}, {1, 0}},
                {"setp.ne.b32 %d, %a, %b;", "pred", {{"b32", {1, 2}}, {"b32", {1, 1}}}, {0, 1}},
                {"setp.lt.s32 %d, %a, %b;", "pred", {{"s32", {0xffffffff, 1}}, {"s32", {1, 1}}}, {1, 0}},
                {"setp.lt.u32 %d, %a, %b;", "pred", {{"u32", {0xffffffff, 0}}, {"u32", {1, 1}}}, {0, 1}},
                {"setp.le.s32 %d, %a, %b;", "pred", {{"s32", {1, 2}}, {"s32", {1, 1}}}, {1, 0}},
                {"setp.gt.u32 %d, %a, %b;", "pred", {{"u32", {0x80000000, 1}}, {"u32", {1, 1}}}, {1, 0}},
                {"setp.ge.s32 %d, %a, %b;", "pred", {{"s32", {0x80000000, 1}}, {"s32", {1, 1}}}, {0, 1}},
                {"setp.lo.u32 %d, %a, %b;", "pred", {{"u32", {1, 0xffffffff}}, {"u32", {2, 2}}}, {1, 0}},
                {"setp.ls.u32 %d, %a, %b;", "pred", {{"u32", {2, 3}}, {"u32", {2, 2}}}, {1, 0}},
                {"setp.hi.u32 %d, %a, %b;", "pred", {{"u32", {2, 0xffffffff}}, {"u32", {2, 2}}}, {0, 1}},
                {"setp.hs.u32 %d, %a, %b;", "pred", {{"u32", {2, 1}}, {"u32", {2, 2}}}, {1, 0}},
                {"setp.lt.s16 %d, %a, %b;", "pred", {{"s16", {0xffff}}, {"s16", {1}}}, {1}},
                {"setp.lt.u16 %d, %a, %b;", "pred", {{"u16", {0xffff}}, {"u16", {1}}}, {0}},
                {"setp.eq.b16 %d, %a, %b;", "pred", {{"b16", {7}}, {"b16", {7}}}, {1}},
                {"setp.gt.s64 %d, %a, %b;", "pred", {{"s64", {0xffffffffffffffff}}, {"s64", {1}}}, {0}},
                {"setp.gt.u64 %d, %a, %b;", "pred", {{"u64", {0xffffffffffffffff}}, {"u64", {1}}}, {1}},
                {"setp.ne.b64 %d, %a, %b;", "pred", {{"b64", {0x100000000}}, {"b64", {0}}}, {1}},
                {"setp.lt.and.s32 %d, %a, %b, %c;", "pred", {{"s32", {0, 0, 2}}, {"s32", {1, 1, 1}}, {"pred", {0, 1, 1}}}, {0, 1, 0}},
                {"setp.lt.or.s32 %d, %a, %b, %c;", "pred", {{"s32", {0, 2, 2}}, {"s32", {1, 1, 1}}, {"pred", {0, 1, 0}}}, {1, 1, 0}},
                {"setp.lt.xor.s32 %d, %a, %b, %c;", "pred", {{"s32", {0, 0, 2}}, {"s32", {1, 1, 1}}, {"pred", {0, 1, 1}}}, {1, 0, 1}},
                {"setp.lt.and.s32 %d, %a, %b, !%c;", "pred", {{"s32", {0, 0}}, {"s32", {1, 1}}, {"pred", {0, 1}}}, {1, 0}},
                // q = !(a < b) ∘ c
                {"{ .reg .pred p; setp.lt.s32 p|%d, %a, %b; }", "pred", {{"s32", {0, 2}}, {"s32", {1, 1}}}, {0, 1}},
                {"{ .reg .pred p; setp.lt.and.s32 p|%d, %a, %b, %c; }",
                 "pred",
                 {{"s32", {0, 2, 2}}, {"s32", {1, 1, 1}}, {"pred", {1, 1, 0}}},
                 {0, 1, 0}},
            });

const bool values = rows::add(
    "set", {
               {"set.lt.u32.s32 %d, %a, %b;", "u32", {{"s32", {0xffffffff, 2}}, {"s32", {1, 1}}}, {0xffffffff, 0}},
               {"set.eq.s32.b64 %d, %a, %b;", "s32", {{"b64", {5}}, {"b64", {5}}}, {0xffffffff}},
               {"set.gt.f32.f32 %d, %a, %b;", "f32", {ptx::f32({2, 1}), ptx::f32({1, 1})}, {one32, 0}},
               {"set.gt.or.f32.u32 %d, %a, %b, %c;", "f32", {{"u32", {0, 2}}, {"u32", {1, 1}}, {"pred", {1, 0}}}, {one32, one32}},
               {"set.neu.u32.f64 %d, %a, %b;", "u32", {ptx::f64({1}), ptx::f64({1})}, {0}},
               {"set.le.ftz.u32.f32 %d, %a, %b;", "u32", {{"f32", {1}}, {"f32", {0}}}, {0xffffffff}},
               {"set.eq.f16x2.f16x2 %d, %a, %b;", "b32", {{"f16x2", {0x3c004000}}, {"f16x2", {0x3c003c00}}}, {0x3c000000}},
               {"set.lt.u32.f16x2 %d, %a, %b;", "b32", {{"f16x2", {0x3c004000}}, {"f16x2", {0x40003c00}}}, {0xffff0000}},
               {"set.lt.u16.f16 %d, %a, %b;", "u16", {{"f16", {0x3c00}}, {"f16", {0x4000}}}, {0xffff}},
               {"set.lt.f16.f16 %d, %a, %b;", "f16", {{"f16", {0x3c00}}, {"f16", {0x4000}}}, {0x3c00}},
               {"set.ge.bf16x2.bf16x2 %d, %a, %b;", "b32", {{"bf16x2", {0x3f804000}}, {"bf16x2", {0x40003f80}}}, {0x00003f80}, "sm_90"},
               {"set.ge.bf16.bf16 %d, %a, %b;", "bf16", {{"bf16", {0x4000}}, {"bf16", {0x3f80}}}, {0x3f80}, "sm_90"},
           });

const bool choices = rows::add(
    "select", {
                  {"selp.b32 %d, %a, %b, %c;", "b32", {{"b32", {1, 1}}, {"b32", {2, 2}}, {"pred", {1, 0}}}, {1, 2}},
                  {"selp.u16 %d, %a, %b, %c;", "u16", {{"u16", {1, 1}}, {"u16", {2, 2}}, {"pred", {1, 0}}}, {1, 2}},
                  {"selp.f64 %d, %a, %b, %c;", "f64", {{"f64", {1, 1}}, {"f64", {2, 2}}, {"pred", {1, 0}}}, {1, 2}},
                  {"selp.s32 %d, 5, -5, %a;", "s32", {{"pred", {1, 0}}}, {5, 0xfffffffb}},
                  {"selp.f32 %d, %a, 0f00000000, %b;", "f32", {{"f32", {0x7f800001}}, {"pred", {1}}}, {0x7f800001}},
                  {"slct.u32.s32 %d, %a, %b, %c;", "u32", {{"u32", {1, 1, 1}}, {"u32", {2, 2, 2}}, {"s32", {0, 0xffffffff, 7}}}, {1, 2, 1}},
                  {"slct.b64.f32 %d, %a, %b, %c;",
                   "b64",
                   {{"b64", {1, 1, 1}}, {"b64", {2, 2, 2}}, {"f32", {0x80000000, nan32, 0x80000001}}},
                   {1, 2, 2}},
                  {"slct.ftz.u16.f32 %d, %a, %b, %c;", "u16", {{"u16", {1}}, {"u16", {2}}, {"f32", {0x80000001}}}, {1}},
              });

const bool refused = rows::add_refused("compare", {
                                                      {"setp.lt.b32 %p0, %r1, %r2;", "setp.lt.b32"},
                                                      {"setp.ltu.s32 %p0, %r1, %r2;", "setp.ltu.s32"},
                                                      {"setp.lo.s32 %p0, %r1, %r2;", "setp.lo.s32"},
                                                      {"setp.lt.ftz.f64 %p0, %fd1, %fd2;", "ftz"},
                                                      {"setp.lt.and.s32 %p0, %r1, %r2;", "operands"},
                                                      {"setp.lt.f16x2 %p0, %r1, %r2;", "p|q"},
                                                      {"set.lt.u64.s32 %rd0, %r1, %r2;", "set.lt.u64.s32"},
                                                      {"selp.pred %p0, %p1, %p2, %p3;", "selp.pred"},
                                                      {"slct.u32.u32 %r0, %r1, %r2, %r3;", "slct.u32.u32"},
                                                  });

}  // namespace

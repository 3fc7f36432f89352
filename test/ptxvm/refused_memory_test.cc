// Memory instructions that are refused when the module is loaded, with the line.
#include "harness.h"
#include "memory_program.h"

namespace {

void refused(const std::string& instruction, const std::string& why) {
  const std::string words = ptx::refusal_of(memory_test::text(instruction, memory_test::some_shared));
  CHECK(words.find(why) != std::string::npos, instruction, " gave: ", words);
}

TEST("memory instructions that are not exactly known are refused") {
  refused("ld.global.v8.u32 {%r0,%r1,%r2,%r3,%r4,%r5,%r6,%r7}, [%in];", "PTX line");
  refused("ld.global.v4.u64 {%x0,%x1,%x2,%x3}, [%in];", "more than 16 bytes");
  refused("ld.global.f16 %h0, [%in];", "PTX line");
  refused("ld.shared::cluster.u32 %r0, [buf];", "shared::cluster");
  refused("ld.mmio.relaxed.sys.global.u32 %r0, [%in];", "mmio");
  refused("ld.release.gpu.global.u32 %r0, [%in];", "ld.release");
  refused("st.acquire.gpu.global.u32 [%in], %r0;", "st.acquire");
  refused("ld.shared.nc.u32 %r0, [buf];", ".nc");
  refused("ld.global.u64 %r0, [%in];", "wanted at least");
  refused("ld.global.f32 %x0, [%in];", "another width");
  refused("ld.global.u32 {%r0, %r1}, [%in];", "vector");
  refused("ld.global.v2.u32 {%r0, %r1, %r2}, [%in];", "number of elements");
  refused("ld.global.v2.u32 {%r0, %x1}, [%in];", "different widths");
  refused("ld.global.global.u32 %r0, [%in];", "two modifiers");
  refused("ld.global.u32 %r0, %in;", "no address");
  refused("ld.global.u32 %r0, [buf];", "another state space");
  refused("ld.global.u32 %r0, [%h0];", "address");
  refused("st.const.u32 [%in], %r0;", "constant memory");
  refused("st.async.weak.shared::cluster.b32 [%r0], %r1, [%r2];", "async");
  refused("cvta.u64 %x0, %x1;", "state space");
  refused("cvta.shared.u32 %r0, %r1;", ".u64");
  refused("mapa.u64 %x0, %x1, %r0;", "unknown");
  refused("fence.proxy.async;", "scope");
  refused("fence.mbarrier_init.release.cluster;", "scope");
  refused("discard.global.L2 [%in], 128;", "unknown");
  refused("stacksave.u64 %x0;", "unknown");
  refused("ldmatrix.sync.aligned.m8n16.x1.shared.b8x16.b6x16_p32 {%r0}, [%r1];", "m8n8");
  refused("ldmatrix.sync.aligned.m8n8.x3.shared.b16 {%r0,%r1,%r2}, [%r1];", ".x1, .x2 or .x4");
  refused("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r0,%r1}, [%r1];", "number of registers");
  refused("ldmatrix.sync.aligned.m8n8.x1.shared.b8 {%r0}, [%r1];", ".b16");
  refused("cp.async.bulk.commit_group;", "PTX line");
  refused("cp.async.cg.shared.global [%r0], [%in], 8;", "16 bytes");
  refused("cp.async.ca.shared.global [%r0], [%in], 12;", "4, 8 or 16");
  refused("cp.async.ca.shared.global [%r0], [%in], %r1;", "4, 8 or 16");
  refused("cp.async.cg.shared.global [%r0], [%in], 16, 17;", "beyond the size");
  refused("cp.async.wait_group %r0;", "constant");
  refused("mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%r0], 4;", "unknown");
  refused("mbarrier.arrive.expect_tx.shared::cta.b64 %x0, [%r0], 4;", "b64");
  refused("mbarrier.arrive.noComplete.shared.b64 %x0, [%r0];", "count");
  refused("atom.global.add.v2.f32 {%r0, %r1}, [%in], {%r2, %r3};", "v2");
  refused("atom.global.add.f16 %h0, [%in], %h1;", ".noftz");
  refused("atom.global.add.noftz.f32 %r0, [%in], %r1;", ".noftz");
  refused("atom.global.add.b32 %r0, [%in], %r1;", "no such type");
  refused("atom.global.min.f32 %r0, [%in], %r1;", "no such type");
  refused("atom.global.cas.b128 %x0, [%in], %x1, %x2;", "no such type");
  refused("atom.local.add.u32 %r0, [%in], %r1;", "global and shared");
  refused("red.global.exch.b32 [%in], %r1;", "no such operation");
  refused("red.acquire.gpu.global.add.u32 [%in], %r1;", "red cannot acquire");
  refused("red.acq_rel.gpu.global.add.u32 [%in], %r1;", "red cannot acquire");
  refused("atom.global.add.noftz.bf16x2 %r0, [%in], %r1;", "sm_90");
  refused("mbarrier.arrive.shared.b64 _, [%r0], 2;", "sm_90");
  refused("mbarrier.try_wait.shared.b64 %p0, [%r0], %x0;", "sm_90");
  refused("stmatrix.sync.aligned.m8n8.x1.shared.b16 [%r0], {%r1};", "sm_90");
  refused("atom.global.inc.s32 %r0, [%in], %r1;", "no such type");
}

}  // namespace

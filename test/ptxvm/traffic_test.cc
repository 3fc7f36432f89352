// What the meter counts of memory, for whole launches.
#include "harness.h"
#include "memory_program.h"

namespace {

using memory_test::run;
using memory_test::some_shared;

const ptxvm::meter& counted(const std::string& body, uint32_t threads = 32) {
  const auto r = run(body, some_shared, threads, std::vector<uint64_t>(2048, 3));
  CHECK(r.outcome.ok(), body, " gave ", r.outcome);
  return ptx::counted();
}

TEST("meter: global reads and writes in sectors and bytes") {
  const ptxvm::meter row = counted("ld.global.u64 %x0, [%me]; st.global.u64 [%out], %x0;", 64);
  CHECK_EQ(row.global_read_sectors, 16u);  // 64 · 8 / 32
  CHECK_EQ(row.global_written_sectors, 16u);
  CHECK_EQ(row.global_read_bytes, 512u);
  CHECK_EQ(row.global_written_bytes, 512u);
  const ptxvm::meter one = counted("ld.global.u32 %r0, [%in];");
  CHECK_EQ(one.global_read_sectors, 1u);
  CHECK_EQ(one.global_read_bytes, 128u);
  const ptxvm::meter wide = counted("mul.wide.u32 %x1, %t, 64; add.u64 %x1, %in, %x1; ld.global.v4.u32 {%r0,%r1,%r2,%r3}, [%x1];");
  CHECK_EQ(wide.global_read_sectors, 32u);
  CHECK_EQ(wide.global_read_bytes, 512u);
  const ptxvm::meter some = counted("setp.lt.u32 %p0, %t, 3; @%p0 st.global.u8 [%out], %t;");
  CHECK_EQ(some.global_written_sectors, 1u);
  CHECK_EQ(some.global_written_bytes, 3u);
}

TEST("meter: wavefronts and conflicts of shared memory") {
  const auto at = [](const std::string& stride) {
    return "mov.u32 %r0, buf; mul.lo.u32 %r1, %t, " + stride + "; add.u32 %r0, %r0, %r1;\n";
  };
  const ptxvm::meter row = counted(at("4") + "st.shared.u32 [%r0], %t;");
  CHECK_EQ(row.shared_wavefronts, 1u);
  CHECK_EQ(row.shared_conflicts, 0u);
  const ptxvm::meter column = counted(at("128") + "st.shared.u32 [%r0], %t;");
  CHECK_EQ(column.shared_wavefronts, 32u);
  CHECK_EQ(column.shared_conflicts, 31u);
  const ptxvm::meter vector =
      counted(at("16") + "st.shared.v4.u32 [%r0], {%t,%t,%t,%t}; bar.sync 0; ld.shared.v4.u32 {%r4,%r5,%r6,%r7}, [%r0];");
  CHECK_EQ(vector.shared_wavefronts, 8u);
  CHECK_EQ(vector.shared_conflicts, 0u);
}

TEST("meter: ldmatrix takes a wavefront for each matrix, more where its rows share banks") {
  const auto loaded = [](const std::string& stride) {
    return counted("mov.u32 %r0, buf; mul.lo.u32 %r1, %t, " + stride +
                   "; add.u32 %r0, %r0, %r1; st.shared.v4.u32 [%r0], {%t,%t,%t,%t}; bar.sync 0;\n"
                   "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r4,%r5,%r6,%r7}, [%r0];");
  };
  const ptxvm::meter dense = loaded("16");
  CHECK_EQ(dense.shared_wavefronts, 8u);  // 4 of the store, 4 of the matrices
  CHECK_EQ(dense.shared_conflicts, 0u);
  const ptxvm::meter apart = loaded("128");
  CHECK_EQ(apart.shared_wavefronts, 64u);
  CHECK_EQ(apart.shared_conflicts, 56u);
}

TEST("meter: cp.async counts its reads and its writes when it is issued") {
  const ptxvm::meter m = counted(
      "mov.u32 %r0, buf; shl.b32 %r1, %t, 4; add.u32 %r0, %r0, %r1; mul.wide.u32 %x1, %t, 16; add.u64 %x1, %in, %x1;\n"
      "cp.async.cg.shared.global [%r0], [%x1], 16; cp.async.wait_all;");
  CHECK_EQ(m.global_read_sectors, 16u);
  CHECK_EQ(m.global_read_bytes, 512u);
  CHECK_EQ(m.shared_wavefronts, 4u);
  CHECK_EQ(m.shared_conflicts, 0u);
}

TEST("meter: atomics and local memory") {
  const ptxvm::meter m =
      counted("red.global.add.u32 [%in], 1; .local .align 8 .b8 mine[8]; st.local.u64 [mine], 1; ld.local.u32 %r0, [mine];");
  CHECK_EQ(m.atomics, 32u);
  CHECK_EQ(m.global_read_sectors, 1u);
  CHECK_EQ(m.global_written_sectors, 1u);
  CHECK_EQ(m.local_bytes, 32u * 12);
}

}  // namespace

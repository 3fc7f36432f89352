// The driver API: launches, their arguments and limits, and what a fault leaves behind.
#include <cstring>
#include <thread>

#include "driver_api.h"

using namespace api;
using namespace ptx;

namespace {

// Writes `value`, a byte and a float's bits to out[0..2]: parameters of three sizes.
const std::string writer = kernel(
    ".reg .b64 %rd1; .reg .b32 %r<4>; ld.param.u64 %rd1, [out]; ld.param.u32 %r1, [value]; ld.param.u8 %r2, [byte]; ld.param.u32 %r3, "
    "[real];\n"
    "st.global.u32 [%rd1], %r1; st.global.u32 [%rd1+4], %r2; st.global.u32 [%rd1+8], %r3; ret;",
    ".param .u64 out, .param .u32 value, .param .u8 byte, .param .f32 real");

}  // namespace

TEST("driver: arguments by pointers and by a buffer") {
  const module m(writer);
  CHECK_EQ(m.code, 0, words(m.code));
  const CUfunction f = m.function();
  size_t offset = 0, bytes = 0;
  CHECK_EQ(cuFuncGetParamInfo(f, 3, &offset, &bytes), 0);
  CHECK_EQ(offset, size_t{16});
  CHECK_EQ(bytes, size_t{4});
  CHECK_EQ(cuFuncGetParamInfo(f, 4, &offset, &bytes), invalid_value);
  const buffer out(std::vector<uint32_t>(3, 0));
  CUdeviceptr at = out.address();
  uint32_t value = 70000;
  uint8_t byte = 200;
  float real = 1.5f;
  void* params[] = {&at, &value, &byte, &real};
  CHECK_EQ(launch_one(f, 1, 1, 0, params), 0);
  CHECK_EQ((out.read<uint32_t>() == std::vector<uint32_t>{70000, 200, 0x3fc00000}), true);

  char packed[20] = {};
  value = 3;
  std::memcpy(packed, &at, 8);
  std::memcpy(packed + 8, &value, 4);
  packed[12] = 9;
  std::memcpy(packed + 16, &real, 4);
  size_t size = sizeof packed;
  void* extra[] = {reinterpret_cast<void*>(1), packed, reinterpret_cast<void*>(2), &size, nullptr};
  CHECK_EQ(launch_one(f, 1, 1, 0, nullptr, extra), 0);
  CHECK_EQ((out.read<uint32_t>() == std::vector<uint32_t>{3, 9, 0x3fc00000}), true);
  size = 16;
  CHECK_EQ(launch_one(f, 1, 1, 0, nullptr, extra), invalid_value);
  CHECK_EQ(says(invalid_value, "'k' takes 20"), true, words(invalid_value));
  CHECK_EQ(launch_one(f, 1, 1, 0, params, extra), invalid_value);
  CHECK_EQ(launch_one(f, 1, 1), invalid_value);

  CUlaunchAttribute attribute{};
  attribute.id = 4;
  attribute.value.cluster[0] = attribute.value.cluster[1] = attribute.value.cluster[2] = 1;
  CUlaunchConfig config{1, 1, 1, 1, 1, 1, 0, nullptr, &attribute, 1};
  CHECK_EQ(cuLaunchKernelEx(&config, f, params, nullptr), 0);
  attribute.value.cluster[0] = 2;
  CHECK_EQ(cuLaunchKernelEx(&config, f, params, nullptr), not_supported);
  attribute.id = 2;
  CHECK_EQ(cuLaunchKernelEx(&config, f, params, nullptr), not_supported);
}

TEST("driver: the limits of a launch") {
  const module m(kernel(".shared .b8 s[1024]; .reg .b32 %r1; mov.u32 %r1, s; ret;"));
  const CUfunction f = m.function();
  CHECK_EQ(launch_one(f, 1, {1024}), 0);
  CHECK_EQ(launch_one(f, 1, {1025}), invalid_value);
  CHECK_EQ(launch_one(f, 1, {32, 33}), invalid_value);
  CHECK_EQ(launch_one(f, 1, {1, 1, 65}), invalid_value);
  CHECK_EQ(launch_one(f, {0}, 1), invalid_value);
  CHECK_EQ(says(invalid_value, "an empty launch"), true);
  CHECK_EQ(launch_one(f, {1, 65536}, 1), invalid_value);
  CHECK_EQ(launch_one(f, 1, 1, 47 * 1024), 0);
  CHECK_EQ(launch_one(f, 1, 1, 48 * 1024), invalid_value);
  CHECK_EQ(says(invalid_value, "MAX_DYNAMIC_SHARED_SIZE_BYTES"), true, words(invalid_value));
  CHECK_EQ(cuFuncSetAttribute(f, 8, 162 * 1024), 0);
  CHECK_EQ(launch_one(f, 1, 1, 162 * 1024), 0);
  CHECK_EQ(cuFuncSetAttribute(f, 8, 163 * 1024), invalid_value);
  int value = 0;
  CHECK_EQ(cuFuncGetAttribute(&value, 1, f), 0);
  CHECK_EQ(value, 1024);
  CHECK_EQ(cuFuncGetAttribute(&value, 8, f), 0);
  CHECK_EQ(value, 162 * 1024);
  CHECK_EQ(cuFuncGetAttribute(&value, 4, f), not_supported);
  CHECK_EQ(says(not_supported, "registers"), true);
  CHECK_EQ(cuFuncSetAttribute(f, 0, 1), invalid_value);
  CHECK_EQ(refusal_of(".shared .b8 s[49153]; .reg .b32 %r1; mov.u32 %r1, s; ret;"),
           "PTX line 7: more than 48 KiB of static shared memory, with 's'");
}

TEST("driver: .maxntid and .reqntid bind a launch") {
  const std::string head = ".version 9.0\n.target sm_80\n.address_size 64\n";
  const module m(head + ".visible .entry k() .maxntid 64 { ret; }\n.visible .entry e() .reqntid 8, 4 { ret; }");
  CHECK_EQ(launch_one(m.function(), 1, 64), 0);
  CHECK_EQ(launch_one(m.function(), 1, 65), out_of_resources);
  CHECK_EQ(says(out_of_resources, ".maxntid 64"), true);
  CHECK_EQ(launch_one(m.function("e"), 1, {8, 4}), 0);
  CHECK_EQ(launch_one(m.function("e"), 1, 64), invalid_value);
  CHECK_EQ(cuCtxSynchronize(), 0);  // none of these poisons
  int value = 0;
  CHECK_EQ(cuFuncGetAttribute(&value, 0, m.function()), 0);
  CHECK_EQ(value, 64);
}

TEST("driver: occupancy by threads, blocks and shared memory") {
  const module m(kernel("ret;"));
  const CUfunction f = m.function();
  const auto blocks = [&](int threads, size_t shared) {
    int n = -1;
    CHECK_EQ(cuOccupancyMaxActiveBlocksPerMultiprocessor(&n, f, threads, shared), 0);
    return n;
  };
  CHECK_EQ(blocks(256, 0), 8);
  CHECK_EQ(blocks(33, 0), 32);
  CHECK_EQ(blocks(128, 40 * 1024), 4);   // 164 KiB by 41, the system's KiB counted
  CHECK_EQ(blocks(128, 100 * 1024), 0);  // more than was opted in to
  CHECK_EQ(blocks(2048, 0), 0);
}

TEST("driver: a fault stays with its context until the context is reset") {
  enter();
  const std::string reads = kernel(".reg .b64 %rd1; .reg .b32 %r1; mov.u64 %rd1, 8; ld.global.u32 %r1, [%rd1]; ret;");
  const module m(reads);
  CUstream stream = nullptr;
  CHECK_EQ(cuStreamCreate(&stream, 0), 0);
  CHECK_EQ(launch_one(m.function(), 1, 1), illegal_address);
  CHECK_EQ(says(illegal_address,
                "kernel k, PTX line 7, block (0, 0, 0), thread (0, 0, 0): read of 4 bytes at global address 0x8: a null pointer"),
           true, words(illegal_address));
  CUdeviceptr at = 0;
  CHECK_EQ(cuMemAlloc_v2(&at, 16), illegal_address);
  CHECK_EQ(cuCtxSynchronize(), illegal_address);
  CHECK_EQ(cuStreamSynchronize(stream), illegal_address);
  std::string elsewhere;
  std::thread([&] {
    CUcontext c = nullptr;
    cuDevicePrimaryCtxRetain(&c, 0);
    cuCtxSetCurrent(c);
    if (cuCtxSynchronize() == illegal_address) elsewhere = words(illegal_address);
    cuDevicePrimaryCtxRelease_v2(0);
  }).join();
  CHECK_EQ(elsewhere, words(illegal_address));
  CHECK_EQ(cuDevicePrimaryCtxReset_v2(0), 0);
  CHECK_EQ(cuCtxSynchronize(), 0);
  CHECK_EQ(cuStreamSynchronize(stream), invalid_handle);
  CHECK_EQ(launch_one(m.function(), 1, 1), invalid_handle);
}

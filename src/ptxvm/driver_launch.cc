// Launches: limits, arguments, the run itself, and what becomes of a fault.
#include <cstring>

#include "ptxvm/driver_state.h"
#include "ptxvm/machine.h"
#include "ptxvm/report.h"

namespace ptxvm {
namespace {

void demand_shape(const ptxvm_function& f, const extent& grid, const extent& block, unsigned shared) {
  const program& code = *f.code;
  const auto axes = [](const extent& e) {
    return "(" + std::to_string(e.x) + ", " + std::to_string(e.y) + ", " + std::to_string(e.z) + ")";
  };
  if (grid.count() == 0 || block.count() == 0)
    fail(status::invalid_value, -1, "an empty launch: grid ", axes(grid), ", block ", axes(block));
  if (block.x > 1024 || block.y > 1024 || block.z > 64 || block.count() > most_threads) {
    fail(status::invalid_value, -1, "a block of ", axes(block), " threads: at most 1024, of them 64 along z");
  }
  if (grid.x > 2147483647u || grid.y > 65535 || grid.z > 65535)
    fail(status::invalid_value, -1, "a grid of ", axes(grid), " blocks: at most 2147483647, 65535 and 65535");
  if (code.max_threads && block.count() > code.max_threads) {
    fail(status::launch_out_of_resources, -1, "blocks of ", block.count(), " threads, and '", f.name, "' says .maxntid ", code.max_threads);
  }
  if (code.exact_threads && block.count() != code.exact_threads) {
    fail(status::invalid_value, -1, "blocks of ", block.count(), " threads, and '", f.name, "' says .reqntid ", code.exact_threads);
  }
  if (shared > static_cast<unsigned>(f.max_dynamic_shared)) {
    fail(status::invalid_value, -1, shared, " bytes of dynamic shared memory, and '", f.name, "' may have ", f.max_dynamic_shared,
         ": raise CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES first");
  }
}

// From an array of pointers, or from a buffer that is laid out as the parameters are.
std::vector<std::byte> arguments(const program& code, void** params, void** extra) {
  std::vector<std::byte> bytes(code.params_bytes);
  if (params && extra) fail(status::invalid_value, -1, "arguments given in two ways");
  if (code.params.empty()) return bytes;
  if (extra) {
    const void* buffer = nullptr;
    size_t size = 0;
    for (void** p = extra; reinterpret_cast<uintptr_t>(*p) != launch_param_end; p += 2) {
      const auto which = reinterpret_cast<uintptr_t>(*p);
      if (which == launch_param_buffer_pointer)
        buffer = p[1];
      else if (which == launch_param_buffer_size)
        size = *static_cast<const size_t*>(p[1]);
      else
        fail(status::invalid_value, -1, "unknown extra argument ", which);
    }
    require(buffer, "the buffer of arguments");
    if (size < bytes.size())
      fail(status::invalid_value, -1, "a buffer of ", size, " bytes of arguments, and '", code.kernel, "' takes ", bytes.size());
    std::memcpy(bytes.data(), buffer, bytes.size());
    return bytes;
  }
  require(params, "the arguments");
  for (size_t i = 0; i < code.params.size(); ++i) {
    require(params[i], "an argument");
    std::memcpy(bytes.data() + code.params[i].offset, params[i], code.params[i].bytes);
  }
  return bytes;
}

bool poisons(status code) {
  return code >= status::illegal_address && code < status::not_permitted && code != status::launch_out_of_resources;
}

void launch_kernel(CUfunction function, const extent& grid, const extent& block, unsigned shared, CUstream stream, void** params,
                   void** extra) {
  std::shared_ptr<const program> code;
  ptxvm_context* context = nullptr;
  std::vector<std::byte> bytes;
  {
    const std::lock_guard lock(driver().guard);
    const ptxvm_function& f = driver().functions.get(function);
    context = &entered();
    if (f.module->context != context) fail(status::invalid_handle, -1, "the kernel is of another context");
    demand_stream(stream, *context);
    demand_shape(f, grid, block, shared);
    code = f.code;
    bytes = arguments(*code, params, extra);
  }
  const options how = settings();
  const launch work{*code, grid, block, shared, std::move(bytes), memory_of(*context), how};
  // Others may allocate and copy meanwhile.
  const std::lock_guard alone(device_of(context->device).running);
  meter& counts = last_counts();
  counts = meter{};
  std::string failure;
  const auto start = std::chrono::steady_clock::now();
  const auto reported = [&] {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (!how.report.empty()) report(how.report, work, seconds, counts, failure);
  };
  try {
    run(work, counts);
  } catch (const fault& f) {
    const std::lock_guard lock(driver().guard);
    failure = f.words;
    if (poisons(f.code)) context->poison = f.code, context->poison_words = f.words;
    reported();
    throw;
  }
  reported();
}

constexpr int attribute_ignore = 0, attribute_cooperative = 2, attribute_cluster = 4;

void demand_attribute(const CUlaunchAttribute& a) {
  switch (a.id) {
    case attribute_cooperative:
      if (a.value.cooperative != 0) fail(status::not_supported, -1, "cooperative launches are not supported");
      return;
    case attribute_cluster:
      if (a.value.cluster[0] * a.value.cluster[1] * a.value.cluster[2] != 1) fail(status::not_supported, -1, "clusters are not supported");
      return;
    case attribute_ignore:
    case 1:
    case 3:
    case 5:
    case 6:
    case 8:
    case 9:
    case 10:
    case 14:
    case 16: return;  // caches, waiting, priorities, overlap: nothing to do
    default: fail(status::not_supported, -1, "the launch attribute ", a.id, " is not supported");
  }
}

template <class Body>
CUresult unlocked(const Body& body) noexcept {
  try {
    body();
    return 0;
  } catch (...) {
    return failed();
  }
}

}  // namespace

meter& last_counts() {
  thread_local meter counts;
  return counts;
}

}  // namespace ptxvm

using namespace ptxvm;

CUresult cuLaunchKernel(CUfunction function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
                        CUstream stream, void** params, void** extra) {
  return unlocked([&] { launch_kernel(function, {gx, gy, gz}, {bx, by, bz}, shared, stream, params, extra); });
}

CUresult cuLaunchCooperativeKernel(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CUstream, void**) {
  return unlocked([] { fail(status::not_supported, -1, "cooperative launches are not supported"); });
}

CUresult cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction function, void** params, void** extra) {
  return unlocked([&] {
    require(config, "the configuration");
    const CUlaunchConfig& c = *config;
    if (c.numAttrs > 0) require(c.attrs, "the attributes");
    for (unsigned i = 0; i < c.numAttrs; ++i) demand_attribute(c.attrs[i]);
    launch_kernel(function, {c.gridDimX, c.gridDimY, c.gridDimZ}, {c.blockDimX, c.blockDimY, c.blockDimZ}, c.sharedMemBytes, c.hStream,
                  params, extra);
  });
}

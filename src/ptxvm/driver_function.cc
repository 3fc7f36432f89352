// What a kernel says about itself.
#include <algorithm>

#include "ptxvm/driver_state.h"

namespace ptxvm {
namespace {

constexpr int max_dynamic_shared = 8, carveout = 9;

int attribute_of(const ptxvm_function& f, int attribute) {
  const program& code = *f.code;
  switch (attribute) {
    case 0:
      return static_cast<int>(std::max(code.max_threads, code.exact_threads) ? std::max(code.max_threads, code.exact_threads)
                                                                             : most_threads);
    case 1: return static_cast<int>(code.static_shared);
    case 2: {
      uint64_t bytes = 0;
      for (const ast::variable& v : f.module->text->variables) bytes += v.where == space::constant ? v.bytes : 0;
      return static_cast<int>(bytes);
    }
    case 3: {
      uint32_t bytes = 0;
      for (const auto& called : code.functions) bytes = std::max(bytes, called->local_bytes);
      return static_cast<int>(bytes);
    }
    case 4: fail(status::not_supported, -1, "how many registers a kernel takes is ptxas's to say: this machine does not know");
    case 5: return f.module->text->target;
    case 6: return settings().capability;
    case 7: return 0;
    case max_dynamic_shared: return f.max_dynamic_shared;
    case carveout: return -1;
    default: break;
  }
  if (attribute < 0 || attribute > 15) fail(status::invalid_value, -1, "there is no function attribute ", attribute);
  return 0;
}

int resident_blocks(const ptxvm_function& f, int threads, size_t shared) {
  if (threads < 1) fail(status::invalid_value, -1, "blocks of ", threads, " threads");
  if (threads > attribute_of(f, 0) || shared > static_cast<size_t>(f.max_dynamic_shared)) return 0;
  const shared_limits limits = shared_of(settings().capability);
  const uint32_t system = settings().capability >= 80 ? 1024 : 0;
  const auto warps = (static_cast<uint32_t>(threads) + warp_size - 1) / warp_size;
  uint32_t blocks = std::min(blocks_of_multiprocessor, threads_of_multiprocessor / (warps * warp_size));
  const uint64_t bytes = f.code->static_shared + shared;
  if (bytes > 0) blocks = std::min<uint32_t>(blocks, static_cast<uint32_t>(limits.multiprocessor / (bytes + system)));
  return static_cast<int>(blocks);
}

}  // namespace
}  // namespace ptxvm

using namespace ptxvm;

CUresult cuFuncGetAttribute(int* value, int attribute, CUfunction function) {
  return call([&] {
    require(value, "the value");
    const ptxvm_function& f = driver().functions.get(function);
    entered();
    *value = attribute_of(f, attribute);
  });
}

CUresult cuFuncSetAttribute(CUfunction function, int attribute, int value) {
  return call([&] {
    ptxvm_function& f = driver().functions.get(function);
    entered();
    if (attribute == carveout) return;  // a preference
    if (attribute != max_dynamic_shared) fail(status::invalid_value, -1, "the function attribute ", attribute, " cannot be set");
    const int most = static_cast<int>(shared_of(settings().capability).opt_in - f.code->static_shared);
    if (value < 0 || value > most) {
      fail(status::invalid_value, -1, value, " bytes of dynamic shared memory: at most ", most, " beside the ", f.code->static_shared,
           " static bytes of '", f.name, "'");
    }
    f.max_dynamic_shared = value;
  });
}

CUresult cuFuncSetCacheConfig(CUfunction function, int config) {
  return call([&] {
    driver().functions.get(function);
    entered();
    if (config < 0 || config > 3) fail(status::invalid_value, -1, "there is no cache configuration ", config);
  });
}

CUresult cuFuncGetName(const char** name, CUfunction function) {
  return call([&] {
    require(name, "the name");
    *name = driver().functions.get(function).name.c_str();
  });
}

CUresult cuFuncGetModule(CUmodule* module, CUfunction function) {
  return call([&] {
    require(module, "the module");
    *module = driver().functions.get(function).module;
  });
}

CUresult cuFuncGetParamInfo(CUfunction function, size_t index, size_t* offset, size_t* bytes) {
  return call([&] {
    require(offset, "the offset");
    const ptxvm_function& f = driver().functions.get(function);
    if (index >= f.code->params.size()) fail(status::invalid_value, -1, "'", f.name, "' has ", f.code->params.size(), " parameters");
    *offset = f.code->params[index].offset;
    if (bytes) *bytes = f.code->params[index].bytes;
  });
}

// Threads, blocks and shared memory count; registers, which are not known, do not.
CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function, int threads, size_t shared) {
  return call([&] {
    require(blocks, "the number of blocks");
    const ptxvm_function& f = driver().functions.get(function);
    entered();
    *blocks = resident_blocks(f, threads, shared);
  });
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, CUfunction function, int threads, size_t shared, unsigned) {
  return cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, function, threads, shared);
}

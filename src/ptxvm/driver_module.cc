// Modules: PTX read, its variables placed, its kernels decoded. Whatever is refused is refused here.
#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

#include "ptxvm/driver_state.h"
#include "ptxvm/fatbin.h"

namespace ptxvm {
namespace {

// The highest .version a driver reads: 13.0 reads 9.0.
int newest_version(int driver_version) {
  const int major = driver_version / 1000, minor = driver_version % 1000 / 10;
  if (major == 11) return 70 + minor;
  if (major == 12) return minor <= 5 ? 80 + minor : 79 + minor;
  return major >= 13 ? (major - 4) * 10 + minor : 60;
}

void demand_target(const ast::module& m) {
  const options& how = settings();
  const auto dotted = [](int n) { return std::to_string(n / 10) + "." + std::to_string(n % 10); };
  if (m.version > newest_version(how.driver_version)) {
    fail(status::unsupported_ptx_version, -1, "PTX version ", dotted(m.version), " is newer than this driver's ",
         dotted(newest_version(how.driver_version)));
  }
  const std::string name = "sm_" + std::to_string(m.target) + std::string(m.target_kind ? 1 : 0, m.target_kind);
  const bool runs = m.target_kind == 'a'   ? m.target == how.capability
                    : m.target_kind == 'f' ? m.target <= how.capability && m.target / 10 == how.capability / 10
                                           : m.target <= how.capability;
  if (!runs) fail(status::no_binary_for_gpu, -1, "PTX for ", name, " does not run on capability ", dotted(how.capability));
}

void place_variables(ptxvm_module& module, const ast::module& text) {
  device_memory& memory = memory_of(*module.context);
  uint64_t constants = 0;
  for (const ast::variable& v : text.variables) {
    if (v.where != space::global && v.where != space::constant) continue;
    if (v.where == space::constant) constants += v.bytes;
    const uint64_t at = allocate(*module.context, std::max<uint64_t>(v.bytes, 1));
    if (at % v.align != 0) throw refusal(v.line, "'" + v.name + "': an alignment of " + std::to_string(v.align) + " is not supported");
    module.allocations.push_back(at);
    module.where.global[&v] = at;
    if (v.bytes == 0) continue;
    if (v.initial.empty()) {
      memory.set(at, 0, 1, v.bytes);
    } else {
      memory.copy_in(at, v.initial.data(), v.bytes);
    }
  }
  constexpr uint64_t most_constants = 64 << 10;
  if (constants > most_constants) fail(status::invalid_ptx, -1, "more than 64 KiB of .const variables");
  for (const ast::variable& v : text.variables) {
    for (const ast::relocation& r : v.relocations) {
      const uint64_t address = (r.of ? module.where.global.at(r.of) : code_address(text, *r.code)) + static_cast<uint64_t>(r.addend);
      const uint64_t cut = address >> r.shift;
      memory.copy_in(module.where.global.at(&v) + r.offset, &cut, r.bytes);
    }
  }
}

CUmodule load(const void* image) {
  require(image, "the image");
  ptxvm_context& context = entered();
  const std::string text = ptx_of(image, settings().capability);
  auto parsed = std::make_shared<const ast::module>(parse(text));
  demand_target(*parsed);
  const CUmodule module = driver().modules.make();
  module->context = &context;
  module->text = parsed;
  try {
    place_variables(*module, *parsed);
    for (const ast::function& f : parsed->functions) {
      if (!f.kernel || !f.defined) continue;
      const CUfunction made = driver().functions.make();
      made->module = module;
      made->name = f.name;
      module->functions.push_back(made);
      made->code = decode(*parsed, f, module->where);
      made->max_dynamic_shared = static_cast<int>(shared_of(settings().capability).block - made->code->static_shared);
    }
  } catch (...) {
    empty(*module);
    throw;
  }
  return module;
}

constexpr int jit_info_log = 3, jit_info_log_size = 4, jit_error_log = 5, jit_error_log_size = 6, jit_symbol_names = 17,
              jit_symbol_count = 19, jit_options = 36;

}  // namespace

uint64_t allocate(ptxvm_context& context, uint64_t bytes) {
  device_memory& memory = memory_of(context);
  const uint64_t at = memory.allocate(bytes);
  if (at == 0)
    fail(status::out_of_memory, -1, "out of memory: ", bytes, " bytes asked for, ", memory.available(), " of ", memory.capacity(), " free");
  context.allocations.insert(at);
  return at;
}

void empty(ptxvm_module& module) {
  for (const uint64_t address : module.allocations) {
    module.context->allocations.erase(address);
    memory_of(*module.context).release(address);
  }
  for (const CUfunction f : module.functions) {
    f->live = false;
    f->code.reset();
  }
  module.allocations.clear();
  module.where.global.clear();
  module.text.reset();
  module.live = false;
}

void unload_all(ptxvm_context& context) {
  for (ptxvm_module& m : driver().modules.all()) {
    if (m.live && m.context == &context) empty(m);
  }
  for (ptxvm_stream& s : driver().streams.all()) {
    if (s.context == &context) s.live = false;
  }
  for (ptxvm_event& e : driver().events.all()) {
    if (e.context == &context) e.live = false;
  }
}

}  // namespace ptxvm

using namespace ptxvm;

CUresult cuModuleLoadData(CUmodule* module, const void* image) {
  return call([&] {
    require(module, "the module");
    *module = load(image);
  });
}

CUresult cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned count, int* options, void** values) {
  char *info = nullptr, *log = nullptr;
  size_t info_room = 0, room = 0;
  void** written = nullptr;
  const CUresult good = call([&] {
    if (count > 0) require(options, "the options");
    if (count > 0) require(values, "the options' values");
    for (unsigned i = 0; i < count; ++i) {
      const auto size = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(values[i]));  // the driver reads 32 bits
      if (options[i] < 0 || options[i] >= jit_options) fail(status::invalid_value, -1, "there is no JIT option ", options[i]);
      if (options[i] >= jit_symbol_names && options[i] <= jit_symbol_count)
        fail(status::not_supported, -1, "symbols given to the JIT are not supported");
      if (options[i] == jit_info_log) info = static_cast<char*>(values[i]);
      if (options[i] == jit_info_log_size) info_room = size;
      if (options[i] == jit_error_log) log = static_cast<char*>(values[i]);
      if (options[i] == jit_error_log_size) room = size, written = values + i;
    }
  });
  if (good != 0) return good;
  if (info && info_room > 0) info[0] = '\0';
  const CUresult code = cuModuleLoadData(module, image);
  std::string words;
  if (code != 0) {
    const char* text = nullptr;
    cuGetErrorString(code, &text);
    words = text ? text : "";
  }
  if (log && room > 0) {
    const size_t kept = std::min(words.size(), room - 1);
    std::memcpy(log, words.data(), kept);
    log[kept] = '\0';
    if (written) *written = reinterpret_cast<void*>(kept);
  }
  return code;
}

CUresult cuModuleLoadFatBinary(CUmodule* module, const void* image) { return cuModuleLoadData(module, image); }

CUresult cuModuleLoad(CUmodule* module, const char* path) {
  std::string contents;
  const CUresult read = call([&] {
    require(path, "the path");
    std::ifstream file(path, std::ios::binary);
    if (!file) fail(status::file_not_found, -1, "the file ", path, " cannot be read");
    contents.assign(std::istreambuf_iterator<char>(file), {});
    contents.append(8, '\0');
  });
  return read != 0 ? read : cuModuleLoadData(module, contents.data());
}

CUresult cuModuleUnload(CUmodule module) {
  return call([&] {
    ptxvm_module& m = driver().modules.get(module);
    entered();
    empty(m);
  });
}

CUresult cuModuleGetLoadingMode(int* mode) {
  return call([&] {
    require(mode, "the mode");
    *mode = 1;  // eager
  });
}

CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  return call([&] {
    require(function, "the function");
    require(name, "the name");
    const ptxvm_module& m = driver().modules.get(module);
    entered();
    for (const CUfunction f : m.functions) {
      if (f->name == name) {
        *function = f;
        return;
      }
    }
    fail(status::not_found, -1, "the module has no kernel '", name, "'");
  });
}

CUresult cuModuleGetGlobal_v2(CUdeviceptr* address, size_t* bytes, CUmodule module, const char* name) {
  return call([&] {
    require(name, "the name");
    const ptxvm_module& m = driver().modules.get(module);
    entered();
    for (const auto& [variable, at] : m.where.global) {
      if (variable->name != name) continue;
      if (address) *address = at;
      if (bytes) *bytes = variable->bytes;
      return;
    }
    fail(status::not_found, -1, "the module has no variable '", name, "'");
  });
}

#include "program.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace ptx {
namespace {

std::string words_of(int code) {
  const char* words = nullptr;
  cuGetErrorString(code, &words);
  return words ? words : "no words for error " + std::to_string(code);
}

void check(int code, const char* what) {
  if (code != 0) throw std::runtime_error(std::string(what) + ": " + words_of(code));
}

// The context every test runs in.
void enter() {
  check(cuInit(0), "cuInit");
  static const CUcontext context = [] {
    CUcontext c = nullptr;
    check(cuDevicePrimaryCtxRetain(&c, 0), "cuDevicePrimaryCtxRetain");
    return c;
  }();
  check(cuCtxSetCurrent(context), "cuCtxSetCurrent");
}

// With PTXVM_TEST_DUMP=folder every module is also written there, so that ptxas can judge the tests' own PTX.
void dump(const std::string& text) {
  static std::atomic<int> number{0};
  const char* const folder = std::getenv("PTXVM_TEST_DUMP");
  if (folder) std::ofstream(std::string(folder) + "/" + std::to_string(number++) + ".ptx") << text;
}

struct loaded {
  CUmodule module = nullptr;
  int code = 0;
  std::string log;
  changed_settings with;  // a module for a later machine than the present one gets that machine
  explicit loaded(const std::string& text) {
    enter();
    const size_t at = text.find(".target sm_");
    const int target = at == std::string::npos ? 0 : std::atoi(text.c_str() + at + 11);
    if (target > ptxvm::settings().capability) with.set(&ptxvm::options::capability, target);
    log.resize(4096);
    int options[] = {5, 6};  // CU_JIT_ERROR_LOG_BUFFER and its size
    void* values[] = {log.data(), reinterpret_cast<void*>(log.size())};
    code = cuModuleLoadDataEx(&module, text.c_str(), 2, options, values);
    log.resize(std::strlen(log.c_str()));
  }
  ~loaded() {
    if (module) cuModuleUnload(module);
  }
  loaded(const loaded&) = delete;
};

int width(const std::string& type) {
  if (type == "pred") return 4;
  if (type == "f16x2" || type == "bf16x2" || type == "tf32" || type == "s16x2" || type == "u16x2") return 4;
  if (type == "e4m3x2" || type == "e5m2x2" || type == "bf16") return 2;
  const int number = std::atoi(type.c_str() + type.find_first_of("0123456789"));
  if (number != 8 && number != 16 && number != 32 && number != 64) throw std::invalid_argument("no type: " + type);
  return number / 8;
}

std::string declared(const std::string& type) { return type == "pred" ? ".pred" : ".b" + std::to_string(std::max(16, width(type) * 8)); }

constexpr char letters[] = "abcefghijkmnopqrst";
constexpr uint32_t most_threads = 256;

}  // namespace

std::string kernel(const std::string& body, const std::string& params, const std::string& target, const std::string& before) {
  return ".version 9.0\n.target " + target + "\n.address_size 64\n" + before + "\n.visible .entry k(" + params + ")\n{\n" + body + "\n}\n";
}

std::string module_of(const std::string& body, const std::string& result_type, const std::vector<typed>& inputs,
                      const std::string& target) {
  std::string params = ".param .u32 count, .param .u64 out", text;
  text += ".reg .b32 %index_, %count_, %block_, %size_;\n.reg .b64 %at_, %from_;\n.reg .pred %beyond_;\n";
  text += "mov.u32 %index_, %tid.x;\nmov.u32 %block_, %ctaid.x;\nmov.u32 %size_, %ntid.x;\nmad.lo.u32 %index_, %block_, %size_, %index_;\n";
  text += "ld.param.u32 %count_, [count];\nsetp.ge.u32 %beyond_, %index_, %count_;\n@%beyond_ bra done_;\n";
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string name{letters[i]}, type = inputs[i].type;
    params += ", .param .u64 in_" + name;
    text += ".reg " + declared(type) + " %" + name + ";\nld.param.u64 %from_, [in_" + name + "];\nmul.wide.u32 %at_, %index_, 8;\n";
    text += "add.u64 %from_, %from_, %at_;\n";
    if (type == "pred") {
      text += "ld.global.u32 %size_, [%from_];\nsetp.ne.u32 %" + name + ", %size_, 0;\n";
    } else {
      text += "ld.global.u" + std::to_string(width(type) * 8) + " %" + name + ", [%from_];\n";
    }
  }
  text += ".reg " + declared(result_type) + " %d;\n" + body + "\n";
  text += "ld.param.u64 %from_, [out];\nmul.wide.u32 %at_, %index_, 8;\nadd.u64 %from_, %from_, %at_;\n";
  if (result_type == "pred") {
    text += "selp.b32 %size_, 1, 0, %d;\nst.global.u32 [%from_], %size_;\n";
  } else {
    text += "st.global.u" + std::to_string(width(result_type) * 8) + " [%from_], %d;\n";
  }
  return kernel(text + "done_:\nret;", params, target);
}

std::vector<uint64_t> evaluate(const std::string& body, const std::string& result_type, const std::vector<typed>& inputs,
                               const std::string& target) {
  size_t count = inputs.empty() ? 32 : inputs[0].values.size();
  for (const typed& t : inputs) {
    if (t.values.size() != count) throw std::invalid_argument("inputs of different lengths");
  }
  enter();
  const buffer out(std::vector<uint64_t>(count, 0));
  std::vector<std::unique_ptr<buffer>> held;
  std::vector<bytes_of_argument> arguments = {argument(static_cast<uint32_t>(count)), argument(out)};
  for (const typed& t : inputs) {
    held.push_back(std::make_unique<buffer>(t.values));
    arguments.push_back(argument(*held.back()));
  }
  const auto threads = std::min(static_cast<uint32_t>(count), most_threads);
  const outcome o = launch_bytes(module_of(body, result_type, inputs, target), "k", (static_cast<uint32_t>(count) + threads - 1) / threads,
                                 threads, 0, arguments);
  if (!o.ok()) throw std::runtime_error(body + ": " + o.words);
  return out.read<uint64_t>();
}

std::string refusal_of(const std::string& text) {
  const std::string module = text.find(".version") == std::string::npos ? kernel(text) : text;
  const loaded m(module);
  if (m.code == 0) return "";
  return m.log.empty() ? "failed without a log, code " + std::to_string(m.code) : m.log;
}

std::ostream& operator<<(std::ostream& out, const outcome& o) { return out << "error " << o.code << " (" << o.words << ")"; }

buffer::buffer(size_t bytes) : bytes_(bytes) {
  enter();
  check(cuMemAlloc_v2(&address_, bytes), "cuMemAlloc");
}

buffer::~buffer() { cuMemFree_v2(address_); }  // fails where a fault has reset the context, and the memory is gone with it

void buffer::write(const void* from, size_t bytes, size_t at) { check(cuMemcpyHtoD_v2(address_ + at, from, bytes), "cuMemcpyHtoD"); }

void buffer::fetch(void* to, size_t bytes) const { check(cuMemcpyDtoH_v2(to, address_, bytes), "cuMemcpyDtoH"); }

outcome launch_bytes(const std::string& text, const char* name, extent grid, extent block, uint32_t dynamic_shared,
                     const std::vector<bytes_of_argument>& arguments) {
  dump(text);
  const auto failed = [](int code) { return outcome{code, words_of(code)}; };
  const loaded m(text);
  if (m.code != 0) return failed(m.code);
  CUfunction function = nullptr;
  int code = cuModuleGetFunction(&function, m.module, name);
  if (code != 0) return failed(code);
  constexpr int max_dynamic_shared = 8;
  if (dynamic_shared > 0) code = cuFuncSetAttribute(function, max_dynamic_shared, static_cast<int>(dynamic_shared));
  if (code != 0) return failed(code);
  std::vector<void*> params;
  for (const bytes_of_argument& a : arguments) params.push_back(const_cast<std::byte*>(a.data()));
  code = cuLaunchKernel(function, grid.x, grid.y, grid.z, block.x, block.y, block.z, dynamic_shared, nullptr, params.data(), nullptr);
  if (code == 0) code = cuCtxSynchronize();
  if (code == 0) return {};
  const outcome o = failed(code);
  if (cuCtxSynchronize() != 0) check(cuDevicePrimaryCtxReset_v2(0), "cuDevicePrimaryCtxReset");
  return o;
}

const ptxvm::meter& counted() { return ptxvm::last_counts(); }

}  // namespace ptx

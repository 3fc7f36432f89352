// The driver API: modules, their kernels and variables, and what does not load.
#include <cstring>

#include "driver_api.h"

using namespace api;
using namespace ptx;

TEST("driver: modules, their kernels and their variables") {
  const module m(kernel("ret;", "", "sm_80",
                        ".global .align 4 .u32 numbers[3] = {7, 8, 9};\n.const .f32 c = 0f3F800000;\n.visible .entry other() { ret; }"));
  CHECK_EQ(m.code, 0);
  CUfunction f = nullptr;
  CHECK_EQ(cuModuleGetFunction(&f, m.it, "other"), 0);
  const char* name = nullptr;
  CHECK_EQ(cuFuncGetName(&name, f), 0);
  CHECK_EQ(std::string(name), "other");
  CUmodule of = nullptr;
  CHECK_EQ(cuFuncGetModule(&of, f), 0);
  CHECK_EQ(of == m.it, true);
  CHECK_EQ(cuModuleGetFunction(&f, m.it, "none"), not_found);
  CHECK_EQ(says(not_found, "no kernel 'none'"), true);
  CUdeviceptr at = 0;
  size_t bytes = 0;
  CHECK_EQ(cuModuleGetGlobal_v2(&at, &bytes, m.it, "numbers"), 0);
  CHECK_EQ(bytes, size_t{12});
  uint32_t got[3];
  CHECK_EQ(cuMemcpyDtoH_v2(got, at, 12), 0);
  CHECK_EQ(got[2], 9u);
  CHECK_EQ(cuModuleGetGlobal_v2(&at, &bytes, m.it, "nothing"), not_found);
  CUmodule gone = nullptr;
  CHECK_EQ(cuModuleLoadData(&gone, kernel("ret;").c_str()), 0);
  CHECK_EQ(cuModuleGetFunction(&f, gone, "k"), 0);
  CHECK_EQ(cuModuleUnload(gone), 0);
  CHECK_EQ(cuModuleUnload(gone), invalid_handle);
  CHECK_EQ(launch_one(f, 1, 1), invalid_handle);
  CHECK_EQ(cuModuleLoad(&gone, "/nonexistent/file.ptx"), 301);
  CHECK_EQ(cuModuleLoadData(&gone, "something else"), 200);
  CHECK_EQ(cuModuleLoadData(&gone, "\177ELF....."), no_binary);
  CHECK_EQ(says(no_binary, "machine code"), true);
}

TEST("driver: the error log says what cuGetErrorString says") {
  enter();
  char log[64];
  std::memset(log, 'x', sizeof log);
  CUmodule m = nullptr;
  int options[] = {5, 6};
  void* values[] = {log, reinterpret_cast<void*>(sizeof log)};
  CHECK_EQ(cuModuleLoadDataEx(&m, kernel("frobnicate.u32;\nret;").c_str(), 2, options, values), invalid_ptx);
  CHECK_EQ(words(invalid_ptx), "PTX line 7: frobnicate.u32: the instruction is unknown to this machine");
  CHECK_EQ(std::string(log), words(invalid_ptx).substr(0, 63));
  CHECK_EQ(reinterpret_cast<size_t>(values[1]), size_t{63});
}

TEST("driver: what is for another machine or a newer driver does not load") {
  enter();
  changed_settings with;
  CUmodule m = nullptr;
  CHECK_EQ(cuModuleLoadData(&m, kernel("ret;", "", "sm_90").c_str()), no_binary);
  CHECK_EQ(says(no_binary, "PTX for sm_90 does not run on capability 8.0"), true, words(no_binary));
  const struct {
    int capability;
    const char* target;
    bool loads;
  } table[] = {{90, "sm_90", true},    {90, "sm_90a", true},    {100, "sm_90a", false}, {100, "sm_80", true},
               {103, "sm_100f", true}, {120, "sm_100f", false}, {75, "sm_80", false}};
  for (const auto& row : table) {
    with.set(&ptxvm::options::capability, row.capability);
    CHECK_EQ(cuModuleLoadData(&m, kernel("ret;", "", row.target).c_str()), row.loads ? 0 : no_binary, row.target, " on ", row.capability);
    if (row.loads) cuModuleUnload(m);
  }
  with.set(&ptxvm::options::capability, 80);
  with.set(&ptxvm::options::driver_version, 12080);
  CHECK_EQ(cuModuleLoadData(&m, kernel("ret;").c_str()), unsupported_version);
  CHECK_EQ(says(unsupported_version, "PTX version 9.0 is newer than this driver's 8.7"), true, words(unsupported_version));
}
TEST("driver: every call is found by its name") {
  const char* const names[] = {"cuInit",         "cuMemAlloc",         "cuMemAlloc_v2",   "cuCtxCreate",
                               "cuLaunchKernel", "cuEventElapsedTime", "cuGetProcAddress"};
  for (const char* name : names) {
    void* function = nullptr;
    int found = -1;
    CHECK_EQ(cuGetProcAddress_v2(name, &function, 13000, 0, &found), 0, name);
    CHECK_EQ(function != nullptr, true, name);
    CHECK_EQ(found, 0);
  }
  void* function = nullptr;
  cuGetProcAddress_v2("cuMemAlloc", &function, 12000, 0, nullptr);
  CHECK_EQ(function == reinterpret_cast<void*>(&cuMemAlloc_v2), true);
  cuGetProcAddress_v2("cuCtxCreate", &function, 12000, 0, nullptr);
  CHECK_EQ(function == reinterpret_cast<void*>(&cuCtxCreate_v2), true);
  int found = -1;
  CHECK_EQ(cuGetProcAddress_v2("cuGraphCreate", &function, 13000, 0, &found), not_found);
  CHECK_EQ(found, 1);
}

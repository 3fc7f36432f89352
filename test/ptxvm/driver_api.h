// What tests of the driver API share: codes, the words of a failure, a module.
#pragma once
#include <string>

#include "harness.h"
#include "program.h"

namespace api {

constexpr int invalid_value = 1, out_of_memory = 2, invalid_device = 101, invalid_context = 201, no_binary = 209, invalid_ptx = 218,
              unsupported_version = 222, invalid_handle = 400, not_found = 500, illegal_address = 700, out_of_resources = 701,
              not_supported = 801;

inline std::string words(int code) {
  const char* text = nullptr;
  cuGetErrorString(code, &text);
  return text ? text : "";
}

inline bool says(int code, const std::string& part) { return words(code).find(part) != std::string::npos; }

// The primary context becomes current on this thread.
inline void enter() { const ptx::buffer makes_it_current(1); }

struct module {
  CUmodule it = nullptr;
  int code;
  explicit module(const std::string& text) {
    enter();
    code = cuModuleLoadData(&it, text.c_str());
  }
  ~module() {
    if (it) cuModuleUnload(it);
  }
  module(const module&) = delete;
  CUfunction function(const char* name = "k") const {
    CUfunction f = nullptr;
    cuModuleGetFunction(&f, it, name);
    return f;
  }
};

inline int launch_one(CUfunction f, ptx::extent grid, ptx::extent block, unsigned shared = 0, void** params = nullptr,
                      void** extra = nullptr) {
  return cuLaunchKernel(f, grid.x, grid.y, grid.z, block.x, block.y, block.z, shared, nullptr, params, extra);
}

}  // namespace api

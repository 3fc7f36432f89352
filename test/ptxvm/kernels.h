// PTX that nvcc made of the tests' CUDA kernels, and of the package's own families.
#pragma once
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "harness.h"
#include "program.h"

namespace ptx {

// Skips the test where the build found no nvcc.
inline std::string text_of(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw harness::skipped{"there is no " + path + ": the build found no nvcc"};
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string compiled(const std::string& name, int arch) {
  return text_of(std::string(PTXVM_KERNELS) + "/" + name + "." + std::to_string(arch) + ".ptx");
}

// The words of a launch that went wrong while it ran; a module that does not load at all is a mistake of the test's.
inline std::string fault_of(const outcome& o) {
  if (o.code < 700) throw std::runtime_error("no fault of a launch: " + o.words);
  return o.words;
}

// Both dialects of nvcc: f(80), f(100), on a machine that takes them.
template <class F>
void in_both_dialects(F&& f) {
  changed_settings with;
  with.set(&ptxvm::options::capability, 100);
  for (int arch : {80, 100}) f(arch);
}

}  // namespace ptx

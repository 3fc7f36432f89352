// Kernels about memory: a block of threads, an array of 64-bit results with one for each thread, an array to read.
#pragma once
#include <sstream>
#include <string>
#include <vector>

#include "program.h"

namespace memory_test {

// In `body`: %t is the thread, %out the address of its result, %in the array, %me the address of its own 64-bit element there;
// %h0-9 (16 bits), %r0-15, %x0-15 and the predicates %p0-3 are free.
inline std::string text(const std::string& body, const std::string& before = "", const std::string& target = "sm_80") {
  return ptx::kernel(
      ".reg .b16 %h<10>;\n.reg .b32 %t, %r<16>;\n.reg .b64 %out, %in, %me, %offset, %x<16>;\n.reg .pred %p<4>;\n"
      "mov.u32 %t, %tid.x;\nmul.wide.u32 %offset, %t, 8;\nld.param.u64 %out, [out];\nadd.u64 %out, %out, %offset;\n"
      "ld.param.u64 %in, [in];\nadd.u64 %me, %in, %offset;\n" +
          body + "\nret;",
      ".param .u64 out, .param .u64 in", target, before);
}

struct result {
  ptx::outcome outcome;
  std::vector<uint64_t> out;
  std::vector<uint64_t> in;  // as the kernel left it
  uint64_t first_out() const { return out.empty() ? 0xbad : out[0]; }
  uint64_t first_in() const { return in.empty() ? 0xbad : in[0]; }
};

inline result run(const std::string& body, const std::string& before = "", uint32_t threads = 32, std::vector<uint64_t> in = {},
                  const std::string& target = "sm_80") {
  ptx::changed_settings with;
  with.set(&ptxvm::options::capability, std::stoi(target.substr(3)));
  if (in.empty())
    for (uint64_t i = 0; i < 64; ++i) in.push_back(0x0101010101010101 * i);
  const ptx::buffer out(std::vector<uint64_t>(threads, 0)), from(in);
  result r;
  r.outcome = ptx::launch(text(body, before, target), "k", 1, threads, out, from);
  if (r.outcome.ok()) r.out = out.read<uint64_t>(), r.in = from.read<uint64_t>();
  return r;
}

// "0x1 0x2", so that arrays can be compared and shown.
inline std::string shown(const std::vector<uint64_t>& values) {
  std::ostringstream out;
  for (uint64_t v : values) out << (out.tellp() > 0 ? " 0x" : "0x") << std::hex << v;
  return out.str();
}

constexpr const char* some_shared = ".shared .align 16 .b8 buf[4096];";

}  // namespace memory_test

// Tests as rows: an instruction, its inputs, and the literal results that the PTX manual's text demands. Each row is a test of its own.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "harness.h"
#include "program.h"

namespace rows {

struct row {
  std::string body;  // writes %d
  std::string result;
  std::vector<ptx::typed> inputs;
  std::vector<uint64_t> wanted;
  std::string target = "sm_80";
};

// The values usable as an initialiser: `static const bool here = rows::add("integer", {{…}, …});`
inline bool add(const std::string& group, const std::vector<row>& all) {
  for (const row& r : all)
    harness::add(group + ": " + r.body, [r] {
      ptx::changed_settings device;
      device.set(&ptxvm::options::capability, std::stoi(r.target.substr(3)));
      const std::vector<uint64_t> got = ptx::evaluate(r.body, r.result, r.inputs, r.target);
      CHECK_EQ(got.size(), r.wanted.size());
      for (size_t i = 0; i < got.size() && i < r.wanted.size(); ++i)
        CHECK(got[i] == r.wanted[i], std::hex, "element ", i, " is 0x", got[i], ", wanted 0x", r.wanted[i]);
    });
  return true;
}

// Instructions that must not load: the body of a kernel with registers %r, %rd, %h, %f, %fd and %p of the usual widths declared.
inline bool add_refused(const std::string& group, const std::vector<std::pair<std::string, std::string>>& all) {
  for (const auto& [instruction, words] : all)
    harness::add(group + " refused: " + instruction, [instruction = instruction, words = words] {
      const std::string declared =
          ".reg .b16 %h<4>; .reg .b32 %r<8>; .reg .b64 %rd<4>; .reg .f32 %f<4>; .reg .f64 %fd<4>; .reg .pred %p<4>;\n" + instruction +
          "\nret;";
      const std::string log = ptx::refusal_of(declared);
      CHECK(!log.empty(), instruction, " was accepted");
      CHECK(log.find(words) != std::string::npos, "the log says: ", log);
    });
  return true;
}

}  // namespace rows

// PTXVM_REPORT: one record per launch, complete JSON after each.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "harness.h"
#include "program.h"
#include "ptxvm/report.h"

using namespace ptx;

namespace {

std::string contents(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

size_t times(const std::string& what, const std::string& in) {
  size_t n = 0;
  for (size_t at = in.find(what); at != std::string::npos; at = in.find(what, at + 1)) ++n;
  return n;
}

}  // namespace

TEST("report: launches, those that fail too") {
  const std::string path = std::filesystem::temp_directory_path() / ("ptxvm-report-" + std::to_string(getpid()) + ".json");
  {
    changed_settings with;
    with.set(&ptxvm::options::report, path);
    const buffer out(std::vector<uint32_t>(64, 0));
    const std::string text = kernel(
        ".reg .b64 %rd1; .reg .b32 %r1; ld.param.u64 %rd1, [out]; mov.u32 %r1, 3;\nst.global.u32 [%rd1], %r1; ret;", ".param .u64 out");
    CHECK(launch(text, "k", {2, 1}, {32}, out).ok(), "the launch");
    const std::string first = contents(path);
    CHECK_EQ(first.substr(0, 2), "[\n");
    CHECK_EQ(first.substr(first.size() - 4), "}\n]\n");
    CHECK(first.find("{\"kernel\": \"k\", \"grid\": [2, 1, 1], \"block\": [32, 1, 1], \"shared\": 0, \"seconds\": ") == 2, first);
    CHECK(first.find("\"store\": 2, ") != std::string::npos && first.find("\"store\": 64, ") != std::string::npos, first);
    CHECK(first.find("\"global_written_sectors\": 2, ") != std::string::npos, first);
    CHECK(first.find("\"global_written_bytes\": 256, ") != std::string::npos, first);
    CHECK_EQ(times("failure", first), size_t{0});
    CHECK_EQ(launch(text, "k", {1}, {32}, uint64_t{16}).code, 700);
    const std::string second = contents(path);
    CHECK_EQ(times("\"kernel\": \"k\"", second), size_t{2});
    CHECK_EQ(times("},\n{", second), size_t{1});
    CHECK_EQ(times("\"failure\": \"kernel k, PTX line 8", second), size_t{1});
    CHECK_EQ(second.substr(second.size() - 4), "}\n]\n");
  }
  std::filesystem::remove(path);
}

TEST("report: meters add up, and every class has a name") {
  ptxvm::meter a, b;
  a.thread_instructions[2] = 5;
  a.shared_conflicts = 7;
  b.thread_instructions[2] = 6;
  b.warp_instructions[16] = 1;
  b.shared_conflicts = 1;
  b.tensor_operations = 4;
  a.add(b);
  CHECK_EQ(a.thread_instructions[2], uint64_t{11});
  CHECK_EQ(a.warp_instructions[16], uint64_t{1});
  CHECK_EQ(a.shared_conflicts, uint64_t{8});
  CHECK_EQ(a.tensor_operations, uint64_t{4});
  CHECK_EQ(std::string(ptxvm::name_of(ptxvm::work::integer)), "integer");
  CHECK_EQ(std::string(ptxvm::name_of(ptxvm::work::tensor)), "tensor");
  CHECK_EQ(std::string(ptxvm::name_of(ptxvm::work::other)), "other");
}

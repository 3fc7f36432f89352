// native_tests [part of a test's name [SHARD/SHARDS]]: of the tests with that name, each SHARDS-th from the SHARD-th on; with a minus
// before the part, of those without it
#include <chrono>
#include <cstdio>
#include <exception>
#include <vector>

#include "harness.h"

namespace harness {
namespace {

struct test {
  std::string name;
  std::function<void()> body;
};

// Filled by static initialisers of other files, so it is made when first asked for.
std::vector<test>& tests() {
  static std::vector<test> all;
  return all;
}

int failures = 0;  // of the present test

enum class outcome { passed, failed, skipped };

outcome run(const test& t) {
  failures = 0;
  try {
    t.body();
  } catch (const skipped& s) {
    std::printf("skipped  %s: %s\n", t.name.c_str(), s.why.c_str());
    return outcome::skipped;
  } catch (const std::exception& e) {
    fail("exception", 0, e.what());
  }
  return failures > 0 ? outcome::failed : outcome::passed;
}

}  // namespace

bool add(std::string name, std::function<void()> body) {
  tests().push_back({std::move(name), std::move(body)});
  return true;
}

void fail(const char* file, int line, const std::string& what) {
  constexpr int shown = 5;
  if (++failures <= shown) std::printf("  %s:%d: %s\n", file, line, what.c_str());
}

static bool is_wanted(const std::string& name, const std::string& filter) {
  if (filter.empty() || filter[0] != '-') return name.find(filter) != std::string::npos;
  return name.find(filter.substr(1)) == std::string::npos;
}

int run_all(const std::string& filter, shard share) {
  int counts[3] = {};
  int named = 0;
  constexpr double slow_ms = 500;
  for (const test& t : tests()) {
    if (!is_wanted(t.name, filter) || named++ % share.of != share.at) continue;
    const auto start = std::chrono::steady_clock::now();
    const outcome result = run(t);
    const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    ++counts[static_cast<int>(result)];
    if (result == outcome::failed) std::printf("FAILED   %s (%d differences)\n", t.name.c_str(), failures);
    if (ms > slow_ms) std::printf("slow     %s: %.0f ms\n", t.name.c_str(), ms);
    std::fflush(stdout);
  }
  std::printf("%d passed, %d failed, %d skipped\n", counts[0], counts[1], counts[2]);
  return counts[1] > 0 || counts[0] == 0 ? 1 : 0;
}

}  // namespace harness

int main(int argc, char** argv) {
  harness::shard share;
  const bool sound = argc < 3 || (std::sscanf(argv[2], "%d/%d", &share.at, &share.of) == 2 && share.at >= 0 && share.at < share.of);
  if (!sound) return std::fprintf(stderr, "%s: a shard is written 0/2, got %s\n", argv[0], argv[2]), 2;
  return harness::run_all(argc > 1 ? argv[1] : "", share);
}

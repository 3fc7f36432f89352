// Named tests and checks that show the values. The program's last line is `N passed, N failed, N skipped`.
#pragma once
#include <cstdint>
#include <functional>
#include <sstream>
#include <string>

namespace harness {

struct skipped {
  std::string why;
};

// Registers a test; the value only makes it usable as an initialiser.
bool add(std::string name, std::function<void()> body);

// The present test goes on, so that one run shows several differences; only the first few are printed.
void fail(const char* file, int line, const std::string& what);

// Each `of`-th test from the `at`-th on, so that several processes share them.
struct shard {
  int at = 0, of = 1;
};

// Runs its share of the tests whose name contains `filter`.
int run_all(const std::string& filter, shard share);

template <class... Parts>
std::string words(const Parts&... parts) {
  std::ostringstream out;
  out.precision(9);
  (out << ... << parts);
  return out.str();
}

}  // namespace harness

#define HARNESS_JOIN_(a, b) a##b
#define HARNESS_JOIN(a, b) HARNESS_JOIN_(a, b)
#define HARNESS_TEST(name, function) \
  static void function(); \
  static const bool HARNESS_JOIN(function, _registered) = harness::add(name, function); \
  static void function()
#define TEST(name) HARNESS_TEST(name, HARNESS_JOIN(test_, __LINE__))

// What follows the condition is shown where it does not hold.
#define CHECK(condition, ...) \
  ((condition) ? void() : harness::fail(__FILE__, __LINE__, harness::words(#condition, " does not hold: ", __VA_ARGS__)))
#define CHECK_EQ(a, b, ...) \
  do { \
    const auto left_ = (a); /* by value: what (a) refers to may be gone by the next line */ \
    const auto right_ = (b); \
    if (!(left_ == right_)) \
      harness::fail(__FILE__, __LINE__, harness::words(#a " is ", left_, ", wanted ", right_ __VA_OPT__(, ", ", ) __VA_ARGS__)); \
  } while (0)

// PTXVM_* variables: what they set, and what they cannot be.
#include <cstdlib>
#include <stdexcept>

#include "harness.h"
#include "ptxvm/environment.h"

using namespace ptxvm;

namespace {

// One variable, as long as it lives.
struct variable {
  const char* name;
  std::string before;
  bool was;
  variable(const char* name_, const char* text) : name(name_), was(std::getenv(name_) != nullptr) {
    if (was) before = std::getenv(name);
    setenv(name, text, 1);
  }
  ~variable() {
    if (was) {
      setenv(name, before.c_str(), 1);
    } else {
      unsetenv(name);
    }
  }
};

std::string refused(const char* name, const char* text) {
  const variable v(name, text);
  try {
    from_environment();
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

template <class T>
auto set_to(const char* name, const char* text, T options::*which) {
  const variable v(name, text);
  return from_environment().*which;
}

}  // namespace

TEST("options: each variable sets its own") {
  CHECK_EQ(set_to("PTXVM_SEED", "77", &options::seed), uint64_t{77});
  CHECK_EQ(set_to("PTXVM_THREADS", "3", &options::threads), 3);
  CHECK_EQ(set_to("PTXVM_CHECK", "0", &options::check), false);
  CHECK_EQ(set_to("PTXVM_CHECK", "1", &options::check), true);
  CHECK_EQ(set_to("PTXVM_FUEL", "1000", &options::fuel), uint64_t{1000});
  CHECK_EQ(set_to("PTXVM_PERTURB", "2", &options::perturb), 2);
  CHECK_EQ(set_to("PTXVM_CAPABILITY", "7.5", &options::capability), 75);
  CHECK_EQ(set_to("PTXVM_CAPABILITY", "12.0", &options::capability), 120);
  CHECK_EQ(set_to("PTXVM_DEVICES", "0", &options::devices), 0);
  CHECK_EQ(set_to("PTXVM_DRIVER_VERSION", "11080", &options::driver_version), 11080);
  CHECK_EQ(set_to("PTXVM_MEMORY", "0x100000", &options::memory), uint64_t{1} << 20);
  CHECK_EQ(set_to("PTXVM_REPORT", "a.json", &options::report), "a.json");
  CHECK_EQ(set_to("PTXVM_SEED", "", &options::seed), uint64_t{1});
}

TEST("options: what cannot be read is refused by name") {
  CHECK_EQ(refused("PTXVM_SEED", "many"), "PTXVM_SEED=many: wanted a whole number from 0 to 18446744073709551615");
  CHECK_EQ(refused("PTXVM_THREADS", "-1"), "PTXVM_THREADS=-1: wanted a whole number from 0 to 1024");
  CHECK_EQ(refused("PTXVM_CHECK", "yes"), "PTXVM_CHECK=yes: wanted a whole number from 0 to 1");
  CHECK_EQ(refused("PTXVM_CHECK", "2"), "PTXVM_CHECK=2: wanted a whole number from 0 to 1");
  CHECK_EQ(refused("PTXVM_DEVICES", "17"), "PTXVM_DEVICES=17: wanted a whole number from 0 to 16");
  CHECK_EQ(refused("PTXVM_CAPABILITY", "80"), "PTXVM_CAPABILITY=80: wanted a capability such as 8.0");
  CHECK_EQ(refused("PTXVM_CAPABILITY", "8.x"), "PTXVM_CAPABILITY=8.x: wanted a capability such as 8.0");
  CHECK_EQ(refused("PTXVM_MEMORY", "4G"), "PTXVM_MEMORY=4G: wanted a whole number from 0 to 1099511627776");
}

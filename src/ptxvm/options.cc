#include "ptxvm/environment.h"

#include <cerrno>
#include <cstdlib>
#include <limits>
#include <optional>
#include <stdexcept>

namespace ptxvm {
namespace {

// A variable's text; none when it is not set or empty.
std::optional<std::string> text_of(const char* name) {
  const char* const text = std::getenv(name);
  if (!text || !*text) return std::nullopt;
  return text;
}

uint64_t number_of(const char* name, uint64_t otherwise, uint64_t most = std::numeric_limits<uint64_t>::max()) {
  const auto text = text_of(name);
  if (!text) return otherwise;
  char* end = nullptr;
  errno = 0;
  const unsigned long long value = std::strtoull(text->c_str(), &end, 0);
  if (*end != '\0' || errno != 0 || (*text)[0] == '-' || value > most) {
    throw std::invalid_argument(std::string(name) + "=" + *text + ": wanted a whole number from 0 to " + std::to_string(most));
  }
  return value;
}

// "8.0" → 80
int capability_of(const char* name, int otherwise) {
  const auto text = text_of(name);
  if (!text) return otherwise;
  const size_t dot = text->find('.');
  const std::string digits = dot == std::string::npos ? *text : text->substr(0, dot) + text->substr(dot + 1);
  const bool good = dot != std::string::npos && dot > 0 && dot + 2 == text->size() &&
                    digits.find_first_not_of("0123456789") == std::string::npos && digits.size() <= 3;
  if (!good) throw std::invalid_argument(std::string(name) + "=" + *text + ": wanted a capability such as 8.0");
  return std::stoi(digits);
}

}  // namespace

options from_environment() {
  options o;
  o.seed = number_of("PTXVM_SEED", o.seed);
  o.threads = static_cast<int>(number_of("PTXVM_THREADS", 0, 1024));
  o.check = number_of("PTXVM_CHECK", 1, 1) == 1;
  o.fuel = number_of("PTXVM_FUEL", o.fuel);
  o.perturb = static_cast<int>(number_of("PTXVM_PERTURB", 0, 1024));
  o.capability = capability_of("PTXVM_CAPABILITY", o.capability);
  o.devices = static_cast<int>(number_of("PTXVM_DEVICES", 1, 16));
  o.driver_version = static_cast<int>(number_of("PTXVM_DRIVER_VERSION", 13000, 99999));
  o.memory = number_of("PTXVM_MEMORY", o.memory, uint64_t{1} << 40);
  o.report = text_of("PTXVM_REPORT").value_or("");
  return o;
}

namespace {

options& present() {
  static options now = from_environment();
  return now;
}

}  // namespace

const options& settings() { return present(); }

void change_settings(const options& to) { present() = to; }

}  // namespace ptxvm

#include "ptxvm/meter.h"

#include <cstdio>
#include <fstream>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "ptxvm/report.h"

namespace ptxvm {
namespace {

constexpr int classes = static_cast<int>(work::count);

struct field {
  const char* name;
  uint64_t meter::*where;
};

constexpr field fields[] = {
    {"tensor_operations", &meter::tensor_operations},
    {"float_operations", &meter::float_operations},
    {"global_read_sectors", &meter::global_read_sectors},
    {"global_written_sectors", &meter::global_written_sectors},
    {"global_read_bytes", &meter::global_read_bytes},
    {"global_written_bytes", &meter::global_written_bytes},
    {"shared_wavefronts", &meter::shared_wavefronts},
    {"shared_conflicts", &meter::shared_conflicts},
    {"local_bytes", &meter::local_bytes},
    {"barriers", &meter::barriers},
    {"atomics", &meter::atomics},
};

// Whatever is added to meter must stand in `fields` too, or it would be lost when blocks are added up.
static_assert(sizeof(meter) == (2 * classes + std::size(fields)) * sizeof(uint64_t));

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\', out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", c);
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

void write_classes(std::ostream& out, const char* name, const uint64_t* counts) {
  out << ", \"" << name << "\": {";
  uint64_t total = 0;
  for (int w = 0; w < classes; ++w) {
    out << '"' << name_of(static_cast<work>(w)) << "\": " << counts[w] << ", ";
    total += counts[w];
  }
  out << "\"total\": " << total << '}';
}

std::string record(const launch& of, double seconds, const meter& counts, const std::string& failure) {
  std::ostringstream out;
  const auto axes = [&](const char* name, const extent& e) {
    out << ", \"" << name << "\": [" << e.x << ", " << e.y << ", " << e.z << ']';
  };
  out << "{\"kernel\": " << quoted(of.code.kernel);
  axes("grid", of.grid);
  axes("block", of.block);
  out << ", \"shared\": " << of.shared_bytes() << ", \"seconds\": " << seconds;
  write_classes(out, "warp_instructions", counts.warp_instructions);
  write_classes(out, "thread_instructions", counts.thread_instructions);
  for (const field& f : fields) out << ", \"" << f.name << "\": " << counts.*f.where;
  if (!failure.empty()) out << ", \"failure\": " << quoted(failure);
  out << '}';
  return out.str();
}

}  // namespace

void meter::add(const meter& other) {
  for (int w = 0; w < classes; ++w) {
    warp_instructions[w] += other.warp_instructions[w];
    thread_instructions[w] += other.thread_instructions[w];
  }
  for (const field& f : fields) this->*f.where += other.*f.where;
}

const char* name_of(work w) {
  constexpr const char* names[] = {"integer", "logic", "float32", "float64", "half",   "convert", "move", "compare", "control",
                                   "load",    "store", "atomic",  "shuffle", "tensor", "barrier", "copy", "other"};
  static_assert(std::size(names) == classes);
  return names[static_cast<int>(w)];
}

void report(const std::string& path, const launch& of, double seconds, const meter& counts, const std::string& failure) {
  static std::mutex guard;
  static std::vector<std::string> begun;  // files this process has started
  const std::lock_guard lock(guard);
  bool fresh = true;
  for (const std::string& p : begun) fresh = fresh && p != path;
  if (fresh) {
    std::ofstream(path, std::ios::trunc) << "[\n\n]\n";
    begun.push_back(path);
  }
  // The closing bracket is written over, and again behind the new record.
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  constexpr int closing = 3;  // "\n]\n"
  file.seekp(-closing, std::ios::end);
  file << (fresh ? "" : ",\n") << record(of, seconds, counts, failure) << "\n]\n";
  file.flush();
  if (!file) throw std::runtime_error("PTXVM_REPORT=" + path + " cannot be written");
}

}  // namespace ptxvm

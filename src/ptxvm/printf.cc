// vprintf and __assertfail, which nvcc's device code calls as functions that the driver provides.
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <mutex>

#include "ptxvm/call.h"
#include "ptxvm/mem.h"
#include "ptxvm/run.h"

namespace ptxvm {
namespace {

constexpr size_t longest_text = 1 << 16;  // a string without end is a fault

// Offsets in the caller's parameters, as op::more holds them.
uint64_t argument(warp& w, uint32_t at, int lane, size_t bytes) {
  uint64_t value = 0;
  std::memcpy(&value, w.top().params.data() + static_cast<size_t>(lane) * w.top().in->param_bytes + at, bytes);
  return value;
}

template <class T>
T read(warp& w, int lane, uint64_t address) {
  request r(w, lanes{1} << lane, sizeof(T), 0);
  std::fill(std::begin(r.at), std::end(r.at), address);
  T value{};
  std::vector<std::byte> bytes(sizeof(T) * warp_size);
  fetch(space::generic, r, bytes.data());
  std::memcpy(&value, bytes.data() + sizeof(T) * static_cast<size_t>(lane), sizeof(T));
  return value;
}

std::string text_at(warp& w, int lane, uint64_t address) {
  std::string text;
  while (const char c = read<char>(w, lane, address + text.size())) {
    if (text.size() == longest_text) fail(status::launch_failed, lane, "a string of more than ", longest_text, " bytes");
    text += c;
  }
  return text;
}

template <class... Args>
std::string formatted(const std::string& spec, Args... args) {
  const int length = std::snprintf(nullptr, 0, spec.c_str(), args...);
  if (length < 0) return spec;
  std::string text(static_cast<size_t>(length), '\0');
  std::snprintf(text.data(), text.size() + 1, spec.c_str(), args...);
  return text;
}

// One lane's call: C's format, and arguments as C promotes them, each at a multiple of its size.
class printer {
 public:
  printer(warp& w, int lane, uint64_t format, uint64_t arguments) : w_(w), lane_(lane), format_(text_at(w, lane, format)), at_(arguments) {}

  std::string text() {
    std::string out;
    for (size_t i = 0; i < format_.size();) {
      const size_t percent = format_.find('%', i);
      out.append(format_, i, percent - i);
      if (percent == std::string::npos) break;
      i = percent;
      out += conversion(i);
    }
    return out;
  }

 private:
  template <class T>
  T next() {
    at_ = (at_ + sizeof(T) - 1) / sizeof(T) * sizeof(T);
    const T value = read<T>(w_, lane_, at_);
    at_ += sizeof(T);
    return value;
  }

  // The conversion at i; i goes behind it.
  std::string conversion(size_t& i) {
    const size_t from = i++;
    std::string spec = "%";
    while (i < format_.size() && std::strchr("-+ #0123456789.*", format_[i])) {
      if (format_[i] == '*')
        spec += std::to_string(next<int32_t>());
      else
        spec += format_[i];
      ++i;
    }
    size_t length = i;
    while (i < format_.size() && std::strchr("hlzjt", format_[i])) ++i;
    const std::string width = format_.substr(length, i - length);
    if (i == format_.size()) return format_.substr(from);
    const char c = format_[i++];
    const bool wide = !width.empty() && width[0] != 'h';
    switch (c) {
      case '%': return "%";
      case 'c': return formatted(spec + c, static_cast<int>(next<int32_t>()));
      case 'd':
      case 'i':
        if (wide) return formatted(spec + PRId64, next<int64_t>());
        return formatted(spec + width + c, static_cast<int>(next<int32_t>()));
      case 'u':
      case 'x':
      case 'X':
      case 'o':
        if (wide) return formatted(spec + "ll" + c, static_cast<unsigned long long>(next<uint64_t>()));
        return formatted(spec + width + c, static_cast<unsigned>(next<uint32_t>()));
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
      case 'a':
      case 'A': return formatted(spec + c, next<double>());
      case 'p': return formatted(spec + c, reinterpret_cast<void*>(next<uint64_t>()));
      case 's': return formatted(spec + c, text_at(w_, lane_, next<uint64_t>()).c_str());
      default: fail(status::launch_failed, lane_, "printf: the conversion ", format_.substr(from, i - from), " is not supported");
    }
  }

  warp& w_;
  int lane_;
  std::string format_;
  uint64_t at_;
};

// more: format, arguments, result.
flow run_printf(warp& w, const op& o, lanes active) {
  static std::mutex one_at_a_time;
  std::string all;
  for_each_lane(active, [&](int lane) {
    printer p(w, lane, argument(w, o.more[0], lane, 8), argument(w, o.more[1], lane, 8));
    const std::string text = p.text();
    const auto length = static_cast<int32_t>(text.size());
    std::memcpy(w.top().params.data() + static_cast<size_t>(lane) * w.top().in->param_bytes + o.more[2], &length, sizeof length);
    all += text;
  });
  const std::lock_guard lock(one_at_a_time);
  std::fwrite(all.data(), 1, all.size(), stdout);
  std::fflush(stdout);
  return flow::next;
}

// more: message, file, line, function.
flow run_assertion(warp& w, const op& o, lanes active) {
  const int lane = first_lane(active);
  const auto text = [&](int i) { return text_at(w, lane, argument(w, o.more[i], lane, 8)); };
  fail(status::assert_failed, lane, text(1), ":", argument(w, o.more[2], lane, 4), ": ", text(3), ": assertion `", text(0), "` failed");
}

}  // namespace

bool decode_system_call(decoder& d, const std::string& name, const std::vector<uint32_t>& arguments, const std::vector<uint32_t>& results) {
  const auto want = [&](size_t in, size_t out) {
    if (arguments.size() != in || results.size() != out) d.refuse(name + " is declared in a way this machine does not know");
  };
  std::vector<slot> more(arguments.begin(), arguments.end());
  if (name == "vprintf") {
    want(2, 1);
    more.push_back(results[0]);
    const slot* const kept = d.keep(more);
    d.emit(run_printf, work::other).more = kept;
    return true;
  }
  if (name == "__assertfail") {
    want(5, 0);
    const slot* const kept = d.keep(more);
    d.emit(run_assertion, work::other).more = kept;
    return true;
  }
  return false;
}

}  // namespace ptxvm

// Small damage to PTX text: the kind of mistake that a kernel's author makes.
#pragma once
#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace mutate {

using change = std::function<std::string(std::string)>;

struct mutation {
  const char* name;
  change damage;
};

// The nth line (from 1) that contains `part`: [from, to) in the text. Throws where there is none.
struct span {
  size_t from, to;
};
inline span line_with(const std::string& text, const std::string& part, int n) {
  size_t at = 0;
  for (; (at = text.find(part, at)) != std::string::npos; ++at)
    if (--n == 0) {
      const size_t begin = text.rfind('\n', at) + 1, end = text.find('\n', at);
      return {begin, end == std::string::npos ? text.size() : end};
    }
  throw std::runtime_error("the kernel has no such line any more: " + part);
}

inline std::string replaced(std::string line, const std::string& what, const std::string& by) {
  const size_t at = line.find(what);
  if (at == std::string::npos) throw std::runtime_error("'" + what + "' is not in: " + line);
  return line.replace(at, what.size(), by);
}

inline change in_line(const std::string& part, int n, std::function<std::string(std::string)> f) {
  return [=](std::string text) {
    const span s = line_with(text, part, n);
    return text.replace(s.from, s.to - s.from, f(text.substr(s.from, s.to - s.from)));
  };
}

inline change drop(const std::string& part, int n) {
  return in_line(part, n, [](const std::string&) { return std::string(); });
}

inline change put(const std::string& part, int n, const std::string& what, const std::string& by) {
  return in_line(part, n, [=](std::string line) { return replaced(std::move(line), what, by); });
}

// Every line with `part`; `f` leaves the others as they are.
inline change everywhere(const std::string& part, std::function<std::string(std::string)> f) {
  return [=](std::string text) {
    int n = 1;
    for (size_t at = 0; (at = text.find(part, at)) != std::string::npos;) {
      const size_t begin = text.rfind('\n', at) + 1, end = text.find('\n', at);
      const std::string line = f(text.substr(begin, end - begin));
      text.replace(begin, end - begin, line);
      at = begin + line.size();
      ++n;
    }
    if (n == 1) throw std::runtime_error("the kernel has no such line any more: " + part);
    return text;
  };
}

// The comma-separated operands of an instruction; {…} and […] are one.
inline std::vector<span> operands(const std::string& line) {
  std::vector<span> list;
  size_t at = line.find_first_of(" \t", line.find_first_not_of(" \t"));
  int depth = 0;
  size_t from = line.find_first_not_of(" \t", at);
  for (at = from; at < line.size(); ++at) {
    const char c = line[at];
    depth += c == '{' || c == '[';
    depth -= c == '}' || c == ']';
    if (depth == 0 && (c == ',' || c == ';')) {
      list.push_back({from, at});
      from = line.find_first_not_of(" \t", at + 1);
    }
  }
  return list;
}

inline std::string with_operand(std::string line, size_t which, const std::string& by) {
  const span s = operands(line).at(which);
  return line.replace(s.from, s.to - s.from, by);
}

inline change operand(const std::string& part, int n, size_t which, const std::string& by) {
  return in_line(part, n, [=](std::string line) { return with_operand(std::move(line), which, by); });
}

// The same where a metric's loop over rows has its own copy of the line: the first or the last of each run of such lines.
enum class of_run { first, last };
inline change operand_of_runs(const std::string& part, of_run member, size_t which, const std::string& by) {
  return [=](const std::string& text) {
    constexpr size_t together = 200;  // characters between two lines of a run
    std::vector<span> lines;
    for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at)
      lines.push_back({text.rfind('\n', at) + 1, text.find('\n', at)});
    std::string result;
    size_t copied = 0;
    for (size_t i = 0; i < lines.size(); ++i) {
      const bool is_first = i == 0 || lines[i].from > lines[i - 1].to + together;
      const bool is_last = i + 1 == lines.size() || lines[i + 1].from > lines[i].to + together;
      if (is_first == is_last || is_first != (member == of_run::first)) continue;
      result +=
          text.substr(copied, lines[i].from - copied) + with_operand(text.substr(lines[i].from, lines[i].to - lines[i].from), which, by);
      copied = lines[i].to;
    }
    if (copied == 0) throw std::runtime_error("the kernel has no such lines any more: " + part);
    return result + text.substr(copied);
  };
}

// Exchanges registers i and j of the operand {…} number `which`.
inline change swap(const std::string& part, int n, size_t which, size_t i, size_t j) {
  return in_line(part, n, [=](std::string line) {
    const span s = operands(line).at(which);
    std::vector<std::string> names;
    std::string name;
    for (size_t at = s.from + 1; at < s.to; ++at) {
      if (line[at] == ',' || line[at] == '}')
        names.push_back(name), name.clear();
      else if (line[at] != ' ')
        name += line[at];
    }
    std::swap(names.at(i), names.at(j));
    std::string list;
    for (const std::string& each : names) list += (list.empty() ? "{" : ", ") + each;
    return line.replace(s.from, s.to - s.from, list + "}");
  });
}

// cp.async without the size that asks for zeros beyond the end.
inline change without_zero_fill() {
  return everywhere("cp.async.c", [](std::string line) {
    const auto list = operands(line);
    if (list.size() == 4) line.erase(list[2].to, list[3].to - list[2].to);
    return line;
  });
}

// The module without its other kernels; functions that kernels call stay.
inline std::string only(std::string text, const std::vector<std::string>& kernels) {
  const std::string entry = ".visible .entry ";
  size_t found = 0;
  for (size_t at = 0; (at = text.find(entry, at)) != std::string::npos;) {
    const size_t name = at + entry.size();
    const bool wanted = std::find(kernels.begin(), kernels.end(), text.substr(name, text.find('(', name) - name)) != kernels.end();
    found += wanted;
    if (wanted)
      at = name;
    else
      text.erase(at, text.find("\n}", at) + 2 - at);
  }
  if (found != kernels.size()) throw std::runtime_error("the module lacks one of the kernels");
  return text;
}

}  // namespace mutate

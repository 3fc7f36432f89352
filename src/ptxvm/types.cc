// Names and widths of PTX's types.
#include <array>
#include <utility>

#include "ptxvm/ast.h"

namespace ptxvm {
namespace {

struct row {
  std::string_view name;
  type is;
  uint32_t bytes;
};

constexpr std::array rows{
    row{"pred", type::pred, 0},     row{"b8", type::b8, 1},         row{"b16", type::b16, 2},     row{"b32", type::b32, 4},
    row{"b64", type::b64, 8},       row{"b128", type::b128, 16},    row{"u8", type::u8, 1},       row{"u16", type::u16, 2},
    row{"u32", type::u32, 4},       row{"u64", type::u64, 8},       row{"s8", type::s8, 1},       row{"s16", type::s16, 2},
    row{"s32", type::s32, 4},       row{"s64", type::s64, 8},       row{"f16", type::f16, 2},     row{"f16x2", type::f16x2, 4},
    row{"bf16", type::bf16, 2},     row{"bf16x2", type::bf16x2, 4}, row{"tf32", type::tf32, 4},   row{"f32", type::f32, 4},
    row{"f64", type::f64, 8},       row{"e4m3", type::e4m3, 1},     row{"e5m2", type::e5m2, 1},   row{"e4m3x2", type::e4m3x2, 2},
    row{"e5m2x2", type::e5m2x2, 2}, row{"s16x2", type::s16x2, 4},   row{"u16x2", type::u16x2, 4},
};

}  // namespace

type type_named(std::string_view name) {
  for (const row& r : rows) {
    if (r.name == name) return r.is;
  }
  return type::none;
}

uint32_t width_of(type t) {
  for (const row& r : rows) {
    if (r.is == t) return r.bytes;
  }
  return 0;
}

}  // namespace ptxvm

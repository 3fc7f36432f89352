// ldmatrix and stmatrix: 8×8 matrices of 16 bits. Lanes 8j … 8j+7 give the addresses of the rows of matrix j; lane l holds row l/4,
// columns 2(l%4) and 2(l%4)+1 of each, or with .trans the same place of the transpose.
#include <cstring>

#include "ptxvm/alu.h"
#include "ptxvm/mem.h"

namespace ptxvm {
namespace {

constexpr uint32_t row_bytes = 16;
constexpr int rows = 8;

enum : uint16_t { count_mask = 7, transposed = 8, generic_address = 16 };

request rows_of(warp& w, const op& o) {
  const int count = o.flags & count_mask;
  request r(w, count == 4 ? all_lanes : (lanes{1} << count * rows) - 1, row_bytes, o.flags & base_is_32);
  fill_addresses(r, o.a, o.imm);
  if (o.flags & generic_address) {
    for (lanes rest = r.active; rest; rest &= rest - 1) {
      uint64_t& a = r.at[std::countr_zero(rest)];
      if (space_at(a) != space::shared) fail(status::invalid_address_space, std::countr_zero(rest), "a matrix outside shared memory");
      a -= shared_window;
    }
  }
  check_alignment(r, "a matrix row");
  return r;
}

shared_access access_of(const request& r, const std::byte* values) {
  return {r.w.number, r.active, r.at, row_bytes, false, values, values ? 0 : all_lanes};
}

flow load_matrices(warp& w, const op& o, lanes active) {
  if (active != all_lanes) fail_partial_warp(o, active);
  const request r = rows_of(w, o);
  shared_memory& shared = w.block->shared;
  shared.check_bounds(access_of(r, nullptr), "ldmatrix");
  shared.read(access_of(r, nullptr));
  count_shared(r);
  const int count = o.flags & count_mask;
  for (int j = 0; j < count; ++j) {
    alignas(16) uint16_t matrix[rows][rows];
    for (int row = 0; row < rows; ++row) std::memcpy(matrix[row], shared.host(r.at[j * rows + row]), row_bytes);
    uint32_t* to = w.lanes_of<uint32_t>(o.more[j]);
    for (int lane = 0; lane < warp_size; ++lane) {
      const int row = lane / 4, column = lane % 4 * 2;
      to[lane] = o.flags & transposed ? matrix[column][row] | static_cast<uint32_t>(matrix[column + 1][row]) << 16
                                      : matrix[row][column] | static_cast<uint32_t>(matrix[row][column + 1]) << 16;
    }
  }
  return flow::next;
}

flow store_matrices(warp& w, const op& o, lanes active) {
  if (active != all_lanes) fail_partial_warp(o, active);
  const request r = rows_of(w, o);
  shared_memory& shared = w.block->shared;
  const int count = o.flags & count_mask;
  alignas(16) uint16_t matrices[4 * rows][rows];
  for (int j = 0; j < count; ++j) {
    const uint32_t* from = w.lanes_of<uint32_t>(o.more[j]);
    for (int lane = 0; lane < warp_size; ++lane)
      for (int i = 0; i < 2; ++i) {
        const int row = lane / 4, column = lane % 4 * 2 + i;
        (o.flags & transposed ? matrices[j * rows + column][row] : matrices[j * rows + row][column]) =
            static_cast<uint16_t>(from[lane] >> 16 * i);
      }
  }
  const shared_access access = access_of(r, reinterpret_cast<const std::byte*>(matrices));
  shared.check_bounds(access, "stmatrix");
  shared.write(access);
  count_shared(r);
  for (lanes rest = r.active; rest; rest &= rest - 1) {
    const int row = std::countr_zero(rest);
    std::memcpy(shared.host(r.at[row]), matrices[row], row_bytes);
  }
  return flow::next;
}

void bind_matrix(decoder& d, bool loads) {
  if (!d.take("sync") || !d.take("aligned")) d.refuse(".sync.aligned is wanted");
  if (!loads) want_target(d, 90);
  if (!d.take("m8n8")) d.refuse("only .m8n8 is known");
  const int which = d.take_one_of({"x1", "x2", "x4"});
  if (which < 0) d.refuse(".x1, .x2 or .x4 is wanted");
  const int count = 1 << which;
  const bool trans = d.take("trans");
  const bool in_shared = d.take_one_of({"shared", "shared::cta"}) >= 0;
  if (!d.take("b16")) d.refuse("only .b16 is known");
  d.want(2, 2);
  const ast::operand& value = d.operand(loads ? 0 : 1);
  std::vector<slot> slots;
  const auto add = [&](const ast::operand& part) { slots.push_back(loads ? d.target(part, type::b32) : d.source(part, type::b32)); };
  if (value.is == ast::operand::kind::vector) {
    for (const auto& part : value.parts) add(part);
  } else {
    add(value);
  }
  if (slots.size() != static_cast<size_t>(count)) d.refuse("another number of registers is wanted");
  space where = in_shared ? space::shared : space::generic;
  const place p = take_place(d, d.operand(loads ? 1 : 0), where);
  if (where != space::shared && where != space::generic) d.refuse("matrices lie in shared memory");
  const slot* more = d.keep(slots);
  op& o = d.emit(loads ? load_matrices : store_matrices, loads ? work::load : work::store);
  o.more = more;
  o.a = p.base;
  o.imm = p.offset;
  o.flags = static_cast<uint16_t>(count | (trans ? transposed : 0) | (where == space::generic ? generic_address : 0) | p.flags);
}

void bind_ldmatrix(decoder& d) { bind_matrix(d, true); }
void bind_stmatrix(decoder& d) { bind_matrix(d, false); }

}  // namespace

void register_matrix(registry& r) {
  r.add("ldmatrix", bind_ldmatrix);
  r.add("stmatrix", bind_stmatrix);
}

}  // namespace ptxvm

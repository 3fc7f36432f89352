// wmma.load, wmma.store and wmma.mma. How a fragment lies in registers is the machine's own affair: here the logical matrix, row by
// row, spread over the lanes so that lane l holds elements l·u … l·u + u − 1, u being the size of the matrix over 32; a fragment
// with room for more repeats them. Arithmetic as in tensor.inl.h.
#define PTXVM_ISA scalar
#include "ptxvm/mem.h"
#include "ptxvm/tensor_bind.inl.h"

namespace ptxvm {
namespace {

using namespace scalar;

struct fragment {
  type element = type::none;
  int rows = 0, columns = 0, registers = 0;
  int per_lane() const { return rows * columns / warp_size; }
  uint32_t bytes() const { return element == type::tf32 ? 4 : width_of(element); }
};

struct dimensions {
  int m, n, k;
};
constexpr dimensions shapes[] = {{16, 16, 16}, {32, 8, 16}, {8, 32, 16}, {16, 16, 8}};

// As many registers as the manual gives each fragment.
fragment fragment_of(decoder& d, char which, int shape, type t) {
  const dimensions s = shapes[shape];
  fragment f{t, which == 'b' ? s.k : s.m, which == 'a' ? s.k : s.n, 0};
  const int elements = f.per_lane();
  const bool tf32_shape = shape == 3;
  const bool of_c = which == 'c';
  switch (t) {
    case type::f16: f.registers = tf32_shape ? 0 : of_c ? 4 : 8; break;
    case type::bf16: f.registers = tf32_shape || of_c ? 0 : elements / 2; break;
    case type::s8:
    case type::u8: f.registers = tf32_shape || of_c ? 0 : elements / 4; break;
    case type::tf32: f.registers = tf32_shape && !of_c ? elements : 0; break;
    case type::f32:
    case type::s32: f.registers = of_c && (t == type::f32 || !tf32_shape) ? 8 : 0; break;
    default: break;
  }
  if (f.registers == 0) refuse_type(d, t);
  return f;
}

// Element e of lane l's part.
std::byte* element_at(warp& w, const slot* registers, const fragment& f, int lane, int e) {
  const uint32_t at = static_cast<uint32_t>(e) * f.bytes();
  return w.registers + registers[at / 4] + 4 * lane + at % 4;
}
int copies(const fragment& f) { return f.registers * 4 / static_cast<int>(f.bytes()) / f.per_lane(); }

double value_of(const std::byte* at, type t) {
  uint32_t bits = 0;
  std::memcpy(&bits, at, t == type::tf32 ? 4 : width_of(t));
  switch (t) {
    case type::f16: return from_f16(static_cast<uint16_t>(bits));
    case type::bf16: return from_bf16(static_cast<uint16_t>(bits));
    case type::tf32: return element_tf32::up(bits);
    case type::s8: return static_cast<int8_t>(bits);
    case type::u8: return static_cast<uint8_t>(bits);
    case type::s32: return static_cast<int32_t>(bits);
    default: return std::bit_cast<float>(bits);
  }
}
uint32_t bits_of_value(double x, type t, bool saturate) {
  if (t == type::f16) return accumulator_f16::down(x, false);
  if (t == type::s32) return static_cast<uint32_t>(accumulator_s32::down(x, saturate));
  return std::bit_cast<uint32_t>(accumulator_f32::down(x, false));
}

// --- memory ---

// Lies in op::more before the registers.
struct transfer {
  fragment f;
  space where;
  slot stride;      // no_slot: as long as a line
  bool by_columns;  // lines in memory are columns
};
constexpr size_t transfer_words = (sizeof(transfer) + sizeof(slot) - 1) / sizeof(slot);

template <class F>
void by_lines(warp& w, const op& o, const transfer& x, F f) {
  const uint32_t size = x.f.bytes();
  request start(w, all_lanes, size, o.flags);
  fill_addresses(start, o.a, o.imm);
  const uint32_t line = static_cast<uint32_t>(x.by_columns ? x.f.rows : x.f.columns);
  const uint32_t* const strides = x.stride == no_slot ? nullptr : w.lanes_of<uint32_t>(x.stride);
  const uint64_t stride = uint64_t{strides ? strides[0] : line} * size;
  for (int lane = 1; lane < warp_size; ++lane)
    if (start.at[lane] != start.at[0] || (strides && strides[lane] != strides[0]))
      fail(status::launch_failed, lane, "all threads of a warp must give wmma the same address and stride");
  space where = x.where;
  uint64_t base = start.at[0];
  if (where == space::generic) {
    where = space_at(base);
    base -= where == space::shared ? shared_window : where == space::local ? local_window : where == space::param ? param_window : 0;
  }
  // Each lane moves its part in as few accesses as alignment allows.
  const uint32_t part = static_cast<uint32_t>(x.f.per_lane()) * size;
  uint32_t chunk = part < 16 ? part : 16;
  while (chunk > size && (base | stride) % chunk) chunk /= 2;
  for (uint32_t done = 0; done < part; done += chunk) {
    request r(w, all_lanes, chunk, o.flags);
    for (uint32_t lane = 0; lane < warp_size; ++lane) {
      const uint32_t at = lane * part + done;
      r.at[lane] = base + at / (line * size) * stride + at % (line * size);
    }
    check_alignment(r, "wmma access");
    f(where, r, done);
  }
}

// Where the element that memory has at place e, line after line, belongs.
std::byte* place_of(warp& w, const slot* registers, const transfer& x, uint32_t e, int copy) {
  const uint32_t line = static_cast<uint32_t>(x.by_columns ? x.f.rows : x.f.columns), u = static_cast<uint32_t>(x.f.per_lane());
  const uint32_t row = x.by_columns ? e % line : e / line, column = x.by_columns ? e / line : e % line;
  const uint32_t logical = row * static_cast<uint32_t>(x.f.columns) + column;
  return element_at(w, registers, x.f, static_cast<int>(logical / u), static_cast<int>(logical % u + static_cast<uint32_t>(copy) * u));
}

flow load_fragment(warp& w, const op& o, lanes active) {
  if (active != all_lanes) fail_partial_warp(o, active);
  transfer x;
  std::memcpy(static_cast<void*>(&x), o.more, sizeof(x));
  const slot* const registers = o.more + transfer_words;
  const uint32_t size = x.f.bytes(), u = static_cast<uint32_t>(x.f.per_lane());
  by_lines(w, o, x, [&](space where, request& r, uint32_t done) {
    alignas(64) std::byte bytes[warp_size * 16];
    fetch(where, r, bytes);
    for (uint32_t lane = 0; lane < warp_size; ++lane)
      for (uint32_t i = 0; i < r.bytes / size; ++i)
        for (int copy = 0; copy < copies(x.f); ++copy)
          std::memcpy(place_of(w, registers, x, lane * u + done / size + i, copy), bytes + lane * r.bytes + i * size, size);
  });
  return flow::next;
}

flow store_fragment(warp& w, const op& o, lanes active) {
  if (active != all_lanes) fail_partial_warp(o, active);
  transfer x;
  std::memcpy(static_cast<void*>(&x), o.more, sizeof(x));
  const slot* const registers = o.more + transfer_words;
  const uint32_t size = x.f.bytes(), u = static_cast<uint32_t>(x.f.per_lane());
  by_lines(w, o, x, [&](space where, request& r, uint32_t done) {
    alignas(64) std::byte bytes[warp_size * 16];
    for (uint32_t lane = 0; lane < warp_size; ++lane)
      for (uint32_t i = 0; i < r.bytes / size; ++i)
        std::memcpy(bytes + lane * r.bytes + i * size, place_of(w, registers, x, lane * u + done / size + i, 0), size);
    ::ptxvm::put(where, r, bytes);
  });
  return flow::next;
}

int take_shape(decoder& d) {
  const int shape = d.take_one_of({"m16n16k16", "m32n8k16", "m8n32k16", "m16n16k8"});
  if (shape < 0) d.refuse("wmma has no such shape here");
  return shape;
}
void collect_fragment(decoder& d, std::vector<slot>& list, size_t operand, const fragment& f, bool target) {
  collect(d, list, operand, f.registers, type::b32, target);
}

void bind_transfer(decoder& d, bool loads) {
  const int which = d.take_one_of({"a", "b", "c", "d"});
  if (which < 0 || (which == 3) == loads) d.refuse("wmma loads a, b or c and stores d");
  if (!d.take("sync") || !d.take("aligned")) d.refuse("wmma wants .sync.aligned");
  const int layout = d.take_one_of({"row", "col"});
  if (layout < 0) d.refuse("wmma wants .row or .col");
  const int shape = take_shape(d);
  transfer x{};
  const int in = d.take_one_of({"global", "shared", "shared::cta"});
  x.where = in < 0 ? space::generic : in == 0 ? space::global : space::shared;
  x.f = fragment_of(d, which == 0 ? 'a' : which == 1 ? 'b' : 'c', shape, d.take_type());
  x.by_columns = layout == 1;
  d.want(2, 3);
  x.stride = d.count() > 2 ? d.source(2, type::u32) : no_slot;
  const place p = take_place(d, d.operand(loads ? 1 : 0), x.where);
  std::vector<slot> list(transfer_words);
  std::memcpy(list.data(), &x, sizeof(x));
  collect_fragment(d, list, loads ? 0 : 1, x.f, loads);
  const slot* const more = d.keep(list);
  op& o = d.emit(loads ? load_fragment : store_fragment, loads ? work::load : work::store);
  o.more = more, o.a = p.base, o.imm = p.offset, o.flags = p.flags;
}

// --- arithmetic ---

// Lies in op::more before the registers of D, A, B and C.
struct product_of_fragments {
  fragment d, a, b, c;
  bool saturate;
};
constexpr size_t product_words = (sizeof(product_of_fragments) + sizeof(slot) - 1) / sizeof(slot);

std::vector<double> values_of(warp& w, const slot* registers, const fragment& f) {
  std::vector<double> values(static_cast<size_t>(f.rows) * static_cast<size_t>(f.columns));
  for (size_t i = 0; i < values.size(); ++i) {
    const int at = static_cast<int>(i);
    values[i] = value_of(element_at(w, registers, f, at / f.per_lane(), at % f.per_lane()), f.element);
  }
  return values;
}

flow multiply_fragments(warp& w, const op& o, lanes active) {
  if (active != all_lanes) fail_partial_warp(o, active);
  product_of_fragments x;
  std::memcpy(static_cast<void*>(&x), o.more, sizeof(x));
  const slot* const d = o.more + product_words;
  const slot* const a = d + x.d.registers;
  const slot* const b = a + x.a.registers;
  const std::vector<double> left = values_of(w, a, x.a), right = values_of(w, b, x.b);
  std::vector<double> sums = values_of(w, b + x.b.registers, x.c);
  const size_t m = static_cast<size_t>(x.a.rows), k = static_cast<size_t>(x.a.columns), n = static_cast<size_t>(x.b.columns);
  for (size_t i = 0; i < m; ++i)
    for (size_t p = 0; p < k; ++p)
      for (size_t j = 0; j < n; ++j) sums[i * n + j] += left[i * k + p] * right[p * n + j];
  const int u = x.d.per_lane();
  for (size_t i = 0; i < sums.size(); ++i) {
    const uint32_t bits = bits_of_value(sums[i], x.d.element, x.saturate);
    const int at = static_cast<int>(i);
    for (int copy = 0; copy < copies(x.d); ++copy) std::memcpy(element_at(w, d, x.d, at / u, at % u + copy * u), &bits, x.d.bytes());
  }
  w.block->counts.tensor_operations += 2 * m * n * k;
  return flow::next;
}

void bind_product(decoder& d) {
  if (!d.take("sync") || !d.take("aligned")) d.refuse("wmma wants .sync.aligned");
  for (int i = 0; i < 2; ++i)
    if (d.take_one_of({"row", "col"}) < 0) d.refuse("wmma.mma wants two layouts");
  const int shape = take_shape(d);
  product_of_fragments x{};
  x.saturate = d.take("satfinite");
  const type to = d.take_type(), second = d.take_type();
  type a = type::f16, b = type::f16, c = second;
  if (d.more_modifiers()) a = second, b = d.take_type(), c = d.take_type();
  const bool integers = a == type::s8 || a == type::u8;
  const bool halves = a == type::f16 && (to == type::f16 || to == type::f32) && (c == type::f16 || c == type::f32);
  const bool wide = (a == type::bf16 || a == type::tf32) && to == type::f32 && c == type::f32;
  if (a != b || (!(integers && to == type::s32 && c == type::s32) && !halves && !wide) || (x.saturate && !integers)) refuse_type(d, to);
  x.d = fragment_of(d, 'c', shape, to), x.a = fragment_of(d, 'a', shape, a), x.b = fragment_of(d, 'b', shape, b),
  x.c = fragment_of(d, 'c', shape, c);
  d.want(4, 4);
  std::vector<slot> list(product_words);
  std::memcpy(list.data(), &x, sizeof(x));
  collect_fragment(d, list, 0, x.d, true);
  collect_fragment(d, list, 1, x.a, false);
  collect_fragment(d, list, 2, x.b, false);
  collect_fragment(d, list, 3, x.c, false);
  const slot* const more = d.keep(list);
  d.emit(multiply_fragments, work::tensor).more = more;
}

void bind_wmma(decoder& d) {
  if (d.take("load")) return bind_transfer(d, true);
  if (d.take("store")) return bind_transfer(d, false);
  if (d.take("mma")) return bind_product(d);
  d.refuse("wmma wants .load, .store or .mma");
}

}  // namespace

void register_wmma(registry& to) { to.add("wmma", bind_wmma); }

}  // namespace ptxvm

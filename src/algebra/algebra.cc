#include "algebra/algebra.h"

#include <algorithm>

#include "gpu/launch.h"

namespace warpweft::algebra {
namespace {

constexpr char family[] = "algebra";
constexpr uint32_t threads = 256;
constexpr int64_t most_blocks = int64_t{1} << 16;  // of kernels that go round

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

uint32_t blocks_for(int64_t items, int64_t per_block) { return static_cast<uint32_t>(std::min(ceil_div(items, per_block), most_blocks)); }

template <class Params>
void over_elements(gpu::device& on, const char* entry, int64_t size, const Params& p) {
  if (size > 0) gpu::launch(on, gpu::find(on, family, entry), {blocks_for(size, threads)}, {threads}, 0, p);
}

// Parts by the shape alone, so many that a large chip is busy and none is small.
void cut(sum_params& p) {
  constexpr int64_t wanted_blocks = 1024, least_terms = 1024;
  const int64_t inner = p.kept.axes > 0 ? p.kept_step[p.kept.axes - 1] : 0;
  p.across = p.outputs >= 32 && inner == 1;
  const int64_t blocks = p.across ? ceil_div(p.outputs, 32) : p.outputs;
  const int64_t parts = std::clamp(ceil_div(p.terms, least_terms), int64_t{1}, std::max(wanted_blocks / blocks, int64_t{1}));
  p.part = std::max(ceil_div(p.terms, parts), int64_t{1});
  p.parts = static_cast<int32_t>(std::max(ceil_div(p.terms, p.part), int64_t{1}));
}

// Whether 32 bits hold the number of elements, every step and every place of an operand.
bool is_small(const elementwise_params& p, const operand& x) {
  constexpr int64_t limit = int64_t{1} << 31;
  int64_t last = 0;
  for (int32_t i = 0; i < p.over.axes; ++i) {
    if (x.step[i] >= limit || p.over.length[i] >= limit) return false;
    last += (p.over.length[i] - 1) * x.step[i];
    if (last >= limit) return false;
  }
  return p.size < limit;
}

// Rows as the tensor cores' loop reads them, from where they lie or from a copy, of one matrix or several.
struct packed_rows {
  const char* data;
  int64_t stride, next;  // bytes
  gpu::buffer copy;
};

packed_rows packed(gpu::device& on, const matrix& x, dtype type, int64_t count = 1, int64_t next = 0) {
  const int64_t size = size_of(type);
  const auto even = [&](int64_t elements) { return elements * size % 16 == 0; };
  const bool aligned = reinterpret_cast<uintptr_t>(x.data) % 16 == 0 && (x.rows <= 1 || even(x.stride)) && (count <= 1 || even(next));
  if (x.type == type && (x.columns <= 1 || x.step == 1) && aligned)
    return {static_cast<const char*>(x.data), x.stride * size, next * size, {}};
  const int64_t stride = ceil_div(x.columns * size, 16) * 16;
  gpu::buffer copy = on.allocate(static_cast<size_t>(count * x.rows * stride));
  elementwise_params p{};
  p.op = operation::copy;
  p.size = count * x.rows * x.columns;
  p.over = {3, {count, x.rows, x.columns}};
  p.a = {const_cast<void*>(x.data), x.type, 0, {next, x.stride, x.step}};
  p.out = {copy.address(), type, 0, {x.rows * stride / size, stride / size, 1}};
  elementwise(p, {1, nullptr, &on});
  return {copy.as<char>(), stride, x.rows * stride, std::move(copy)};
}

const char* entry_of(dtype type) {
  switch (type) {
    case dtype::float16: return "algebra_matmul_float16";
    case dtype::bfloat16: return "algebra_matmul_bfloat16";
    default: return "algebra_matmul_float32";
  }
}

// Where a product has few tiles, its rows are cut, by the shape alone, so that a large chip is busy: bytes of a part.
int64_t part_of(int64_t row_bytes, int64_t tiles) {
  constexpr int64_t wanted_blocks = 128, least_bytes = 1024, slice_bytes = 64;
  const int64_t parts = std::clamp(wanted_blocks / tiles, int64_t{1}, ceil_div(row_bytes, least_bytes));
  return ceil_div(ceil_div(row_bytes, parts), slice_bytes) * slice_bytes;
}

sum_params over_parts(const float* in, int64_t parts, int64_t size, float* out) {
  sum_params s{};
  s.in = in;
  s.kept = {1, {size}};
  s.summed = {1, {parts}};
  s.kept_step[0] = 1;
  s.summed_step[0] = size;
  s.outputs = size;
  s.terms = parts;
  s.divisor = 1;
  s.out = out;
  return s;
}

matrix transposed(const matrix& x) { return {x.data, x.type, x.columns, x.rows, x.step, x.stride}; }

dtype meeting(const product_params& p) { return p.a.type == p.b.type ? p.a.type : dtype::float32; }

constexpr int64_t tile_rows = 128, tile_columns = 64;

int64_t tiles_of(int64_t m, int64_t n) {
  const int64_t tiles = ceil_div(m, tile_rows) * ceil_div(n, tile_columns);
  if (tiles >= int64_t{1} << 31) throw coded_error("ERR_ARGUMENT", "matmul: the result has more tiles than a grid has blocks");
  return tiles;
}

}  // namespace

void elementwise(const elementwise_params& p, const call_options& how) {
  const bool small = is_small(p, p.a) && is_small(p, p.b) && is_small(p, p.out);
  over_elements(*how.on, small ? "algebra_elementwise" : "algebra_elementwise_large", p.size, p);
}

void sum(const sum_params& given, const call_options& how) {
  constexpr int64_t few_terms = 64, many_outputs = 32;
  sum_params p = given;
  if (p.outputs == 0) return;
  if (p.terms < few_terms && p.outputs >= many_outputs) return over_elements(*how.on, "algebra_sum_few", p.outputs, p);
  cut(p);
  const gpu::buffer room = how.on->allocate(static_cast<size_t>(p.parts * p.outputs) * sizeof(double));
  p.partial = room.as<double>();
  const uint32_t blocks = blocks_for(p.outputs, p.across ? 32 : 1);
  gpu::launch(*how.on, gpu::find(*how.on, family, "algebra_sum"), {blocks, static_cast<uint32_t>(p.parts)}, {threads}, 0, p);
  over_elements(*how.on, "algebra_sum_join", p.outputs, p);
}

void normalize(const normalize_params& p, const call_options& how) { over_elements(*how.on, "algebra_normalize", p.rows * 32, p); }

void normalize_backward(const normalize_params& p, const call_options& how) {
  over_elements(*how.on, "algebra_normalize_backward", p.rows * 32, p);
}

void softmax(const softmax_params& p, const call_options& how) { over_elements(*how.on, "algebra_softmax", p.x.rows * 32, p); }

void softmax_backward(const softmax_params& p, const call_options& how) {
  over_elements(*how.on, "algebra_softmax_backward", p.x.rows * 32, p);
}

void matmul(const product_params& p, const call_options& how) {
  const int64_t m = p.a.rows, k = p.a.columns, n = p.b.columns;
  if (m == 0 || n == 0) return;
  if (k == 0) return gpu::fill_zero(*how.on, p.out, static_cast<size_t>(m * n) * sizeof(float));
  const dtype type = meeting(p);
  const packed_rows a = packed(*how.on, p.a, type), b = packed(*how.on, transposed(p.b), type);
  matmul_params call{a.data, b.data, a.stride, b.stride, k * size_of(type), 0, m, n, ceil_div(n, tile_columns), p.out, 0, 0, n, 0};
  const int64_t tiles = tiles_of(m, n);
  call.part_bytes = part_of(call.row_bytes, tiles);
  const int64_t parts = ceil_div(call.row_bytes, call.part_bytes);
  gpu::buffer room;
  if (parts > 1) {
    room = how.on->allocate(static_cast<size_t>(parts * m * n) * sizeof(float));
    call.out = room.as<float>();
  }
  const gpu::extent3 grid{static_cast<uint32_t>(tiles), static_cast<uint32_t>(parts)};
  gpu::launch(*how.on, gpu::find(*how.on, family, entry_of(type)), grid, {128}, 0, call);
  if (parts > 1) sum(over_parts(call.out, parts, m * n, p.out), how);
}

void products(const products_params& p, const call_options& how) {
  constexpr int64_t most = 65'535;  // of a grid's third dimension
  const int64_t m = p.first.a.rows, k = p.first.a.columns, n = p.first.b.columns;
  if (m == 0 || n == 0 || p.count == 0) return;
  if (k == 0 || p.count > most) throw coded_error("ERR_ARGUMENT", "products: wanted columns, and 1 to 65,535 pairs");
  const dtype type = meeting(p.first);
  const packed_rows a = packed(*how.on, p.first.a, type, p.count, p.a_next);
  const packed_rows b = packed(*how.on, transposed(p.first.b), type, p.count, p.b_next);
  const int64_t bytes = k * size_of(type), whole = ceil_div(bytes, 16) * 16;
  const matmul_params call{a.data,      b.data, a.stride, b.stride,     bytes,     whole, m, n, ceil_div(n, tile_columns),
                           p.first.out, a.next, b.next,   p.out_stride, p.out_next};
  const gpu::extent3 grid{static_cast<uint32_t>(tiles_of(m, n)), 1, static_cast<uint32_t>(p.count)};
  gpu::launch(*how.on, gpu::find(*how.on, family, entry_of(type)), grid, {128}, 0, call);
}

void sgd(const sgd_params& p, const call_options& how) { over_elements(*how.on, "algebra_sgd", p.size, p); }
void adamw(const adamw_params& p, const call_options& how) { over_elements(*how.on, "algebra_adamw", p.size, p); }

}  // namespace warpweft::algebra

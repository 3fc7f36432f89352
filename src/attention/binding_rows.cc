// Bindings of what stands round the attention of a layer: norms, rotations, rows of a table, products by head.
#include "attention/binding_rows.h"

#include "attention/embed.h"
#include "attention/heads.h"
#include "attention/norm.h"
#include "attention/rope.h"
#include "napi/run.h"

namespace warpweft::attention {
namespace {

using napi::arguments;
using napi::places;

Napi::Value bind_rms_norm(const Napi::CallbackInfo& info) {
  const auto fill = [](arguments& args) {
    norm_params p{};
    p.x = args.open_matrix();
    const int64_t d = args.integer(1);
    args.close(p.x, d, "x");
    const int64_t size = args.product(p.x.rows, d);
    p.gain = args.floats(d, "gain");
    p.eps = args.number();
    p.grad = args.floats(size, "grad", true);
    p.out = args.floats(size, "out", true);
    p.gain_grad = args.floats(d, "gainGrad", true);
    if (!p.grad && (!p.out || p.gain_grad)) args.refuse("the way forward gives out, and nothing else");
    return p;
  };
  return napi::call(info, "rmsNorm", rms_norm, fill);
}

Napi::Value bind_rope(const Napi::CallbackInfo& info) {
  const auto fill = [](arguments& args) {
    rope_params p{};
    p.x = args.open_matrix();
    p.skip = args.integer();
    p.pairs = args.integer();
    const int64_t d = args.extent(2, p.skip, 2 * p.pairs);
    args.close(p.x, d, "x");
    p.heads = args.integer(1);
    p.tokens = args.integer(1);
    p.positions = args.host_ints(p.tokens, "positions");
    p.frequencies = args.host_doubles(p.pairs, "frequencies");
    p.interleaved = args.boolean();
    p.back = args.boolean();
    p.out = args.floats(args.product(p.x.rows, d), "out");
    return p;
  };
  return napi::call(info, "rope", rope, fill);
}

// The numbers of a table's rows.
const int32_t* unpack_numbers(arguments& args, int64_t count, int64_t rows) {
  const int32_t* numbers = args.host_ints(count, "rows");
  for (int64_t i = 0; i < count; ++i)
    if (numbers[i] < 0 || numbers[i] >= rows) args.refuse("rows must be from 0 to " + std::to_string(rows - 1));
  return numbers;
}

void on_a_device(const arguments& args) {
  if (!args.on()) args.refuse("its arrays must lie on a device");
}

Napi::Value bind_embed(const Napi::CallbackInfo& info) {
  return napi::call(info, "embedding", embed, [](arguments& args) {
    embed_params p{};
    p.table = args.open_matrix();
    const int64_t d = args.integer();
    args.close(p.table, d, "table");
    p.count = args.integer();
    p.rows = unpack_numbers(args, p.count, p.table.rows);
    p.out = args.floats(args.product(p.count, d), "out");
    on_a_device(args);
    return p;
  });
}

Napi::Value bind_embed_backward(const Napi::CallbackInfo& info) {
  return napi::call(info, "embedding", embed_backward, [](arguments& args) {
    embed_backward_params p{};
    p.table_rows = args.integer();
    p.columns = args.integer();
    p.count = args.integer();
    p.rows = unpack_numbers(args, p.count, p.table_rows);
    p.grad = args.floats(args.product(p.count, p.columns), "grad");
    p.out = args.floats(args.product(p.table_rows, p.columns), "out");
    on_a_device(args);
    return p;
  });
}

// Where a head's matrix starts, one after the other: data, step of rows, of columns and of heads.
struct strided {
  arguments::span data;
  matrix first;
  int64_t head;
};

strided open_strided(arguments& args) {
  strided s{args.bytes(), {}, 0};
  s.first.data = s.data.data;
  s.first.stride = args.integer();
  s.first.step = args.integer();
  s.head = args.integer();
  return s;
}

matrix closed(const arguments& args, strided& s, int64_t heads, int64_t rows, int64_t columns, const char* what) {
  s.first.rows = rows;
  s.first.columns = columns;
  const int64_t one = args.extent(rows, s.first.stride, columns, s.first.step);
  args.check_span(s.data, dtype::float32, one == 0 ? 0 : args.extent(heads, s.head, one), what);
  return s.first;
}

Napi::Value bind_head_products(const Napi::CallbackInfo& info) {
  const auto fill = [](arguments& args) {
    heads_params p{};
    strided x = open_strided(args), w = open_strided(args);
    p.heads = args.integer(1);
    const int64_t n = args.integer(1), a = args.integer(1), b = args.integer(1);
    p.x = closed(args, x, p.heads, n, a, "x");
    p.w = closed(args, w, p.heads, a, b, "w");
    p.x_head = x.head;
    p.w_head = w.head;
    p.out = args.floats(args.product(n, args.product(p.heads, b)), "out");
    return p;
  };
  return napi::call(info, "headProducts", head_products, fill, places::host);
}

}  // namespace

void bind_rows(Napi::Object& family) {
  const Napi::Env env = family.Env();
  family.Set("rmsNorm", Napi::Function::New(env, bind_rms_norm));
  family.Set("rope", Napi::Function::New(env, bind_rope));
  family.Set("embed", Napi::Function::New(env, bind_embed));
  family.Set("embedBackward", Napi::Function::New(env, bind_embed_backward));
  family.Set("headProducts", Napi::Function::New(env, bind_head_products));
}

}  // namespace warpweft::attention

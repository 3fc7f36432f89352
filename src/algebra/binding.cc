#include "algebra/binding.h"

#include "algebra/algebra.h"
#include "napi/run.h"

namespace warpweft::algebra {
namespace {

using napi::arguments;

void on_a_device(const arguments& args) {
  if (!args.on()) args.refuse("its arrays must lie on a device");
}

// A list of up to max_axes numbers in a Float64Array, each an integer from 0.
void unpack_list(arguments& args, int32_t axes, int64_t (&out)[max_axes]) {
  const std::vector<double> values = args.scalars(axes);
  for (int32_t i = 0; i < axes; ++i) {
    if (!(values[i] >= 0 && values[i] < 0x1p53) || values[i] != static_cast<double>(static_cast<int64_t>(values[i])))
      args.refuse("lengths and steps must be integers from 0");
    out[i] = static_cast<int64_t>(values[i]);
  }
}

extents unpack_extents(arguments& args) {
  extents e{};
  const int64_t axes = args.integer();
  if (axes > max_axes) args.refuse("there are at most " + std::to_string(max_axes) + " dimensions");
  e.axes = static_cast<int32_t>(axes);
  unpack_list(args, e.axes, e.length);
  return e;
}

int64_t size_of(const arguments& args, const extents& e) {
  int64_t size = 1;
  for (int32_t i = 0; i < e.axes; ++i) size = args.product(size, e.length[i]);
  return size;
}

// Elements from the first to the last.
int64_t reach(const arguments& args, const extents& e, const int64_t (&step)[max_axes]) {
  int64_t last = 1;
  for (int32_t i = 0; i < e.axes; ++i) {
    if (e.length[i] == 0) return 0;
    last = args.extent(2, args.extent(e.length[i], step[i], 1) - 1, last);
  }
  return last;
}

void* checked(const arguments& args, const arguments::span& s, dtype type, int64_t count, const char* what) {
  args.check_span(s, type, count, what);
  if (reinterpret_cast<uintptr_t>(s.data) % static_cast<uintptr_t>(warpweft::size_of(type)) != 0)
    args.refuse(std::string(what) + " must start at a multiple of its element size");
  return s.data;
}

// true, data, dtype, steps; or false, a number that all elements are.
operand unpack_operand(arguments& args, const extents& over, const char* what) {
  operand x{};
  if (!args.boolean()) {
    x.value = static_cast<float>(args.number());
    return x;
  }
  const arguments::span data = args.bytes();
  x.type = args.id<dtype>(6);
  unpack_list(args, over.axes, x.step);
  x.data = checked(args, data, x.type, reach(args, over, x.step), what);
  return x;
}

Napi::Value bind_elementwise(const Napi::CallbackInfo& info) {
  return napi::call(info, "elementwise", elementwise, [](arguments& args) {
    elementwise_params p{};
    p.op = args.id<operation>();
    p.over = unpack_extents(args);
    p.size = size_of(args, p.over);
    p.a = unpack_operand(args, p.over, "a");
    p.b = unpack_operand(args, p.over, "b");
    p.out = unpack_operand(args, p.over, "out");
    const bool moved = p.op == operation::copy && p.a.data && p.a.type == p.out.type;
    if (!p.out.data || (p.out.type > dtype::bfloat16 && !moved)) args.refuse("out must hold floats, or what a holds");
    on_a_device(args);
    return p;
  });
}

Napi::Value bind_sum(const Napi::CallbackInfo& info) {
  return napi::call(info, "sum", sum, [](arguments& args) {
    sum_params p{};
    const arguments::span in = args.bytes();
    p.kept = unpack_extents(args);
    unpack_list(args, p.kept.axes, p.kept_step);
    p.summed = unpack_extents(args);
    unpack_list(args, p.summed.axes, p.summed_step);
    p.outputs = size_of(args, p.kept);
    p.terms = size_of(args, p.summed);
    const int64_t across = reach(args, p.kept, p.kept_step), along = reach(args, p.summed, p.summed_step);
    const int64_t needed = across > 0 && along > 0 ? args.extent(2, across - 1, along) : 0;
    p.in = static_cast<const float*>(checked(args, in, dtype::float32, needed, "in"));
    p.divisor = args.number();
    p.out = args.floats(p.outputs, "out");
    on_a_device(args);
    return p;
  });
}

double* unpack_norms(arguments& args, int64_t rows) {
  return static_cast<double*>(checked(args, args.bytes(), dtype::uint8, args.product(rows, sizeof(double)), "norms"));
}

Napi::Value bind_normalize(const Napi::CallbackInfo& info) {
  return napi::call(info, "normalize", normalize, [](arguments& args) {
    normalize_params p{};
    p.rows = args.integer();
    p.columns = args.integer();
    const int64_t size = args.product(p.rows, p.columns);
    p.x = args.floats(size, "x");
    p.y = args.floats(size, "y");
    p.norms = unpack_norms(args, p.rows);
    on_a_device(args);
    return p;
  });
}

Napi::Value bind_normalize_backward(const Napi::CallbackInfo& info) {
  return napi::call(info, "normalizeBackward", normalize_backward, [](arguments& args) {
    normalize_params p{};
    p.rows = args.integer();
    p.columns = args.integer();
    const int64_t size = args.product(p.rows, p.columns);
    p.g = args.floats(size, "g");
    p.y = args.floats(size, "y");
    p.norms = unpack_norms(args, p.rows);
    p.dx = args.floats(size, "dx");
    on_a_device(args);
    return p;
  });
}

Napi::Value bind_softmax(const Napi::CallbackInfo& info) {
  return napi::call(info, "softmax", softmax, [](arguments& args) {
    softmax_params p{};
    p.x = args.open_matrix();
    args.close(p.x, args.integer(), "x");
    p.y = args.floats(args.product(p.x.rows, p.x.columns), "out");
    on_a_device(args);
    return p;
  });
}

Napi::Value bind_softmax_backward(const Napi::CallbackInfo& info) {
  return napi::call(info, "softmaxBackward", softmax_backward, [](arguments& args) {
    softmax_params p{};
    p.x.rows = args.integer();
    p.x.columns = args.integer();
    const int64_t size = args.product(p.x.rows, p.x.columns);
    p.y = args.floats(size, "y");
    p.g = args.floats(size, "g");
    p.dx = args.floats(size, "dx");
    on_a_device(args);
    return p;
  });
}

struct open_operand {
  matrix of;
  arguments::span data;
};

open_operand unpack_matrix(arguments& args) {
  open_operand x;
  x.data = args.bytes();
  x.of.type = args.id<dtype>(3);
  x.of.stride = args.integer();
  x.of.step = args.integer();
  return x;
}

// Of `count` matrices, each `next` after the one before.
matrix close(const arguments& args, open_operand& x, int64_t rows, int64_t columns, const char* what, int64_t count = 1, int64_t next = 0) {
  x.of.rows = rows;
  x.of.columns = columns;
  const int64_t one = args.extent(rows, x.of.stride, columns, x.of.step);
  x.of.data = checked(args, x.data, x.of.type, one == 0 ? 0 : args.extent(count, next, one), what);
  return x.of;
}

Napi::Value bind_matmul(const Napi::CallbackInfo& info) {
  return napi::call(info, "matmul", matmul, [](arguments& args) {
    product_params p{};
    open_operand a = unpack_matrix(args), b = unpack_matrix(args);
    const int64_t m = args.integer(), n = args.integer(), k = args.integer();
    p.a = close(args, a, m, k, "a");
    p.b = close(args, b, k, n, "b");
    p.out = args.floats(args.product(m, n), "out");
    on_a_device(args);
    return p;
  });
}

Napi::Value bind_products(const Napi::CallbackInfo& info) {
  return napi::call(info, "products", products, [](arguments& args) {
    products_params p{};
    open_operand a = unpack_matrix(args);
    p.a_next = args.integer();
    open_operand b = unpack_matrix(args);
    p.b_next = args.integer();
    p.count = args.integer();
    const int64_t m = args.integer(), n = args.integer(), k = args.integer();
    p.first.a = close(args, a, m, k, "a", p.count, p.a_next);
    p.first.b = close(args, b, k, n, "b", p.count, p.b_next);
    p.out_stride = args.integer(n);
    p.out_next = args.integer();
    const int64_t one = args.extent(m, p.out_stride, n);
    p.first.out = args.floats(one == 0 ? 0 : args.extent(p.count, p.out_next, one), "out");
    on_a_device(args);
    return p;
  });
}

float single(arguments& args) { return static_cast<float>(args.number()); }

Napi::Value bind_sgd(const Napi::CallbackInfo& info) {
  return napi::call(info, "sgd", sgd, [](arguments& args) {
    sgd_params p{};
    p.size = args.integer();
    p.w = args.floats(p.size, "w");
    p.g = args.floats(p.size, "g");
    p.v = args.floats(p.size, "v", true);
    for (float* value : {&p.rate, &p.momentum, &p.decay}) *value = single(args);
    on_a_device(args);
    return p;
  });
}

Napi::Value bind_adamw(const Napi::CallbackInfo& info) {
  return napi::call(info, "adamW", adamw, [](arguments& args) {
    adamw_params p{};
    p.size = args.integer();
    p.w = args.floats(p.size, "w");
    p.g = args.floats(p.size, "g");
    p.m = args.floats(p.size, "m");
    p.v = args.floats(p.size, "v");
    for (float* value : {&p.beta1, &p.rest1, &p.beta2, &p.rest2, &p.step, &p.scale, &p.eps, &p.keep}) *value = single(args);
    on_a_device(args);
    return p;
  });
}

}  // namespace

Napi::Object bind(Napi::Env env) {
  Napi::Object all = Napi::Object::New(env);
  all.Set("elementwise", Napi::Function::New(env, bind_elementwise));
  all.Set("sum", Napi::Function::New(env, bind_sum));
  all.Set("normalize", Napi::Function::New(env, bind_normalize));
  all.Set("normalizeBackward", Napi::Function::New(env, bind_normalize_backward));
  all.Set("softmax", Napi::Function::New(env, bind_softmax));
  all.Set("softmaxBackward", Napi::Function::New(env, bind_softmax_backward));
  all.Set("matmul", Napi::Function::New(env, bind_matmul));
  all.Set("products", Napi::Function::New(env, bind_products));
  all.Set("sgd", Napi::Function::New(env, bind_sgd));
  all.Set("adamW", Napi::Function::New(env, bind_adamw));
  return all;
}

}  // namespace warpweft::algebra

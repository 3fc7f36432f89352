#include "cpu/binding.h"

#include "cpu/features.h"
#include "cpu/matmul.h"
#include "cpu/memory.h"
#include "cpu/softmax.h"
#include "cpu/threads.h"
#include "napi/run.h"

namespace warpweft::cpu {
namespace {

using napi::arguments;

Napi::Value list_instruction_sets(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  for (uint32_t i = 0; i < available().size(); ++i) names.Set(i, Napi::String::New(info.Env(), available()[i].name));
  return names;
}

Napi::Value instruction_set_in_use(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), in_use().name); }

void use_instruction_set(const Napi::CallbackInfo& info) {
  napi::guarded(info.Env(), [&] { use(info[0].ToString().Utf8Value()); });
}

Napi::Value count_cores(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), cores()); }
Napi::Value name_cpu(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), cpu_name()); }

void bind_prefer_large_pages(const Napi::CallbackInfo& info) {
  napi::guarded(info.Env(), [&] {
    const arguments::span untouched = arguments(info, "preferLargePages").bytes();
    prefer_large_pages(untouched.data, static_cast<size_t>(untouched.bytes));
  });
}

void bind_convert(const Napi::CallbackInfo& info) {
  napi::guarded(info.Env(), [&] {
    arguments args(info, "convert");
    const arguments::span from = args.bytes();
    const dtype from_type = args.id<dtype>(3);
    const arguments::span to = args.bytes();
    const dtype to_type = args.id<dtype>(3);
    const int64_t count = args.integer();
    args.check_span(from, from_type, count, "source");
    args.check_span(to, to_type, count, "target");
    if (from_type != dtype::float32 && to_type != dtype::float32) args.refuse("one of the two types must be float32");
    in_use().float32->convert(from.data, from_type, to.data, to_type, count);
  });
}

Napi::Value bind_matmul(const Napi::CallbackInfo& info) {
  return napi::guarded(info.Env(), [&] {
    arguments args(info, "matmul");
    const int threads = args.threads();
    napi::js_job* control = args.job();
    const auto open = [&] {
      const arguments::span s = args.bytes();
      matrix m;
      m.data = s.data;
      m.stride = args.integer();
      m.step = args.integer();
      return std::pair(m, s);
    };
    auto [a, a_span] = open();
    auto [b, b_span] = open();
    const int64_t m = args.integer(), n = args.integer(), k = args.integer();
    a.rows = m;
    a.columns = b.rows = k;
    b.columns = n;
    args.check_span(a_span, dtype::float32, args.extent(m, a.stride, k, a.step), "a");
    args.check_span(b_span, dtype::float32, args.extent(k, b.stride, n, b.step), "b");
    float* out = args.floats(args.product(m, n), "out");
    return napi::run(info, control, [a = a, b = b, out, threads](job* now) { matmul(a, b, out, threads, now); });
  });
}

Napi::Value bind_softmax(const Napi::CallbackInfo& info) {
  return napi::guarded(info.Env(), [&] {
    arguments args(info, "softmax");
    const int threads = args.threads();
    napi::js_job* control = args.job();
    matrix x = args.open_matrix();
    args.close(x, args.integer(), "x");
    float* out = args.floats(args.product(x.rows, x.columns), "out");
    return napi::run(info, control, [x, out, threads](job* now) { softmax(x, out, threads, now); });
  });
}

Napi::Value bind_softmax_backward(const Napi::CallbackInfo& info) {
  return napi::guarded(info.Env(), [&] {
    arguments args(info, "softmaxBackward");
    const int threads = args.threads();
    napi::js_job* control = args.job();
    const int64_t rows = args.integer(), columns = args.integer(), size = args.product(rows, columns);
    const float* y = args.floats(size, "y");
    const float* g = args.floats(size, "g");
    float* dx = args.floats(size, "dx");
    return napi::run(info, control, [=](job* now) { softmax_backward(rows, columns, y, g, dx, threads, now); });
  });
}

}  // namespace

void bind(Napi::Env env, Napi::Object exports) {
  napi::guarded(env, [] { use_default(); });
  exports.Set("instructionSets", Napi::Function::New(env, list_instruction_sets));
  exports.Set("instructionSet", Napi::Function::New(env, instruction_set_in_use));
  exports.Set("useInstructionSet", Napi::Function::New(env, use_instruction_set));
  exports.Set("cores", Napi::Function::New(env, count_cores));
  exports.Set("cpuName", Napi::Function::New(env, name_cpu));
  exports.Set("job", Napi::Function::New(env, napi::new_job));
  exports.Set("cancel", Napi::Function::New(env, napi::cancel_job));
  exports.Set("preferLargePages", Napi::Function::New(env, bind_prefer_large_pages));
  exports.Set("convert", Napi::Function::New(env, bind_convert));
  exports.Set("matmul", Napi::Function::New(env, bind_matmul));
  exports.Set("softmax", Napi::Function::New(env, bind_softmax));
  exports.Set("softmaxBackward", Napi::Function::New(env, bind_softmax_backward));
}

}  // namespace warpweft::cpu

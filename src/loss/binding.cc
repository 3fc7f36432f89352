#include "loss/binding.h"

#include <algorithm>

#include "loss/loss.h"
#include "napi/run.h"

namespace warpweft::loss {
namespace {

using napi::arguments;

// −1 for none, or a miner's number.
void unpack_miner(arguments& args, loss_params& p) {
  const double miner = args.number();
  if (miner >= static_cast<double>(miner_id::count)) args.refuse("unknown miner");
  p.mined = miner >= 0;
  p.miner = static_cast<miner_id>(p.mined ? static_cast<int32_t>(miner) : 0);
  const std::vector<double> scalars = args.scalars(p.mined ? scalars_of(p.miner) : 0);
  std::copy(scalars.begin(), scalars.end(), p.miner_scalars);
}

void unpack_rows(arguments& args, loss_params& p) {
  p.normalize = args.boolean();
  p.x = args.open_matrix();
  p.y = args.open_matrix();
  const int64_t d = args.integer();
  args.close(p.x, d, "x");
  args.close(p.y, d, "y");
  p.self = args.boolean();
  if (p.self && p.x.rows != p.y.rows) args.refuse("x and y must be the same rows where self is given");
  p.x_labels = args.host_ints(p.x.rows, "xLabels", true);
  p.y_labels = args.host_ints(p.y.rows, "yLabels", true);
  if (!p.x_labels != !p.y_labels) args.refuse("labels must be given for both sides or for neither");
}

loss_params unpack(arguments& args) {
  loss_params p{};
  p.loss = args.id<loss_id>();
  const std::vector<double> scalars = args.scalars(scalars_of(p.loss));
  std::copy(scalars.begin(), scalars.end(), p.scalars);
  p.metric = args.id<distance::metric_id>();
  unpack_miner(args, p);
  p.reduction = args.id<reduction_id>();
  unpack_rows(args, p);
  return p;
}

int64_t values(const loss_params& p) { return p.reduction == reduction_id::none ? p.x.rows : 1; }

Napi::Value bind_forward(const Napi::CallbackInfo& info) {
  return napi::call(info, "forward", forward, [](arguments& args) {
    forward_params p{};
    p.of = unpack(args);
    p.value = args.floats(values(p.of), "value");
    p.state = args.floats(state_size(p.of.loss, p.of.x.rows, p.of.y.rows), "state");
    return p;
  });
}

Napi::Value bind_backward(const Napi::CallbackInfo& info) {
  return napi::call(info, "backward", backward, [](arguments& args) {
    backward_params p{};
    p.of = unpack(args);
    p.state = args.floats(state_size(p.of.loss, p.of.x.rows, p.of.y.rows), "state");
    p.grad = args.floats(values(p.of), "grad");
    p.dx = args.floats(args.product(p.of.x.rows, p.of.x.columns), "dx", true);
    p.dy = args.floats(args.product(p.of.y.rows, p.of.y.columns), "dy", true);
    p.d_temperature = args.floats(1, "dTemperature", true);
    return p;
  });
}

Napi::Value bind_state_size(const Napi::CallbackInfo& info) {
  return napi::guarded(info.Env(), [&] {
    arguments args(info, "stateSize");
    const loss_id loss = args.id<loss_id>();
    const int64_t n = args.integer(), m = args.integer();
    return Napi::Number::New(info.Env(), static_cast<double>(state_size(loss, n, m)));
  });
}

Napi::Int32Array to_array(Napi::Env env, const std::vector<int32_t>& from) {
  Napi::Int32Array array = Napi::Int32Array::New(env, from.size());
  std::copy(from.begin(), from.end(), array.Data());
  return array;
}

Napi::Value bind_mine(const Napi::CallbackInfo& info) {
  return napi::guarded(info.Env(), [&] {
    arguments args(info, "mine", napi::places::host_or_device);
    const int threads = args.threads();
    args.job();
    mine_params p{};
    unpack_miner(args, p.of);
    if (!p.of.mined) args.refuse("miner must be one of the table's");
    p.of.metric = args.id<distance::metric_id>();
    unpack_rows(args, p.of);
    if (!p.of.x_labels) args.refuse("labels are needed");
    const mined_pairs pairs = mine(p, {threads, nullptr, args.on()});
    Napi::Object out = Napi::Object::New(info.Env());
    out.Set("anchor1", to_array(info.Env(), pairs.anchor1));
    out.Set("positive", to_array(info.Env(), pairs.positive));
    out.Set("anchor2", to_array(info.Env(), pairs.anchor2));
    out.Set("negative", to_array(info.Env(), pairs.negative));
    return out;
  });
}

}  // namespace

Napi::Object bind(Napi::Env env) {
  Napi::Object family = Napi::Object::New(env);
  family.Set("stateSize", Napi::Function::New(env, bind_state_size));
  family.Set("forward", Napi::Function::New(env, bind_forward));
  family.Set("backward", Napi::Function::New(env, bind_backward));
  family.Set("mine", Napi::Function::New(env, bind_mine));
  return family;
}

}  // namespace warpweft::loss

#include "loss/binding.h"

#include <algorithm>

#include "loss/binding_triplets.h"
#include "loss/loss.h"
#include "napi/run.h"

namespace warpweft::loss {
namespace {

using napi::arguments;

void unpack_weights(arguments& args, loss_params& p) {
  pair_weights& w = p.weights;
  w.given = args.floats(args.product(p.x.rows, p.y.rows), "weights", true);
  w.clusterings = args.integer();
  w.x_clusters = args.host_ints(args.product(w.clusterings, p.x.rows), "xClusters", true);
  w.y_clusters = args.host_ints(args.product(w.clusterings, p.y.rows), "yClusters", true);
  if (!w.x_clusters != !w.y_clusters || (w.clusterings > 0 && !w.x_clusters)) args.refuse("clusters must be given for both sides");
}

// −1 for none, or a miner's number.
void unpack_miner(arguments& args, loss_params& p) {
  const double miner = args.number();
  if (miner >= static_cast<double>(miner_id::count)) args.refuse("unknown miner");
  p.mined = miner >= 0;
  p.miner = static_cast<miner_id>(p.mined ? static_cast<int32_t>(miner) : 0);
  const std::vector<double> scalars = args.scalars(p.mined ? scalars_of(p.miner) : 0);
  std::copy(scalars.begin(), scalars.end(), p.miner_scalars);
}

// Rows of a guide; others are passed in their place where there is none, and not read.
void unpack_guide(arguments& args, loss_params& p) {
  p.guided = args.boolean();
  p.guide_x = args.open_matrix();
  p.guide_y = args.open_matrix();
  const int64_t d = args.integer();
  args.close(p.guide_x, d, "guideX");
  args.close(p.guide_y, d, "guideY");
  if (p.guided && (p.guide_x.rows != p.x.rows || p.guide_y.rows != p.y.rows)) args.refuse("a guide has the rows of x and y");
}

// Widths that the loss is summed over, of which there are none without them.
void unpack_prefixes(arguments& args, loss_params& p) {
  p.prefix_count = args.integer();
  p.prefixes = args.host_ints(p.prefix_count, "prefixes", true);
  if (!p.prefixes) return;
  if (p.prefix_count == 0) args.refuse("prefixes must be one or more");
  for (int64_t g = 0; g < p.prefix_count; ++g)
    if (p.prefixes[g] <= (g > 0 ? p.prefixes[g - 1] : 0) || p.prefixes[g] > p.x.columns)
      args.refuse("prefixes must rise within the columns");
}

int64_t whole_state(const loss_params& p) { return state_size(p.loss, p.x.rows, p.y.rows) * (p.prefixes ? p.prefix_count : 1); }

void unpack_rows(arguments& args, loss_params& p) {
  p.normalize = args.boolean();
  p.x = args.open_matrix();
  p.y = args.open_matrix();
  const int64_t d = args.integer();
  args.close(p.x, d, "x");
  args.close(p.y, d, "y");
  p.self = args.boolean();
  if (p.self && p.x.rows != p.y.rows) args.refuse("x and y must be the same rows where self is given");
  p.match = args.id<matching>();
  p.label_words = args.integer(1);
  const bool bits = p.match == matching::shared_bits, labeled = p.match == matching::labels || bits;
  if (p.label_words != 1 && !bits) args.refuse("labelWords belongs to sets of bits");
  p.x_labels = args.host_ints(args.product(p.x.rows, p.label_words), "xLabels", true);
  p.y_labels = args.host_ints(args.product(p.y.rows, p.label_words), "yLabels", true);
  p.x_ids = args.host_ints(p.x.rows, "xIds", true);
  p.y_ids = args.host_ints(p.y.rows, "yIds", true);
  if (!p.x_ids != !p.y_ids) args.refuse("ids must be given of both sides, or of none");
  const bool x = labeled || p.match == matching::candidate_class;
  const bool y = labeled || p.match == matching::anchor_class;
  unpack_guide(args, p);
  unpack_prefixes(args, p);
  if (x != !!p.x_labels || y != !!p.y_labels) args.refuse("labels must be given where matching asks for them, and nowhere else");
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
  p.beside = args.floats(p.y.rows, "beside", true);
  p.given = args.floats(p.x.rows, "given", true);
  unpack_weights(args, p);
  if (wants_given(p.loss) != !!p.given) args.refuse("given must be there where the loss asks for it, and nowhere else");
  return p;
}

int64_t values(const loss_params& p) { return p.reduction == reduction_id::none ? p.x.rows : 1; }

Napi::Value bind_forward(const Napi::CallbackInfo& info) {
  return napi::call(info, "forward", forward, [](arguments& args) {
    forward_params p{};
    p.of = unpack(args);
    p.value = args.floats(values(p.of), "value");
    p.state = args.floats(whole_state(p.of), "state");
    return p;
  });
}

Napi::Value bind_backward(const Napi::CallbackInfo& info) {
  return napi::call(info, "backward", backward, [](arguments& args) {
    backward_params p{};
    p.of = unpack(args);
    p.state = args.floats(whole_state(p.of), "state");
    p.grad = args.floats(values(p.of), "grad");
    p.dx = args.floats(args.product(p.of.x.rows, p.of.x.columns), "dx", true);
    p.dy = args.floats(args.product(p.of.y.rows, p.of.y.columns), "dy", true);
    p.d_tensors = args.floats(tensors_of(p.of.loss), "dTensors", true);
    p.d_beside = args.floats(p.of.y.rows, "dBeside", true);
    p.d_weights = args.floats(args.product(p.of.x.rows, p.of.y.rows), "dWeights", true);
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
    if (p.of.match != matching::labels && p.of.match != matching::shared_bits) args.refuse("labels are needed");
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
  bind_triplets(env, family);
  return family;
}

}  // namespace warpweft::loss

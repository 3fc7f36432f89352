#include "loss/binding_triplets.h"

#include <algorithm>

#include "loss/loss.h"
#include "loss/triplets.h"
#include "napi/run.h"

namespace warpweft::loss {
namespace {

using napi::arguments;

// Numbers in the order of lib/loss/triplets.ts.
triplet_rule unpack_rule(arguments& args) {
  triplet_rule rule{};
  rule.value = args.id<triplet_value>();
  const std::vector<double> numbers = args.scalars(5);
  rule.margin = static_cast<float>(numbers[0]);
  rule.beta = static_cast<float>(numbers[1]);
  rule.lower = static_cast<float>(numbers[2]);
  rule.upper = static_cast<float>(numbers[3]);
  rule.missing = static_cast<float>(numbers[4]);
  rule.positives = args.id<triplet_choice>();
  rule.negatives = args.id<triplet_choice>();
  rule.farthest = args.boolean();
  rule.every_anchor = args.boolean();
  return rule;
}

bool rule_lists(const triplet_rule& rule) { return rule.positives == triplet_choice::listed; }

// Rows of a block and their kinds; a candidate has `scores_each` scores.
whole_rows unpack_rows(arguments& args, int64_t scores_each = 1) {
  whole_rows p{};
  p.larger = args.boolean();
  p.anchors = args.integer();
  p.candidates = args.integer();
  p.first = args.integer();
  p.rows = args.integer();
  p.self = args.boolean();
  if (p.first + p.rows > p.anchors || (p.self && p.anchors != p.candidates)) args.refuse("anchors out of range");
  p.scores = args.floats(args.product(p.rows, args.product(p.candidates, scores_each)), "scores");
  p.member_count = args.integer();
  p.members = args.ints(p.member_count, "members");
  p.lists = args.ints(args.product(2, p.anchors), "lists");
  p.set_words = args.integer();
  p.x_sets = args.ints(args.product(p.anchors, p.set_words), "xSets", true);
  p.y_sets = args.ints(args.product(p.candidates, p.set_words), "ySets", true);
  if (p.set_words > 0 && (!p.x_sets || !p.y_sets)) args.refuse("sets must be given of both sides");
  p.x_ids = args.ints(p.anchors, "xIds", true);
  p.y_ids = args.ints(p.candidates, "yIds", true);
  if (!p.x_ids != !p.y_ids) args.refuse("ids must be given of both sides, or of none");
  return p;
}

template <class Params>
void unpack_gradient(arguments& args, Params& p) {
  p.none = args.boolean();
  p.grad = args.floats(p.none ? p.of.anchors : 1, "grad");
  p.state = args.floats(2, "state");
}

Napi::Value bind_call(const Napi::CallbackInfo& info) {
  return napi::call(info, "triplets", triplets, [](arguments& args) {
    triplet_params p{};
    p.rule = unpack_rule(args);
    p.of = unpack_rows(args);
    if (rule_lists(p.rule)) {
      p.pair_count = args.integer();
      p.pairs = args.ints(args.product(2, p.pair_count), "pairs");
      p.pair_lists = args.ints(args.product(2, p.of.anchors), "pairLists");
    }
    p.from = args.integer();
    p.until = args.integer();
    if (p.until < p.from || p.until > p.of.candidates) args.refuse("positives out of range");
    const int64_t between = args.product(p.until - p.from, p.of.candidates);
    p.among = args.floats(between, "among", true);
    p.parts = args.floats(args.product(3, p.of.anchors), "parts", true);
    if (p.parts) return p;
    unpack_gradient(args, p);
    p.weights = args.floats(args.product(p.of.rows, p.of.candidates), "weights");
    if (p.among) p.among_weights = args.floats(between, "amongWeights");
    return p;
  });
}

Napi::Value bind_scored(const Napi::CallbackInfo& info) {
  return napi::call(info, "scored", scored, [](arguments& args) {
    scored_params p{};
    p.loss = args.id<loss_id>();
    const std::vector<double> scalars = args.scalars(scalars_of(p.loss));
    std::copy(scalars.begin(), scalars.end(), p.scalars);
    p.centers = args.integer(1);
    p.of = unpack_rows(args, p.centers);
    p.kept = args.ints(args.product(p.of.rows, p.of.candidates), "kept", true);
    p.x_beside = args.floats(p.of.anchors, "xBeside", true);
    p.y_beside = args.floats(p.of.candidates, "yBeside", true);
    p.parts = args.floats(args.product(6, p.of.anchors), "parts", true);
    if (p.parts) return p;
    unpack_gradient(args, p);
    p.weights = args.floats(args.product(p.of.rows, args.product(p.of.candidates, p.centers)), "weights");
    return p;
  });
}

Napi::Value bind_rank(const Napi::CallbackInfo& info) {
  return napi::call(info, "rank", rank, [](arguments& args) {
    rank_params p{};
    const std::vector<double> scalars = args.scalars(scalars_of(miner_id::hard_negatives));
    std::copy(scalars.begin(), scalars.end(), p.scalars);
    p.of = unpack_rows(args);
    const int64_t pairs = args.product(p.of.rows, p.of.candidates);
    p.guide = args.floats(pairs, "guide");
    p.kept = args.ints(pairs, "kept");
    return p;
  });
}

Napi::Value bind_total(const Napi::CallbackInfo& info) {
  return napi::call(info, "total", total, [](arguments& args) {
    total_params p{};
    p.anchors = args.integer();
    p.two_parts = args.boolean();
    p.parts = args.floats(args.product(p.two_parts ? 6 : 3, p.anchors), "parts");
    p.reduction = args.id<reduction_id>();
    p.value = args.floats(p.reduction == reduction_id::none ? p.anchors : 1, "value");
    p.state = args.floats(2, "state");
    return p;
  });
}

}  // namespace

void bind_triplets(Napi::Env env, Napi::Object& family) {
  family.Set("triplets", Napi::Function::New(env, bind_call));
  family.Set("scored", Napi::Function::New(env, bind_scored));
  family.Set("rank", Napi::Function::New(env, bind_rank));
  family.Set("total", Napi::Function::New(env, bind_total));
}

}  // namespace warpweft::loss

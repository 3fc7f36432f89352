#include "loss/gpu_problem.h"

#include <algorithm>
#include <utility>

#include "distance/operands.h"
#include "loss/ops.gen.h"

namespace warpweft::loss::on_gpu {
namespace {

using distance::metric_id;
using distance::on_gpu::splits;

bool wants_unit_rows(const loss_params& p) { return p.normalize || distance::traits_of(p.metric).on_unit_rows; }

distance::pair_params seen_pair(const loss_params& p) {
  return pair_of(p.metric == metric_id::cosine_similarity ? metric_id::inner : p.metric, p.x, p.y, p.self);
}

}  // namespace

loss_scalars device_scalars(loss_id loss, const double* scalars) {
  loss_scalars s{};
  switch (loss) {
#define WARPWEFT_SCALARS(name) \
  case loss_id::name: s.name = name##_from(scalars); break;
    WARPWEFT_LOSS_LIST(WARPWEFT_SCALARS)
#undef WARPWEFT_SCALARS
    default: break;
  }
  return s;
}

namespace {

miner_scalars mining_of(const loss_params& p) {
  miner_scalars s{};
  switch (p.miner) {
#define WARPWEFT_SCALARS(name) \
  case miner_id::name: s.name = name##_miner_from(p.miner_scalars); break;
    WARPWEFT_MINER_LIST(WARPWEFT_SCALARS)
#undef WARPWEFT_SCALARS
    default: break;
  }
  return s;
}

template <class Loss, class Params>
traits traits_from(const Params& params) {
  traits t{sizeof(typename Loss::template state<float>),
           Loss::two_parts,
           Loss::positives_last,
           Loss::tensors,
           1,
           false,
           0,
           Loss::meets_other,
           false};
  if constexpr (Loss::has_filter) t.filters = params.filter;
  if constexpr (Loss::has_beside) t.beside_slope = static_cast<double>(Loss(params, true).beside_slope());
  if constexpr (Loss::has_directions) {
    t.symmetric = params.symmetric;
    t.target_offset = params.target_offset;
  }
  return t;
}

int64_t state_bytes_of(miner_id miner) {
  switch (miner) {
#define WARPWEFT_BYTES(name) \
  case miner_id::name: return sizeof(WARPWEFT_ISA::mine_##name::state<float>);
    WARPWEFT_MINER_LIST(WARPWEFT_BYTES)
#undef WARPWEFT_BYTES
    default: return 0;
  }
}

}  // namespace

traits traits_of(const loss_params& p) {
  const loss_scalars s = device_scalars(p.loss, p.scalars);
  switch (p.loss) {
#define WARPWEFT_TRAITS(name) \
  case loss_id::name: return traits_from<WARPWEFT_ISA::name>(s.name);
    WARPWEFT_LOSS_LIST(WARPWEFT_TRAITS)
#undef WARPWEFT_TRAITS
    default: return {};
  }
}

problem::problem(const loss_params& p, gpu::device& on)
    : on_(on), unit_rows_(wants_unit_rows(p)), seen_(seen_pair(p)), both_(on, seen_, unit_rows_) {
  pairs_.pair = both_.pair();
  pairs_.bit_words = p.match == matching::shared_bits ? static_cast<int32_t>(p.label_words) : 0;
  pairs_.x_labels = upload_labels(p.x_labels, p.x.rows, p.label_words);
  pairs_.y_labels = p.self ? pairs_.x_labels : upload_labels(p.y_labels, p.y.rows, p.label_words);
  pairs_.x_ids = upload(p.x_ids, p.x.rows);
  pairs_.y_ids = p.self ? pairs_.x_ids : upload(p.y_ids, p.y.rows);
  pairs_.y_beside = p.beside;
  pairs_.by_position = p.match == matching::position ? 1 : 0;
  pairs_.loss = device_scalars(p.loss, p.scalars);
  pairs_.mining = mining_of(p);
  pairs_.larger = distance::larger_is_closer(p.metric) ? 1 : 0;
  pairs_.mined = p.mined ? 1 : 0;
  pairs_.miner = p.miner;
  pairs_.which = p.loss;
  pairs_.shift = traits_of(p).target_offset;
  weigh_pairs(p);
}

void problem::weigh_pairs(const loss_params& p) {
  const int64_t count = p.weights.clusterings;
  pairs_.weights = {p.weights.given, count, upload(p.weights.x_clusters, count * p.x.rows), upload(p.weights.y_clusters, count * p.y.rows)};
  pairs_.x_step = p.y.rows;
  pairs_.y_step = 1;
}

const int32_t* problem::upload(const int32_t* labels, int64_t rows) {
  if (!labels) return nullptr;
  memory_.push_back(gpu::uploaded(on_, labels, rows));
  return memory_.back().as<int32_t>();
}

// Word w of all rows together, as neighbours read it.
const int32_t* problem::upload_labels(const int32_t* labels, int64_t rows, int64_t words) {
  if (!labels || words <= 1) return upload(labels, rows);
  std::vector<int32_t> turned(static_cast<size_t>(rows * words));
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t w = 0; w < words; ++w) turned[static_cast<size_t>(w * rows + i)] = labels[i * words + w];
  return upload(turned.data(), rows * words);
}

device_pairs problem::pairs(bool across) const {
  device_pairs seen = pairs_;
  if (!across) return seen;
  std::swap(seen.pair.x, seen.pair.y);
  std::swap(seen.x_labels, seen.y_labels);
  std::swap(seen.x_ids, seen.y_ids);
  std::swap(seen.x_beside, seen.y_beside);
  std::swap(seen.weights.x_clusters, seen.weights.y_clusters);
  std::swap(seen.x_step, seen.y_step);
  seen.shift = -seen.shift;
  return seen;
}

void see_extremes(const problem& of, miner_id miner, float* fields, int64_t stride) {
  const int64_t n = of.rows(false), m = of.rows(true);
  const splits cut(n, m, m + 1);
  const gpu::buffer partial = of.on().allocate(static_cast<size_t>(cut.count * n * state_bytes_of(miner)));
  fold_launch l{};
  l.of = of.pairs(false);
  l.of.pair.split_columns = cut.columns;
  l.partial = partial.address();
  l.splits = cut.count;
  l.fields = fields;
  l.stride = stride;
  of.launch_tiles(of.entry("loss_extremes"), cut.grid(n), l);
  launch_rows(of.on(), "loss_extremes_join", n, l);
}

}  // namespace warpweft::loss::on_gpu

#include "attention/gpu_prefill.h"

#include <algorithm>
#include <vector>

#include "attention/cut.h"
#include "attention/gpu_rows.h"
#include "attention/launch_prefill.h"
#include "gpu/step.h"

namespace warpweft::attention::on_gpu {
namespace {

using namespace device_prefill;

int64_t up(int64_t value, int64_t step) { return (value + step - 1) / step; }

// What is the same for all kernels of a call, and the memory that it takes.
class prefill {
 public:
  prefill(gpu::device& on, const attention_params& p, dtype type);

  prefill_launch& launch() { return launch_; }
  device_rows rows_of(const void* data, dtype from, int64_t rows, int64_t columns, dtype type);
  // parts: groups or heads; rows: of the largest part; columns: of what is added up, by 128 a block.
  void run(const char* entry, int64_t parts, int64_t rows, int64_t columns, float* out, int64_t shared_bytes);
  int64_t group_rows() const { return group_rows_; }

 private:
  const int32_t* upload(const int32_t* from, int64_t count);

  gpu::device& on_;
  prefill_launch launch_{};
  int64_t group_rows_ = 0;
  std::vector<gpu::buffer> memory_;
};

prefill::prefill(gpu::device& on, const attention_params& p, dtype type) : on_(on) {
  const int64_t limit = int64_t{1} << 30;
  if (p.queries * p.heads >= limit || p.keys >= limit)
    throw coded_error("ERR_ARGUMENT", "attention: a GPU takes fewer than 2^30 keys, and queries times heads, of a sequence");
  launch_.q = rows_of(p.q, p.q_type, p.batches * p.queries * p.heads, p.key_columns, type);
  launch_.k = rows_of(p.k, p.k_type, p.batches * p.keys * p.key_heads, p.key_columns, type);
  launch_.v = rows_of(p.v, p.v_type, p.batches * p.keys * p.value_heads, p.value_columns, type);
  launch_.batches = p.batches;
  launch_.queries = p.queries;
  launch_.keys = p.keys;
  launch_.heads = p.heads;
  launch_.key_heads = p.key_heads;
  launch_.value_heads = p.value_heads;
  launch_.query_lengths = upload(p.query_lengths, p.batches);
  launch_.key_lengths = upload(p.key_lengths, p.batches);
  std::vector<int32_t> heads, begin{0}, key_head, value_head;
  for (const head_group& group : group_heads(p.heads, p.key_head, p.value_head)) {
    heads.insert(heads.end(), group.heads.begin(), group.heads.end());
    begin.push_back(static_cast<int32_t>(heads.size()));
    key_head.push_back(group.key_head);
    value_head.push_back(group.value_head);
    group_rows_ = std::max(group_rows_, p.queries * static_cast<int64_t>(group.heads.size()));
  }
  launch_.groups = static_cast<int64_t>(key_head.size());
  launch_.group_heads = upload(heads.data(), p.heads);
  launch_.group_begin = upload(begin.data(), launch_.groups + 1);
  launch_.group_key_head = upload(key_head.data(), launch_.groups);
  launch_.group_value_head = upload(value_head.data(), launch_.groups);
  launch_.score = p.score;
  launch_.sight = p.sight;
  launch_.bias = p.bias;
  launch_.lse = p.lse;
  launch_.state = p.state;
}

const int32_t* prefill::upload(const int32_t* from, int64_t count) {
  if (!from) return nullptr;
  memory_.push_back(gpu::uploaded(on_, from, count));
  return memory_.back().as<int32_t>();
}

device_rows prefill::rows_of(const void* data, dtype from, int64_t rows, int64_t columns, dtype type) {
  packed_rows found = packed(on_, data, from, rows, columns, type);
  memory_.push_back(std::move(found.copy));
  return {found.data, found.stride, columns * size_of(type)};
}

void prefill::run(const char* entry, int64_t parts, int64_t rows, int64_t columns, float* out, int64_t shared_bytes) {
  launch_.blocks = up(rows, block_rows);
  launch_.columns = columns;
  launch_.out = out;
  const int64_t blocks = launch_.batches * parts * launch_.blocks, across = up(columns, block_columns);
  if (blocks >= int64_t{1} << 31 || across >= int64_t{1} << 16)
    throw coded_error("ERR_ARGUMENT", "attention: the call has more blocks than a GPU's grid");
  gpu::launch(on_, gpu::find(on_, "attention", entry), {static_cast<uint32_t>(blocks), static_cast<uint32_t>(across)}, {block_threads},
              static_cast<uint32_t>(shared_bytes), launch_);
}

// Rows of one 16-bit type are met as they are; what differs meets in float32, which holds both.
dtype common_type(const attention_params& p) { return p.q_type == p.k_type && p.k_type == p.v_type ? p.q_type : dtype::float32; }

const char* forward_entry(dtype type) {
  switch (type) {
    case dtype::float16: return "attention_forward_float16";
    case dtype::bfloat16: return "attention_forward_bfloat16";
    default: return "attention_forward_float32";
  }
}

}  // namespace

void forward(const attention_params& p, const call_options& how) {
  const gpu::step one(how.control);
  if (p.batches * p.queries * p.heads == 0) return;
  const dtype type = common_type(p);
  const int64_t slices = up(p.key_columns * size_of(type), slice_bytes), kept = slices <= most_resident_slices ? slices : 0;
  prefill call(*how.on, p, type);
  call.run(forward_entry(type), call.launch().groups, call.group_rows(), p.value_columns, p.out,
           stages * stage_bytes(static_cast<int>(size_of(type))) + kept * slice_rows_bytes);
}

void backward(const attention_backward_params& p, const call_options& how) {
  const attention_params& of = p.of;
  gpu::device& on = *how.on;
  const gpu::step one(how.control);
  const int64_t rows = of.batches * of.queries * of.heads, shared = stages * stage_bytes(4);
  prefill call(on, of, dtype::float32);
  const gpu::buffer dots = on.allocate(static_cast<size_t>(rows) * sizeof(float));
  row_dots(on, p.grad, of.out, rows, of.value_columns, dots.as<float>());
  call.launch().grad = call.rows_of(p.grad, dtype::float32, rows, of.value_columns, dtype::float32);
  call.launch().dots = dots.as<float>();
  if (p.dq) call.run("attention_backward_queries", call.launch().groups, call.group_rows(), of.key_columns, p.dq, shared);
  if (p.dk) call.run("attention_backward_keys", of.key_heads, of.keys, of.key_columns, p.dk, shared);
  if (p.dv) call.run("attention_backward_values", of.value_heads, of.keys, of.value_columns, p.dv, shared);
}

}  // namespace warpweft::attention::on_gpu

#include "loss/triplets.h"

#include "cpu/threads.h"
#include "loss/cpu.h"
#include "loss/gpu.h"

namespace warpweft::loss {
namespace {

[[noreturn]] void refuse(const char* what) { throw coded_error("ERR_ARGUMENT", std::string("triplets: ") + what); }

// Lists lie within their members, which ascend and are rows.
void check_lists(const int32_t* lists, int64_t count, const int32_t* members, int64_t member_count, int64_t rows) {
  for (int64_t i = 0; i < count; ++i) {
    const int32_t begin = lists[i], end = lists[count + i];
    if (begin < 0 || end < begin || end > member_count) refuse("a list reaches beyond its members");
  }
  for (int64_t at = 0; at < member_count; ++at)
    if (members[at] < 0 || members[at] >= rows) refuse("a member is no row");
}

}  // namespace

void check_lists(const whole_rows& p) { check_lists(p.lists, p.anchors, p.members, p.member_count, p.candidates); }

// A row belongs to one worker, and each of its sums has one order.
void triplets(const triplet_params& p, const call_options& how) {
  if (how.on) return on_gpu::triplets(p, how);
  check_lists(p.of);
  if (p.pairs) check_lists(p.pair_lists, p.of.anchors, p.pairs, 2 * p.pair_count, p.of.candidates);
  const strips& family = strips_in_use();
  if (how.control) how.control->begin_sweep();
  cpu::parallel(p.of.rows, how.threads, how.control, [&](int64_t r, int) { family.triplet_anchor(p, r); });
  if (p.among && p.among_weights)
    cpu::parallel(p.until - p.from, how.threads, how.control, [&](int64_t q, int) { family.triplet_between(p, q); });
}

void total(const total_params& p, const call_options& how) {
  if (how.on) return on_gpu::total(p, how);
  const int64_t n = p.anchors;
  double value = 0;
  for (int side = 0; side < 2; ++side) {
    double sum = 0, count = 0, non_zero = 0;
    for (int64_t i = 0; i < n && (side == 0 || p.two_parts); ++i) {
      const float* of = p.parts + 3 * side * n + i;
      sum += static_cast<double>(of[0]);
      count += static_cast<double>(of[n]);
      non_zero += static_cast<double>(of[2 * n]);
      if (p.reduction == reduction_id::none) p.value[i] = side == 0 ? of[0] : p.value[i] + of[0];
    }
    const double divisor = p.reduction == reduction_id::mean ? count : p.reduction == reduction_id::mean_non_zero ? non_zero : 1;
    const double factor = divisor > 0 ? 1 / divisor : 0;
    p.state[side] = static_cast<float>(factor);
    if (count > 0) value += sum * factor;
  }
  if (p.reduction != reduction_id::none) p.value[0] = static_cast<float>(value);
}

}  // namespace warpweft::loss

#include "distance/scan.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/num.h"
#include "distance/scanner.h"

namespace warpweft::distance {
namespace {

constexpr int64_t longest_list = 4096;

// The metric is a function of one sum over the columns of stored rows, and there are few queries.
bool suits(const pair_params& pair, const traits& metric) {
  return pair.x.rows <= most_few && pair.y.rows > 0 && !pair.self && !pair.whitener && metric.kind == form::dot && !metric.has_extra &&
         !metric.centred_rows;
}

void store_pairs(const scanner& scan, const pairwise_params& p, const call_options& how) {
  const cpu::kernels& kern = *cpu::in_use().float32;
  scan.run(how, [&](int64_t, int64_t q, const float* values, int64_t first, int rows) {
    const int64_t at = q * p.out_stride + first;
    if (p.out_type == dtype::float32)
      std::copy_n(values, rows, static_cast<float*>(p.out) + at);
    else
      kern.convert(values, dtype::float32, static_cast<uint16_t*>(p.out) + at, p.out_type, rows);
  });
}

// `again`: values are evaluated in float64 before they are returned, and lists are longer than k by what that may change.
void find_closest(const scanner& scan, const top_k_params& p, bool again, const call_options& how) {
  const scans& family = scans_in_use();
  const bool larger = larger_is_closer(scan.pair().metric);
  constexpr int64_t slack = 8;
  const int64_t k = std::min(p.k + (again ? slack : 0), scan.rows()), few = scan.few();
  cpu::buffer<entry> entries(scan.ranges() * few * k);
  std::vector<scan_list> lists(static_cast<size_t>(scan.ranges() * few));
  for (size_t i = 0; i < lists.size(); ++i) lists[i] = {entries.data() + static_cast<int64_t>(i) * k, k, 0, std::nanf("")};
  scan.run(how, [&](int64_t range, int64_t q, const float* values, int64_t first, int rows) {
    family.offer(lists[static_cast<size_t>(range * few + q)], values, first, rows, larger, p.exclude_self ? q : -1);
  });
  const score_context& c = scan.pair();
  cpu::buffer<float> room(2 * c.lanes->of.columns), values(k);
  cpu::buffer<int32_t> ids(k);
  std::vector<entry> joined;
  for (int64_t q = 0; q < few; ++q) {
    joined.clear();
    for (int64_t range = 0; range < scan.ranges(); ++range) {
      const scan_list& list = lists[static_cast<size_t>(range * few + q)];
      joined.insert(joined.end(), list.entries, list.entries + list.size);
    }
    std::sort(joined.begin(), joined.end());
    const int64_t found = std::min<int64_t>(k, static_cast<int64_t>(joined.size()));
    for (int64_t i = 0; i < found; ++i) {
      ids[i] = row_of(joined[static_cast<size_t>(i)]);
      values[i] = value_of(joined[static_cast<size_t>(i)], larger);
    }
    if (again) family.evaluate[static_cast<int>(c.metric)](c, q, ids.data(), found, values.data(), room.data());
    std::vector<int64_t> order(static_cast<size_t>(found));
    for (int64_t i = 0; i < found; ++i) order[static_cast<size_t>(i)] = i;
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      const float left = larger ? -values[a] : values[a], right = larger ? -values[b] : values[b];
      return left < right || (left == right && ids[a] < ids[b]);
    });
    for (int64_t i = 0; i < p.k; ++i) {
      const bool filled = i < found;
      const int64_t from = filled ? order[static_cast<size_t>(i)] : 0;
      p.values[q * p.k + i] = filled ? values[from] : std::nanf("");
      p.indices[q * p.k + i] = filled ? ids[from] : -1;
    }
  }
}

void reduce_few(const scanner& scan, const reduce_params& p, const call_options& how) {
  const scans& family = scans_in_use();
  const bool is_min = p.reduction == row_reduction_id::min;
  const int64_t few = scan.few();
  const scan_total nothing{0.0, is_min ? INFINITY : -INFINITY, lowest, false};
  std::vector<scan_total> totals(static_cast<size_t>(scan.ranges() * few), nothing);
  scan.run(how, [&](int64_t range, int64_t q, const float* values, int64_t, int rows) {
    family.add(totals[static_cast<size_t>(range * few + q)], values, rows, p.reduction, p.scale);
  });
  for (int64_t q = 0; q < few; ++q) {
    scan_total all = nothing;
    for (int64_t range = 0; range < scan.ranges(); ++range) {
      const scan_total& one = totals[static_cast<size_t>(range * few + q)];
      const float top = std::max(all.top, one.top);
      const bool shifted = p.reduction == row_reduction_id::log_sum_exp;
      all.sum = !shifted ? all.sum + one.sum
                         : all.sum * std::exp(static_cast<double>(all.top) - top) + one.sum * std::exp(static_cast<double>(one.top) - top);
      all.top = top;
      all.extreme = is_min ? std::min(all.extreme, one.extreme) : std::max(all.extreme, one.extreme);
      all.poison |= one.poison;
    }
    float& out = p.out[q];
    switch (p.reduction) {
      case row_reduction_id::sum: out = static_cast<float>(all.sum); break;
      case row_reduction_id::mean: out = static_cast<float>(all.sum / static_cast<double>(scan.rows())); break;
      case row_reduction_id::log_sum_exp: out = static_cast<float>(all.top + std::log(all.sum)); break;
      default: out = all.extreme;
    }
    if (all.poison) out = std::nanf("");
  }
}

// Values of a dot are near enough; those of a difference too, where rows lost nothing on the way.
bool wants_again(const score_context& c, const traits& metric) {
  return metric.safety == exact::dot64 || (metric.safety == exact::difference && !c.tiles_exact);
}

}  // namespace

const scans& scans_in_use() {
  switch (cpu::in_use().functors) {
#define WARPWEFT_SCANS(name) \
  case cpu::isa_id::name: return scan_##name;
    WARPWEFT_ISA_LIST(WARPWEFT_SCANS)
#undef WARPWEFT_SCANS
    default: return scan_scalar;
  }
}

bool scan_pairwise(const pairwise_params& p, const call_options& how) {
  const traits metric = traits_of(p.pair.metric);
  if (!suits(p.pair, metric)) return false;
  store_pairs(scanner(p.pair, metric), p, how);
  return true;
}

bool scan_top_k(const top_k_params& p, const call_options& how) {
  const traits metric = traits_of(p.pair.metric);
  if (!suits(p.pair, metric) || p.k > longest_list) return false;
  const scanner scan(p.pair, metric);
  find_closest(scan, p, wants_again(scan.pair(), metric), how);
  return true;
}

bool scan_reduce(const reduce_params& p, const call_options& how) {
  const traits metric = traits_of(p.pair.metric);
  if (!suits(p.pair, metric)) return false;
  reduce_few(scanner(p.pair, metric), p, how);
  return true;
}

bool scan_top_k(const operands& both, const top_k_params& p, const call_options& how) {
  const traits metric = traits_of(p.pair.metric);
  const bool codes = both.y().of.type == dtype::int8;
  if (both.x().of.rows > most_few || both.y().of.rows == 0 || metric.kind != form::dot || p.k > longest_list) return false;
  const scanner scan(both, p.pair.x_scale);
  find_closest(scan, p, codes || wants_again(scan.pair(), metric), how);
  return true;
}

bool scan_reduce(const operands& both, const reduce_params& p, const call_options& how) {
  const bool codes = both.y().of.type == dtype::int8;
  if (both.x().of.rows > most_few || both.y().of.rows == 0 || traits_of(p.pair.metric).kind != form::dot || codes) return false;
  reduce_few(scanner(both, p.pair.x_scale), p, how);
  return true;
}

}  // namespace warpweft::distance

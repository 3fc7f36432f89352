// Rank counting on a GPU, a chunk of queries at a time, so that device memory follows the positives of a chunk. What is known of each query
// goes to the host, which waits for it.
#include <algorithm>
#include <vector>

#include "base/order.h"
#include "distance/gpu.h"
#include "distance/gpu_operands.h"
#include "gpu/step.h"
#include "distance/launch.h"

namespace warpweft::distance::on_gpu {
namespace {

constexpr int64_t most_listed = 4 << 20;   // positives of a chunk, unless one tile of queries has more
constexpr int64_t most_counted = 8 << 20;  // of the splits' counts together

// Of each row, how many of its label stand before it.
std::vector<int32_t> places_of(const std::vector<int32_t>& order, const int32_t* labels) {
  std::vector<int32_t> places(order.size());
  for (size_t i = 1; i < order.size(); ++i) places[order[i]] = labels[order[i]] == labels[order[i - 1]] ? places[order[i - 1]] + 1 : 0;
  return places;
}

class ranking {
 public:
  ranking(const rank_params& p, gpu::device& on)
      : p_(p), on_(on), order_(sorted_by_label(p.reference_labels, p.pair.y.rows)), both_(on, p.pair, false),
        of_rows_(gpu::uploaded(on, p.query_labels, p.pair.x.rows)), of_columns_(gpu::uploaded(on, p.reference_labels, p.pair.y.rows)),
        places_(gpu::uploaded(on, places_of(order_, p.reference_labels).data(), p.pair.y.rows)) {
    launch_.pair = both_.pair();
    launch_.larger = larger_is_closer(p.pair.metric) ? 1 : 0;
    launch_.rank.x_labels = of_rows_.as<int32_t>();
    launch_.rank.y_labels = of_columns_.as<int32_t>();
    launch_.rank.places = places_.as<int32_t>();
    launch_.rank.own = p.own ? 1 : 0;
  }

  void run(job* control) {
    const int64_t n = p_.pair.x.rows;
    for (int64_t first = 0; first < n;) {
      if (control) control->check();
      std::vector<int64_t> lists{0};
      int64_t last = first;
      while (last < n && (last == first || lists.back() < most_listed))
        for (int l = 0; l < device::tile_rows && last < n; ++l, ++last) lists.push_back(lists.back() + positives(last));
      rank_chunk({first, last}, lists);
      first = last;
      if (control) control->advance(first, n);
    }
  }

 private:
  int64_t positives(int64_t query) const {
    const label_range of = range_of(order_, p_.reference_labels, p_.query_labels[query]);
    return of.end - of.begin - (p_.own ? 1 : 0);
  }

  void rank_chunk(const row_span& span, const std::vector<int64_t>& lists) {
    const int64_t rows = span.last - span.first, listed = lists.back();
    const splits cut(rows, p_.pair.y.rows, std::max<int64_t>(1, most_counted / std::max<int64_t>(1, listed)));
    const gpu::buffer begins = gpu::uploaded(on_, lists.data(), rows + 1), entries = room(listed * 8), found = room(rows * 4),
                      beaten = room(cut.count * listed * 4), before = room(cut.count * rows * 4),
                      results = room(rows * static_cast<int64_t>(sizeof(rank_result)));
    gpu::fill_zero(on_, beaten.address(), beaten.bytes());
    count_launch l = launch_;
    l.rows = span;
    l.splits = cut.count;
    l.pair.split_columns = cut.columns;
    l.rank.lists = begins.as<int64_t>();
    l.rank.entries = entries.as<uint64_t>();
    l.rank.found = found.as<int32_t>();
    l.rank.beaten = beaten.as<int32_t>();
    l.rank.before = before.as<int32_t>();
    l.rank.results = results.as<rank_result>();
    l.kind = count_kind::gather;
    gpu::launch(on_, counting(both_.entry("evaluate_count")), cut.grid(rows), tile_block, device::tile_bytes, l);
    gpu::launch(on_, counting("evaluate_rank_sort"), blocks_of_warps(rows), row_block, 0, l);
    l.kind = count_kind::rank;
    gpu::launch(on_, counting(both_.entry("evaluate_count")), cut.grid(rows), tile_block, device::tile_bytes, l);
    gpu::launch(on_, counting("evaluate_rank_finish"), blocks_of_threads(rows), row_block, 0, l);
    fetch(span, results);
  }

  void fetch(const row_span& span, const gpu::buffer& results) const {
    std::vector<rank_result> host(static_cast<size_t>(span.last - span.first));
    gpu::copy_out(on_, host.data(), results.address(), host.size() * sizeof(rank_result));
    for (int64_t i = span.first; i < span.last; ++i) {
      const rank_result& of = host[static_cast<size_t>(i - span.first)];
      p_.relevant[i] = of.relevant;
      p_.first_rank[i] = of.first_rank;
      p_.r_precision[i] = of.r_precision;
      p_.map_at_r[i] = of.map_at_r;
    }
  }

  gpu::buffer room(int64_t bytes) const { return on_.allocate(static_cast<size_t>(bytes)); }
  const gpu::kernel& counting(const std::string& entry) const { return gpu::find(on_, "evaluate", entry.c_str()); }

  const rank_params& p_;
  gpu::device& on_;
  const std::vector<int32_t> order_;
  const operands both_;
  const gpu::buffer of_rows_, of_columns_, places_;
  count_launch launch_{};
};

}  // namespace

void rank(const rank_params& p, const call_options& how) {
  const gpu::step one(how.control);
  ranking(p, *how.on).run(how.control);
}

}  // namespace warpweft::distance::on_gpu

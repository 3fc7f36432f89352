// Absorbed queries against a paged cache on a GPU: sequences are cut into pieces by shapes alone, and the parts of one are joined.
#include <algorithm>
#include <string>

#include "attention/gpu.h"
#include "attention/launch.h"
#include "base/tile.h"
#include "gpu/launch.h"
#include "gpu/step.h"

namespace warpweft::attention::on_gpu {
namespace {

constexpr int64_t wanted_blocks = 264;  // two for each multiprocessor of a large GPU
constexpr int64_t fewest_keys = 256;    // a part's sums cost as much as a few of its keys
constexpr int64_t invariant_keys = 1024;
constexpr int64_t key_unit = 64;
constexpr int64_t most_ranges = 65535;  // of a launch

int64_t up_to_multiple(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

// Shared memory that a block of a chip may have.
int64_t shared_of(const gpu::device_info& chip) {
  const int capability = chip.major * 10 + chip.minor;
  const bool large = capability == 80 || capability == 87, larger = chip.major == 9 || chip.major == 10 || chip.major == 11;
  return (larger ? 227 : large ? 163 : 99) << 10;
}

struct plan {
  bool same;  // queries are of the keys' type
  int halves;
  decode_layout layout;
};

plan plan_of(const decode_params& p, const gpu::device_info& chip) {
  const dtype kept = p.cache.type == storage::e4m3 ? dtype::bfloat16 : static_cast<dtype>(p.cache.type);
  const bool same = kept == dtype::float32 || (p.latent_type == kept && p.rope_type == kept);
  const int64_t columns = p.cache.latent_columns + p.cache.rope_columns, limit = shared_of(chip);
  const auto layout = [&](int halves, int stages) {
    return decode_layout_of(p.cache.type, columns, p.cache.row_bytes, same, halves, stages);
  };
  const int64_t least = layout(1, 1).bytes;
  if (least > limit)
    throw coded_error("ERR_SHAPE", "latentDecode: a cache on " + chip.name + " must have rows that fit into " + std::to_string(limit) +
                                       " bytes of shared memory with their queries, got " + std::to_string(columns) +
                                       " columns, which take " + std::to_string(least));
  const int halves = p.queries * p.heads > 16 && layout(2, 1).bytes <= limit ? 2 : 1;
  // Two stages overlap copies with work; so do two blocks that share a multiprocessor, with a stage each.
  const decode_layout one = layout(halves, 1), both = layout(halves, 2);
  const bool pairs = 2 * one.bytes <= limit && 2 * both.bytes > limit;
  return {same, halves, both.bytes <= limit && !pairs ? both : one};
}

std::string entry_of(const decode_params& p, const plan& how) {
  static constexpr const char* names[] = {"float32", "float16", "bfloat16", "e4m3"};
  const std::string kept = names[static_cast<int>(p.cache.type)], own = p.cache.type == storage::e4m3 ? "bfloat16" : kept;
  return "attention_decode_" + kept + "_" + (how.same ? own : "float32") + (how.halves == 2 ? "_32" : "_16");
}

// Keys of a part of each sequence.
std::vector<int64_t> split_keys(const decode_params& p, int64_t row_tiles) {
  int64_t work = 0;
  for (int64_t b = 0; b < p.batches; ++b) work += row_tiles * p.lengths[b];
  const int64_t share = std::max(fewest_keys, up_to_multiple((work + wanted_blocks - 1) / wanted_blocks, key_unit));
  std::vector<int64_t> keys;
  for (int64_t b = 0; b < p.batches; ++b) {
    const int64_t all = std::max<int64_t>(1, p.lengths[b]), splits = (all + share - 1) / share;
    if (p.split > 0)
      keys.push_back(std::min(all, p.split));
    else if (p.batch_invariant)
      keys.push_back(std::min(all, invariant_keys));
    else
      keys.push_back(splits > 1 ? up_to_multiple((all + splits - 1) / splits, key_unit) : all);
  }
  return keys;
}

struct cut {
  std::vector<decode_piece> pieces;
  std::vector<join_range> joined;
  int64_t parts = 0;
};

cut cut_of(const decode_params& p, int64_t row_tiles) {
  const std::vector<int64_t> keys = split_keys(p, row_tiles);
  cut out;
  for (int64_t b = 0; b < p.batches; ++b) {
    const int64_t length = p.lengths[b], each = keys[static_cast<size_t>(b)], parts = std::max<int64_t>(1, (length + each - 1) / each);
    for (int64_t i = 0; i < parts; ++i) {
      const int64_t part = parts == 1 ? -1 : out.parts + i;
      out.pieces.push_back({static_cast<int32_t>(b), static_cast<int32_t>(i * each), static_cast<int32_t>(std::min(length, (i + 1) * each)),
                            static_cast<int32_t>(part)});
    }
    if (parts == 1) continue;
    out.joined.push_back({out.parts, parts, b * p.queries * p.heads});
    out.parts += parts;
  }
  return out;
}

void join(const decode_params& p, gpu::device& on, const cut& of, const decode_launch& from) {
  const int64_t count = static_cast<int64_t>(of.joined.size());
  const gpu::buffer ranges = gpu::uploaded(on, of.joined.data(), count);
  join_launch l{};
  l.rows = p.queries * p.heads;
  l.columns = p.cache.latent_columns;
  l.sums = from.sums;
  l.states = from.states;
  l.out = p.out;
  l.lse = p.lse;
  for (int64_t first = 0; first < count; first += most_ranges) {
    l.ranges = ranges.as<join_range>() + first;
    const gpu::extent3 grid{static_cast<uint32_t>(l.rows), static_cast<uint32_t>(std::min(most_ranges, count - first)), 1};
    gpu::launch(on, gpu::find(on, "attention", "attention_join"), grid, {device::row_threads}, 0, l);
  }
}

}  // namespace

void decode(const decode_params& p, const call_options& how) {
  const gpu::step one(how.control);
  gpu::device& on = *how.on;
  const int64_t rows = p.queries * p.heads;
  const plan chosen = plan_of(p, on.info());
  const int64_t row_tiles = (rows + 16 * chosen.halves - 1) / (16 * chosen.halves);
  if (rows == 0 || p.batches == 0) return;
  const cut of = cut_of(p, row_tiles);
  const gpu::buffer pages = gpu::uploaded(on, p.pages, p.batches * p.pages_a_row);
  const gpu::buffer lengths = gpu::uploaded(on, p.lengths, p.batches),
                    pieces = gpu::uploaded(on, of.pieces.data(), static_cast<int64_t>(of.pieces.size()));
  const gpu::buffer sums = on.allocate(static_cast<size_t>(of.parts * rows * p.cache.latent_columns) * 4);
  const gpu::buffer states = on.allocate(static_cast<size_t>(of.parts * rows) * 8);
  decode_launch l{};
  l.cache = p.cache;
  l.latent = p.latent;
  l.rope = p.rope;
  l.latent_type = p.latent_type;
  l.rope_type = p.rope_type;
  l.pages = pages.as<int32_t>();
  l.lengths = lengths.as<int32_t>();
  l.pieces = pieces.as<decode_piece>();
  l.pages_a_row = p.pages_a_row;
  l.page_shift = p.page_shift;
  l.queries = static_cast<int32_t>(p.queries);
  l.heads = static_cast<int32_t>(p.heads);
  l.layout = chosen.layout;
  l.row_tiles = static_cast<int32_t>(row_tiles);
  l.causal = p.causal ? 1 : 0;
  l.scale = p.scale;
  l.out = p.out;
  l.lse = p.lse;
  l.sums = sums.as<float>();
  l.states = states.as<float>();
  const int64_t groups = (p.cache.latent_columns + decode_columns - 1) / decode_columns;
  const gpu::extent3 grid{static_cast<uint32_t>(static_cast<int64_t>(of.pieces.size()) * row_tiles), static_cast<uint32_t>(groups), 1};
  const gpu::extent3 block{static_cast<uint32_t>(decode_threads * chosen.halves), 1, 1};
  gpu::launch(on, gpu::find(on, "attention", entry_of(p, chosen).c_str()), grid, block, static_cast<uint32_t>(chosen.layout.bytes), l);
  if (!of.joined.empty()) join(p, on, of, l);
}

}  // namespace warpweft::attention::on_gpu

#include "loss/prefix.h"

#include <algorithm>
#include <cstring>

#include "cpu/buffer.h"
#include "cpu/scratch.h"

namespace warpweft::loss {
namespace {

// A thread's strips; those of cpu::thread_scratch are the functors'.
float* room(int64_t floats) {
  static thread_local cpu::buffer<float> memory;
  if (!memory || memory.size() < floats) memory.resize(floats);
  return memory.data();
}

const prefix_strips& kernels() { return strips_in_use().prefix; }

// A strip's dots, prefix after prefix.
class growing_dots {
 public:
  growing_dots(const prefix_fold& fold, const cpu::strip& part, float* dots)
      : fold_(fold), part_(part), lanes_(part.kern->lanes), rows_(part.kern->rows),
        tiles_((part.rows + part.kern->rows - 1) / part.kern->rows), dots_(dots) {
    std::fill_n(dots, size(), 0.0f);
  }
  int64_t size() const { return int64_t{tiles_} * rows_ * lanes_; }

  // Adds the columns up to the end of prefix g, the one after the last that was asked for.
  prefix_strip up_to(int64_t g) {
    const int64_t end = fold_.of.params().prefixes[g];
    part_.kern->accumulate(part_.a + from_ * rows_, part_.depth * rows_, tiles_, part_.b + from_ * lanes_, end - from_, dots_);
    from_ = end;
    const prefix_side &lanes = fold_.of.prefix(fold_.across), &rows = fold_.of.prefix(!fold_.across);
    return {dots_, lanes.at(g) + part_.lane0, rows.at(g) + part_.row0, part_.rows, fold_.across};
  }

 private:
  const prefix_fold& fold_;
  const cpu::strip& part_;
  const int lanes_, rows_, tiles_;
  float* const dots_;
  int64_t from_ = 0;
};

template <class Fold>
int64_t count_of(const Fold& f) {
  return static_cast<int64_t>(f.contexts.size());
}
template <class Fold>
char* state_of(const Fold& f, void* state, int64_t g) {
  return static_cast<char*>(state) + g * f.each_bytes;
}
template <class Fold>
const char* state_of(const Fold& f, const void* state, int64_t g) {
  return static_cast<const char*>(state) + g * f.each_bytes;
}

// The verbs over all prefixes of a fold along or across.
template <class Fold>
void fold_zero(const Fold& f, void* state, int64_t first, int count) {
  for (int64_t g = 0; g < count_of(f); ++g) f.each.zero(&f.contexts[static_cast<size_t>(g)], state_of(f, state, g), first, count);
}
template <class Fold>
void fold_join(const Fold& f, void* into, const void* from) {
  for (int64_t g = 0; g < count_of(f); ++g) f.each.join(&f.contexts[static_cast<size_t>(g)], state_of(f, into, g), state_of(f, from, g));
}
template <class Fold>
void fold_done(const Fold& f, void* state, int64_t first, int count) {
  for (int64_t g = 0; g < count_of(f); ++g) f.each.done(&f.contexts[static_cast<size_t>(g)], state_of(f, state, g), first, count);
}
template <class Fold>
cpu::fold_verbs verbs_of(const Fold& f) {
  cpu::fold_verbs v = f.each;
  v.context = &f;
  v.state_bytes = f.each_bytes * count_of(f);
  v.zero = [](const void* c, void* state, int64_t first, int count) { fold_zero(*static_cast<const Fold*>(c), state, first, count); };
  v.join = [](const void* c, void* into, const void* from) { fold_join(*static_cast<const Fold*>(c), into, from); };
  v.done = [](const void* c, void* state, int64_t first, int count) { fold_done(*static_cast<const Fold*>(c), state, first, count); };
  return v;
}

// A strip's dots, then its scores of each prefix.
int64_t layer_size(const cpu::strip& part) { return int64_t{part.kern->lanes} * (part.rows + part.kern->rows); }
float* layers_of(const cpu::strip& part, int64_t prefixes) { return room((1 + prefixes) * layer_size(part)); }

void fold_step(const void* context, void* state, const cpu::strip& part) {
  const prefix_fold& f = *static_cast<const prefix_fold*>(context);
  float* memory = layers_of(part, count_of(f));
  growing_dots dots(f, part, memory);
  cpu::strip seen = part;
  for (int64_t g = 0; g < count_of(f); ++g) {
    seen.s = memory + (1 + g) * layer_size(part);
    kernels().scores(dots.up_to(g), seen.s);
    f.each.step(&f.contexts[static_cast<size_t>(g)], state_of(f, state, g), seen);
  }
}

void across_step(const void* context, void* state, const cpu::strip& part) {
  const prefix_across& f = *static_cast<const prefix_across*>(context);
  float* memory = layers_of(part, count_of(f));
  cpu::strip seen = part;
  for (int64_t g = 0; g < count_of(f); ++g) {
    seen.s = memory + (1 + g) * layer_size(part);
    f.each.step(&f.contexts[static_cast<size_t>(g)], state_of(f, state, g), seen);
  }
}

// Behind the prefixes' own states: Σ weight · score of each, then Gᵀ, [columns padded to the tile][lanes].
struct gradient_parts {
  float *along, *sums;
  gradient_parts(const prefix_fold& f, void* state, int64_t lanes)
      : along(reinterpret_cast<float*>(state_of(f, state, count_of(f)))), sums(along + count_of(f) * lanes) {}
};
int64_t padded_columns(const prefix_fold& f, const cpu::kernels& kern) {
  return cpu::up_to_multiple(f.of.lanes(f.across).of.columns, kern.rows);
}
int64_t floats_behind(const prefix_fold& f) {
  const cpu::kernels& kern = f.of.kern();
  return (count_of(f) + padded_columns(f, kern)) * kern.lanes;
}

void gradient_zero(const void* context, void* state, int64_t lane0, int lanes) {
  const prefix_fold& f = static_cast<const prefix_gradient*>(context)->fold;
  fold_zero(f, state, lane0, lanes);
  std::fill_n(gradient_parts(f, state, f.of.kern().lanes).along, floats_behind(f), 0.0f);
}
void gradient_join(const void* context, void* into, const void* from) {
  const prefix_fold& f = static_cast<const prefix_gradient*>(context)->fold;
  fold_join(f, into, from);
  const int64_t lanes = f.of.kern().lanes;
  kernels().add(gradient_parts(f, into, lanes).along, gradient_parts(f, const_cast<void*>(from), lanes).along, floats_behind(f));
}

// sums[k] += Σ_q t[q][k] w[q] for the columns [from, to); a tile of columns that reaches beyond them is taken apart.
void accumulate(const cpu::strip& part, const float* w, int64_t from, int64_t to, bool last, float* sums) {
  const int64_t rows = part.kern->rows, lanes = part.kern->lanes;
  const auto tiles = [&](int64_t first, int64_t count, float* into) {
    part.sums->accumulate(part.t + first * part.t_stride, part.t_stride, count, w, part.rows, into);
  };
  const auto piece = [&](int64_t tile, int64_t begin, int64_t end) {
    if (begin >= end) return;
    float* whole = cpu::thread_scratch(rows * lanes);
    std::fill_n(whole, rows * lanes, 0.0f);
    tiles(tile, 1, whole);
    kernels().add(sums + begin * lanes, whole + (begin - tile * rows) * lanes, (end - begin) * lanes);
  };
  const int64_t first = (from + rows - 1) / rows, end = last ? (to + rows - 1) / rows : to / rows;
  piece(from / rows, from, std::min(to, first * rows));
  if (first < end) tiles(first, end - first, sums + first * rows * lanes);
  if (end >= first) piece(end, std::max(from, end * rows), to);
}

void gradient_step(const void* context, void* state, const cpu::strip& part) {
  const prefix_fold& f = static_cast<const prefix_gradient*>(context)->fold;
  const gradient_parts to(f, state, part.kern->lanes);
  const int64_t lanes = part.kern->lanes, size = layer_size(part), g_count = count_of(f);
  float* memory = layers_of(part, g_count);
  growing_dots dots(f, part, memory);
  const auto weights = [&](int64_t g) { return memory + (g + 1) * size; };
  for (int64_t g = 0; g < g_count; ++g) {
    const prefix_strip seen = dots.up_to(g);
    kernels().scores(seen, part.s);
    f.each.step(&f.contexts[static_cast<size_t>(g)], state_of(f, state, g), part);
    kernels().weights(seen, part.s, weights(g), to.along + g * lanes);
  }
  const int32_t* ends = f.of.params().prefixes;
  for (int64_t g = g_count - 1; g >= 0; --g) {
    accumulate(part, weights(g), g > 0 ? ends[g - 1] : 0, ends[g], g == g_count - 1, to.sums);
    if (g > 0) kernels().add(weights(g - 1), weights(g), part.rows * lanes);
  }
}

// x̂_k Σ_{g reaches k} f² Σ w s is taken off, where rows are divided by their norm and that is no constant.
void gradient_done(const void* context, void* state, int64_t lane0, int count) {
  const prefix_gradient& p = *static_cast<const prefix_gradient*>(context);
  const prefix_fold& f = p.fold;
  fold_done(f, state, lane0, count);
  const int64_t lanes = f.of.kern().lanes, columns = f.of.lanes(f.across).of.columns;
  const gradient_parts from(f, state, lanes);
  const rows_view& view = f.of.lanes(f.across);
  const prefix_side& side = f.of.prefix(f.across);
  const int32_t* ends = f.of.params().prefixes;
  float* x = cpu::thread_scratch(columns);
  for (int l = 0; l < count; ++l) {
    const int64_t lane = lane0 + l;
    float* out = p.out + view.row(lane) * p.out_stride;
    f.of.kern().read_row(view, lane, x);
    const float scale = view.scale ? view.scale[view.row(lane)] : 1.0f;
    float own = 0;
    int64_t g = count_of(f) - 1;
    for (int64_t k = columns - 1; k >= 0; --k) {
      for (; g >= 0 && ends[g] > k; --g) own += from.along[g * lanes + l] * side.square_at(g)[lane];
      out[k] = (from.sums[k * lanes + l] - own * x[k]) * scale;
    }
  }
}

}  // namespace

cpu::fold_verbs prefix_fold::verbs() const {
  cpu::fold_verbs v = verbs_of(*this);
  v.step = fold_step;
  return v;
}

cpu::fold_verbs prefix_across::verbs() const {
  cpu::fold_verbs v = verbs_of(*this);
  v.step = across_step;
  return v;
}

cpu::fold_verbs prefix_gradient::verbs() const {
  cpu::fold_verbs v = fold.each;
  v.context = this;
  v.state_bytes = fold.each_bytes * count_of(fold) + floats_behind(fold) * 4;
  v.zero = gradient_zero;
  v.step = gradient_step;
  v.join = gradient_join;
  v.done = gradient_done;
  return v;
}

}  // namespace warpweft::loss

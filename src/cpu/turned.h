// What a sweep keeps of a block for its turned_verbs, and the block's second pass.
#pragma once
#include "cpu/buffer.h"
#include "cpu/plan.h"
#include "cpu/sweep.h"

namespace warpweft::cpu {

class turned_block {
 public:
  turned_block(const sweep& work, const plan& cut);

  // Where panel p of the block has its strip from offset `from` of the block of rows.
  float* strip(int64_t p, int64_t from) const { return kept_.data() + (p * cut_.rows_a_block + from) * kern_.lanes; }
  // Transposes the lanes of panel p of the block.
  void open(int64_t p, int64_t lane0, int lanes) const;
  // All lanes of the block, from lane0, meet panel i of the block of rows, which ends after `rows`; of half a square those up to its own.
  void meet(int64_t i, int64_t lane0, int64_t lanes, int64_t row0, int64_t rows, int worker) const;
  int64_t tasks(int64_t rows) const { return (rows + kern_.lanes - 1) / kern_.lanes; }

 private:
  // Columns of a strip of transposed lanes and its turned weights are read again for every panel of columns, so they stay near.
  int64_t panels_a_strip() const;
  int64_t t_stride() const { return cut_.panels_a_block * t_panel(); }
  int64_t t_panel() const { return kern_.lanes / sums_.rows_a_word * kern_.rows; }  // of one panel of lanes
  int64_t worker_size() const { return strip_size_ + state_size_; }

  const sweep& work_;
  const kernels &kern_, &sums_;
  const plan cut_;
  const int64_t columns_, strip_size_, state_size_;
  buffer<float> kept_, t_block_, scratch_;
};

}  // namespace warpweft::cpu

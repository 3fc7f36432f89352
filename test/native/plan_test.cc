// How a sweep is cut: the rules that plan.h states, and bounds of scratch memory.
#include "cpu/plan.h"

#include <cstring>

#include "places.h"

namespace {

using warpweft::cpu::kernels;
using warpweft::cpu::make_plan;
using warpweft::cpu::plan;
using warpweft::cpu::sweep_shape;
using warpweft::cpu::up_to_multiple;

void check_plan(const kernels& kern, int64_t lanes, int64_t rows, int64_t columns, const sweep_shape& s) {
  const plan p = make_plan(kern, lanes, rows, columns, s), again = make_plan(kern, lanes, rows, columns, s);
  const std::string where =
      harness::words(" of ", lanes, " lanes, ", rows, " rows, ", columns, " columns, dots ", s.dots, ", rows a word ", s.rows_a_word,
                     ", whole ", s.whole, ", stores ", s.stores, ", turned ", s.turned, ", state ", s.state_bytes);
  CHECK(std::memcmp(&p, &again, sizeof p) == 0, "another plan", where);
  CHECK_EQ(p.panels, (lanes + kern.lanes - 1) / kern.lanes, where);
  CHECK(p.panels_a_block >= 1 && p.panels_a_task >= 1, p.panels_a_block, " ", p.panels_a_task, where);
  CHECK(p.rows_a_strip >= 1 && p.rows_a_strip % kern.rows == 0, p.rows_a_strip, where);
  CHECK(p.rows_a_block >= 1 && p.rows_a_block % p.rows_a_strip == 0, p.rows_a_block, where);
  CHECK(!s.turned || p.rows_a_strip % kern.lanes == 0, p.rows_a_strip, where);
  CHECK(!s.turned || p.panels_a_block * p.rows_a_block * kern.lanes * 4 <= 4 << 20, p.panels_a_block, " ", p.rows_a_block, where);
  CHECK(p.ranges >= 1 && (!s.whole || p.ranges == 1), p.ranges, where);
  // More than one unit of anything is taken only while it fits.
  constexpr int64_t most = 16 << 20;
  const int64_t depth = kern.depth(columns),
                row_bytes = 4 * ((s.dots ? depth : 0) + (s.rows_a_word ? up_to_multiple(columns, kern.rows) / s.rows_a_word : 0));
  CHECK(p.rows_a_block == p.rows_a_strip || p.rows_a_block * row_bytes <= most, p.rows_a_block, where);
  CHECK(p.panels_a_block == 1 || p.panels_a_block * depth * kern.lanes * 4 <= most, p.panels_a_block, where);
  CHECK(p.panels_a_block == 1 || p.panels_a_block * s.state_bytes <= most, p.panels_a_block, where);
}

}  // namespace

TEST_EACH_TABLE("a plan keeps its rules for any shape") {
  for (const int64_t lanes : {0, 1, 47, 48, 49, 1000, 300000})
    for (const int64_t rows : {0, 1, 7, 64, 65, 5000, 1000000})
      for (const int64_t columns : {1, 2, 64, 768, 20000})
        for (const int64_t state_bytes : {0, 64, 5000, 20 << 20})
          for (const int a_word : {0, 1, 2})
            for (const bool whole : {false, true}) {
              check_plan(kern, lanes, rows, columns, {true, a_word, whole, false, state_bytes});
              if (a_word) check_plan(kern, lanes, rows, columns, {false, a_word, whole, false, state_bytes});
              if (a_word && state_bytes > 0) check_plan(kern, lanes, rows, columns, {true, a_word, false, false, state_bytes, 0, 0, true});
              if (!a_word && state_bytes == 0) check_plan(kern, lanes, rows, columns, {true, 0, whole, true, 0});
            }
}

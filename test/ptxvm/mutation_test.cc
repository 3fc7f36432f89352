// Does anybody notice when a kernel is wrong? Each mutation must give a wrong result or a fault, with at least one of three seeds.
//
// Equivalent mutants, which nobody can notice and which were replaced by others:
//   attention, the zero-fill of cp.async dropped: rows past the end are then copies of row 0, which is finite; their scores are set to
//     −1e30 whatever they were, so their weights are 2^−1e30 = 0, and 0 · finite = 0. (Replaced: the scores past the end are not set.)
//   attention, min for max in the running maximum or behind a shuffle: the four lanes of a row still agree on m, and the quotient
//     Σ 2^(s−m) v / Σ 2^(s−m) does not depend on m. (Replaced: sums no longer shrunk when m grows.)
//   info_nce, the zero-fill dropped: every chunk past the end is then the first chunk of row 0, on both sides, which adds the same number
//     to all scores of a row; the softmax of a row does not depend on that. (Replaced: a fragment transposed. In the distances it shows.)
//   the families, wait_group 0 behind the loop weakened: groups 1 and 2 from the end are empty by then, and the loop's last wait left
//     only the newest. (Replaced: the wait within the loop.)
#include "attention.h"
#include "harness.h"
#include "kernels.h"
#include "mutate.h"
#include "pairs.h"

namespace {

using namespace mutate;

// How a kernel's run went: "" when all was right.
using trial = std::function<std::string(const std::string& module)>;

void all_are_caught(const std::string& module, const trial& run, const std::vector<mutation>& mutations) {
  CHECK_EQ(run(module), "", "the kernel itself");
  for (const mutation& m : mutations) {
    std::string noticed;
    for (uint64_t seed = 1; seed <= 3 && noticed.empty(); ++seed) {
      ptx::changed_settings with;
      with.set(&ptxvm::options::seed, seed);
      with.set(&ptxvm::options::fuel, 20'000'000);
      noticed = run(m.damage(module));
    }
    CHECK(!noticed.empty(), "not noticed: ", m.name);
  }
}

TEST("mutation: attention") {
  const attention::problem p(1, 64, 100), q(1, 64, 200);
  const auto run = [&](const std::string& module) {
    for (const auto* each : {&p, &q}) {
      const auto r = attention::run(module, *each);
      if (!r.how.ok()) return ptx::fault_of(r.how);
      if (!(r.worst <= attention::tolerance)) return "off by " + std::to_string(r.worst);
    }
    return std::string();
  };
  all_are_caught(
      ptx::compiled("attention", 80), run,
      {
          {"the barrier behind the copies dropped", drop("bar.sync", 1)},
          {"the barrier before a stage is filled again dropped", drop("bar.sync", 2)},
          {"one copy too many may be on its way", put("cp.async.wait_group", 1, "1;", "2;")},
          {"the last copies are not waited for", put("cp.async.wait_group", 2, "0;", "1;")},
          {"the first copies are not committed", drop("cp.async.commit_group", 1)},
          {"values are not transposed", put(".trans", 1, ".trans", "")},
          {"keys are transposed", put("ldmatrix.sync.aligned.m8n8.x4.shared", 5, ".x4", ".x4.trans")},
          {"two registers of a query fragment exchanged", swap("mma.sync", 1, 1, 0, 1)},
          {"two registers of a key fragment exchanged", swap("mma.sync", 2, 2, 0, 1)},
          {"two sums exchanged", swap("mma.sync", 3, 0, 1, 2)},
          {"a fragment's registers loaded in another order", swap("ldmatrix", 6, 0, 1, 2)},
          {"the maximum comes from another row", operand("shfl.sync.bfly", 1, 2, "4")},
          {"the sum over a row leaves lanes out", operand("shfl.sync.bfly", 6, 2, "1")},
          {"a shuffle reaches outside its mask", operand("shfl.sync.bfly", 5, 4, "0x7fffffff")},
          {"the swizzle of the first copies is another",
           [](const std::string& text) {
             const size_t end = text.find("cp.async.commit_group");
             const auto other = everywhere(
                 "and.b32", [](std::string line) { return line.ends_with(", 7;") ? replaced(std::move(line), ", 7;", ", 3;") : line; });
             return other(text.substr(0, end)) + text.substr(end);
           }},
          {"scores past the end are not set", everywhere("selp.f32",
                                                         [](std::string line) {
                                                           const auto list = operands(line);
                                                           if (line.find("0fF149F2CA") == std::string::npos) return line;
                                                           return "mov.f32 " + line.substr(list[0].from, list[0].to - list[0].from) + ", " +
                                                                  line.substr(list[1].from, list[1].to - list[1].from) + ";";
                                                         })},
          {"sums are not shrunk when the maximum grows", in_line("ex2.approx", 1,
                                                                 [](std::string line) {
                                                                   const span s = operands(line)[0];
                                                                   return "mov.f32 " + line.substr(s.from, s.to - s.from) + ", 0f3F800000;";
                                                                 })},
          {"one key past the end counts",
           [](const std::string& text) {
             const size_t body = text.find("bar.sync");
             return text.substr(0, body) +
                    everywhere("setp.lt.s32", [](std::string line) { return replaced(std::move(line), ".lt", ".le"); })(text.substr(body));
           }},
      });
}

TEST("mutation: pairwise distances of bf16") {
  const pairs::problem p;
  const auto run = [&](const std::string& module) { return pairs::run_pairwise(module, p); };
  all_are_caught(only(ptx::compiled("families", 80), {"distance_pairwise_bfloat16"}), run,
                 {
                     {"the barrier within the loop dropped", drop("bar.sync", 1)},
                     {"the barrier behind the loop dropped", drop("bar.sync", 2)},
                     {"the barrier behind the sums dropped", drop("bar.sync", 3)},
                     {"one copy too many may be on its way", put("cp.async.wait_group", 1, "1;", "2;")},
                     {"copies of the loop are not committed", drop("cp.async.commit_group", 3)},
                     {"copies before the loop are not committed", drop("cp.async.commit_group", 1)},
                     {"columns past the end are not zeros", without_zero_fill()},
                     {"two registers of X exchanged", swap("mma.sync", 1, 1, 0, 1)},
                     {"two registers of Y exchanged", swap("mma.sync", 6, 2, 0, 1)},
                     {"two sums exchanged", swap("mma.sync", 9, 0, 1, 2)},
                     {"a fragment's registers loaded in another order", swap("ldmatrix", 2, 0, 1, 2)},
                     {"a fragment is transposed", put("ldmatrix", 4, ".x4", ".x4.trans")},
                     {"a row's scalar comes from another lane", operand_of_runs("shfl.sync.idx", of_run::first, 2, "0")},
                     {"a row's scale comes from another lane", operand_of_runs("shfl.sync.idx", of_run::last, 2, "0")},
                     {"a copy goes to the next chunk", put("cp.async.cg", 4, "], [", "+16], [")},
                 });
}

TEST("mutation: the fold of info_nce over bf16 rows") {
  const pairs::problem p;
  const auto run = [&](const std::string& module) { return pairs::run_info_nce(module, p); };
  all_are_caught(only(ptx::compiled("families", 80), {"fold_losses", "fold_join_losses"}), run,
                 {
                     {"the barrier within the loop dropped", drop("bar.sync", 1)},
                     {"the barrier behind the loop dropped", drop("bar.sync", 2)},
                     {"the barrier behind the sums dropped", drop("bar.sync", 3)},
                     {"one copy too many may be on its way", put("cp.async.wait_group", 1, "1;", "2;")},
                     {"copies of the loop are not committed", drop("cp.async.commit_group", 3)},
                     {"copies before the loop are not committed", drop("cp.async.commit_group", 1)},
                     {"a fragment is transposed", put("ldmatrix", 3, ".x4", ".x4.trans")},
                     {"two registers of X exchanged", swap("mma.sync", 2, 1, 2, 3)},
                     {"two registers of Y exchanged", swap("mma.sync", 3, 2, 0, 1)},
                     {"two sums exchanged", swap("mma.sync", 4, 0, 0, 1)},
                     {"a fragment's registers loaded in another order", swap("ldmatrix", 1, 0, 0, 1)},
                     {"a copy goes to the next chunk", put("cp.async.cg", 2, "], [", "+16], [")},
                     {"a copy takes half of its bytes", put("cp.async.cg", 7, ", 16,", ", 16, 8; //")},
                 });
}

}  // namespace

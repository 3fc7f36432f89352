// docs/ptxvm.md lists the opcodes this machine has: exactly those.
#include <fstream>
#include <set>
#include <sstream>

#include "harness.h"
#include "ptxvm/code.h"

namespace {

// Every opcode of PTX 9.0, and so all that could have been forgotten.
const char* const opcodes =
    "abs activemask add addc alloca and applypriority atom bar barrier bfe bfi bfind bmsk bra brev brkpt brx call clusterlaunchcontrol clz "
    "cnot copysign cos cp "
    "createpolicy cvt cvta discard div dp2a dp4a elect ex2 exit fence fma fns getctarank griddepcontrol isspacep istypep ld ldmatrix ldu "
    "lg2 lop3 mad mad24 madc mapa "
    "match max mbarrier membar min mma mov movmatrix mul mul24 multimem nanosleep neg not or pmevent popc prefetch prefetchu prmt rcp red "
    "redux rem ret rsqrt sad selp "
    "set setmaxnreg setp shf shfl shl shr sin slct sqrt st stackrestore stacksave stmatrix sub subc suld suq sured sust szext tanh tcgen05 "
    "tensormap testp tex tld4 trap "
    "txq vabsdiff vabsdiff2 vabsdiff4 vadd vadd2 vadd4 vavrg2 vavrg4 vmad vmax vmax2 vmax4 vmin vmin2 vmin4 vote vset vset2 vset4 vshl "
    "vshr vsub vsub2 vsub4 wgmma wmma "
    "xor";

std::set<std::string> words_of(std::istream&& in) {
  std::set<std::string> words;
  for (std::string word; in >> word;) words.insert(word);
  return words;
}

}  // namespace

TEST("registry: the page on the virtual GPU lists what it understands") {
  std::ifstream page(PTXVM_PAGE);
  if (!page) throw harness::skipped{"the page is not at hand"};
  std::string text((std::istreambuf_iterator<char>(page)), {});
  const size_t heading = text.find("## What it understands"), from = text.find("```text\n", heading), to = text.find("```", from + 8);
  CHECK(heading != std::string::npos && to != std::string::npos, "the list is missing");
  const auto listed = words_of(std::istringstream(text.substr(from + 8, to - from - 8)));
  for (const std::string& opcode : words_of(std::istringstream(opcodes))) {
    CHECK_EQ(listed.count(opcode) == 1, ptxvm::registry::get().find(opcode) != nullptr, opcode);
  }
  for (const std::string& opcode : listed) CHECK(ptxvm::registry::get().find(opcode) != nullptr, opcode);
}

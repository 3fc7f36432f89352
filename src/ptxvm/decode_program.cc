// A kernel's program: which functions it needs, where its shared variables lie, then every function decoded.
#include <algorithm>

#include "ptxvm/code.h"

namespace ptxvm {
namespace {

uint64_t rounded(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

// Calls `visit` with every operand of a function, those inside others too.
template <class Visit>
void each_operand(const std::vector<ast::operand>& list, const Visit& visit) {
  for (const ast::operand& o : list) {
    visit(o);
    each_operand(o.parts, visit);
  }
}

// .shared variables that any of the functions names; those sized by the launch share one place behind the others.
void place_shared(const std::vector<const ast::function*>& functions, program& whole) {
  std::vector<const ast::variable*> external;
  uint64_t used = 0, external_align = 1;
  for (const ast::function* f : functions) {
    for (const ast::instruction& i : f->body) {
      each_operand(i.operands, [&](const ast::operand& o) {
        if (o.is != ast::operand::kind::symbol || o.of->where != space::shared || whole.shared_at.count(o.of)) return;
        if (o.of->external) {
          external.push_back(o.of);
          external_align = std::max<uint64_t>(external_align, o.of->align);
          whole.shared_at[o.of] = 0;
          return;
        }
        whole.shared_at[o.of] = used = rounded(used, o.of->align);
        used += o.of->bytes;
        constexpr uint64_t most = 48 << 10;
        if (used > most) throw refusal(o.of->line, "more than 48 KiB of static shared memory, with '" + o.of->name + "'");
      });
    }
  }
  used = rounded(used, external_align);
  for (const ast::variable* v : external) whole.shared_at[v] = used;
  whole.static_shared = static_cast<uint32_t>(used);
}

// Adds the functions that those found so far call.
void add_callees(std::vector<const ast::function*>& found) {
  for (size_t n = 0; n < found.size(); ++n) {
    for (const ast::instruction& i : found[n]->body) {
      each_operand(i.operands, [&](const ast::operand& o) {
        if (o.is != ast::operand::kind::code || !o.callee->defined) return;
        if (std::find(found.begin(), found.end(), o.callee) == found.end()) found.push_back(o.callee);
      });
    }
  }
}

}  // namespace

uint64_t code_address(const ast::module& in, const ast::function& f) {
  const auto at = std::find(in.address_taken.begin(), in.address_taken.end(), &f);
  if (at == in.address_taken.end() || !f.defined) throw refusal(f.line, "'" + f.name + "' has no address");
  return code_window + 16 * (1 + static_cast<uint64_t>(at - in.address_taken.begin()));
}

uint32_t decoder::callee(const ast::function& f) {
  const auto known = whole_.numbers.find(&f);
  if (known == whole_.numbers.end()) refuse("'" + f.name + "' is no function of this machine");
  return known->second;
}

std::unique_ptr<program> decode(const ast::module& in, const ast::function& kernel, const layout& where) {
  auto whole = std::make_unique<program>();
  whole->kernel = kernel.name;
  whole->params_bytes = static_cast<uint32_t>(kernel.params_bytes);
  for (const ast::variable* v : kernel.params) whole->params.push_back({static_cast<uint32_t>(v->offset), static_cast<uint32_t>(v->bytes)});
  whole->max_threads = kernel.max_threads;
  whole->exact_threads = kernel.exact_threads;
  whole->addresses_of_code = code_window;

  std::vector<const ast::function*> functions{&kernel};
  for (const ast::function* f : in.address_taken) {
    if (!f->defined) throw refusal(f->line, "'" + f->name + "' is defined nowhere");
    functions.push_back(f);
  }
  add_callees(functions);
  place_shared(functions, *whole);
  for (const ast::function* f : functions) {
    whole->numbers[f] = static_cast<uint32_t>(whole->functions.size());
    whole->functions.push_back(std::make_unique<function>());
    whole->functions.back()->name = f->name;
    whole->functions.back()->shape = f->params_bytes << 32 | f->returns_bytes;
  }
  for (const ast::function* f : functions) decoder(*f, *whole, where, in).run();
  return whole;
}

}  // namespace ptxvm

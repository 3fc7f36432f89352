// Decoded code: each instruction is a function pointer and the places of its operands.
//
// A register is 32 lanes side by side: 64, 128 or 256 bytes for 16, 32 and 64 bits, at a fixed offset ("slot") of its function's
// frame; a predicate is one 32-bit mask. Constants and special registers that never change have slots of their own, filled once
// when the frame is made, so a handler reads every operand the same way.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "ptxvm/ast.h"

namespace ptxvm {

using lanes = uint32_t;  // a bit per lane
using slot = uint32_t;   // byte offset into a frame
constexpr int warp_size = 32;
constexpr lanes all_lanes = 0xffffffffu;
constexpr slot no_slot = 0xffffffffu;

struct warp;
struct op;

// What the scheduler does after an instruction.
enum class flow : uint8_t {
  next,    // the group goes on with the following instruction
  jump,    // the active lanes go to op::imm
  moved,   // the handler set the program counters (a branch, a return, an exit): choose a group again
  waiting  // lanes of the group wait (barrier, *_sync, a call's other lanes): choose a group again
};

using handler = flow (*)(warp&, const op&, lanes active);

// What the meter counts an instruction as.
enum class work : uint8_t {
  integer,
  logic,
  float32,
  float64,
  half,
  convert,
  move,
  compare,
  control,
  load,
  store,
  atomic,
  shuffle,
  tensor,
  barrier,
  copy,
  other,
  count
};

struct op {
  handler run = nullptr;
  slot guard = no_slot;
  bool guard_negated = false;
  bool aligned = false;  // the scheduler calls it only when all lanes of the warp that still run execute it together
  work counts_as = work::other;
  uint16_t flags = 0;  // the handler's own
  uint32_t line = 0;   // of the PTX text
  slot d = no_slot, a = no_slot, b = no_slot, c = no_slot;
  uint64_t imm = 0;            // an address offset, a constant, a branch target
  const slot* more = nullptr;  // further operands, as many as the handler knows
};

struct constant {
  slot at;
  uint32_t width;  // bytes of a lane
  uint64_t bits;
};

enum class special : uint8_t {
  tid_x,
  tid_y,
  tid_z,
  ntid_x,
  ntid_y,
  ntid_z,
  ctaid_x,
  ctaid_y,
  ctaid_z,
  nctaid_x,
  nctaid_y,
  nctaid_z,
  laneid,
  warpid,
  nwarpid,
  smid,
  nsmid,
  gridid,
  lanemask_eq,
  lanemask_lt,
  lanemask_le,
  lanemask_gt,
  lanemask_ge,
  dynamic_smem_size,
  total_smem_size
};

struct special_slot {
  slot at;
  uint32_t width;
  special what;
};

// One function of a kernel's program.
struct function {
  std::string name;
  std::vector<op> ops;       // ends with a return
  uint32_t frame_bytes = 0;  // a multiple of 64
  std::vector<constant> constants;
  std::vector<special_slot> specials;
  std::vector<std::unique_ptr<slot[]>> operand_lists;  // what op::more points at
  uint32_t local_bytes = 0;                            // .local of one thread
  uint32_t param_bytes = 0;                            // parameters and returns of the function itself, then call scratch, of one thread
  uint32_t returns_at = 0;                             // parameters start at 0
  uint64_t shape = 0;  // bytes of its parameters << 32 | bytes of what it returns: what a prototype must agree with
};

// A kernel with everything it can call. Callees are numbers into `functions`; the kernel is 0.
struct program {
  std::string kernel;
  std::vector<std::unique_ptr<function>> functions;
  std::unordered_map<const ast::function*, uint32_t> numbers;
  uint32_t static_shared = 0;  // bytes; .extern .shared starts there, rounded up to its alignment
  uint32_t params_bytes = 0;
  struct param {
    uint32_t offset, bytes;
  };
  std::vector<param> params;
  uint32_t max_threads = 0;    // 0: as many as the machine takes
  uint32_t exact_threads = 0;  // .reqntid; 0: any
  // The address of function n is this + 16·n, for call tables. Functions whose address can be taken have the same number in every
  // program of a module: they follow the kernel in the order of module::address_taken.
  uint64_t addresses_of_code = 0;
  std::unordered_map<const ast::variable*, uint64_t> shared_at;  // where .shared variables lie
};

// Where a module's own variables came to lie, asked for by the decoder.
struct layout {
  std::unordered_map<const ast::variable*, uint64_t> global;  // device address of .global and .const
};

constexpr uint64_t code_window = 0x0000'0400'0000'0000ull;
// Of a function that is in in.address_taken.
uint64_t code_address(const ast::module& in, const ast::function& f);

class decoder;
using binder = void (*)(decoder&);

// opcode → what decodes it. Filled once, with the best instruction set of the machine.
class registry {
 public:
  static const registry& get();
  void add(const std::string& opcode, binder how) { binders_[opcode] = how; }
  binder find(const std::string& opcode) const;

 private:
  std::unordered_map<std::string, binder> binders_;
};

// Each is one source file or a few; the first three once per instruction set, chosen by `registry::get`.
void register_integer(registry&);  // alu: integer, logic, moves, compares
void register_float(registry&);    // alu: f16, bf16, f32, f64
void register_convert(registry&);  // alu: cvt
void register_tensor(registry&);   // mma, wmma
void register_memory(registry&);   // ld, st, cvta, cp, ldmatrix, prefetch, membar, fence
void register_atomic(registry&);   // atom, red, mbarrier
void register_warp(registry&);     // shfl, vote, match, redux, activemask, elect
void register_control(registry&);  // bra, ret, exit, trap, call, bar, barrier, nanosleep

// Decodes one instruction: a binder takes the modifiers in their order, asks for operands by the instruction's types and emits.
class decoder {
 public:
  decoder(const ast::function& from, program& whole, const layout& where, const ast::module& in_module);

  const ast::instruction& in() const { return *in_; }

  // Modifiers, in the order of the text. All must be taken, or the instruction is refused.
  bool take(std::string_view modifier);
  // The index of the one that comes next, or −1.
  int take_one_of(std::initializer_list<std::string_view> modifiers);
  type take_type();     // refuses when the next modifier is no type
  type take_type_if();  // none when it is no type
  bool more_modifiers() const { return at_ < in_->modifiers.size(); }

  // Operands.
  size_t count() const { return in_->operands.size(); }
  const ast::operand& operand(size_t i) const;  // refuses when there are fewer
  void want(size_t least, size_t most) const;
  // 32 lanes of t's width: a register of exactly that width, an immediate, a special register, a symbol's address.
  slot source(size_t i, type t) { return source(operand(i), t); }
  slot source(const ast::operand& o, type t);
  // A register at least as wide as t, as ld, st and cvt allow; its own width comes back.
  slot source_at_least(const ast::operand& o, type t, uint32_t& width);
  slot target(size_t i, type t) { return target(operand(i), t); }
  slot target(const ast::operand& o, type t);  // `_` gets a slot nobody reads
  slot target_at_least(const ast::operand& o, type t, uint32_t& width);
  slot predicate(const ast::operand& o, bool& negated);  // refuses what is no predicate; true and false are not registers in PTX
  slot predicate_target(const ast::operand& o);
  bool is_register(const ast::operand& o) const { return o.is == ast::operand::kind::reg; }
  bool is_predicate(const ast::operand& o) const;
  uint32_t register_width(const ast::operand& o) const;  // 0 for a predicate
  // Constants.
  bool integer_of(const ast::operand& o, int64_t& value) const;  // an immediate
  slot constant_slot(uint64_t bits, uint32_t width);
  slot scratch(uint32_t width);  // 32 lanes nobody else uses
  // Memory operands: base register (no_slot: absolute), its width, and the constant part.
  struct address {
    slot base = no_slot;
    uint32_t base_width = 8;
    int64_t offset = 0;
    const ast::variable* of = nullptr;  // a symbol: its space is of->where
  };
  address memory(const ast::operand& o);
  // The address of a variable within its space (shared: window offset; global, const: device address; local, param: frame offset).
  uint64_t address_of(const ast::variable& v);
  // A parameter of the kernel that is decoded: it lies in launch::params, not in the frame.
  bool is_kernel_parameter(const ast::variable& v) const;

  // Appends the instruction's op, guard and line filled in.
  op& emit(handler run, work counts_as);
  const slot* keep(const std::vector<slot>& more);
  uint32_t callee(const ast::function& f);  // its number in the program; decodes it too
  function& into() { return into_; }
  program& whole() { return whole_; }
  const ast::function& from() const { return from_; }
  const ast::module& module() const { return module_; }

  [[noreturn]] void refuse(const std::string& words) const;

  // Decodes the whole body. Branch targets are numbers of instructions, and instruction n becomes op n: a binder emits exactly one op.
  void run();

 private:
  slot new_slot(uint32_t width);  // 0: a predicate
  slot register_slot(uint32_t number);
  slot constant_of(const ast::operand& o, type t);
  slot special_of(const ast::operand& o, uint32_t width);
  slot sink(uint32_t width);
  std::string named(const ast::operand& o) const;
  const ast::function& from_;
  program& whole_;
  const layout& where_;
  const ast::module& module_;
  function& into_;
  const ast::instruction* in_ = nullptr;
  size_t at_ = 0;
  std::vector<slot> registers_;
  std::unordered_map<uint64_t, slot> constants_[9];  // by width
  std::unordered_map<int, slot> specials_[9];
  std::unordered_map<const ast::variable*, uint64_t> addresses_;
  slot sinks_[17];
  slot next_predicate_ = 0;  // predicates are packed, 16 to 64 bytes
};

// The program of one kernel of a module. Throws refusal for whatever no binder takes.
std::unique_ptr<program> decode(const ast::module& in, const ast::function& kernel, const layout& where);

}  // namespace ptxvm

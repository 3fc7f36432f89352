// What the parser makes of a module's text. Names are resolved: registers, variables, labels and functions are numbers or pointers.
#pragma once
#include <cstdint>
#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ptxvm {

// Something this machine does not know or cannot take, found while a module is loaded.
struct refusal : std::runtime_error {
  refusal(uint32_t line_, const std::string& words) : std::runtime_error("PTX line " + std::to_string(line_) + ": " + words), line(line_) {}
  uint32_t line;
};

enum class type : uint8_t {
  none,
  pred,
  b8,
  b16,
  b32,
  b64,
  b128,
  u8,
  u16,
  u32,
  u64,
  s8,
  s16,
  s32,
  s64,
  f16,
  f16x2,
  bf16,
  bf16x2,
  tf32,
  f32,
  f64,
  e4m3,
  e5m2,
  e4m3x2,
  e5m2x2,
  s16x2,
  u16x2
};

// "u32" and so on; none when it is no type's name.
type type_named(std::string_view name);
// Bytes of a value; a predicate has 0.
uint32_t width_of(type t);

enum class space : uint8_t { generic, global, constant, shared, local, param };

namespace ast {

struct variable;
struct function;

// An address written into an initialiser or an operand.
struct relocation {
  uint64_t offset;               // in the initialised bytes
  const variable* of = nullptr;  // one of the two
  const function* code = nullptr;
  int64_t addend = 0;
  bool generic = false;          // generic(symbol)
  uint8_t bytes = 8, shift = 0;  // 0xFF00(symbol): the address shifted right by so many bits, cut to so many bytes
};

struct variable {
  std::string name;
  space where = space::global;
  type element = type::b8;
  uint32_t align = 1;
  uint64_t bytes = 0;
  bool external = false;         // .extern .shared: sized by the launch
  std::vector<uint8_t> initial;  // empty: zeros for global and const
  std::vector<relocation> relocations;
  uint32_t line = 0;
  uint64_t offset = 0;  // of a parameter, in its list
};

struct operand {
  enum class kind : uint8_t {
    reg,      // number: index into function::registers
    special,  // name: "%tid.x"
    integer,  // bits
    real,     // bits of a double; single: written as 0f…, so the value is exactly a float
    symbol,   // variable, with offset
    code,     // function
    label,    // number: index into function::body
    memory,   // [parts[0] + offset]; parts[0] is a reg, symbol or integer
    vector,   // {parts}
    pair,     // parts[0] | parts[1]
    list,     // (parts), of a call; also what a .branchtargets (labels) or .calltargets (functions) name stands for
    sink      // _
  };
  kind is = kind::sink;
  bool negated = false;  // !%p
  bool single = false;
  uint32_t number = 0;
  uint64_t bits = 0;
  int64_t offset = 0;
  std::string name;  // as written, for messages
  const variable* of = nullptr;
  const function* callee = nullptr;
  std::vector<operand> parts;
};

struct reg {
  std::string name;
  type declared;  // its width counts, never its kind
};

struct instruction {
  uint32_t line = 0;
  int32_t guard = -1;  // index into function::registers
  bool guard_negated = false;
  std::string opcode;                  // "mad"
  std::vector<std::string> modifiers;  // {"lo", "s32"}; "shared::cta" is one
  // A call always has returns list (maybe empty), callee (code or reg), arguments list (maybe empty), and where it is indirect the
  // prototype: code whose `callee` is a function of module::prototypes.
  std::vector<operand> operands;
};

struct function {
  std::string name;
  bool kernel = false, defined = false;
  std::vector<const variable*> params, returns;
  uint64_t params_bytes = 0, returns_bytes = 0;
  std::vector<reg> registers;
  std::deque<variable> variables;  // .local, .shared and .param declared inside; addresses stay valid
  std::vector<instruction> body;
  uint32_t max_threads = 0;    // .maxntid's product; 0: not given
  uint32_t exact_threads = 0;  // .reqntid's; 0: not given
  uint32_t line = 0;
};

struct module {
  int version = 0;       // 90 for 9.0
  int target = 0;        // 80 for sm_80
  char target_kind = 0;  // 'a' of sm_90a, 'f' of sm_100f: not for later machines
  std::deque<variable> variables;
  std::deque<function> functions;
  std::deque<function> prototypes;             // .callprototype: params and returns
  std::vector<const function*> address_taken;  // functions whose address somebody can hold, in their order
};

}  // namespace ast

// Throws refusal. `text` need not end in NUL.
ast::module parse(std::string_view text);

}  // namespace ptxvm

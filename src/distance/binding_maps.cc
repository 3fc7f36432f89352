// Bindings of what is done to whole rows.
#include "distance/binding_maps.h"

#include "distance/row_maps.h"
#include "napi/run.h"

namespace warpweft::distance {
namespace {

using napi::arguments;

// The length of a block, a divisor of the columns.
int64_t block_of(arguments& args, int64_t d) {
  const int64_t block = args.integer(1);
  if (d % block != 0) args.refuse("blocks must divide the columns");
  return block;
}

Napi::Value bind_structured_rows(const Napi::CallbackInfo& info) {
  return napi::call(info, "structuredRows", structured_rows, [](arguments& args) {
    structured_params p{};
    p.rows = args.open_matrix();
    const int64_t d = args.integer();
    args.close(p.rows, d, "rows");
    p.block = block_of(args, d);
    p.transposed = args.boolean();
    p.diagonal = args.floats(d, "diagonal", true);
    p.blocks = args.floats(args.product(d, p.block), "blocks", true);
    p.out = args.floats(args.product(p.rows.rows, d), "out");
    return p;
  });
}

Napi::Value bind_structured_gradient(const Napi::CallbackInfo& info) {
  return napi::call(info, "structuredGradient", structured_gradient, [](arguments& args) {
    structured_gradient_params p{};
    p.gradient = args.open_matrix();
    p.rows = args.open_matrix();
    const int64_t d = args.integer();
    args.close(p.gradient, d, "gradient");
    args.close(p.rows, d, "rows");
    if (p.gradient.rows != p.rows.rows) args.refuse("gradient and rows must be as many");
    p.block = block_of(args, d);
    p.diagonal = args.floats(d, "diagonal", true);
    p.blocks = args.floats(args.product(d, p.block), "blocks", true);
    return p;
  });
}

Napi::Value bind_exp_map(const Napi::CallbackInfo& info) {
  return napi::call(info, "expMap0", exp_map, [](arguments& args) {
    exp_map_params p{};
    p.rows = args.open_matrix();
    const int64_t d = args.integer();
    args.close(p.rows, d, "rows");
    p.curvature = args.number();
    p.clip = args.number();
    p.grad = args.floats(args.product(p.rows.rows, d), "grad", true);
    p.out = args.floats(args.product(p.rows.rows, d), "out");
    return p;
  });
}

}  // namespace

void bind_maps(Napi::Object& family) {
  const Napi::Env env = family.Env();
  family.Set("structuredRows", Napi::Function::New(env, bind_structured_rows));
  family.Set("structuredGradient", Napi::Function::New(env, bind_structured_gradient));
  family.Set("expMap0", Napi::Function::New(env, bind_exp_map));
}

}  // namespace warpweft::distance

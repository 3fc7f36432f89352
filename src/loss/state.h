// The state that lies between forward and backward: the reduction's two factors, then the anchors' saved fields, then, for a loss with
// a column direction, the candidates'. Field f of row i stands at f · padded(rows) + i, a miner's fields before the loss's.
#pragma once
#include <cstdint>

namespace warpweft::loss {

constexpr int64_t state_header = 16;

// Floats saved per anchor at most, a miner's included.
constexpr int most_fields = 6;

constexpr int64_t lane_padding = 64;  // registers of lanes are read and written to the end of a panel
constexpr int64_t padded(int64_t rows) { return (rows + 2 * lane_padding - 1) / lane_padding * lane_padding; }

}  // namespace warpweft::loss

// The shape of a GPU block's work, which device code and the code that launches it agree on.
#pragma once
#include <cstdint>

namespace warpweft::device {

constexpr int tile_rows = 128;    // of X
constexpr int tile_columns = 64;  // rows of Y
constexpr int block_threads = 128;
constexpr int stages = 3;  // of shared memory that slices of rows pass through
constexpr int slice_bytes = 64;
constexpr int stage_bytes = (tile_rows + tile_columns) * slice_bytes;
constexpr int tile_bytes = stages * stage_bytes;  // of shared memory

// A panel of pair weights against rows: 16 of the inner index are a slice.
constexpr int panel_depth = slice_bytes / 4;
constexpr int across_stride = tile_rows + 8;
constexpr int other_stride = tile_columns + 8;
constexpr int panel_stage_bytes = panel_depth * (across_stride + other_stride) * 4;
constexpr int panel_bytes = stages * panel_stage_bytes;  // of shared memory

// Gradients that are added up element by element: rows, and columns, of a block, and rows of the other side in shared memory together.
constexpr int partial_side = 64;
constexpr int partial_depth = 16;

// While lists of neighbours are short a block keeps its 128 in shared memory, behind the tile.
constexpr int longest_shared_list = 40;
constexpr int list_entry_bytes = tile_rows * 8;  // of shared memory for each of k

// Threads of kernels that give a warp to each row, or a thread.
constexpr int row_threads = 128;
constexpr int rows_of_warps = row_threads / 32;

// Rows that a thread of kernels which multiply rows by a matrix has at once, and rows of a block's sums that are added up side by side.
constexpr int multiplied_rows = 8;
constexpr int rows_side_by_side = 16;

}  // namespace warpweft::device

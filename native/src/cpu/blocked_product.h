// How a product is cut up so that the register tile is kept fed: the loops around it, for every kernel.
//
//     for a block of depth, for a block of rows of A, for a block of columns of B:
//       all threads fill the panels of both blocks (panels.h), each value once; then
//       all threads compute, each a task of up to kTaskRows rows by some hundred columns of C at a time:
//         for a panel of A, for a panel of B: one tile, over the whole depth of the block
//
// Where the bytes are meanwhile, with AVX-512 and a block 768 words deep: the task's panels of B (480 KiB) stay in the
// second cache and are read once for each panel of A (36 KiB), 14 bytes a cycle at full speed where the cache gives 64;
// C is read and written once a block. A panel is filled once for all tasks, because filling costs as much as computing
// some dozen rows.
//
// Each element is one chain over the words of a slice, and the slices are added up in their order; blocks are whole
// slices. So what a row gives depends on no other, nor on how rows and columns are cut, nor on threads.
#pragma once

#include <algorithm>

#include "context.h"
#include "panels.h"

namespace sotto::cpu::SOTTO_ISA {

constexpr int64_t kSlice = 256;  // words
constexpr int64_t kTaskRows = 32 * kTileRows;
constexpr int64_t kTaskWords = int64_t{1} << 17;  // of its panels of B: 512 KiB
constexpr int64_t kMostDepth = 3 * kSlice;        // words of a block
constexpr int64_t kMostOfA = int64_t{1} << 21;    // of its panels of A: 8 MiB
constexpr int64_t kMostOfB = int64_t{1} << 20;    // and of B: 4 MiB

// Words of all panels of a block, whatever the product: memory is asked for once, and says nothing of how many rows a
// batch has. A block may be one unit of rows and of columns larger than it must.
constexpr int64_t kPanelWords = kMostOfA + kMostOfB + (kTileRows + kTileColumns) * kMostDepth;

// [0, total) in as few parts of at most `most` as there must be, all about as large and whole units: part i is
// [i * size, ...).
struct Parts {
  int64_t size;
  int64_t count;

  Parts(int64_t total, int64_t most, int64_t unit) {
    const int64_t least = std::max<int64_t>(1, (total + most - 1) / most);
    size = std::max(unit, ((total + least - 1) / least + unit - 1) / unit * unit);
    count = std::max<int64_t>(1, (total + size - 1) / size);
  }
};

// The part of a product that is computed in one go: panels of A from `row`, of B from `column`, and where C stands in
// the sum over the depth.
struct Block {
  const float* a;
  const float* b;
  int64_t row;
  int64_t column;
  int64_t words;
  bool first;
  bool last;
};

// C[R', columns] of one tile: alpha at each slice, beta at the first, bias at the last.
template <typename Kernel, int R>
SOTTO_INLINE void run_tile(const Product& p, const Block& block, const float* a, const float* b, int64_t row,
                           int64_t column, int64_t real_rows) {
  // The tile's part of C is asked for now and needed after the multiplication.
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) {
    __builtin_prefetch(p.c + (row + r) * p.ldc + column, 1);
    __builtin_prefetch(p.c + (row + r) * p.ldc + column + kLanes, 1);
  }
  const int64_t columns = std::min<int64_t>(kTileColumns, p.n - column);
  Vec total[R][kTileVectors];  // of the slices so far, when there are more to come
  for (int64_t s = 0; s < block.words || s == 0; s += kSlice) {
    const bool last = s + kSlice >= block.words;
    Tile<R, kTileVectors> tile;
    tile.clear();
    Kernel::multiply(tile, std::min(kSlice, block.words - s), a + s * kTileRows, b + s * kTileColumns);
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) {
      if (r >= real_rows) break;
      float* out = p.c + (row + r) * p.ldc + column;
#pragma GCC unroll 4
      for (int v = 0; v < kTileVectors; v++) {
        const int64_t left = columns - v * kLanes;
        if (left <= 0) break;
        const auto finish = [&](auto part) {
          float* target = out + v * kLanes;
          Vec value = tile.value[r][v] * p.alpha;
          if (s > 0) {
            value += total[r][v];
          } else if (!block.first) {
            value += load(target, part);
          } else if (p.beta != 0) {
            value = fma(splat(p.beta), load(target, part), value);
          }
          if (!last) {
            total[r][v] = value;
            return;
          }
          if (block.last && p.bias != nullptr) value += load(p.bias + column + v * kLanes, part);
          store(target, value, part);
        };
        if (left >= kLanes) {
          finish(Full{});
        } else {
          finish(Part{static_cast<int>(left)});
        }
      }
    }
  }
}

// One task: rows and columns relative to the block's.
template <typename Kernel>
void run_task(const Product& p, const Block& block, int64_t row_begin, int64_t row_end, int64_t column_begin,
              int64_t column_end) {
  for (int64_t i = row_begin; i < row_end; i += kTileRows) {
    const float* a = block.a + i * block.words;
    const int64_t rows = std::min<int64_t>(kTileRows, row_end - i);
    for (int64_t j = column_begin; j < column_end; j += kTileColumns) {
      const float* b = block.b + j * block.words;
      if (rows == 1) {
        run_tile<Kernel, 1>(p, block, a, b, block.row + i, block.column + j, 1);
      } else {
        run_tile<Kernel, kTileRows>(p, block, a, b, block.row + i, block.column + j, rows);
      }
    }
  }
}

template <typename Kernel>
void multiply_blocked(Context& cpu, const Product& p) {
  constexpr int64_t kPanelsOfA = 8, kPanelsOfB = 4;  // filled by one task
  const int64_t all_words = (p.k + Kernel::kDepthOfWord - 1) / Kernel::kDepthOfWord;
  const Parts depths(all_words, kMostDepth, kSlice);
  const int64_t deepest = std::max<int64_t>(1, std::min(depths.size, all_words));
  const Parts row_blocks(p.m, kMostOfA / deepest, kTileRows);
  const Parts column_blocks(p.n, kMostOfB / deepest, kTileColumns);
  float* a = static_cast<float*>(cpu.shared_scratch(kPanelWords * static_cast<int64_t>(sizeof(float))));
  float* b = a + row_blocks.size * deepest;
  for (int64_t d = 0; d < depths.count; d++) {
    const int64_t words = std::min(depths.size, all_words - d * depths.size);
    const int64_t k = d * depths.size * Kernel::kDepthOfWord;
    const int64_t depth = std::min(p.k - k, words * Kernel::kDepthOfWord);
    for (int64_t row = 0; row < p.m; row += row_blocks.size) {
      const int64_t rows = std::min(row_blocks.size, p.m - row);
      for (int64_t column = 0; column < p.n; column += column_blocks.size) {
        const int64_t columns = std::min(column_blocks.size, p.n - column);
        const int64_t a_unit = kPanelsOfA * kTileRows, b_unit = kPanelsOfB * kTileColumns;
        const int64_t a_fills = column == 0 ? (rows + a_unit - 1) / a_unit : 0;
        const int64_t b_fills = (columns + b_unit - 1) / b_unit;
        cpu.parallel_for(a_fills + b_fills, [&](int64_t task, int) {
          if (task < a_fills) {
            for (int64_t i = task * a_unit; i < std::min(rows, (task + 1) * a_unit); i += kTileRows) {
              Kernel::fill_a(p, row + i, std::min<int64_t>(kTileRows, rows - i), k, depth, a + i * words);
            }
            return;
          }
          const int64_t begin = (task - a_fills) * b_unit;
          for (int64_t j = begin; j < std::min(columns, begin + b_unit); j += kTileColumns) {
            Kernel::fill_b(p, column + j, std::min<int64_t>(kTileColumns, columns - j), k, depth, b + j * words);
          }
        });
        const Block block{a, b, row, column, words, d == 0, d + 1 == depths.count};
        const Parts task_rows(rows, kTaskRows, kTileRows);
        const Parts task_columns(columns, std::max<int64_t>(kTileColumns, kTaskWords / deepest), kTileColumns);
        cpu.parallel_for(task_rows.count * task_columns.count, [&](int64_t task, int) {
          const int64_t i = task % task_rows.count * task_rows.size;
          const int64_t j = task / task_rows.count * task_columns.size;
          run_task<Kernel>(p, block, i, std::min(rows, i + task_rows.size), j,
                           std::min(columns, j + task_columns.size));
        });
      }
    }
  }
}

}  // namespace sotto::cpu::SOTTO_ISA

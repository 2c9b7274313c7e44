// What privacy rests on, declared once an op: what a unit gives has the same bits whatever other units share the batch,
// wherever it stands, whatever the number of units, rows and threads.
//
//   const UnitOp kAdd{"add", {"add"}, [](UnitRun& run) {
//     float* x = run.floats(8);                          // [rows, 8], each unit's rows from its own random numbers
//     run.ok(sotto_add(run.backend, {run.rows() * 8, x, x, x}));
//     run.rows_of(x, 8);                                 // [rows, 8]: each unit's rows are compared
//   }};
//
// The body runs for each unit alone, then for batches of them, on every backend that can run here. Every op of the
// library is named by one of these or by one MeetsNoUnit; the test every_op_says_how_it_keeps_units_apart sees to it.
#pragma once

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "backend.h"
#include "contract.h"

namespace sotto::test {

// A privacy unit: as many rows, all of its floats NaN where it is spoilt.
struct Unit {
  uint64_t seed;
  int64_t rows;
  bool spoilt = false;
};
using Batch = std::vector<Unit>;

// One execution of a body on one batch.
class UnitRun {
 public:
  UnitRun(sotto_backend* backend, const Batch& batch);

  int64_t units() const { return static_cast<int64_t>(batch_.size()); }
  int64_t rows() const { return first_row_.back(); }
  const int32_t* starts() const { return starts_; }  // [units + 1], device

  // Inputs, made of each unit's own numbers: [rows, width] in shift +- scale, on the device or the host.
  float* floats(int64_t width, float scale = 1, float shift = 0);
  std::vector<float> host_floats(int64_t width);
  // [rows] in [low, limit).
  int32_t* ids(int64_t low, int64_t limit);
  // [outer, units] in [0, 2).
  double* doubles_of_units(int64_t outer);
  // The same for every batch: weights.
  float* weights(int64_t count, float scale = 1, float shift = 0);
  float* zeros(int64_t count) { return run_.zeros(count); }
  double* double_zeros(int64_t count) { return run_.double_zeros(count); }
  template <typename T>
  T* upload(const std::vector<T>& host) {
    return run_.upload(host);
  }
  void ok(sotto_status status) { run_.ok(status); }

  // Results: [outer, rows, inner] and [outer, units, inner], of which each unit's part is compared.
  template <typename T>
  void rows_of(const T* device, int64_t inner, int64_t outer = 1) {
    take(run_.download(device, outer * rows() * inner), first_row_, inner, outer);
  }
  template <typename T>
  void units_of(const T* device, int64_t inner, int64_t outer = 1) {
    take(run_.download(device, outer * units() * inner), first_unit_, inner, outer);
  }
  // A sum over units of terms that are exact in double precision: that of a batch is the sum of those of its units.
  void sum_of(const double* device, int64_t count);
  void sum_of(double value) { sum.push_back(value); }

  sotto_backend* const backend;
  std::vector<std::vector<char>> bits;  // of each unit, its parts of all results
  std::vector<double> sum;

 private:
  template <typename T>
  void take(const std::vector<T>& values, const std::vector<int64_t>& first, int64_t inner, int64_t outer) {
    const int64_t all = first.back() * inner;
    for (int64_t u = 0; u < units(); u++) {
      for (int64_t o = 0; o < outer; o++) {
        const char* from = reinterpret_cast<const char*>(values.data() + o * all + first[u] * inner);
        bits[u].insert(bits[u].end(), from, from + (first[u + 1] - first[u]) * inner * sizeof(T));
      }
    }
  }
  Random random_of(const Unit& unit) const;

  Run run_;
  Batch batch_;
  std::vector<int64_t> first_row_, first_unit_;
  int32_t* starts_;
  uint64_t stream_ = 0;  // of the next input
};

// Declares ops (entries of Ops by name) and registers the test of what they do to units.
struct UnitOp {
  using Body = std::function<void(UnitRun&)>;
  UnitOp(std::string name, std::vector<std::string> ops, Body body);

  std::string name;
  std::vector<std::string> ops;
  Body body;
};

// Declares that an op never sees rows or terms of units on the private path, and why.
struct MeetsNoUnit {
  MeetsNoUnit(std::string op, std::string why);

  std::string op;
  std::string why;
};

}  // namespace sotto::test

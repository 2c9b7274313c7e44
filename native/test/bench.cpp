// sotto_bench [--blas LIB] [--cuda LIB] [--backend NAME] [--threads N,N] [FILTER]: speed of the declared ops.
//
// For each op with benchmark shapes: the fastest call, and the rates that follow from the op's stated FLOPs and bytes.
#include <cstdio>

#include "contract.h"

int main(int count, char** arguments) {
  using namespace sotto::test;  // NOLINT: a program of its own
  std::string filter;
  std::string backend_name = "cpu";
  std::vector<int> threads{1, 2};
  for (int i = 1; i < count; i++) {
    const std::string argument = arguments[i];
    if (argument == "--blas" && i + 1 < count) {
      libraries().blas = arguments[++i];
    } else if (argument == "--cuda" && i + 1 < count) {
      libraries().cuda = arguments[++i];
    } else if (argument == "--backend" && i + 1 < count) {
      backend_name = arguments[++i];
    } else if (argument == "--threads" && i + 1 < count) {
      threads.clear();
      std::istringstream list(arguments[++i]);
      for (std::string item; std::getline(list, item, ',');) threads.push_back(std::stoi(item));
    } else {
      filter = argument;
    }
  }
  try {
    for (const int n : threads) {
      Backend backend(backend_name, n);
      char description[256];
      sotto_backend_describe(backend.handle, description, sizeof(description));
      std::printf("%s\n", description);
      for (const Op& op : ops()) {
        if (op.name.find(filter) == std::string::npos) continue;
        for (const Shape& shape : op.benchmark_shapes) {
          Run run(backend.handle);
          run.measuring = true;
          op.body(run, shape);
          const std::string text = text_of(shape).substr(0, 40);
          std::printf("  %-26s %-40s %10.3f ms", op.name.c_str(), text.c_str(), run.seconds * 1e3);
          if (op.flops) std::printf(" %8.1f GFLOP/s", op.flops(shape) / run.seconds * 1e-9);
          if (op.bytes) std::printf(" %8.1f GB/s", op.bytes(shape) / run.seconds * 1e-9);
          std::printf("\n");
        }
      }
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

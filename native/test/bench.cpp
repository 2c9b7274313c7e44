// sotto_bench [--backend NAME] [--threads N,N] [--seconds S] [--shape TEXT] [--blas LIB] [--cuda LIB] [--smoke]
// [--processor-time] [FILTER...]
//
// Speed of the declared ops, without a JVM. First the roofline: the bandwidth of a copy and the rate of a large product
// in f32. Then for each op with benchmark shapes (its name holds one of the filters) the fastest call, timed on the
// device (CUDA events, or the host's clock), the rates that follow from the op's stated FLOPs and bytes, and the share
// of the roofline it reaches: the time its bytes or FLOPs take at least, the larger of the two, over its own. More than
// 100% means that caches held the data. --shape keeps the shapes that are printed with this text in them. --smoke calls
// every op once at a shape of the tests, so that CI runs this too. For products the last column is the share of what
// the instructions themselves can do (peak.h). --processor-time takes the time that the one thread was running, for
// machines with other load.
#include <algorithm>
#include <cstdio>

#include "peak.h"
#include "roofline.h"

namespace sotto::test {
namespace {

struct Options {
  std::string backend = "cpu";
  std::vector<int> threads{1, 2};
  std::vector<std::string> filters;
  std::string shape;
  double seconds = 0.5;
  bool smoke = false;
};

Options parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; i++) {
    const std::string argument = arguments[i];
    const auto value = [&]() -> std::string {
      if (i + 1 == count) throw Failure(argument + " needs a value");
      return arguments[++i];
    };
    if (argument == "--blas") {
      libraries().blas = value();
    } else if (argument == "--cuda") {
      libraries().cuda = value();
    } else if (argument == "--public") {
      libraries().purpose = SOTTO_PUBLIC;
    } else if (argument == "--backend") {
      options.backend = value();
      if (is_cuda(options.backend)) options.threads = {1};
    } else if (argument == "--threads") {
      options.threads.clear();
      std::istringstream list(value());
      for (std::string item; std::getline(list, item, ',');) options.threads.push_back(std::stoi(item));
    } else if (argument == "--seconds") {
      options.seconds = std::stod(value());
    } else if (argument == "--shape") {
      options.shape = value();
    } else if (argument == "--processor-time") {
      Run::processor_time = true;
      options.threads = {1};
    } else if (argument == "--smoke") {
      options.smoke = true;
      options.seconds = 1e-9;  // the fewest calls
    } else if (argument.compare(0, 2, "--") == 0) {
      throw Failure("unknown option " + argument + "; bench.cpp begins with a list");
    } else {
      options.filters.push_back(argument);
    }
  }
  return options;
}

bool chosen(const std::string& name, const std::vector<std::string>& filters) {
  return filters.empty() || std::any_of(filters.begin(), filters.end(), [&](const std::string& filter) {
           return name.find(filter) != std::string::npos;
         });
}

// FLOPs a second of all threads, of FMAs in f32 and of products in bf16; 0: not known.
struct Peaks {
  double f32;
  double bf16;
};

// One line. False: this backend lacks the op.
bool measure(sotto_backend* backend, const Options& options, const Op& op, const Shape& shape, const Roofline& roofline,
             const Peaks& peaks) {
  Run run(backend);
  run.measuring = options.seconds;
  const std::string text = text_of(shape).substr(0, 40);
  std::printf("  %-34s %-24s", op.name.c_str(), text.c_str());
  try {
    op.body(run, shape);
  } catch (const NotBuiltYet&) {
    std::printf(" not built for this backend\n");
    return false;
  }
  const double flops = op.flops ? op.flops(shape) : 0, bytes = op.bytes ? op.bytes(shape) : 0;
  std::printf(" %11.4f ms", run.seconds * 1e3);
  flops > 0 ? std::printf(" %9.1f GFLOP/s", flops / run.seconds * 1e-9) : std::printf(" %17s", "");
  bytes > 0 ? std::printf(" %8.1f GB/s", bytes / run.seconds * 1e-9) : std::printf(" %13s", "");
  if (flops > 0 || bytes > 0) std::printf(" %5.0f%%", 100 * roofline.share(bytes, flops, run.seconds));
  const double peak = op.name == "gemm_bf16" ? peaks.bf16 : op.name == "gemm" ? peaks.f32 : 0;
  if (peak > 0) std::printf(" %5.0f%%", 100 * flops / run.seconds / peak);
  std::printf("\n");
  std::fflush(stdout);
  return true;
}

void run_backend(const Options& options, int threads) {
  Backend backend(options.backend, threads);
  char description[512];
  sotto_backend_describe(backend.handle, description, sizeof(description));
  std::printf("%s\n", description);
  const Roofline roofline = measure_roofline(backend.handle, options.seconds);
  std::printf("  roofline: copy of %lld MiB %.1f GB/s, product of %lld cubed %.1f GFLOP/s\n",
              static_cast<long long>(roofline.stream >> 18), roofline.bandwidth * 1e-9,
              static_cast<long long>(roofline.gemm), roofline.rate * 1e-9);
  sotto_traits traits{};
  sotto_backend_traits(backend.handle, &traits);
  const bool known = traits.device == SOTTO_CPU && !options.smoke;
  const Peaks peaks{known ? threads * peak_of(traits.isa, false) : 0, known ? threads * peak_of(traits.isa, true) : 0};
  if (peaks.f32 > 0) {
    std::printf("  instructions alone: f32 %.1f GFLOP/s, bf16 %.1f GFLOP/s\n", peaks.f32 * 1e-9, peaks.bf16 * 1e-9);
  }
  int lines = 0;
  for (const Op& op : ops()) {
    if (op.benchmark_shapes.empty() || !chosen(op.name, options.filters)) continue;
    const std::vector<Shape> one{op.shapes[op.shapes.size() / 2]};
    for (const Shape& shape : options.smoke ? one : op.benchmark_shapes) {
      if (text_of(shape).find(options.shape) == std::string::npos) continue;
      lines += measure(backend.handle, options, op, shape, roofline, peaks);
    }
  }
  if (lines == 0) throw Failure("no op was measured: nothing has a benchmark under this filter");
}

}  // namespace
}  // namespace sotto::test

int main(int count, char** arguments) {
  try {
    const sotto::test::Options options = sotto::test::parse(count, arguments);
    for (const int threads : options.threads) sotto::test::run_backend(options, threads);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

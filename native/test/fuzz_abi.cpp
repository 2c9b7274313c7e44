// libFuzzer's entry to the ABI; built with clang by the preset "fuzz", run by ./fuzz abi.
#include <cstdio>

#include "hostile_arguments.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static sotto::test::Backend backend("cpu", 1);
  try {
    sotto::test::HostileCall(backend.handle, data, size).make();
  } catch (const sotto::test::Failure& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    __builtin_trap();
  }
  return 0;
}

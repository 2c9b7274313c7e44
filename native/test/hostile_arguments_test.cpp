// The ABI under arguments that no sound caller gives: 20,000 calls on the reference and on each CPU backend. The same
// under coverage guidance is fuzz_abi.cpp.
#include "hostile_arguments.h"

namespace sotto::test {
namespace {

SOTTO_TEST(hostile_arguments_are_refused_or_served) {
  std::vector<std::string> names{"cpu-reference"};
  for (const std::string& name : backends()) {
    if (!is_cuda(name)) names.push_back(name);  // a GPU does not check the contents of device memory
  }
  for (const std::string& name : names) {
    Backend backend(name, 2);
    Random random(7);
    for (int call = 0; call < 20000; call++) {
      uint8_t bytes[96];
      for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.bits());
      HostileCall(backend.handle, bytes, sizeof bytes).make();
    }
  }
}

}  // namespace
}  // namespace sotto::test

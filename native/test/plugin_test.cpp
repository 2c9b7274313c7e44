// The handshake with a plugin: one that was built from other declarations is refused before anything is asked of it.
#include "plugin.h"

#include <cstdlib>

#include "contract.h"

namespace sotto::test {
namespace {

std::string refusal_of(const char* library) {
  sotto_backend* backend = nullptr;
  const sotto_status status = sotto_backend_open("cuda", 1, SOTTO_PRIVATE, nullptr, library, &backend);
  const std::string line = sotto_last_error();
  SOTTO_CHECK(status == SOTTO_UNSUPPORTED && backend == nullptr, "status " << status << ": " << line);
  SOTTO_CHECK(line.find('\n') == std::string::npos, "more than one line: " << line);
  return line;
}

// The refusal of a plugin of which one part differs; null: none does.
std::string refusal_with(const char* part) {
  if (part == nullptr) {
    unsetenv("SOTTO_WRONG_PART");
  } else {
    setenv("SOTTO_WRONG_PART", part, 1);
  }
  const std::string line = refusal_of(SOTTO_WRONG_PLUGIN);
  unsetenv("SOTTO_WRONG_PART");
  return line;
}

SOTTO_TEST(a_plugin_of_another_abi_is_refused_with_what_differs) {
  int64_t count = 0;
  const AbiPart* parts = abi_parts(&count);
  for (int64_t i = 0; i < count; i++) {
    const std::string line = refusal_with(parts[i].name);
    const std::string said = std::string(parts[i].name) + " is " + std::to_string(parts[i].value + 8) + ", must be " +
                             std::to_string(parts[i].value);
    SOTTO_CHECK(line.find("was built for another version of Sotto: " + said) != std::string::npos, line);
  }
  const std::string shorter = refusal_with("last");
  SOTTO_CHECK(shorter.find("it has " + std::to_string(count - 1) + " structs") != std::string::npos, shorter);
}

SOTTO_TEST(a_library_without_the_handshake_is_refused) {
  const std::string line = refusal_of(SOTTO_DEPENDENT_BLAS);
  SOTTO_CHECK(line.find("is no library of Sotto's kernels: it has no sotto_plugin_abi") != std::string::npos, line);
}

// The control: with the right parts the plugin is asked to open its device.
SOTTO_TEST(a_plugin_of_the_same_abi_is_asked) {
  const std::string line = refusal_with(nullptr);
  SOTTO_CHECK(line.find("the handshake passed") != std::string::npos, line);
}

SOTTO_TEST(traits_say_what_a_backend_is) {
  SOTTO_CHECK(sotto_abi_version() == SOTTO_ABI_VERSION, sotto_abi_version());
  for (const std::string& name : backends()) {
    Backend backend(name);
    sotto_traits traits{};
    SOTTO_CHECK(sotto_backend_traits(backend.handle, &traits) == SOTTO_OK, sotto_last_error());
    SOTTO_CHECK((traits.device == SOTTO_GPU) == is_cuda(name), name);
    SOTTO_CHECK((traits.shares_host_memory != 0) == !is_cuda(name), name);
    SOTTO_CHECK((traits.precision == SOTTO_BF16) == is_cuda(name), name);
    const std::string isa = is_cuda(name) ? "sm_" : name.substr(name.find(':') + 1);
    SOTTO_CHECK(std::string(traits.isa).compare(0, isa.size(), isa) == 0, name << ": " << traits.isa);
    SOTTO_CHECK(sotto_backend_traits(backend.handle, nullptr) == SOTTO_INVALID_ARGUMENT, name);
  }
}

}  // namespace
}  // namespace sotto::test

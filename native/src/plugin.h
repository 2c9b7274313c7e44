// The handshake with a plugin: the shared library of another kind of backend, as libsotto_cuda.so is.
//
// Library and plugin hand each other C++ objects and structs, which both must have compiled from the same declarations.
// A plugin says what it was compiled from before anything else is asked of it: the version of the ABI, then the size of
// everything that crosses. A list that differs in any line is refused with that line.
#pragma once

#include <cstdint>
#include <string>

#include "backend.h"

namespace sotto {

struct AbiPart {
  const char* name;
  int64_t value;
};

// What this library, or the plugin that includes this file, was compiled from. *count: how many parts.
inline const AbiPart* abi_parts(int64_t* count) {
  static constexpr AbiPart kParts[] = {{"the ABI's version", SOTTO_ABI_VERSION},
                                       {"sizeof(Device)", sizeof(Device)},
                                       {"sizeof(sotto_traits)", sizeof(sotto_traits)},
                                       {"sizeof(Ops)", sizeof(Ops)},
#define SOTTO_ABI_PART(op) {"sizeof(sotto_" #op "_request)", sizeof(sotto_##op##_request)},
                                       SOTTO_EACH_OP(SOTTO_ABI_PART)
#undef SOTTO_ABI_PART
  };
  *count = sizeof(kParts) / sizeof(kParts[0]);
  return kParts;
}

// Empty where a plugin's parts are this library's, else the first difference.
inline std::string abi_difference(const AbiPart* theirs, int64_t their_count) {
  int64_t count = 0;
  const AbiPart* ours = abi_parts(&count);
  for (int64_t i = 0; i < count && i < their_count; i++) {
    if (std::string(theirs[i].name) != ours[i].name) {
      return std::string("it has ") + theirs[i].name + " where " + ours[i].name + " is expected";
    }
    if (theirs[i].value != ours[i].value) {
      return std::string(ours[i].name) + " is " + std::to_string(theirs[i].value) + ", must be " +
             std::to_string(ours[i].value);
    }
  }
  if (their_count == count) return "";
  return "it has " + std::to_string(their_count) + " structs, must have " + std::to_string(count);
}

// What a plugin exports, with C linkage. sotto_plugin_open opens the device and fills the table; on failure *device
// stays null and reason, of `capacity` bytes, holds one line, always terminated.
using PluginAbi = const AbiPart* (*)(int64_t* count);
using PluginOpen = sotto_status (*)(sotto_purpose, Device** device, Ops* ops, char* reason, int64_t capacity);
constexpr const char* kPluginAbi = "sotto_plugin_abi";
constexpr const char* kPluginOpen = "sotto_plugin_open";

}  // namespace sotto

// A plugin that was compiled from other declarations, for plugin_test.cpp: SOTTO_WRONG_PART names the part of the
// handshake that differs, "last" one that is missing; without it the parts are right and the device fails to open.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "plugin.h"

extern "C" {

SOTTO_API const sotto::AbiPart* sotto_plugin_abi(int64_t* count) noexcept {
  static std::vector<sotto::AbiPart> parts;
  const sotto::AbiPart* right = sotto::abi_parts(count);
  parts.assign(right, right + *count);
  const char* wrong = std::getenv("SOTTO_WRONG_PART");
  for (sotto::AbiPart& part : parts) {
    if (wrong != nullptr && std::string(part.name) == wrong) part.value += 8;
  }
  if (wrong != nullptr && std::string(wrong) == "last") --*count;
  return parts.data();
}

SOTTO_API sotto_status sotto_plugin_open(sotto_purpose, sotto::Device**, sotto::Ops*, char* reason,
                                         int64_t capacity) noexcept {
  std::snprintf(reason, static_cast<size_t>(capacity), "the handshake passed");
  return SOTTO_UNSUPPORTED;
}

}  // extern "C"

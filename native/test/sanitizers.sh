#!/bin/sh
# sanitizers.sh [PRESET...]: builds the library and its contract tests under each sanitizer and runs them. Without names
# asan, which holds the checks of ubsan too, and tsan. One that this compiler or this kernel cannot run is left out; the
# reason is printed, and the last line counts.
set -eu
cd "$(dirname "$0")/../.."
probe=native/target/sanitizer-probe
mkdir -p native/target
printf 'int main() { return 0; }\n' > $probe.cpp
built= left_out=0
for preset in ${*:-asan tsan}; do
  case $preset in
    asan) flag=address,undefined ;;
    ubsan) flag=undefined ;;
    tsan) flag=thread ;;
    *) echo "sanitizers: no preset $preset; there are asan, ubsan and tsan" >&2; exit 2 ;;
  esac
  if ! "${CXX:-c++}" -fsanitize=$flag -o $probe $probe.cpp 2> $probe.txt || ! $probe 2>> $probe.txt; then
    echo "sanitizers: $preset left out: $(grep -m 1 . $probe.txt || echo "a program built with it does not run")"
    left_out=$((left_out + 1))
    continue
  fi
  rm -f native/target/sanitizer-$preset.passed
  cmake --preset $preset > /dev/null
  cmake --build --preset $preset
  # Mostly on one core, so beside the next build.
  { ctest --preset $preset > native/target/sanitizer-$preset.txt 2>&1 && : > native/target/sanitizer-$preset.passed; } &
  built="$built $preset"
done
wait
run=0
for preset in $built; do
  cat native/target/sanitizer-$preset.txt
  [ -e native/target/sanitizer-$preset.passed ] || { echo "sanitizers: $preset failed" >&2; exit 1; }
  run=$((run + 1))
done
echo "sanitizers: $run run, $left_out left out"

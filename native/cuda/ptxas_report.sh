#!/bin/sh
# Keeps what ptxas says of every kernel: registers, shared memory, spills.
#   ptxas_report.sh compile COMPILER ...         runs the compiler and writes its messages beside the object file
#   ptxas_report.sh collect REPORT OBJECT ...    joins the messages of these objects, names readable, in REPORT
set -u
command=$1
shift
case $command in
  compile)
    object=
    previous=
    for argument in "$@"; do
      [ "$previous" = -o ] && object=$argument
      previous=$argument
    done
    "$@" 2>"$object.ptxas"
    status=$?
    [ $status -eq 0 ] || cat "$object.ptxas" >&2  # warnings are errors, so a success has nothing to show
    exit $status
    ;;
  collect)
    report=$1
    shift
    for object in "$@"; do
      echo "== $(basename "$object" .o)"
      c++filt <"$object.ptxas"
    done >"$report"
    ;;
esac

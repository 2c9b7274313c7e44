// sotto_contract_tests [--blas LIB] [--cuda LIB] [--public] [FILTER]: every op and test whose name contains FILTER, on
// backends for private data, or with --public for public data, where a BLAS is used as it comes. FILTER -A,B
// leaves out those whose name contains A or B.
#include "contract.h"

int main(int count, char** arguments) {
  std::string filter;
  for (int i = 1; i < count; i++) {
    const std::string argument = arguments[i];
    if (argument == "--blas" && i + 1 < count) {
      sotto::test::libraries().blas = arguments[++i];
    } else if (argument == "--cuda" && i + 1 < count) {
      sotto::test::libraries().cuda = arguments[++i];
    } else if (argument == "--public") {
      sotto::test::libraries().purpose = SOTTO_PUBLIC;
    } else {
      filter = argument;
    }
  }
  return sotto::test::run_all(filter);
}

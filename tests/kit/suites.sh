#!/bin/sh
# Prints a C file that names every suite under a folder: suites.sh tests/unit
set -eu
names=$(find "$1" -name '*.c' -exec grep -ho '^Suite \*suite_[a-z0-9_]*(void)' {} + |
    grep -o 'suite_[a-z0-9_]*' | sort -u)
echo '#include "kit/runner.h"'
for name in $names; do echo "Suite *$name(void);"; done
echo 'suite_maker *const suite_makers[] = {'
for name in $names; do echo "    $name,"; done
echo '    NULL,'
echo '};'

/*
 * The multiline parsers that every configuration has: docker, cri, java, go, ruby, python. A table
 * of settings, compiled by each book. They behave as Fluent Bit's; the patterns say the same in
 * fewer words where they can.
 */
#ifndef TAILRACE_LINE_MULTILINE_BUILTIN_H
#define TAILRACE_LINE_MULTILINE_BUILTIN_H

#include "line/multiline.h"

extern const struct multiline_settings multiline_builtins[];
extern const size_t multiline_builtin_count;

#endif

/*
 * Ruby's regular expressions, which Fluent Bit configurations are written in, as text for PCRE2.
 *
 * Pure: text in, text out. The result is to be compiled with PCRE2_MULTILINE (Ruby's ^ and $
 * always mean lines) and LF as the newline; everything else is in the text itself.
 *
 * What differs and is translated: /pattern/imx with its options, (?m) for "dot matches newline",
 * options that reach over alternatives, \h \H \v and escapes that Ruby does not know, bytes
 * written as \xC3\xA9, \u0041, {,n}, {n}? and {n,m}+, quantifiers on quantifiers, classes inside
 * classes and their intersections, POSIX brackets and properties that know Unicode, names of
 * groups of any length. Named groups become plain captures with their names kept beside the text;
 * where there is one, plain groups do not capture.
 *
 * Refused, with a message: the absent operator (?~...), (?u), \M-x, and back references with a
 * recursion level.
 *
 * Known differences: \b sees words of ASCII letters only; after a call \g<name> the group's own
 * capture is again what it was before the call; a call or a reference may be accepted that Ruby
 * would not compile.
 *
 * Limits   REGEX_PATTERN_BYTES_MAX, REGEX_NEST_MAX groups or classes deep, REGEX_NAMES_MAX names.
 */
#ifndef TAILRACE_RECORD_REGEX_RUBY_H
#define TAILRACE_RECORD_REGEX_RUBY_H

#include "base/buffer.h"

#define REGEX_PATTERN_BYTES_MAX ((size_t)16 << 10)
#define REGEX_NEST_MAX 64
#define REGEX_NAMES_MAX 64
#define REGEX_NAME_BYTES_MAX 128

/* A named group: where its name stands in the pattern, and the number of its capture. */
struct regex_ruby_name {
    struct slice name; /* borrowed from the pattern's text */
    unsigned capture;
};

struct regex_ruby {
    struct buffer text; /* for PCRE2 */
    struct regex_ruby_name names[REGEX_NAMES_MAX];
    unsigned name_count;
    bool is_ascii;   /* no character above 127 is asked for literally */
    char error[128]; /* when the translation failed: why, and where in the pattern */
    size_t error_at;
};

/* Translates a pattern as it stands in a configuration, with or without slashes. -EINVAL, and
 * `error` says why. Call regex_ruby_fini either way. */
MUST_USE int regex_ruby_translate(const char *pattern, struct regex_ruby *out);
void regex_ruby_fini(struct regex_ruby *r);

/* The offset in the pattern that the offset `text_at` of the translated text comes from, for
 * passing on what PCRE2 complains about. */
size_t regex_ruby_origin(const char *pattern, size_t text_at);

#endif

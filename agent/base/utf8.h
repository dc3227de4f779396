/*
 * UTF-8: validation of single characters, and their encoding. Pure. Overlong forms, surrogates and
 * code points past U+10FFFF are not UTF-8 (Unicode 15, table 3-7).
 */
#ifndef TAILRACE_BASE_UTF8_H
#define TAILRACE_BASE_UTF8_H

#include "base/slice.h"

/* The bytes of the character at `p`, 1 to 4, or 0 when it is none or `end` cuts it. */
unsigned utf8_len(const char *p, const char *end);

/* The same, with the code point. */
unsigned utf8_decode(const char *p, const char *end, uint32_t *code_point);

/* Writes the character, 1 to 4 bytes, and returns their count. */
unsigned utf8_encode(uint32_t code_point, char *out);

/* The most bytes, `max` at most, that do not cut a character of `text`. */
size_t utf8_cut(struct slice text, size_t max);

bool utf8_is_valid(struct slice text);

/* Whether a terminal, or who reads it, would take the character for something else than text: control
 * characters (U+009B begins an escape sequence too), line breaks, marks that turn the direction. */
bool utf8_is_control(uint32_t code_point);

/* For texts that others wrote: each byte of such a character becomes a blank, and each that is not
 * UTF-8 a question mark. In place. */
void utf8_tame(char *text, size_t len);

/* What stands in for a byte that is not UTF-8. */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

#endif

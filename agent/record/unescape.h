/*
 * Texts in which some characters are written with a backslash, as the decoders read them.
 *
 * Each function lends the text itself when there is nothing to decode, else a copy in the arena;
 * the result is never longer. A backslash before a character that it does not know, or at the
 * end, stays. Pure.
 */
#ifndef TAILRACE_RECORD_UNESCAPE_H
#define TAILRACE_RECORD_UNESCAPE_H

#include "base/arena.h"

/* \a \b \f \n \r \t \v \\ \" \' \/ */
struct slice unescape_plain(struct slice text, struct arena *arena);

/* These, and \uXXXX (pairs of surrogates are one character, half a pair is U+FFFD), \UXXXXXXXX,
 * \xHH and octal \NNN, which are bytes. */
struct slice unescape_utf8(struct slice text, struct arena *arena);

/* Takes the quotes off, 'one' or "one", where both are there, and decodes \0 \n \r \t \Z \\ \' \";
 * doubled quotes stay two. A text without quotes is as it is. */
struct slice unescape_mysql(struct slice text, struct arena *arena);

#endif

/*
 * Lines that are not written in UTF-8: unicode.encoding and generic.encoding of an input.
 *
 * UTF-16 changes where lines end: a line feed is two bytes, and the byte 0x0a alone may be half of
 * another character. What form a file has is found once, from its first bytes, and kept with it.
 * All other encodings keep the line feed a byte of its own.
 *
 * Life     encoding_new_* -> encoding_form, encoding_feed, encoding_decode* -> encoding_free.
 * Thread   the loop: a decoder has a state while it runs, and keeps the text of the last line.
 * Limits   a line grows to ENCODING_GROWTH times its bytes at most.
 *
 * What cannot be read becomes U+FFFD, a byte or a unit at a time; nothing is left out.
 */
#ifndef TAILRACE_LINE_ENCODING_H
#define TAILRACE_LINE_ENCODING_H

#include "base/report.h"
#include "base/slice.h"

#define ENCODING_GROWTH 4

struct encoding;

/* How a file's bytes are to be cut into lines. */
enum encoding_form {
    ENCODING_BYTES, /* a line feed is the byte 0x0a */
    ENCODING_UTF16LE,
    ENCODING_UTF16BE,
};

/* unicode.encoding: UTF-16LE, UTF-16BE, or auto, which goes by the byte order mark. NULL when the
 * name is none; the report says what is nearest. */
struct encoding *encoding_new_unicode(const char *name, struct place place, struct report *report);

/* generic.encoding: ShiftJIS, UHC, GBK, GB18030, Big5, Win866, Win874, Win1250 to Win1256, by any
 * of their names. */
struct encoding *encoding_new_generic(const char *name, struct place place, struct report *report);

/* Accepts NULL; leaves NULL. */
void encoding_free(struct encoding **encoding);

/* The form of a file that begins with these bytes (two are enough). `auto` without a mark is
 * ENCODING_BYTES, and its lines are UTF-8 already. */
enum encoding_form encoding_form(const struct encoding *encoding, struct slice file_head);

/* The bytes of a line feed: 1 or 2. Lines begin at multiples of it. */
size_t encoding_feed_bytes(enum encoding_form form);

/* The offset of the first line feed in bytes that begin a unit, or the length where there is none. */
size_t encoding_feed(enum encoding_form form, struct slice bytes);

/* The line, given without its line feed, as UTF-8: a byte order mark is left out. Lent until the next
 * call, or `line` itself where nothing is to be done. */
struct slice encoding_decode(struct encoding *encoding, enum encoding_form form, struct slice line);

#endif

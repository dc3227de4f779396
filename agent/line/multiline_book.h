/*
 * The named multiline parsers of a configuration, the built-in ones first: docker, cri, java, go,
 * ruby, python. Case does not count in names.
 *
 * Life     multiline_book_new -> multiline_book_add* -> multiline_book_find* -> multiline_book_free,
 *          which frees the definitions too.
 * Thread   the loop; start-up and reload only, but for what it lends.
 * Limits   MULTILINE_BOOK_MAX definitions.
 */
#ifndef TAILRACE_LINE_MULTILINE_BOOK_H
#define TAILRACE_LINE_MULTILINE_BOOK_H

#include "line/multiline.h"

#define MULTILINE_BOOK_MAX 10000

struct multiline_book;

/* The parsers are lent and outlive the book; all that definitions name must be there already. */
struct multiline_book *multiline_book_new(const struct parser_book *parsers);

/* Accepts NULL; leaves NULL. */
void multiline_book_free(struct multiline_book **book);

/* Compiles and adds one. A name that is there already is reported as a warning, and the later
 * definition stands for it from now on; what was lent of the earlier one stays good. -EINVAL when
 * there was an error; the report has it. */
MUST_USE int multiline_book_add(struct multiline_book *book,
                                const struct multiline_settings *settings, struct place place,
                                struct report *report);

/* NULL where there is none; lent as long as the book. */
const struct multiline *multiline_book_find(const struct multiline_book *book, const char *name);

/* The name that is spelt most like `wrong`, or NULL. Lent by the book. */
const char *multiline_book_nearest(const struct multiline_book *book, const char *wrong);

#endif

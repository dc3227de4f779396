/*
 * The named parsers of a configuration. Case counts in names.
 *
 * Life     parser_book_new -> parser_book_add* -> parser_book_find* -> parser_book_free, which
 *          frees the parsers too.
 * Thread   the loop; start-up and reload only, but for what it lends.
 * Limits   PARSER_BOOK_MAX parsers.
 */
#ifndef TAILRACE_RECORD_PARSER_BOOK_H
#define TAILRACE_RECORD_PARSER_BOOK_H

#include "record/parser.h"

#define PARSER_BOOK_MAX 10000

struct parser_book;

struct parser_book *parser_book_new(void);

/* Accepts NULL; leaves NULL. */
void parser_book_free(struct parser_book **book);

/* Compiles and adds one. A name that is there already is reported as a warning, and the later
 * parser stands for it from now on. -EINVAL when there was an error; the report has it. */
MUST_USE int parser_book_add(struct parser_book *book, const struct parser_settings *settings,
                             struct place place, struct report *report);

/* NULL where there is none; lent as long as the book. */
const struct parser *parser_book_find(const struct parser_book *book, const char *name);

/* The name that is spelt most like `wrong`, or NULL: for "did you mean". Lent by the book. */
const char *parser_book_nearest(const struct parser_book *book, const char *wrong);

#endif

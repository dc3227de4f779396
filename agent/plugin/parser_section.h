/*
 * [PARSER] sections become parsers of the book.
 *
 * Thread   the loop; start-up and reload only.
 */
#ifndef TAILRACE_PLUGIN_PARSER_SECTION_H
#define TAILRACE_PLUGIN_PARSER_SECTION_H

#include "plugin/option.h"
#include "record/parser_book.h"

/* What a [PARSER] can be told. */
extern const struct option parser_options[];

/* Binds one section and adds its parser. -EINVAL when there was an error; the report has it. A key
 * that no parser has is only warned of: old parsers files have some, and work. */
MUST_USE int parser_section_add(struct parser_book *book, const struct property_list *section,
                                struct report *report);

#endif

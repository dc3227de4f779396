/*
 * [MULTILINE_PARSER] sections become definitions of the book.
 *
 * Thread   the loop; start-up and reload only.
 */
#ifndef TAILRACE_PLUGIN_MULTILINE_SECTION_H
#define TAILRACE_PLUGIN_MULTILINE_SECTION_H

#include "line/multiline_book.h"
#include "plugin/option.h"

/* What a [MULTILINE_PARSER] can be told, and what each of its rules. */
extern const struct option multiline_options[];
extern const struct option multiline_rule_options[];

/* A section and its groups named `rules`, in order. */
struct multiline_section {
    const struct property_list *properties;
    const struct property_list *rules;
    size_t rule_count;
};

/* Binds one section and adds its definition. -EINVAL when there was an error; the report has every
 * mistake. A key that no definition has is only warned of. */
MUST_USE int multiline_section_add(struct multiline_book *book,
                                   const struct multiline_section *section, struct report *report);

#endif

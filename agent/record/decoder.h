/*
 * Decoders take a field's text apart once more: Decode_Field and Decode_Field_As of a [PARSER].
 *
 *   json          an object
 *   escaped       \n, \t, \" and the like
 *   escaped_utf8  these, and \u00e9, \x41, \101
 *   mysql_quoted  a text in quotes as MySQL writes it
 *
 * The rules of one field are tried in the order of the file. One that fails lets the next try only
 * if it says try_next or do_next; one that succeeds only if it says do_next, and what it made is
 * what the next one gets. Decode_Field_As puts the result in the field's place; Decode_Field adds
 * the members of an object at the end.
 *
 * Life     decoders_compile -> decoders_apply* -> decoders_fini.
 * Thread   its owner's. Limits   DECODER_RULES_MAX rules.
 */
#ifndef TAILRACE_RECORD_DECODER_H
#define TAILRACE_RECORD_DECODER_H

#include "base/report.h"
#include "record/record.h"

#define DECODER_RULES_MAX 64

/* "json log try_next", borrowed for the call. */
struct decoder_setting {
    const char *text;
    struct place place;
    bool is_as; /* Decode_Field_As */
};

struct decoder_rule;

struct decoder_list {
    struct decoder_rule *rules;
    uint32_t count;
};

/* Fills a zeroed list. -EINVAL, and every mistake is in the report; fini either way. */
MUST_USE int decoders_compile(struct decoder_list *list, const struct decoder_setting *settings,
                              size_t count, struct report *report);
void decoders_fini(struct decoder_list *list);

/* Decodes among the record's fields from `first` on, none of which is VALUE_MEMBERS. */
void decoders_apply(const struct decoder_list *list, struct record *record, uint32_t first,
                    struct json_scanner *json);

#endif

/*
 * What a record looks like in a file.
 *
 *   out_file   tag: [1700000000.123456789, {"a":1,"b":"x"}]
 *   plain      {"a":1,"b":"x"}
 *   csv        1700000000.123456789,1,"x"
 *   ltsv       "time":1700000000.123457<tab>"a":1<tab>"b":"x"
 *   template   whatever the template says
 *   msgpack    [[time, {metadata}], {fields}], one after the other
 */
#ifndef TAILRACE_OUT_FILE_FORM_H
#define TAILRACE_OUT_FILE_FORM_H

#include "plugin/plugin.h"

enum file_format {
    FILE_FORMAT_TAGGED,
    FILE_FORMAT_PLAIN,
    FILE_FORMAT_CSV,
    FILE_FORMAT_LTSV,
    FILE_FORMAT_TEMPLATE,
    FILE_FORMAT_MSGPACK,
};
#define FILE_FORMATS "out_file|plain|csv|ltsv|template|msgpack"

struct form {
    enum file_format format;
    char delimiter;
    char label_delimiter;
    const char *template_text; /* lent */
    struct render render;
    struct arena scratch;
};

/* NULL is the format's own delimiter. Words that are none are told, and the format's own is used. */
void form_delimiters(struct form *form, const char *delimiter, const char *label_delimiter,
                     struct plugin_setup *setup);
void form_fini(struct form *form);

void form_record(struct form *form, const struct chunk_record *record, struct buffer *out);

/* The line of column names for records like this one. */
void form_csv_header(struct form *form, const struct chunk_record *record, struct buffer *out);

#endif

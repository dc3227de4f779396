/*
 * Texts of a configuration to values, by Fluent Bit's rules and a little more leniently.
 *
 * Each converter returns 0 or -EINVAL. `note_out` gets a lent, never-ending sentence: after an
 * error what would be right, after a success what the user should know (a warning), else NULL.
 * A "# comment" behind a number, size, time or boolean is left out with such a note: public
 * configurations have it. Pure but for the lists, which own their texts. Any thread.
 */
#ifndef TAILRACE_PLUGIN_SETTING_H
#define TAILRACE_PLUGIN_SETTING_H

#include "base/report.h"
#include "base/slice.h"

/* Each list holds at most this many entries; the rest of a value is refused. */
#define LIST_ENTRIES_MAX 10000

/* Texts in the order they were written. All zero is an empty list. */
struct text_list {
    char **items;
    struct place *places; /* one for each item */
    size_t count;
};

/* Keys with their values in the order they were written. All zero is an empty list. */
struct text_pair {
    char *key;
    char *value;
    struct place place;
};
struct pair_list {
    struct text_pair *items;
    size_t count;
};

/* Both copy. -E2BIG: the list is full. */
MUST_USE int text_list_add(struct text_list *list, struct slice text, struct place place);
MUST_USE int pair_list_add(struct pair_list *list, const char *key, const char *value,
                           struct place place);
void text_list_fini(struct text_list *list);
void pair_list_fini(struct pair_list *list);

/* Adds the parts between commas, trimmed; empty parts are left out. -E2BIG: the list is full. */
MUST_USE int text_list_split(struct text_list *list, const char *text, struct place place);

/* Cuts a text into `count` words at blanks, and the rest as one more entry if there is any. A word
 * may stand in double quotes, in which \" means a quote. -EINVAL: a quote is not closed.
 * Fewer words than `count` is no error here: look at how many were added. */
MUST_USE int setting_words(const char *text, size_t count, struct text_list *words_out);

/* true/on/yes, false/off/no, in any case; 1 and 0 with a note. */
MUST_USE int setting_bool(const char *text, bool *value_out, const char **note_out);

/* The number at the beginning; with a note where something else follows it. */
MUST_USE int setting_int(const char *text, int64_t *value_out, const char **note_out);
MUST_USE int setting_double(const char *text, double *value_out, const char **note_out);

/* Bytes: a number and K, M, G, KB, MB or GB, powers of 1000; KiB, MiB, GiB are powers of 1024.
 * `false` or `off` is 0. In the binary variant K, M and G are powers of 1024 too. */
MUST_USE int setting_size(const char *text, uint64_t *bytes_out, const char **note_out);
MUST_USE int setting_size_binary(const char *text, uint64_t *bytes_out, const char **note_out);

/* A time span in milliseconds: a number, fractions allowed, and s, m, h or d; bare is seconds. */
MUST_USE int setting_time(const char *text, uint64_t *ms_out, const char **note_out);

#endif

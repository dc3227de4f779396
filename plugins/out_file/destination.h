/*
 * Which file a record goes to.
 *
 * Path and File may hold strftime's directives (enable_strftime: the record's time, UTC) and record
 * accessors; such destinations are dynamic, at most files_max of them at once. A destination that
 * nothing was written to for DESTINATION_IDLE_MS counts no more. Without File the tag names the file.
 *
 * Life     destinations_init -> destinations_find* -> destinations_fini.
 * Thread   one at a time.
 * Limits   DESTINATION_BYTES_MAX for a path. What a record holds never leads out of Path: a part
 *          "." or ".." or with control characters is no destination.
 */
#ifndef TAILRACE_OUT_FILE_DESTINATION_H
#define TAILRACE_OUT_FILE_DESTINATION_H

#include "plugin/plugin.h"

#define DESTINATION_BYTES_MAX 4095
#define DESTINATION_IDLE_MS UINT64_C(3600000)

enum destination_action {
    DESTINATION_ERROR,    /* the record is set aside, and the reason logged */
    DESTINATION_FALLBACK, /* it goes to the fallback file */
    DESTINATION_DROP,     /* it is set aside */
};
#define DESTINATION_ACTIONS "error|fallback|drop"

struct destination_keys {
    char *path;
    char *file;
    bool has_strftime;
    int64_t files_max;
    int on_missing; /* enum destination_action, as is the next */
    int on_limit;
    char *fallback_path;
    char *fallback_file;
};

/* Path or File: a text, a date in it, variables in that. */
struct name_template {
    const char *text;         /* lent; NULL: not given */
    size_t prefix_len;        /* of the text before its first directive */
    struct time_pattern date; /* of what follows it */
    bool is_dated;
    struct buffer dated; /* what `accessor` was compiled from */
    struct accessor *accessor;
};

/*
 *   dynamic  <->  a date or a variable in path or file
 *   dynamic, and a fallback is asked for  ->  there is one
 *   known    <=   files_max, where that is a limit; none where all is static
 */
struct destinations {
    const struct destination_keys *keys;
    struct name_template path;
    struct name_template file;
    bool is_dynamic;
    char *fallback;   /* NULL: none */
    struct map known; /* dynamic ones, by path; when they were used last, in ms and odd */
};

/* `keys` is lent. -EINVAL: the report says why. destinations_fini accepts what is left. */
MUST_USE int destinations_init(struct destinations *d, const struct destination_keys *keys,
                               struct plugin_setup *setup);
void destinations_fini(struct destinations *d);

/* Writes the path, closed with NUL, into `out`. False when the record has none: it is to be set
 * aside, and *why says what for, or is NULL where nothing is to be said. */
bool destinations_find(struct destinations *d, const struct chunk_record *record,
                       struct arena *scratch, struct buffer *out, const char **why);

/* The tag as a file name: what is no letter, digit, "-", "_", "." or "/" becomes "_". */
void destination_of_tag(struct slice tag, struct buffer *out);

#endif

/*
 * Options: what a plugin can be told, declared in a table and put into its struct.
 *
 *     static const struct option options[] = {
 *         OPTION_TEXT(struct out_http, url, "url", NULL, OPTION_REQUIRED, "Where to POST."),
 *         OPTION_SIZE(struct out_http, body_bytes_max, "max_body", "5M", 0, "Largest request."),
 *         OPTION_END
 *     };
 *
 * The table is the one source of defaults, checks, `-h` output, `-J` output and the option table
 * in the plugin's page. The macros refuse a field of the wrong type when they are compiled.
 *
 * Life     options_bind fills a zeroed struct, options_fini frees what was bound. A failed bind
 *          leaves a struct that options_fini accepts.
 * Thread   the loop; start-up and reload only.
 * Limits   LIST_ENTRIES_MAX entries in one list.
 * Note     <getopt.h> has a `struct option` too; no file can include both.
 */
#ifndef TAILRACE_PLUGIN_OPTION_H
#define TAILRACE_PLUGIN_OPTION_H

#include "plugin/setting.h"

enum option_type {
    OPTION_TYPE_END,
    OPTION_TYPE_BOOL,
    OPTION_TYPE_INT,
    OPTION_TYPE_DOUBLE,
    OPTION_TYPE_SIZE, /* bytes */
    OPTION_TYPE_TIME, /* milliseconds */
    OPTION_TYPE_TEXT,
    OPTION_TYPE_CHOICE,
    OPTION_TYPE_LIST,
    OPTION_TYPE_WORDS,
    OPTION_TYPE_PAIR,
    OPTION_TYPE_PREFIX,
    OPTION_TYPE_IGNORED,
};

enum option_flags {
    OPTION_REQUIRED = 1,   /* it must be given */
    OPTION_REPEAT = 2,     /* it may come several times: LIST, WORDS; PAIR and PREFIX always may */
    OPTION_NO_MEANING = 4, /* accepted and said once to do nothing; `help` says why */
    OPTION_SECRET = 8,     /* the value is never shown */
    OPTION_BINARY_SIZE = 16, /* a SIZE whose K, M and G are powers of 1024 */
    OPTION_NOT_EMPTY = 32    /* a TEXT that counts as not given when it is left empty */
};

struct option {
    const char *name;
    enum option_type type;
    unsigned flags;
    size_t offset;
    const char *fallback; /* as one would write it; NULL: zero, empty, NULL */
    const char *choices;  /* of a CHOICE */
    const char *help;     /* a sentence */
};

/* The offset of a field, after checking its type. */
#define OPTION_FIELD(self, field, type) \
    (offsetof(self, field) + 0 * sizeof(1 ? &((self *)0)->field : (type *)0))

#define OPTION_OF(type, ctype, self, field, name, fallback, flags, help)                        \
    {                                                                                           \
        name, OPTION_TYPE_##type, flags, OPTION_FIELD(self, field, ctype), fallback, NULL, help \
    }

/* All: struct, field, "key", "default" or NULL, flags, "Help.". */
#define OPTION_BOOL(...) OPTION_OF(BOOL, bool, __VA_ARGS__)
#define OPTION_INT(...) OPTION_OF(INT, int64_t, __VA_ARGS__)
#define OPTION_DOUBLE(...) OPTION_OF(DOUBLE, double, __VA_ARGS__)
#define OPTION_SIZE(...) OPTION_OF(SIZE, uint64_t, __VA_ARGS__)
#define OPTION_TIME(...) OPTION_OF(TIME, uint64_t, __VA_ARGS__)
#define OPTION_TEXT(...) OPTION_OF(TEXT, char *, __VA_ARGS__)

/* A text_list of what stands between commas. */
#define OPTION_LIST(...) OPTION_OF(LIST, struct text_list, __VA_ARGS__)

/* A text_list with one entry for each time the key is given, its value untouched (see
 * setting_words). */
#define OPTION_WORDS(...) OPTION_OF(WORDS, struct text_list, __VA_ARGS__)

/* A pair_list with an entry for each time the key is given. Several options may share one field;
 * it then holds them all in the order of the file: rules that run in order. */
#define OPTION_PAIR(...) OPTION_OF(PAIR, struct pair_list, __VA_ARGS__)

/* A pair_list of all keys that begin with the name, but are no option themselves. */
#define OPTION_PREFIX(...) OPTION_OF(PREFIX, struct pair_list, __VA_ARGS__)

/* An int: the place of the value in "one|two|three", counted from 0. Has one more argument,
 * before the help. */
#define OPTION_CHOICE(self, field, name, fallback, flags, choices, help)                         \
    {                                                                                            \
        name, OPTION_TYPE_CHOICE, flags, OPTION_FIELD(self, field, int), fallback, choices, help \
    }

/* Accepted, bound to nothing; the reason is said when it is used. A `*` at the end of the name
 * stands for whatever follows. */
#define OPTION_IGNORED(name, why)                                                        \
    {                                                                                    \
        name, OPTION_TYPE_IGNORED, OPTION_NO_MEANING | OPTION_REPEAT, 0, NULL, NULL, why \
    }

#define OPTION_END                                    \
    {                                                 \
        NULL, OPTION_TYPE_END, 0, 0, NULL, NULL, NULL \
    }

/* What a YAML value looks like without quotes; everything else is text. */
enum property_type {
    PROPERTY_TEXT,
    PROPERTY_NULL,
    PROPERTY_BOOL,
    PROPERTY_INT,
    PROPERTY_DOUBLE,
};

/* A key and its value as the configuration has them, both lent until the configuration is gone.
 * Neither is NULL. */
struct property {
    const char *key;
    const char *value;
    struct place place;
    enum property_type type;
    bool is_list_item; /* one of several that were written as one YAML list */
};

/* The properties of one section, in the order of the file. */
struct property_list {
    const struct property *items;
    size_t count;
    const char *owner;  /* who asks, for messages: "output http" */
    struct place place; /* where the section begins */
    bool is_lenient;    /* an unknown key is a warning, not an error */
};

/* Where the key's value stands that counts; where the section begins, when it is not given. */
struct place property_list_place(const struct property_list *list, const char *key);

/* Where the key's value stands that counts, which is its last one; `otherwise` where it is not
 * given, as then a default is meant. */
struct place property_place(const struct property *items, size_t count, const char *key,
                            struct place otherwise);

/* A table and the struct that it fills. */
struct option_target {
    const struct option *options;
    void *self;
};

/* Sets all defaults, then each property in the first target that has its key. Everything that is
 * wrong goes to the report, none stops it. -ENODATA when a required option is not there, whose field is
 * then zero; else -EINVAL when there was an error. Of a key that may come once the last wins, with a
 * warning. */
MUST_USE int options_bind(const struct option_target *targets, size_t target_count,
                          const struct property_list *properties, struct report *report);

/* Frees what was bound and zeroes those fields. */
void options_fini(const struct option *options, void *self);

/* The option that a key means, the prefixes looked at last; NULL where there is none. */
const struct option *option_find(const struct option *options, const char *key);

/* Stops the process when a table is not right: a default that does not convert, a name twice, a
 * text that is not a sentence. For the tests. */
void options_check(const struct option *options);

/* As `-h` shows them, a line each; as rows of the table in a plugin's page; as `-J` has them. */
void options_print(const struct option *options, struct buffer *out);
void options_markdown(const struct option *options, struct buffer *out);
void options_json(const struct option *options, struct buffer *out);

#endif

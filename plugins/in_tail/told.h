/*
 * What a tail input was told: its options, and how they are bound (told.c).
 *
 * Plain values, constant once tail_told_check() has passed them. Which text belongs to which option is
 * said once, in the table.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_TOLD_H
#define TAILRACE_PLUGINS_IN_TAIL_TOLD_H

#include "plugin/plugin.h"

struct tail;

/* Which files, and when. */
struct tail_file_options {
    struct text_list path;
    struct text_list exclude_path;
    char *refresh_interval;
    uint64_t poll_ms;
    uint64_t rotate_wait_ms;
    uint64_t ignore_older_ms;
    bool ignore_active_older;
    bool read_from_head;
    bool read_new_from_head;
    bool use_inotify;
    bool exit_on_eof;
};

/* What becomes of their lines. */
struct tail_line_options {
    char *key;
    char *path_key;
    char *offset_key;
    char *parser;
    char *tag_regex;
    char *unicode_encoding;
    char *generic_encoding;
    uint64_t line_bytes_max;
    uint64_t rate_bytes;
    bool skip_long_lines;
    bool truncate_long_lines;
    bool skip_empty_lines;
};

struct tail_db_options {
    char *path;
    char *sync;
    bool is_locked;
    char *journal_mode;
    bool compare_name;
};

struct tail_join_options {
    struct text_list multiline_parser;
    bool docker_mode;
    int64_t docker_mode_flush_s;
    char *docker_mode_parser;
    bool multiline;
    uint64_t multiline_flush_ms;
    char *parser_firstline;
    struct pair_list parser_n;
};

/* By the configuration; place says where in it. */
struct tail_told {
    struct tail_file_options files;
    struct tail_line_options lines;
    struct tail_db_options db;
    struct tail_join_options join;
    uint64_t refresh_ms; /* files.refresh_interval */
    const char *component;
    struct place db_place; /* where its key stands */
};

/* Of struct tail. */
extern const struct option tail_options[];

/* Takes apart what was bound, and makes of it what lines need. Negative: the report says what is wrong;
 * tail_told_fini() is called all the same. */
MUST_USE int tail_told_check(struct tail *tail, struct plugin_setup *setup);
void tail_told_fini(struct tail *tail);

#endif

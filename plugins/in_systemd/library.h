/*
 * libsystemd's journal, loaded when an input asks for it: a node without systemd, and an agent that
 * reads no journal, need no such library. What is declared here is its stable interface, as the
 * manual pages of sd-journal(3) give it; tests put a table of their own in its place.
 *
 * Thread   one for each journal, the one that opened it.
 */
#ifndef TAILRACE_IN_SYSTEMD_LIBRARY_H
#define TAILRACE_IN_SYSTEMD_LIBRARY_H

#include <stddef.h>
#include <stdint.h>

typedef struct sd_journal sd_journal;

#define SD_JOURNAL_LOCAL_ONLY 1

/* Results are negative codes of errno.h; what they mean beside that, sd_journal_next(3) and its
 * neighbours say. */
struct journal_library {
    int (*open)(sd_journal **j, int flags);
    int (*open_directory)(sd_journal **j, const char *path, int flags);
    void (*close)(sd_journal *j);
    int (*add_match)(sd_journal *j, const void *data, size_t size);
    int (*add_disjunction)(sd_journal *j);
    int (*add_conjunction)(sd_journal *j);
    int (*set_data_threshold)(sd_journal *j, size_t size);
    int (*seek_head)(sd_journal *j);
    int (*seek_tail)(sd_journal *j);
    int (*seek_cursor)(sd_journal *j, const char *cursor);
    int (*seek_realtime_usec)(sd_journal *j, uint64_t usec);
    int (*next)(sd_journal *j);
    int (*previous)(sd_journal *j);
    int (*test_cursor)(sd_journal *j, const char *cursor);
    int (*get_cursor)(sd_journal *j, char **cursor);
    int (*get_realtime_usec)(sd_journal *j, uint64_t *usec);
    void (*restart_data)(sd_journal *j);
    int (*enumerate_data)(sd_journal *j, const void **data, size_t *size);
    int (*get_fd)(sd_journal *j);
    int (*get_events)(sd_journal *j);
    int (*reliable_fd)(sd_journal *j);
    int (*process)(sd_journal *j);
};

/* NULL with *why in words where the system has no libsystemd. It stays loaded. */
const struct journal_library *journal_library_load(const char **why);

/* For tests: this one instead, or the system's again for NULL. */
void journal_library_replace(const struct journal_library *library);

#endif

#include "plugins/in_systemd/systemd.h"

#include <errno.h>
#include <inttypes.h>

#define S struct in_systemd
static const struct option options[] = {
    OPTION_TEXT(S, keys.path, "path", NULL, 0, "Folder of journals; the system's by default."),
    OPTION_INT(S, keys.fields_max, "max_fields", "8000", 0,
               "Fields of an entry; those after them are left out."),
    OPTION_INT(S, keys.entries_max, "max_entries", "5000", 0,
               "Entries to read before others have their turn; never more than 500."),
    OPTION_CHOICE(S, keys.filter_type, "systemd_filter_type", "or", 0, "or|and",
                  "Whether one of several filters is enough."),
    OPTION_WORDS(S, keys.filters, "systemd_filter", NULL, OPTION_REPEAT,
                 "KEY=VALUE: take entries that have it. May be given several times."),
    OPTION_BOOL(S, keys.has_tail, "read_from_tail", "false", 0,
                "Without a cursor begin with what comes, not with the oldest entry."),
    OPTION_BOOL(S, keys.is_lower, "lowercase", "false", 0, "Names in lower case."),
    OPTION_BOOL(S, keys.strips_underscores, "strip_underscores", "false", 0,
                "Take one underscore off the beginning of names."),
    OPTION_TEXT(S, keys.db, "db", NULL, 0, "SQLite file that keeps the cursor over restarts."),
    OPTION_TEXT(S, keys.db_sync, "db.sync", "normal", 0, "extra, full, normal or off."),
    OPTION_END,
};
#undef S

static int filters_check(const struct in_systemd *s, struct report *report)
{
    for (size_t i = 0; i < s->keys.filters.count; i++) {
        const char *text = s->keys.filters.items[i];

        if (text[0] != '=' && strchr(text, '=') != NULL)
            continue;
        report_error(report, s->keys.filters.places[i],
                     "systemd_filter \"%s\" is not KEY=VALUE, such as _SYSTEMD_UNIT=ssh.service",
                     text);
        return -EINVAL;
    }
    return 0;
}

static int systemd_init(void *self, struct plugin_setup *setup)
{
    struct in_systemd *s = self;
    int rc = 0;

    list_init(&s->ledger.segments);
    s->component = setup->component;
    s->db_place = setup_place(setup, "db");
    s->path_place = setup_place(setup, "path");
    if (s->keys.fields_max < 1 || s->keys.fields_max > RECORD_FIELDS_MAX) {
        report_error(setup->report, setup_place(setup, "max_fields"),
                     "max_fields is %" PRId64 "; give a number from 1 to %u", s->keys.fields_max,
                     RECORD_FIELDS_MAX);
        rc = -EINVAL;
    }
    if (s->keys.entries_max < 1) {
        report_error(setup->report, setup_place(setup, "max_entries"),
                     "max_entries is %" PRId64 "; give a number above 0", s->keys.entries_max);
        rc = -EINVAL;
    }
    if (!cursor_knows_sync(s->keys.db_sync)) {
        report_error(setup->report, setup_place(setup, "db.sync"),
                     "db.sync is \"%s\"; one of extra, full, normal, off", s->keys.db_sync);
        rc = -EINVAL;
    }
    setup_warn_of_folder(setup, "db", s->keys.db);
    return filters_check(s, setup->report) | rc;
}

static void systemd_fini(void *self)
{
    struct in_systemd *s = self;

    if (s->ledger.segments.next != NULL)
        segments_forget(&s->ledger.segments);
    cursor_close(&s->cursor);
    mem_free(s->at.cursor);
}

/* Without DB the cursor is kept as long as the process, for the pipeline that takes over. */
static int cursor_begin(struct in_systemd *s, struct report *report)
{
    struct cursor_config config = {
        .path = s->keys.db != NULL ? s->keys.db : s->input->name,
        .sync = s->keys.db_sync,
        .speaker = s->component,
        .is_memory = s->keys.db == NULL,
    };

    return cursor_open(s->input->loop, &config, report, s->db_place, &s->cursor);
}

static int systemd_start(void *self, struct input *input, struct report *report)
{
    struct in_systemd *s = self;
    const char *why = "";
    const struct journal_library *library = journal_library_load(&why);
    int rc;

    s->input = input;
    if (library == NULL) {
        report_error(report, s->path_place, "the journal cannot be read: %s; install libsystemd0",
                     why);
        return -ENOENT;
    }
    rc = cursor_begin(s, report);
    if (rc < 0)
        return rc;
    rc = read_begin(s, library);
    if (rc < 0)
        report_error(report, s->path_place, "the journal %s cannot be opened: %s",
                     s->keys.path != NULL ? s->keys.path : "of the system", strerror(-rc));
    return rc;
}

static void systemd_stop(void *self)
{
    struct in_systemd *s = self;

    if (s->input != NULL)
        read_end(s);
}

const struct input_plugin in_systemd = {
    .name = "systemd",
    .summary = "Reads entries of systemd's journal.",
    .self_bytes = sizeof(struct in_systemd),
    .options = options,
    .init = systemd_init,
    .start = systemd_start,
    .stop = systemd_stop,
    .fini = systemd_fini,
};

#include "plugins/in_systemd/systemd.h"

#include "plugins/in_systemd/guard.h"

#include <errno.h>
#include <uv.h>

/*
 *   read_begin     opens the journal and goes to where it is to be read from
 *   read_on        takes entries while there are some and the budget has room
 *   on_ready       journald wrote something
 *   on_timer       others had their turn, or it is time to look, or to open again
 *   absent         there is no such folder: looked for again in a while
 *   broken         the journal cannot be read: closed, and opened again in a while
 *   read_bookmark  outputs are done with more: the cursor moves
 *
 * Goes wrong: an entry that is damaged (counted, left out); a file that is (opened again, from the
 * last entry that was read; if that is no help, from the moment after it); a journal that was emptied
 * past the cursor (said; reading goes on with what is there); a page that cannot be read (guard.h: as a
 * file that is damaged).
 */

#define SAID_INTERVAL_MS 60000
#define UNIT_FIELD "_SYSTEMD_UNIT="
#define UNIT_UNKNOWN "unknown"

static void say(struct in_systemd *s, const char *what, int rc)
{
    uint64_t held;

    s->input->metrics.read_errors++;
    if (log_brake_open(&s->brake, SAID_INTERVAL_MS, &held))
        log_warn(s->component, "%s: %s", what, strerror(-rc));
}

/* ---- acknowledged ---- */

void read_bookmark(void *self)
{
    struct in_systemd *s = self;
    char *text = segments_settled(&s->ledger.segments);

    if (text != NULL)
        cursor_set(s->cursor, text);
    mem_free(text);
}

/* ---- an entry to a record ---- */

/* Numbers of different sources say nothing about each other: another origin begins. */
static struct segment *segment_for(struct in_systemd *s, uint64_t numbering)
{
    struct systemd_ledger *l = &s->ledger;

    if (l->segment != NULL && l->numbering == numbering)
        return l->segment;
    if (l->segment != NULL)
        segment_end(&l->segment);
    l->numbering = numbering;
    l->segment = segment_begin(s->input, numbering, &l->segments, read_bookmark, s);
    return l->segment;
}

/* Where the entry is, for good; RECORD_NO_OFFSET where its cursor does not tell. */
static uint64_t entry_place(const char *cursor, uint64_t *numbering_out)
{
    struct cursor_parts parts;
    bool is_known = cursor_parse(slice_of(cursor), &parts);

    *numbering_out = is_known ? slice_hash(parts.numbering) | 1 : 0;
    return is_known ? parts.number : RECORD_NO_OFFSET;
}

/* The fields of the entry where the journal stands. A negative code when it is damaged. */
static int entry_read(struct in_systemd *s, struct entry *entry, struct slice *unit_out,
                      uint64_t *bytes_out)
{
    const struct journal_library *library = s->journal.library;
    struct entry_style style = {s->keys.is_lower, !s->keys.strips_underscores};
    const void *data;
    size_t len;
    int rc;

    library->restart_data(s->journal.handle);
    while ((rc = library->enumerate_data(s->journal.handle, &data, &len)) > 0) {
        struct slice field = slice_make(data, len);

        *bytes_out += len + 1;
        if (slice_begins(field, SLICE(UNIT_FIELD)))
            *unit_out = arena_copy(entry->arena, slice_skip(field, strlen(UNIT_FIELD)));
        if (!entry_add(entry, field, &style))
            break;
    }
    return rc < 0 ? rc : 0;
}

/* The tag with the unit in the place of its star. */
static struct slice tag_of(const struct in_systemd *s, struct slice unit, struct arena *arena)
{
    struct slice tag = slice_of(s->input->tag);
    size_t star = slice_find(tag, '*');
    char *text;

    if (star == tag.len)
        return tag;
    if (unit.len == 0)
        unit = SLICE(UNIT_UNKNOWN);
    text = arena_alloc(arena, tag.len + unit.len);
    memcpy(text, tag.data, star);
    memcpy(text + star, unit.data, unit.len);
    memcpy(text + star + unit.len, tag.data + star + 1, tag.len - star - 1);
    return slice_make(text, tag.len + unit.len - 1);
}

static void entry_push(struct in_systemd *s, const char *cursor, struct slice tag, uint64_t bytes)
{
    struct record *record = intake_current(s->input->intake);
    struct segment *segment;
    struct origin *origin;
    uint64_t numbering;

    record->offset = entry_place(cursor, &numbering);
    record->time_ns = (int64_t)s->at.usec * 1000;
    segment = segment_for(s, numbering);
    origin = &segment->origin;
    s->input->metrics.bytes += bytes;
    s->input->metrics.read_bytes += bytes;
    intake_push_as(s->input->intake, origin, tag, origin->window.issued + bytes);
    if (++s->ledger.unmarked >= MARK_EVERY) {
        segment_mark(segment, cursor);
        s->ledger.unmarked = 0;
    }
}

static void place_note(struct in_systemd *s, char *cursor)
{
    uint64_t usec;

    mem_free(s->at.cursor);
    s->at.cursor = cursor;
    s->at.is_stuck = false;
    if (s->journal.library->get_realtime_usec(s->journal.handle, &usec) >= 0)
        s->at.usec = usec;
}

/* A negative code when the journal itself cannot be read. */
static int entry_take(struct in_systemd *s)
{
    struct record *record = intake_record(s->input->intake);
    struct entry entry = {.arena = &record->arena, .count_max = (uint32_t)s->keys.fields_max};
    struct slice unit = {0};
    uint64_t bytes = 0;
    char *cursor = NULL;
    int rc = s->journal.library->get_cursor(s->journal.handle, &cursor);

    if (rc < 0)
        return rc;
    place_note(s, cursor);
    rc = entry_read(s, &entry, &unit, &bytes);
    if (guard_is_hit())
        return -EIO;
    if (rc < 0) {
        say(s, "an entry of the journal is damaged and left out", rc);
        return 0;
    }
    if (entry.count == 0)
        return 0;
    entry_fill(&entry, record);
    entry_push(s, cursor, tag_of(s, unit, &record->arena), bytes);
    return 0;
}

/* ---- the story ---- */

static void journal_shut(struct in_systemd *s)
{
    poll_free(&s->poll);
    journal_close(&s->journal);
}

static void broken(struct in_systemd *s, int rc)
{
    CHECK(rc < 0);
    say(s, "the journal cannot be read; it is opened again", rc);
    journal_shut(s);
    timer_start(s->timer, REOPEN_AFTER_MS);
}

/* A node has none before its journald keeps one on the disk, and logs of other kinds all the same. */
static void absent(struct in_systemd *s)
{
    if (!s->at.is_absent)
        log_warn(s->component,
                 "there is no journal in %s yet; it is looked for every %d seconds. A journal that "
                 "is kept in memory alone is in /run/log/journal",
                 s->keys.path, ABSENT_LOOK_MS / 1000);
    s->at.is_absent = true;
    timer_start(s->timer, ABSENT_LOOK_MS);
}

/* The end of a turn is a mark too, so that a quiet journal's cursor is its last entry's. */
static void turn_end(struct in_systemd *s)
{
    CHECK(s->ledger.unmarked == 0 || s->ledger.segment != NULL);
    if (s->ledger.unmarked > 0)
        segment_mark(s->ledger.segment, s->at.cursor);
    s->ledger.unmarked = 0;
    read_bookmark(s);
}

static void journal_wait(struct in_systemd *s)
{
    CHECK(s->journal.handle != NULL);
    if (s->poll != NULL)
        poll_start(s->poll, POLL_READABLE);
    else
        timer_start(s->timer, LOOK_EVERY_MS);
}

/* 1: there may be more, 0: there is none, or a negative code. */
static int entries_take(struct in_systemd *s)
{
    int64_t count = s->keys.entries_max < ENTRIES_PER_TURN ? s->keys.entries_max : ENTRIES_PER_TURN;
    int rc = 1;

    guard_begin();
    while (rc > 0 && count-- > 0 && budget_has_room(s->input->budget)) {
        rc = journal_next(&s->journal);
        if (rc > 0 && (rc = entry_take(s)) == 0)
            rc = 1;
    }
    return guard_end() ? -EIO : rc;
}

static void read_on(struct in_systemd *s)
{
    uint64_t wait_ms = first_wait_ms(s);
    int rc;

    if (UNLIKELY(wait_ms > 0)) {
        timer_start(s->timer, wait_ms);
        return;
    }
    rc = entries_take(s);
    turn_end(s);
    if (rc < 0)
        broken(s, rc);
    else if (rc == 0)
        journal_wait(s);
    else if (budget_has_room(s->input->budget))
        timer_start(s->timer, 0);
    else {
        s->input->metrics.is_paused = 1;
        budget_wait(s->input->budget, &s->waiter);
    }
}

static void on_room(struct budget_waiter *waiter)
{
    struct in_systemd *s = CONTAINER_OF(waiter, struct in_systemd, waiter);

    s->input->metrics.is_paused = 0;
    timer_start(s->timer, 0);
}

static int changes_see(struct in_systemd *s)
{
    int rc;

    guard_begin();
    rc = s->journal.library->process(s->journal.handle);
    return guard_end() ? -EIO : rc;
}

static void on_ready(void *owner, int status, int events)
{
    struct in_systemd *s = owner;
    int rc;

    (void)events;
    poll_stop(s->poll);
    rc = status < 0 ? status : changes_see(s);
    if (rc < 0)
        broken(s, rc);
    else
        read_on(s);
}

/* ---- opening ---- */

/* Where it was, or if it was there before and could not go on, a moment later. */
static int seek_again(struct in_systemd *s)
{
    CHECK(s->at.cursor != NULL);
    if (s->at.is_stuck)
        return journal_seek_time(&s->journal, s->at.usec + 1);
    s->at.is_stuck = true;
    return journal_seek(&s->journal, s->at.cursor);
}

/* Behind the cursor that was kept; where that was no help, a moment after it. */
static int seek_kept(struct in_systemd *s, const char *cursor)
{
    struct cursor_parts parts;

    (void)cursor_parse(slice_of(cursor), &parts);
    if (s->at.is_stuck && parts.usec != 0)
        return journal_seek_time(&s->journal, parts.usec + 1);
    s->at.is_stuck = true;
    return journal_seek(&s->journal, cursor);
}

static int seek_first(struct in_systemd *s)
{
    const char *cursor = cursor_text(s->cursor);
    int rc;

    if (cursor == NULL) /* all of a journal that came while it was looked for is new */
        return s->keys.has_tail && !s->at.is_absent ? journal_seek_tail(&s->journal)
                                                    : journal_seek_head(&s->journal);
    rc = seek_kept(s, cursor);
    if (rc == JOURNAL_GONE)
        log_warn(s->component, "the journal was cleaned up past the place that was read last; "
                               "entries between may be lost. Reading goes on with the oldest one");
    if (rc == -EINVAL) {
        log_error(s->component, "the cursor in %s is none; reading begins as without it",
                  s->keys.db != NULL ? s->keys.db : "memory");
        return s->keys.has_tail ? journal_seek_tail(&s->journal) : journal_seek_head(&s->journal);
    }
    return rc;
}

static int journal_begin_guarded(struct in_systemd *s, const struct journal_library *library)
{
    struct journal_wish wish = {
        .directory = s->keys.path,
        .matches = (const char *const *)s->keys.filters.items,
        .match_count = s->keys.filters.count,
        .is_and = s->keys.filter_type == FILTER_AND,
    };
    int rc = journal_open(&s->journal, library, &wish), fd;

    if (rc < 0)
        return rc;
    fd = library->get_fd(s->journal.handle);
    if (fd >= 0 && library->reliable_fd(s->journal.handle) > 0)
        s->poll = poll_new(s->input->loop, fd, on_ready, s);
    rc = s->at.cursor != NULL ? seek_again(s) : seek_first(s);
    if (rc < 0)
        journal_shut(s);
    else if (s->at.is_absent)
        log_info(s->component, "the journal in %s is there now", s->keys.path);
    s->at.is_absent &= rc < 0;
    return rc;
}

static int journal_begin(struct in_systemd *s, const struct journal_library *library)
{
    int rc;

    guard_begin();
    rc = journal_begin_guarded(s, library);
    if (!guard_end())
        return rc;
    journal_shut(s);
    return -EIO;
}

static void on_timer(void *owner)
{
    struct in_systemd *s = owner;
    const struct journal_library *library = s->journal.library;
    int rc = 0;

    if (s->journal.handle == NULL)
        rc = journal_begin(s, library);
    else if (s->poll == NULL)
        rc = changes_see(s);
    if (rc == -ENOENT && s->at.is_absent)
        absent(s);
    else if (rc < 0)
        broken(s, rc);
    else
        read_on(s);
}

int read_begin(struct in_systemd *s, const struct journal_library *library)
{
    int rc;

    CHECK(s->timer == NULL);
    guard_install();
    budget_waiter_init(&s->waiter, on_room);
    s->timer = timer_new(s->input->loop, on_timer, s);
    rc = journal_begin(s, library);
    if (rc == -EIO || rc == -EBADMSG)
        broken(s, rc); /* the disk's trouble, and no reason for all else not to start */
    else if (rc == -ENOENT && s->keys.path != NULL)
        absent(s);
    else if (rc >= 0)
        timer_start(s->timer, 0);
    else
        read_end(s);
    return s->timer != NULL ? 0 : rc;
}

void read_end(struct in_systemd *s)
{
    if (s->timer == NULL)
        return;
    first_end(s);
    budget_waiter_stop(&s->waiter);
    timer_free(&s->timer);
    journal_shut(s);
    if (s->ledger.segment != NULL)
        segment_end(&s->ledger.segment);
}

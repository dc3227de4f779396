#include "checkpoint/cursor.h"

#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "checkpoint/database.h"
#include "checkpoint/schema.h"
#include "loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <unistd.h>

#define BUSY_WAIT_MS 1000
#define COMPLAINT_INTERVAL_MS 60000

struct cursor {
    struct list link; /* all that are open */
    unsigned users;
    char *path;
    char *speaker;
    struct loop *loop;
    struct timer *pace;
    sqlite3 *db; /* NULL: in memory alone. A worker's while is_busy */
    int lock_fd; /* negative: there is none */
    char *text;
    char *written;  /* what the worker writes, or wrote last; NULL: nothing */
    int write_code; /* the worker's */
    bool is_busy;
    bool is_changed; /* since the worker was given the text */
    bool was_full;
};

static struct list open_cursors = {&open_cursors, &open_cursors};

static const char create_table[] =
    "CREATE TABLE IF NOT EXISTS in_systemd_cursor (cursor TEXT NOT NULL, updated INTEGER);";

/* ---- whose it is ---- */

/* Two agents on one file would each go on where the other was. The lock has a file of its own, as a tail
 * input may have its positions in this one, and locks it. Where none can be made, SQLite says what is
 * wrong with the folder. */
static bool lock_take(struct cursor *c)
{
    char *path = mem_format("%s.lock", c->path);

    CHECK(c->lock_fd < 0);
    c->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    mem_free(path);
    return c->lock_fd < 0 || flock(c->lock_fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

static void lock_drop(struct cursor *c)
{
    if (c->lock_fd >= 0)
        close(c->lock_fd);
    c->lock_fd = -1;
}

/* ---- the file ---- */

static int text_write(sqlite3 *db, const char *text)
{
    sqlite3_stmt *put = NULL;
    int code = sqlite3_exec(db, "BEGIN IMMEDIATE; DELETE FROM in_systemd_cursor", NULL, NULL, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(
            db, "INSERT INTO in_systemd_cursor VALUES (?1, strftime('%s', 'now'))", -1, &put, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(put, 1, text, -1, SQLITE_STATIC);
    if (code == SQLITE_OK && sqlite3_step(put) != SQLITE_DONE)
        code = sqlite3_errcode(db);
    sqlite3_finalize(put);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    if (code != SQLITE_OK && !sqlite3_get_autocommit(db))
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

static int text_read(struct cursor *c)
{
    sqlite3_stmt *get = NULL;
    int code = sqlite3_prepare_v2(c->db, "SELECT cursor FROM in_systemd_cursor", -1, &get, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(get);
    if (code == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(get, 0);

        if (text == NULL) /* the column takes none: a page was cut */
            code = SQLITE_CORRUPT;
        else if (text[0] != '\0' && strlen(text) <= CURSOR_BYTES_MAX)
            c->text = mem_text(text);
    }
    sqlite3_finalize(get);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int version_read(sqlite3 *db, int *version_out)
{
    sqlite3_stmt *get = NULL;
    int code = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &get, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(get);
    if (code == SQLITE_ROW)
        *version_out = sqlite3_column_int(get, 0);
    sqlite3_finalize(get);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

/* `*version_out` says whether it was made for us at all; what is newer is not touched. */
static int file_open(struct cursor *c, const char *sync, int *version_out)
{
    char pragma[64];
    int code = sqlite3_open_v2(
        c->path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

    if (code != SQLITE_OK)
        return code;
    sqlite3_busy_timeout(c->db, BUSY_WAIT_MS);
    snprintf(pragma, sizeof pragma, "PRAGMA synchronous=%s", sync != NULL ? sync : "normal");
    code = sqlite3_exec(c->db, pragma, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = version_read(c->db, version_out);
    if (code == SQLITE_OK && *version_out > DATABASE_VERSION)
        return SQLITE_MISMATCH;
    if (code == SQLITE_OK)
        code = sqlite3_exec(c->db, create_table, NULL, NULL, NULL);
    return code == SQLITE_OK ? text_read(c) : code;
}

static bool file_set_aside(const struct cursor *c)
{
    char *aside = mem_format("%s.damaged", c->path);
    bool is_done = rename(c->path, aside) == 0;

    if (is_done)
        log_error(c->speaker,
                  "%s is damaged and was set aside as %s; reading begins as the configuration says",
                  c->path, aside);
    mem_free(aside);
    return is_done;
}

/* NULL when it can be used; else why not, which lives as long as the file is open. */
static const char *file_try(struct cursor *c, const char *sync)
{
    int version = 0, code;

    if (!lock_take(c))
        return "another agent uses it";
    code = file_open(c, sync, &version);
    if ((code == SQLITE_CORRUPT || code == SQLITE_NOTADB) && file_set_aside(c)) {
        sqlite3_close(c->db);
        code = file_open(c, sync, &version);
    }
    if (version > DATABASE_VERSION)
        return "a newer version of tailrace made it; use that version, or another file";
    return code == SQLITE_OK ? NULL : sqlite3_errmsg(c->db);
}

static int file_prepare(struct cursor *c, const char *sync, struct report *report,
                        struct place place)
{
    const char *why = file_try(c, sync);

    if (why == NULL)
        return 0;
    report_error(report, place, "the cursor cannot be kept in %s: %s", c->path, why);
    sqlite3_close(c->db);
    c->db = NULL;
    return -EIO;
}

/* ---- writing ---- */

static void write_work(void *owner)
{
    struct cursor *c = owner;

    CHECK(c->is_busy && c->db != NULL && c->written != NULL);
    c->write_code = text_write(c->db, c->written);
}

static void outcome_say(struct cursor *c)
{
    bool is_full = c->write_code != SQLITE_OK;

    if (is_full && !c->was_full)
        log_error(c->speaker, "the cursor cannot be written to %s: %s; it is tried again", c->path,
                  sqlite3_errstr(c->write_code));
    else if (!is_full && c->was_full)
        log_info(c->speaker, "the cursor is written to %s again", c->path);
    c->was_full = is_full;
    c->is_changed |= is_full;
}

static void cursor_free(struct cursor *c)
{
    CHECK(c->users == 0 && !c->is_busy);
    if (c->db != NULL && c->is_changed) {
        CHECK(c->text != NULL);
        c->write_code = text_write(c->db, c->text);
        outcome_say(c);
    }
    sqlite3_close(c->db);
    lock_drop(c);
    timer_free(&c->pace);
    list_remove(&c->link);
    mem_free(c->text);
    mem_free(c->written);
    mem_free(c->path);
    mem_free(c->speaker);
    mem_free(c);
}

static void on_written(void *owner)
{
    struct cursor *c = owner;

    CHECK(c->is_busy);
    c->is_busy = false;
    outcome_say(c);
    if (c->users == 0)
        cursor_free(c);
    else if (c->is_changed)
        timer_start(c->pace, CURSOR_PACE_MS);
}

static void on_pace(void *owner)
{
    struct cursor *c = owner;

    if (c->is_busy || !c->is_changed)
        return;
    CHECK(c->users > 0 && c->db != NULL && c->text != NULL);
    mem_free(c->written);
    c->written = mem_text(c->text);
    c->is_changed = false;
    c->is_busy = true;
    job_start(c->loop, write_work, on_written, c);
}

/* ---- for everybody ---- */

bool cursor_knows_sync(const char *word)
{
    return schema_knows_sync(word);
}

static struct cursor *cursor_find(const struct loop *loop, const char *path)
{
    LIST_FOR (it, &open_cursors) {
        struct cursor *c = CONTAINER_OF(it, struct cursor, link);

        if (c->loop == loop && strcmp(c->path, path) == 0)
            return c;
    }
    return NULL;
}

int cursor_open(struct loop *loop, const struct cursor_config *config, struct report *report,
                struct place place, struct cursor **cursor_out)
{
    struct cursor *c = cursor_find(loop, config->path);

    if (c == NULL) {
        CHECK(schema_knows_sync(config->sync));
        c = mem_zalloc(1, sizeof *c);
        c->loop = loop;
        c->lock_fd = -1;
        c->path = mem_text(config->path);
        c->speaker = mem_text(config->speaker);
        c->pace = timer_new(loop, on_pace, c);
        list_add_tail(&open_cursors, &c->link);
        if (!config->is_memory && file_prepare(c, config->sync, report, place) < 0) {
            cursor_free(c);
            return -EIO;
        }
    }
    CHECK(list_is_linked(&c->link));
    c->users++;
    *cursor_out = c;
    return 0;
}

void cursor_close(struct cursor **address)
{
    struct cursor *c = *address;

    *address = NULL;
    if (c == NULL)
        return;
    CHECK(c->users > 0);
    if (--c->users == 0 && !c->is_busy)
        cursor_free(c);
}

const char *cursor_text(const struct cursor *cursor)
{
    CHECK(cursor->users > 0);
    return cursor->text;
}

void cursor_set(struct cursor *c, const char *text)
{
    CHECK(c->users > 0);
    if (strlen(text) > CURSOR_BYTES_MAX)
        return;
    mem_free(c->text);
    c->text = mem_text(text);
    if (c->db == NULL)
        return;
    c->is_changed = true;
    if (!c->is_busy && !timer_is_on(c->pace))
        timer_start(c->pace, CURSOR_PACE_MS);
}

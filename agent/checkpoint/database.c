#include "checkpoint/database_self.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "checkpoint/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

/* How long to wait for others who have it locked: at start the loop waits, later a worker. */
#define OPEN_WAIT_MS 200
#define WRITE_WAIT_MS 2000
#define LOOKASIDE_SLOT_BYTES 256
#define LOOKASIDE_SLOTS 64

#define SELECT                                                                              \
    "SELECT f.id, f.name, f.offset, f.inode, f.created, f.rotated, t.id, t.real, t.dev,"    \
    " t.generation, t.born_ns, t.head_hash, t.head_len, t.tail_hash, t.tail_len, t.offset," \
    " t.done, t.saved_ns, t.note FROM in_tail_files f"                                      \
    " LEFT JOIN tailrace_files t ON t.id = f.id AND t.inode = f.inode "

/* What Fluent Bit keeps of the bytes before its offset is void where the offset is another. */
#define MOVE_OFFSET                                                                      \
    " rotated = excluded.rotated,"                                                       \
    " offset_marker = CASE WHEN offset = excluded.offset THEN offset_marker ELSE 0 END," \
    " offset_marker_size ="                                                              \
    " CASE WHEN offset = excluded.offset THEN offset_marker_size ELSE 0 END,"            \
    " offset = excluded.offset"

#define MOVE_OURS                                                                                \
    " inode = excluded.inode, dev = excluded.dev, generation = excluded.generation,"             \
    " born_ns = excluded.born_ns, head_hash = excluded.head_hash, head_len = excluded.head_len," \
    " tail_hash = excluded.tail_hash, tail_len = excluded.tail_len, offset = excluded.offset,"   \
    " done = excluded.done, saved_ns = excluded.saved_ns, note = excluded.note"

/* Nothing is kept of a statement that fails: its transaction fails. */
#define INSERT_FILES                                                               \
    "INSERT OR FAIL INTO in_tail_files(id, name, offset, inode, created, rotated)" \
    " SELECT id, name, offset, inode, created, rotated FROM waiting WHERE true"    \
    " ON CONFLICT(id) DO UPDATE SET"
#define INSERT_OURS                                                                 \
    "INSERT OR FAIL INTO tailrace_files(id, inode, real, dev, generation, born_ns," \
    " head_hash, head_len, tail_hash, tail_len, offset, done, saved_ns, note)"      \
    " SELECT id, inode, real, dev, generation, born_ns, head_hash, head_len,"       \
    " tail_hash, tail_len, offset, done, saved_ns, note FROM waiting WHERE true"    \
    " ON CONFLICT(id) DO UPDATE SET"

static const char *const texts[STATEMENT_COUNT] = {
    [PUT_FILES] =
        INSERT_FILES MOVE_OFFSET " WHERE name = excluded.name AND inode = excluded.inode;",
    [RENAME_FILES] =
        INSERT_FILES MOVE_OFFSET ", name = excluded.name, inode = excluded.inode"
                                 " WHERE name <> excluded.name OR inode IS NOT excluded.inode;",
    [PUT_OURS] = INSERT_OURS MOVE_OURS " WHERE real IS excluded.real;",
    [RENAME_OURS] = INSERT_OURS MOVE_OURS ", real = excluded.real WHERE real IS NOT excluded.real;",
    [REMOVE_FILE] = "DELETE FROM in_tail_files WHERE id = ?1;",
    [REMOVE_OURS] = "DELETE FROM tailrace_files WHERE id = ?1;",
    [BEGIN] = "BEGIN IMMEDIATE;",
    [READ] = "BEGIN;",
    [COMMIT] = "COMMIT;",
    [BY_INODE] = SELECT "WHERE f.inode = ?1 ORDER BY f.id DESC;",
    [BY_ROW] = SELECT "WHERE f.id = ?1;",
    [ROWS_OF_PATH] = ("SELECT id FROM in_tail_files WHERE name >= ?1 AND name < ?2 UNION ALL"
                      " SELECT id FROM tailrace_files WHERE real >= ?1 AND real < ?2;"),
    [ALL] = SELECT "ORDER BY f.id;",
    [ANY] = "SELECT 1 FROM in_tail_files LIMIT 1;",
};

int database_error(int code)
{
    CHECK(code != SQLITE_OK);
    switch (code & 0xff) {
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return -EACCES;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -EBADMSG;
    case SQLITE_CANTOPEN:
        return -ENOENT;
    default:
        return -EIO;
    }
}

static const char *words_of(const struct database *db)
{
    return sqlite3_errmsg(db->sqlite);
}

/* ---- opening ---- */

/* Two agents on one file would both deliver everything. Fluent Bit and sqlite3 are not kept out:
 * this lock is none that SQLite looks at. */
static int lock_take(struct database *db, const char *path)
{
    CHECK(db->lock_fd < 0);
    db->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (db->lock_fd < 0)
        return -errno;
    if (flock(db->lock_fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        return -EBUSY;
    return 0;
}

/* Before SQLite is used at all: it need not count each allocation under a lock. */
static void sqlite_settle(void)
{
    static bool is_settled;

    if (!is_settled)
        (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    is_settled = true;
}

static int sqlite_open(struct database *db, const char *path)
{
    int code;

    CHECK(db->sqlite == NULL);
    sqlite_settle();
    code = sqlite3_open_v2(path, &db->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK)
        return database_error(code);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_LOOKASIDE, NULL, LOOKASIDE_SLOT_BYTES,
                      LOOKASIDE_SLOTS);
    sqlite3_busy_timeout(db->sqlite, OPEN_WAIT_MS);
    return 0;
}

static void sqlite_close(struct database *db)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        sqlite3_finalize(db->statements[i]);
        db->statements[i] = NULL;
    }
    sqlite3_close(db->sqlite);
    db->sqlite = NULL;
}

static void lock_drop(struct database *db)
{
    if (db->lock_fd >= 0)
        close(db->lock_fd);
    db->lock_fd = -1;
}

/* Moves the damaged file out of the way, with its journal: somebody may want to look at it. */
static int set_aside(struct database *db, const char *path, const char *speaker)
{
    char *aside = mem_format("%s.corrupt-%" PRId64, path, clock_wall_ns() / NS_PER_S);
    char *wal = mem_format("%s-wal", path);
    char *wal_aside = mem_format("%s-wal", aside);
    char *shm = mem_format("%s-shm", path);
    int rc;

    sqlite_close(db);
    rc = rename(path, aside) < 0 ? -errno : 0;
    (void)rename(wal, wal_aside);
    (void)unlink(shm);
    lock_drop(db);
    if (rc == 0)
        log_error(speaker,
                  "%s is damaged: it was set aside as %s, and positions begin anew; files are "
                  "read as if they were seen for the first time",
                  path, aside);
    mem_free(aside);
    mem_free(wal);
    mem_free(wal_aside);
    mem_free(shm);
    return rc;
}

static int statements_prepare(struct database *db)
{
    int rc = database_waiting_make(db);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        int code;

        CHECK(texts[i] != NULL && db->statements[i] == NULL);
        code = sqlite3_prepare_v3(db->sqlite, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                  &db->statements[i], NULL);

        if (code != SQLITE_OK)
            return database_error(code);
    }
    return 0;
}

/* Beside a full disk there is no room for the file in which SQLite shares its index with others; it
 * does without where it has the database for itself. */
static struct schema_result prepare(struct database *db, const struct positions_config *config)
{
    struct schema_result result = schema_prepare(db->sqlite, config);

    if (result.verdict != SCHEMA_FAILED ||
        sqlite3_extended_errcode(db->sqlite) != SQLITE_IOERR_SHMSIZE)
        return result;
    sqlite_close(db);
    if (sqlite_open(db, config->path) < 0 ||
        sqlite3_exec(db->sqlite, "PRAGMA locking_mode=exclusive;", NULL, NULL, NULL) != SQLITE_OK)
        return result;
    return schema_prepare(db->sqlite, config);
}

/* One try: 0, negative, or -EBADMSG for a damaged file. Says in `words` what is wrong. */
static int try_open(struct database *db, const struct positions_config *config,
                    struct buffer *words)
{
    struct schema_result result;
    int rc = config->is_memory ? 0 : lock_take(db, config->path);

    if (rc < 0) {
        buffer_append_text(words, rc == -EBUSY ? "another agent uses it" : strerror(-rc));
        return rc;
    }
    rc = sqlite_open(db, config->is_memory ? ":memory:" : config->path);
    if (rc == 0 && sqlite3_db_readonly(db->sqlite, "main") == 1)
        rc = -EROFS;
    if (rc < 0) {
        buffer_append_text(words, rc == -EROFS ? "it cannot be written to" : strerror(-rc));
        return rc;
    }
    result = prepare(db, config);
    switch (result.verdict) {
    case SCHEMA_READY:
        sqlite3_busy_timeout(db->sqlite, WRITE_WAIT_MS);
        rc = statements_prepare(db);
        buffer_append_text(words, rc < 0 ? words_of(db) : "");
        return rc;
    case SCHEMA_DAMAGED:
        return -EBADMSG;
    case SCHEMA_NEWER:
        buffer_append_text(words, "a newer version of tailrace made it; use that version, or "
                                  "another file");
        return -EINVAL;
    case SCHEMA_FOREIGN:
        buffer_append_text(words, "its table in_tail_files is not as Fluent Bit makes it; use "
                                  "another file");
        return -EINVAL;
    case SCHEMA_FAILED:
        break;
    }
    rc = database_error(result.code);
    if (rc == -EBUSY)
        buffer_append_text(words, "another process holds it locked; is Fluent Bit still running?");
    else
        buffer_append_text(words, sqlite3_errstr(result.code));
    return rc;
}

static int words_check(const struct positions_config *config, struct report *report,
                       struct place place)
{
    if (!schema_knows_sync(config->sync)) {
        report_error(report, place, "db.sync is extra, full, normal or off, not \"%s\"",
                     config->sync);
        return -EINVAL;
    }
    if (!schema_knows_journal_mode(config->journal_mode)) {
        report_error(report, place,
                     "db.journal_mode is WAL, DELETE, TRUNCATE, PERSIST, MEMORY or OFF, not \"%s\"",
                     config->journal_mode);
        return -EINVAL;
    }
    return 0;
}

int database_open(const struct positions_config *config, struct report *report, struct place place,
                  struct database **database_out)
{
    struct database *db;
    struct buffer words = {0};
    int rc = words_check(config, report, place);

    if (rc < 0)
        return rc;
    db = mem_zalloc(1, sizeof *db);
    db->lock_fd = -1;
    if (!config->is_memory && (config->sync == NULL || strcasecmp(config->sync, "off") != 0))
        db->journal = mem_format("%s-wal", config->path);
    rc = try_open(db, config, &words);
    if (rc == -EBADMSG) {
        if (set_aside(db, config->path, config->speaker) == 0)
            rc = try_open(db, config, &words);
        else
            buffer_append_text(&words, "it is damaged, and cannot be set aside");
    }
    if (rc < 0) {
        report_error(report, place, "the position database %s cannot be used: %s", config->path,
                     words.len > 0 ? buffer_text(&words) : strerror(-rc));
        database_close(&db);
    } else {
        database_reserve(db);
    }
    buffer_fini(&words);
    CHECK((rc == 0) == (db != NULL));
    *database_out = db;
    return rc;
}

void database_close(struct database **address)
{
    struct database *db = *address;

    *address = NULL;
    if (db == NULL)
        return;
    sqlite_close(db);
    lock_drop(db);
    mem_free(db->journal);
    mem_free(db);
}

int64_t database_next_row(struct database *db)
{
    sqlite3_stmt *query = NULL;
    int64_t row = 1;

    if (sqlite3_prepare_v2(db->sqlite,
                           "SELECT coalesce(max(id), 0) + 1 FROM in_tail_files"
                           " WHERE id BETWEEN 1 AND 1 << 62;",
                           -1, &query, NULL) == SQLITE_OK &&
        sqlite3_step(query) == SQLITE_ROW)
        row = sqlite3_column_int64(query, 0);
    sqlite3_finalize(query);
    return row;
}

#include "checkpoint/schema.h"

#include "checkpoint/database.h"

#include <sqlite3.h>
#include <stdio.h>
#include <strings.h>

#define PRAGMA_BYTES 128

static const char *const sync_words[] = {"off", "normal", "full", "extra", NULL};
static const char *const journal_words[] = {"delete", "truncate", "persist", "memory",
                                            "wal",    "off",      NULL};

/* Nobody numbers rows below 1, or so high that no number is left for the next one. */
static const char create_tables[] =
    "CREATE TABLE IF NOT EXISTS in_tail_files("
    "id INTEGER PRIMARY KEY, name TEXT NOT NULL, offset INTEGER, inode INTEGER, created INTEGER,"
    " rotated INTEGER DEFAULT 0, offset_marker INTEGER DEFAULT 0,"
    " offset_marker_size INTEGER DEFAULT 0);"
    "CREATE TABLE IF NOT EXISTS tailrace_files("
    "id INTEGER PRIMARY KEY, inode INTEGER, real TEXT, dev INTEGER, generation INTEGER,"
    " born_ns INTEGER, head_hash INTEGER, head_len INTEGER, tail_hash INTEGER, tail_len INTEGER,"
    " offset INTEGER, done INTEGER, saved_ns INTEGER, note TEXT);"
    "CREATE INDEX IF NOT EXISTS tailrace_by_inode ON in_tail_files(inode);"
    "CREATE INDEX IF NOT EXISTS tailrace_by_name ON in_tail_files(name);"
    "CREATE INDEX IF NOT EXISTS tailrace_by_real ON tailrace_files(real);"
    "DELETE FROM in_tail_files WHERE id < 1 OR id > 4611686018427387904;"
    "DELETE FROM tailrace_files WHERE id NOT IN (SELECT id FROM in_tail_files);";

/* Of another hash, they would say that every file was rewritten. */
static const char forget_prints[] = "UPDATE tailrace_files SET head_len = 0, tail_len = 0;";

/* What came later, in the order in which Fluent Bit added it. */
static const struct column {
    const char *name;
    const char *add;
} later_columns[] = {
    {"created", "ALTER TABLE in_tail_files ADD COLUMN created INTEGER;"},
    {"rotated", "ALTER TABLE in_tail_files ADD COLUMN rotated INTEGER DEFAULT 0;"},
    {"offset_marker", "ALTER TABLE in_tail_files ADD COLUMN offset_marker INTEGER DEFAULT 0;"},
    {"offset_marker_size",
     "ALTER TABLE in_tail_files ADD COLUMN offset_marker_size INTEGER DEFAULT 0;"},
};

/* What each version of ours has made. Where one of these is not understood, the file's own description
 * of its tables is damaged, which no check of pages finds. */
static const char *const our_columns[] = {
    "SELECT id, name, offset, inode, created, rotated, offset_marker, offset_marker_size"
    " FROM in_tail_files;",
    "SELECT id, inode, real, dev, generation, born_ns, head_hash, head_len, tail_hash, tail_len,"
    " offset, done, saved_ns, note FROM tailrace_files;",
};

static const char *const needed_columns[] = {"id", "name", "offset", "inode"};

static bool knows(const char *const *words, const char *word)
{
    for (; *words != NULL; words++) {
        if (strcasecmp(*words, word) == 0)
            return true;
    }
    return false;
}

bool schema_knows_sync(const char *word)
{
    return word == NULL || knows(sync_words, word);
}

bool schema_knows_journal_mode(const char *word)
{
    return word == NULL || knows(journal_words, word);
}

static int run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* ---- pragmas ---- */

static int pragma_set(sqlite3 *db, const char *name, const char *value)
{
    char sql[PRAGMA_BYTES];

    CHECK(snprintf(sql, sizeof sql, "PRAGMA %s=%s;", name, value) < PRAGMA_BYTES);
    return run(db, sql);
}

/* The words were checked: only those that SQLite knows get here. */
static int pragmas_set(sqlite3 *db, const struct positions_config *config)
{
    char cache[16];
    int code;

    CHECK(schema_knows_sync(config->sync));
    CHECK(schema_knows_journal_mode(config->journal_mode));
    snprintf(cache, sizeof cache, "-%d", POSITIONS_CACHE_KIB);
    code = pragma_set(db, "cache_size", cache);
    if (code == SQLITE_OK)
        code = pragma_set(db, "synchronous", config->sync ? config->sync : "normal");
    if (code == SQLITE_OK && config->is_locked)
        code = pragma_set(db, "locking_mode", "exclusive");
    if (code == SQLITE_OK)
        code = pragma_set(db, "journal_mode", config->journal_mode ? config->journal_mode : "wal");
    if (code == SQLITE_OK)
        code = run(db, "PRAGMA wal_autocheckpoint=256; PRAGMA journal_size_limit=1048576;"
                       " PRAGMA secure_delete=off;");
    return code;
}

/* ---- what is there ---- */

static int number_read(sqlite3 *db, const char *sql, int64_t *number_out)
{
    sqlite3_stmt *query = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &query, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(query);
    if (code == SQLITE_ROW)
        *number_out = sqlite3_column_int64(query, 0);
    sqlite3_finalize(query);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

/* Reads every page, and every index beside its table; the files are small. */
static int is_whole_read(sqlite3 *db, bool *is_whole_out)
{
    sqlite3_stmt *query = NULL;
    int code = sqlite3_prepare_v2(db, "PRAGMA integrity_check(1);", -1, &query, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(query);
    *is_whole_out =
        code == SQLITE_ROW && strcasecmp((const char *)sqlite3_column_text(query, 0), "ok") == 0;
    sqlite3_finalize(query);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

/* Damage in an index alone is mended out of its table: the rows are all there. What a later version made
 * is not touched. */
static int whole_make(sqlite3 *db, int64_t version, bool *is_whole_out)
{
    int code = is_whole_read(db, is_whole_out);

    if (code != SQLITE_OK || *is_whole_out || version > DATABASE_VERSION)
        return code;
    code = run(db, "REINDEX;");
    if (code == SQLITE_CONSTRAINT)
        return SQLITE_OK;
    return code == SQLITE_OK ? is_whole_read(db, is_whole_out) : code;
}

static bool is_understood(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *query = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &query, NULL);

    sqlite3_finalize(query);
    return code != SQLITE_ERROR;
}

static bool has_our_tables(sqlite3 *db)
{
    for (size_t i = 0; i < ARRAY_LEN(our_columns); i++)
        if (!is_understood(db, our_columns[i]))
            return false;
    return true;
}

static int has_column(sqlite3 *db, const char *column, bool *has_out)
{
    char sql[PRAGMA_BYTES];
    int64_t count = 0;
    int code;

    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM pragma_table_info('in_tail_files') WHERE name='%s';", column);
    code = number_read(db, sql, &count);
    *has_out = count > 0;
    return code;
}

/* ---- upgrade ---- */

static struct schema_result failed(int code)
{
    bool is_damage = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;

    CHECK(code != SQLITE_OK);
    return (struct schema_result){is_damage ? SCHEMA_DAMAGED : SCHEMA_FAILED, code};
}

static struct schema_result verdict(enum schema_verdict verdict)
{
    CHECK(verdict != SCHEMA_FAILED);
    return (struct schema_result){verdict, SQLITE_OK};
}

static struct schema_result columns_check(sqlite3 *db)
{
    for (size_t i = 0; i < ARRAY_LEN(needed_columns); i++) {
        bool has = false;
        int code = has_column(db, needed_columns[i], &has);

        if (code != SQLITE_OK)
            return failed(code);
        if (!has)
            return verdict(SCHEMA_FOREIGN);
    }
    return verdict(SCHEMA_READY);
}

static int columns_add(sqlite3 *db)
{
    for (size_t i = 0; i < ARRAY_LEN(later_columns); i++) {
        bool has = false;
        int code = has_column(db, later_columns[i].name, &has);

        if (code == SQLITE_OK && !has)
            code = run(db, later_columns[i].add);
        if (code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

/* Writes nothing where everything is there: an agent must start beside a full disk, too. */
static struct schema_result tables_make(sqlite3 *db, int64_t version_before)
{
    char version[16];
    struct schema_result result;
    int64_t has_table = 0;
    int code = number_read(
        db, "SELECT count(*) FROM sqlite_master WHERE type='table' AND name='in_tail_files';",
        &has_table);

    if (code != SQLITE_OK)
        return failed(code);
    if (has_table) {
        result = columns_check(db);
        if (result.verdict != SCHEMA_READY)
            return result;
        code = columns_add(db);
    }
    snprintf(version, sizeof version, "%d", DATABASE_VERSION);
    if (code == SQLITE_OK)
        code = run(db, create_tables);
    if (code == SQLITE_OK && version_before == 1)
        code = run(db, forget_prints);
    if (code == SQLITE_OK && version_before != DATABASE_VERSION)
        code = pragma_set(db, "user_version", version);
    return code == SQLITE_OK ? verdict(SCHEMA_READY) : failed(code);
}

struct schema_result schema_prepare(sqlite3 *db, const struct positions_config *config)
{
    struct schema_result result;
    int64_t version = 0;
    bool is_whole = false;
    int code = number_read(db, "PRAGMA user_version;", &version);

    if (code == SQLITE_OK)
        code = whole_make(db, version, &is_whole);
    if (code == SQLITE_OK && !is_whole)
        return verdict(SCHEMA_DAMAGED);
    if (code == SQLITE_OK && version > DATABASE_VERSION)
        return verdict(SCHEMA_NEWER);
    if (code == SQLITE_OK && version > 0 && !has_our_tables(db))
        return verdict(SCHEMA_DAMAGED);
    if (code == SQLITE_OK)
        code = pragmas_set(db, config);
    if (code == SQLITE_OK)
        code = run(db, "BEGIN IMMEDIATE;");
    if (code != SQLITE_OK)
        return failed(code);

    result = tables_make(db, version);
    if (result.verdict == SCHEMA_READY) {
        code = run(db, "COMMIT;");
        result = code == SQLITE_OK ? result : failed(code);
    }
    if (result.verdict != SCHEMA_READY)
        (void)run(db, "ROLLBACK;");
    return result;
}

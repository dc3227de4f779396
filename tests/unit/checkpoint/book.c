#include "unit/checkpoint/book.h"

#include "base/log.h"
#include "checkpoint/positions_self.h"
#include "loop/loop.h"

#include <sqlite3.h>
#include <stdio.h>

struct book book;

static struct buffer words;

void book_set_up(void)
{
    tree_plant();
    log_level_set(LOG_INFO);
    ck_assert_int_eq(log_open("/dev/null"), 0);
    book = (struct book){.loop = loop_new(), .config.pace_ms = 1};
    report_init(&book.report);
}

void book_tear_down(void)
{
    book_close();
    loop_free(&book.loop);
    report_fini(&book.report);
    buffer_fini(&words);
    log_close();
    tree_fell();
}

int book_try_open(void)
{
    book.config.path = tree_path("tail.db");
    return positions_open(book.loop, &book.config, &book.report, (struct place){0},
                          &book.positions);
}

void book_open(void)
{
    ck_assert_msg(book_try_open() == 0, "%s", buffer_text(&book.report.text));
}

void book_close(void)
{
    positions_close(&book.positions);
    while (job_count(book.loop) > 0)
        loop_turn(book.loop, true);
}

void book_write_begin(void)
{
    store_lock(book.positions->store);
    while (job_count(book.loop) == 0)
        loop_turn(book.loop, false);
}

void book_write_end(void)
{
    store_unlock(book.positions->store);
}

void book_write(void)
{
    struct positions_stats before, now;

    positions_stats(book.positions, &before);
    do {
        loop_turn(book.loop, true);
        positions_stats(book.positions, &now);
    } while (now.flushes + now.failures == before.flushes + before.failures);
}

void book_set(int64_t row, const char *name, uint64_t ino, uint64_t offset)
{
    struct position position = {.row = row, .name = name, .offset = offset, .identity.id.ino = ino};

    positions_set(book.positions, &position);
}

static bool note_down(void *owner, const struct position *p)
{
    (void)owner;
    buffer_append_format(&words, "%s%lld:%s@%llu%s", words.len > 0 ? " " : "", (long long)p->row,
                         p->name, (unsigned long long)p->offset, p->is_foreign ? "!" : "");
    return true;
}

const char *book_find(uint64_t ino)
{
    buffer_clear(&words);
    ck_assert_int_eq(positions_find_inode(book.positions, ino, note_down, NULL), 0);
    return buffer_text(&words);
}

const char *book_find_path(const char *path)
{
    buffer_clear(&words);
    ck_assert_int_eq(positions_find_path(book.positions, path, note_down, NULL), 0);
    return buffer_text(&words);
}

const char *book_all(void)
{
    buffer_clear(&words);
    ck_assert_int_eq(positions_find_path(book.positions, "/", note_down, NULL), 0);
    return buffer_text(&words);
}

static int take_column(void *owner, int count, char **values, char **names)
{
    (void)owner;
    (void)count;
    (void)names;
    buffer_append_format(&words, "%s%s", words.len > 0 ? "," : "", values[0] ? values[0] : "NULL");
    return 0;
}

const char *book_sql(const char *sql)
{
    sqlite3 *db = NULL;
    char *error = NULL;

    buffer_clear(&words);
    ck_assert_int_eq(sqlite3_open(tree_path("tail.db"), &db), SQLITE_OK);
    sqlite3_exec(db, sql, take_column, NULL, &error);
    ck_assert_msg(error == NULL, "%s: %s", sql, error);
    sqlite3_close(db);
    return buffer_text(&words);
}

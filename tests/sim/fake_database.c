#include "checkpoint/database.h"
#include "checkpoint/pending.h"
#include "checkpoint/schema.h"

#include "base/memory.h"
#include "sim/dice.h"
#include "sim/fake_database.h"
#include "sim/story.h"
#include "sim/truth.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 512
#define VERSIONS_MAX 4
#define TEXT_BYTES 64
#define NOTE_BYTES 512

struct row {
    struct position position;
    char name[TEXT_BYTES], real[TEXT_BYTES], note[NOTE_BYTES];
};

/* In the order of their numbers. */
struct rows {
    struct row *items;
    size_t count;
};

struct database {
    struct rows now; /* with what the transaction has done */
    bool has_removed;
};

static struct {
    struct rows versions[VERSIONS_MAX]; /* the newest first */
    unsigned unsynced; /* so many of them, the newest, are lost when the power is cut */
    bool is_frozen, is_full, has_failed;
} disk;

static void rows_copy(struct rows *to, const struct rows *from)
{
    to->items = mem_resize(to->items, from->count, sizeof *to->items);
    if (from->count > 0)
        memcpy(to->items, from->items, from->count * sizeof *to->items);
    to->count = from->count;
}

static void rows_drop(struct rows *rows)
{
    mem_free(rows->items);
    *rows = (struct rows){0};
}

static struct row *rows_at(const struct rows *rows, int64_t row, size_t *index_out)
{
    size_t i = 0;

    while (i < rows->count && rows->items[i].position.row < row)
        i++;
    *index_out = i;
    return i < rows->count && rows->items[i].position.row == row ? &rows->items[i] : NULL;
}

void fake_disk_begin(void)
{
    fake_disk_end();
    disk.is_frozen = disk.is_full = false;
    disk.unsynced = 0;
}

void fake_disk_end(void)
{
    for (size_t i = 0; i < VERSIONS_MAX; i++)
        rows_drop(&disk.versions[i]);
}

void fake_disk_freeze(bool is_frozen)
{
    disk.is_frozen = is_frozen;
}

void fake_disk_fill(bool is_full)
{
    disk.is_full = is_full;
}

unsigned fake_disk_cut_power(void)
{
    unsigned lost = (unsigned)dice_below(VERSIONS_MAX);

    if (lost > disk.unsynced)
        lost = disk.unsynced;
    disk.unsynced = 0;
    for (unsigned i = 0; i < lost; i++) {
        rows_drop(&disk.versions[0]);
        memmove(&disk.versions[0], &disk.versions[1], (VERSIONS_MAX - 1) * sizeof disk.versions[0]);
        disk.versions[VERSIONS_MAX - 1] = (struct rows){0};
    }
    return lost;
}

/* What the row gives back; its texts lie in the row. */
static struct position position_of(const struct row *row)
{
    struct position position = row->position;

    position.name = row->name;
    position.real = row->real;
    position.note = row->note;
    return position;
}

bool fake_disk_has_stream(uint64_t stream)
{
    for (size_t i = 0; i < disk.versions[0].count; i++) {
        const struct row *row = &disk.versions[0].items[i];

        if (row->position.identity.head.len > 0 && strtoull(row->note, NULL, 16) == stream)
            return true;
    }
    return false;
}

bool fake_disk_has_failed(void)
{
    return disk.has_failed;
}

void fake_disk_check(void)
{
    for (size_t i = 0; i < disk.versions[0].count; i++) {
        const struct row *row = &disk.versions[0].items[i];

        truth_check_position(strtoull(row->note, NULL, 16), row->position.offset, "on disk");
    }
}

bool fake_disk_knows(const char *path)
{
    for (size_t i = 0; i < disk.versions[0].count; i++)
        if (slice_begins(slice_of(disk.versions[0].items[i].name), slice_of(path)))
            return true;
    return false;
}

bool fake_disk_has_file(uint64_t ino, uint64_t generation)
{
    for (size_t i = 0; i < disk.versions[0].count; i++) {
        const struct file_id *id = &disk.versions[0].items[i].position.identity.id;

        if (id->ino == ino && (id->generation == 0 || id->generation == generation))
            return true;
    }
    return false;
}

void fake_disk_say(void)
{
    for (size_t i = 0; i < disk.versions[0].count; i++) {
        const struct row *row = &disk.versions[0].items[i];
        const struct position *p = &row->position;

        story("  row %" PRId64 ": %s, %s, number %" PRIu64 ", generation %" PRIu64 ", born %" PRId64
              ", print of %u bytes, byte %" PRIu64 "%s%s, note %s, made at %" PRId64,
              p->row, row->name, row->real, p->identity.id.ino, p->identity.id.generation,
              p->identity.id.born_ns, p->identity.head.len, p->offset,
              p->is_rotated ? ", rotated" : "", p->is_done ? ", done" : "", row->note,
              p->created_ns);
    }
}

/* ---- database.h ---- */

int database_open(const struct positions_config *config, struct report *report, struct place place,
                  struct database **database_out)
{
    (void)config;
    (void)report;
    (void)place;
    *database_out = mem_zalloc(1, sizeof **database_out);
    rows_copy(&(*database_out)->now, &disk.versions[0]);
    disk.has_failed = false;
    return 0;
}

void database_close(struct database **address)
{
    struct database *db = *address;

    *address = NULL;
    if (db == NULL)
        return;
    rows_drop(&db->now);
    mem_free(db);
}

int64_t database_next_row(struct database *db)
{
    return db->now.count > 0 ? db->now.items[db->now.count - 1].position.row + 1 : 1;
}

int database_begin(struct database *db)
{
    (void)db;
    return 0;
}

static void row_put(struct database *db, const struct pending_row *waiting)
{
    const struct position *position = &waiting->position;
    struct rows *rows = &db->now;
    size_t index;
    struct row *row = rows_at(rows, position->row, &index);
    int64_t created_ns;

    if (row == NULL) {
        CHECK(rows->count < ROWS_MAX);
        rows->items = mem_resize(rows->items, rows->count + 1, sizeof *rows->items);
        row = &rows->items[index];
        memmove(row + 1, row, (rows->count++ - index) * sizeof *row);
        *row = (struct row){0};
    }
    EXPECT(strcmp(row->note, position->note) != 0 || row->position.offset <= position->offset ||
               !file_id_equal(&row->position.identity.id, &position->identity.id),
           "the position of row %" PRId64 " goes back from %" PRIu64 " to %" PRIu64, position->row,
           row->position.offset, position->offset);
    created_ns = row->position.created_ns;
    row->position = *position;
    row->position.created_ns = created_ns != 0 ? created_ns : waiting->since_ns;
    snprintf(row->name, sizeof row->name, "%s", position->name);
    snprintf(row->real, sizeof row->real, "%s", position->real ? position->real : position->name);
    snprintf(row->note, sizeof row->note, "%s", position->note ? position->note : "");
}

int database_put_all(struct database *db, const struct pending *pending)
{
    LIST_FOR (it, &pending->rows) {
        const struct pending_row *row = CONTAINER_OF(it, struct pending_row, link);

        if (!row->is_removal)
            row_put(db, row);
    }
    return 0;
}

int database_remove(struct database *db, int64_t row)
{
    size_t index;
    struct row *found = rows_at(&db->now, row, &index);

    db->has_removed |= found != NULL;
    if (found != NULL)
        memmove(found, found + 1, (--db->now.count - index) * sizeof *found);
    return 0;
}

int database_commit(struct database *db)
{
    disk.has_failed |= disk.is_full;
    if (disk.is_full)
        truth_miss_rows();
    if (disk.is_full)
        return -ENOSPC;
    if (disk.is_frozen)
        return 0;
    rows_drop(&disk.versions[VERSIONS_MAX - 1]);
    memmove(&disk.versions[1], &disk.versions[0], (VERSIONS_MAX - 1) * sizeof disk.versions[0]);
    disk.versions[0] = (struct rows){0};
    rows_copy(&disk.versions[0], &db->now);
    if (disk.unsynced < VERSIONS_MAX - 1)
        disk.unsynced++;
    if (db->has_removed)
        truth_forget_streams(fake_disk_has_stream);
    db->has_removed = false;
    return 0;
}

int database_sync(struct database *db)
{
    (void)db;
    if (!disk.is_frozen)
        disk.unsynced = 0;
    return 0;
}

int database_secure(struct database *db)
{
    return database_sync(db);
}

void database_rollback(struct database *db)
{
    rows_copy(&db->now, &disk.versions[0]);
}

void database_read_begin(struct database *db)
{
    (void)db;
}

void database_read_end(struct database *db)
{
    (void)db;
}

int database_find_inode(struct database *db, uint64_t ino, position_fn *each, void *owner)
{
    for (size_t i = db->now.count; i-- > 0;) {
        struct position position = position_of(&db->now.items[i]);

        if (position.identity.id.ino == ino && !each(owner, &position))
            break;
    }
    return 0;
}

int database_find_path(struct database *db, const char *path, position_fn *each, void *owner)
{
    for (size_t i = db->now.count; i-- > 0;) {
        struct position position = position_of(&db->now.items[i]);
        bool is_its = slice_begins(slice_of(position.name), slice_of(path)) ||
                      slice_begins(slice_of(position.real), slice_of(path));

        if (is_its && !each(owner, &position))
            break;
    }
    return 0;
}

int database_each(struct database *db, position_fn *each, void *owner)
{
    for (size_t i = 0; i < db->now.count; i++) {
        struct position position = position_of(&db->now.items[i]);

        if (!each(owner, &position))
            break;
    }
    return 0;
}

/* There is no SQLite here that could know others. */
bool schema_knows_sync(const char *word)
{
    (void)word;
    return true;
}

bool schema_knows_journal_mode(const char *word)
{
    (void)word;
    return true;
}

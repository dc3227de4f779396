#include "unit/checkpoint/book.h"

#include "base/log.h"
#include "base/memory.h"
#include "loop/loop.h"

#include <stdio.h>
#include <unistd.h>

/*
 * The power fails while positions are being written: what is on the disk then is the file and its
 * journal as they were, with the write cut off anywhere. All rows are written at once, with the same
 * offset, so that half of a write would show.
 */

#define ROWS 40
#define WRITES 40
#define CUTS 3

/* The database and its journal at one moment. */
struct state {
    struct buffer db;
    struct buffer wal;
};

/* What an agent finds after the cut. */
struct found {
    unsigned count;
    uint64_t least, most;
};

static uint64_t dice = 88172645463325252;
static unsigned opened;

static size_t roll(size_t below)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return below > 0 ? (size_t)(dice % below) : 0;
}

static void file_take(const char *name, struct buffer *out)
{
    FILE *file = fopen(tree_path(name), "rb");
    size_t len;

    buffer_clear(out);
    if (file == NULL)
        return;
    do {
        len = fread(buffer_reserve(out, 65536), 1, 65536, file);
        out->len += len;
    } while (len > 0);
    fclose(file);
}

static void file_put(const char *name, struct slice first, struct slice rest)
{
    FILE *file = fopen(tree_path(name), "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(first.data, 1, first.len, file), first.len);
    ck_assert_uint_eq(fwrite(rest.data, 1, rest.len, file), rest.len);
    ck_assert_int_eq(fclose(file), 0);
}

static void state_take(struct state *state)
{
    file_take("tail.db", &state->db);
    file_take("tail.db-wal", &state->wal);
}

static void state_fini(struct state *state)
{
    buffer_fini(&state->db);
    buffer_fini(&state->wal);
}

static struct slice head_of(const struct buffer *b, size_t len)
{
    return slice_make(b->data, len < b->len ? len : b->len);
}

static struct slice tail_of(const struct buffer *b, size_t from)
{
    return from < b->len ? slice_make(b->data + from, b->len - from) : SLICE("");
}

/* ---- after the cut ---- */

static bool on_position(void *owner, const struct position *p)
{
    struct found *found = owner;

    if (found->count == 0 || p->offset < found->least)
        found->least = p->offset;
    if (p->offset > found->most)
        found->most = p->offset;
    found->count++;
    return true;
}

/* Starts on what was put in cut/; it must start. */
static struct found start_again(void)
{
    /* What is on the disk is read as ever; that this copy reaches it need not be waited for. */
    struct positions_config config = {
        .path = tree_path("cut/tail.db"), .sync = "off", .pace_ms = 1};
    struct positions *positions;
    struct found found = {0};

    ck_assert_msg(positions_open(book.loop, &config, &book.report, (struct place){0}, &positions) ==
                      0,
                  "%s", buffer_text(&book.report.text));
    ck_assert_int_eq(positions_find_path(positions, "/", on_position, &found), 0);
    positions_close(&positions);
    while (job_count(book.loop) > 0)
        loop_turn(book.loop, true);
    opened++;
    return found;
}

/* All rows of one write, no later than the last one that was asked for. */
static void expect_one_write(uint64_t last)
{
    struct found found = start_again();

    ck_assert(found.count == 0 || found.count == ROWS);
    ck_assert_uint_eq(found.least, found.most);
    ck_assert_uint_le(found.most, last);
}

static void files_put(struct slice db, struct slice db_rest, struct slice wal,
                      struct slice wal_rest)
{
    (void)unlink(tree_path("cut/tail.db-shm"));
    file_put("cut/tail.db", db, db_rest);
    file_put("cut/tail.db-wal", wal, wal_rest);
}

/* ---- writing ---- */

static void rows_set(uint64_t offset)
{
    for (int64_t row = 1; row <= ROWS; row++) {
        char *name = mem_format("/var/log/containers/app-%064lld.log", (long long)row);

        book_set(row, name, (uint64_t)row, offset);
        mem_free(name);
    }
    book_write();
}

static void rows_new(void)
{
    tree_folder("cut");
    book_open();
    for (unsigned i = 0; i < ROWS; i++)
        (void)positions_new_row(book.positions);
}

/* The journal ends somewhere in the write; what follows is missing, or zero, or was there before. */
static void cut_journal(const struct state *before, const struct state *now, uint64_t last)
{
    static const char zeros[65536];
    size_t cut = roll(now->wal.len + 1);
    size_t rest = now->wal.len - cut < sizeof zeros ? now->wal.len - cut : sizeof zeros;
    struct slice db = buffer_view(&before->db), none = SLICE("");

    files_put(db, none, head_of(&now->wal, cut), none);
    expect_one_write(last);
    files_put(db, none, head_of(&now->wal, cut), slice_make(zeros, rest));
    expect_one_write(last);
    files_put(db, none, head_of(&now->wal, cut), tail_of(&before->wal, cut));
    expect_one_write(last);
}

/* The journal is whole, and is being copied into the database. */
static void cut_checkpoint(const struct state *before, const struct state *now, uint64_t last)
{
    size_t cut = roll(now->db.len + 1);

    files_put(head_of(&now->db, cut), tail_of(&before->db, cut), buffer_view(&now->wal), SLICE(""));
    expect_one_write(last);
}

START_TEST(wherever_a_write_is_cut_off_an_older_one_is_whole)
{
    struct state before = {0}, now = {0};

    rows_new();
    rows_set(1);
    state_take(&before);
    for (uint64_t n = 2; n <= WRITES; n++) {
        struct state older = before;

        rows_set(n);
        state_take(&now);
        for (unsigned i = 0; i < CUTS; i++)
            cut_journal(&before, &now, n);
        cut_checkpoint(&before, &now, n);
        before = now;
        now = older;
    }
    ck_assert_uint_eq(opened, (WRITES - 1) * (3 * CUTS + 1));
    state_fini(&before);
    state_fini(&now);
}
END_TEST

START_TEST(a_whole_write_is_found_whole)
{
    struct state state = {0};
    struct found found;

    rows_new();
    rows_set(7);
    state_take(&state);
    files_put(buffer_view(&state.db), SLICE(""), buffer_view(&state.wal), SLICE(""));
    found = start_again();
    ck_assert_uint_eq(found.count, ROWS);
    ck_assert_uint_eq(found.least, 7);
    state_fini(&state);
}
END_TEST

/* No disk that keeps its promises does that; it is set aside, or what is found is old. */
START_TEST(a_database_that_lost_its_end_says_nothing_that_was_not_acknowledged)
{
    struct state state = {0};

    rows_new();
    for (uint64_t n = 1; n <= 30; n++)
        rows_set(n);
    book_close();
    state_take(&state);
    for (size_t cut = 0; cut < state.db.len; cut += 1 + roll(8192)) {
        struct found found;

        files_put(head_of(&state.db, cut), SLICE(""), SLICE(""), SLICE(""));
        found = start_again();
        ck_assert_uint_le(found.count, ROWS);
        ck_assert_uint_le(found.most, 30);
    }
    state_fini(&state);
}
END_TEST

Suite *suite_checkpoint_power(void);

Suite *suite_checkpoint_power(void)
{
    Suite *suite = suite_create("checkpoint/power");
    TCase *cuts = tcase_create("cuts");

    tcase_add_checked_fixture(cuts, book_set_up, book_tear_down);
    tcase_set_timeout(cuts, 30);
    tcase_add_test(cuts, wherever_a_write_is_cut_off_an_older_one_is_whole);
    tcase_add_test(cuts, a_whole_write_is_found_whole);
    tcase_add_test(cuts, a_database_that_lost_its_end_says_nothing_that_was_not_acknowledged);
    suite_add_tcase(suite, cuts);
    return suite;
}

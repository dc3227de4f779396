#include "deadletter/store.h"

#include "base/clock.h"
#include "base/log.h"
#include "kit/patience.h"
#include "kit/tree.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#define FIRST "d/letters-0000000001.jsonl"

static struct loop *loop;
static struct letter_metrics metrics;
static struct letter_store *store;
static struct letter_waiter waiter;
static unsigned kept_count;

static void set_up(void)
{
    tree_plant();
    clock_fake(1000, INT64_C(1700000000000000000));
    loop = loop_new();
    metrics = (struct letter_metrics){0};
    store = letter_store_new(loop, tree_path("d"), 1 << 20, &metrics);
    kept_count = 0;
}

static void tear_down(void)
{
    letter_store_free(&store);
    loop_free(&loop);
    tree_fell();
    clock_real();
}

static void on_kept(struct letter_waiter *w)
{
    ck_assert_ptr_eq(w, &waiter);
    kept_count++;
}

static void add(const char *reason)
{
    struct dead_letter letter = {.output = SLICE("es.0"),
                                 .reason = slice_of(reason),
                                 .tag = SLICE("app"),
                                 .time_ns = 1,
                                 .set_aside_ns = 1,
                                 .record = SLICE("{\"a\":1}")};

    letter_store_sink(store)->add(letter_store_sink(store), &letter, false, NULL);
}

static bool begin_wait(void)
{
    waiter.kept = on_kept;
    return letter_store_sink(store)->wait(letter_store_sink(store), &waiter);
}

static void turn_until_written(void)
{
    struct patience patience;

    patience_begin(&patience, loop, "letters");
    while (job_count(loop) > 0)
        loop_turn(loop, true);
    patience_end(&patience);
}

START_TEST(whoever_waits_goes_on_when_it_is_on_the_disk)
{
    size_t len;

    ck_assert(!begin_wait());
    add("why");
    ck_assert(begin_wait());
    ck_assert_uint_eq(kept_count, 0);
    turn_until_written();
    ck_assert_uint_eq(kept_count, 1);
    ck_assert_uint_eq(metrics.kept, 1);
    ck_assert_ptr_nonnull(strstr(tree_read(FIRST, &len), "\"reason\":\"why\""));
    ck_assert(!begin_wait());
}
END_TEST

START_TEST(what_comes_while_one_writes_is_written_next)
{
    add("one");
    add("two");
    ck_assert(begin_wait());
    turn_until_written();
    ck_assert_uint_eq(kept_count, 1);
    ck_assert_uint_eq(metrics.kept, 2);
    ck_assert_uint_eq(metrics.lost, 0);
}
END_TEST

/* Nobody may wait: the delivery of which the letter is was let go of. */
START_TEST(it_is_idle_when_all_is_written)
{
    char why[256];

    ck_assert(letter_store_is_idle(store));
    add("one");
    ck_assert(!letter_store_is_idle(store));
    add("two");
    turn_until_written();
    ck_assert(letter_store_is_idle(store));
    ck_assert_uint_eq(metrics.kept, 2);
    letter_store_free(&store);
    store = letter_store_new(loop, tree_path("d"), 1 << 20, &metrics);
    ck_assert_int_eq(letter_store_open(store, why), 0);
}
END_TEST

START_TEST(nothing_is_touched_before_the_first_letter)
{
    ck_assert(!tree_has("d"));
}
END_TEST

START_TEST(what_was_only_given_up_is_not_kept)
{
    struct dead_letter letter = {.reason = SLICE("busy")};

    letter_store_sink(store)->add(letter_store_sink(store), &letter, true, NULL);
    ck_assert(!begin_wait());
    ck_assert_ptr_null(letter_store_recent(store, 0));
}
END_TEST

START_TEST(a_directory_that_is_not_to_be_had_stops_nobody)
{
    uint64_t errors = log_count(LOG_ERROR);

    tree_write("d", "a file");
    for (unsigned i = 1; i <= 5; i++) {
        add("why");
        if (begin_wait())
            turn_until_written();
        ck_assert_uint_eq(metrics.lost, i);
    }
    ck_assert_uint_eq(kept_count, 1); /* the others were not even tried */
    ck_assert_uint_eq(log_count(LOG_ERROR) - errors, 1);
    tree_remove("d");
    clock_advance_ms(60000);
    add("why");
    ck_assert(begin_wait());
    turn_until_written();
    ck_assert_uint_eq(metrics.kept, 1);
    ck_assert_uint_eq(metrics.lost, 5);
}
END_TEST

START_TEST(a_full_disk_is_counted_and_said_once)
{
    uint64_t errors = log_count(LOG_ERROR);
    struct rlimit limit, old;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    limit = (struct rlimit){20, old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    for (unsigned i = 0; i < 3; i++) {
        add("why");
        ck_assert(begin_wait());
        turn_until_written();
    }
    setrlimit(RLIMIT_FSIZE, &old);
    ck_assert_uint_eq(kept_count, 3);
    ck_assert_uint_eq(metrics.lost, 3);
    ck_assert_uint_eq(log_count(LOG_ERROR) - errors, 1);
    add("why");
    turn_until_written();
    ck_assert_uint_eq(metrics.kept, 1);
    ck_assert_uint_eq(metrics.lost, 3);
}
END_TEST

START_TEST(a_disk_that_does_not_answer_is_not_waited_for)
{
    add("one");
    ck_assert(begin_wait());
    clock_advance_ms(LETTER_WAIT_MS); /* the job is not looked at before the timer */
    while (kept_count == 0)
        loop_turn(loop, false);
    turn_until_written();
    ck_assert_uint_eq(kept_count, 1);
    ck_assert_uint_eq(metrics.lost + metrics.kept, 1);
    add("two");
    ck_assert(begin_wait());
    turn_until_written();
    ck_assert_uint_ge(metrics.kept, 1);
}
END_TEST

START_TEST(a_store_may_go_while_one_writes)
{
    add("one");
    letter_store_free(&store);
    turn_until_written();
    ck_assert(tree_has(FIRST));
}
END_TEST

START_TEST(the_last_letters_are_shown_newest_first)
{
    for (unsigned i = 0; i < LETTERS_RECENT_MAX + 5; i++)
        add(i % 2 ? "odd" : "even");
    ck_assert_ptr_nonnull(strstr(letter_store_recent(store, 0), "\"reason\":\"even\""));
    ck_assert_ptr_nonnull(strstr(letter_store_recent(store, 1), "\"reason\":\"odd\""));
    ck_assert_ptr_null(strstr(letter_store_recent(store, 0), "\"record\""));
    ck_assert_ptr_nonnull(letter_store_recent(store, LETTERS_RECENT_MAX - 1));
    ck_assert_ptr_null(letter_store_recent(store, LETTERS_RECENT_MAX));
    turn_until_written();
}
END_TEST

START_TEST(a_directory_that_was_asked_for_and_is_owned_is_refused)
{
    char why[256];
    int fd;

    tree_folder("d");
    fd = open(tree_path("d/lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    ck_assert_int_eq(letter_store_open(store, why), -EBUSY);
    close(fd);
    ck_assert_int_eq(letter_store_open(store, why), 0);
}
END_TEST

Suite *suite_deadletter_store(void);

Suite *suite_deadletter_store(void)
{
    Suite *suite = suite_create("deadletter/store");
    TCase *tc = tcase_create("store");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, whoever_waits_goes_on_when_it_is_on_the_disk);
    tcase_add_test(tc, what_comes_while_one_writes_is_written_next);
    tcase_add_test(tc, it_is_idle_when_all_is_written);
    tcase_add_test(tc, nothing_is_touched_before_the_first_letter);
    tcase_add_test(tc, what_was_only_given_up_is_not_kept);
    tcase_add_test(tc, a_directory_that_is_not_to_be_had_stops_nobody);
    tcase_add_test(tc, a_full_disk_is_counted_and_said_once);
    tcase_add_test(tc, a_disk_that_does_not_answer_is_not_waited_for);
    tcase_add_test(tc, a_store_may_go_while_one_writes);
    tcase_add_test(tc, the_last_letters_are_shown_newest_first);
    tcase_add_test(tc, a_directory_that_was_asked_for_and_is_owned_is_refused);
    suite_add_tcase(suite, tc);
    return suite;
}

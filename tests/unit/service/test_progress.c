#include "service/progress.h"

#include <check.h>

#define LIMIT_MS 300000
#define LOOK_MS (LIMIT_MS / 10)

static struct progress p;
static struct progress_seen seen;
static struct progress_rule rule;

/* It holds ten records, and nobody has answered yet. */
static void set_up(void)
{
    p = (struct progress){0};
    rule = (struct progress_rule){LIMIT_MS, true};
    seen = (struct progress_seen){.now_ms = 1000, .left = 5, .held_records = 10, .has_room = true};
    ck_assert(!progress_look(&p, &seen, &rule));
}

static bool look_after(uint64_t ms)
{
    seen.now_ms += ms;
    return progress_look(&p, &seen, &rule);
}

/* So many looks, none of which changes anything. */
static void looks(unsigned count)
{
    while (count-- > 0)
        ck_assert(!look_after(LOOK_MS));
}

static void expect_standstill_after(unsigned count)
{
    looks(count - 1);
    ck_assert(!p.is_still);
    ck_assert(look_after(LOOK_MS));
    ck_assert(p.is_still);
}

START_TEST(what_is_held_and_does_not_leave_is_a_standstill)
{
    expect_standstill_after(10);
    ck_assert_uint_eq(p.since_ms, 1000);
    looks(30); /* it is told once */
    ck_assert(p.is_still);
    ck_assert_uint_eq(p.since_ms, 1000);
}
END_TEST

START_TEST(it_is_over_when_something_leaves)
{
    expect_standstill_after(10);
    seen.left++;
    ck_assert(look_after(LOOK_MS));
    ck_assert(!p.is_still);
    expect_standstill_after(10);
}
END_TEST

START_TEST(it_is_over_when_nothing_is_left_to_do)
{
    expect_standstill_after(10);
    seen.held_records = 0;
    ck_assert(look_after(LOOK_MS));
    ck_assert(!p.is_still);
}
END_TEST

START_TEST(one_record_within_the_limit_is_enough)
{
    for (unsigned i = 0; i < 100; i++) {
        looks(9);
        seen.left++;
        looks(1);
    }
}
END_TEST

START_TEST(an_idle_output_does_not_stand_still)
{
    seen.held_records = 0;
    looks(100);
    seen.held_records = 1;
    expect_standstill_after(10);
}
END_TEST

START_TEST(what_its_back_end_says_is_no_progress)
{
    for (unsigned i = 0; i < 9; i++) {
        seen.answers += i;
        seen.is_away = i % 2 == 0;
        looks(1);
    }
    ck_assert(look_after(LOOK_MS));
}
END_TEST

START_TEST(a_back_end_that_is_away_excuses_it)
{
    seen.is_away = true;
    looks(1000);
    seen.is_away = false;
    seen.answers++;
    expect_standstill_after(10);
}
END_TEST

START_TEST(one_that_answers_in_between_is_not_away)
{
    seen.is_away = true;
    for (unsigned i = 0; i < 9; i++) {
        seen.answers += i % 4 == 0;
        looks(1);
    }
    ck_assert(look_after(LOOK_MS));
}
END_TEST

START_TEST(going_away_excuses_nothing_that_stood_still_before)
{
    expect_standstill_after(10);
    seen.is_away = true;
    looks(100);
    ck_assert(p.is_still);
    ck_assert_uint_eq(p.since_ms, 1000);
}
END_TEST

START_TEST(nobody_is_excused_where_those_who_are_away_count)
{
    rule.excuses_away = false;
    seen.is_away = true;
    expect_standstill_after(10);
}
END_TEST

START_TEST(what_it_could_read_and_does_not_is_a_standstill)
{
    seen.held_records = 0;
    seen.unread_bytes = 100;
    expect_standstill_after(10);
}
END_TEST

START_TEST(memory_that_others_hold_excuses_it)
{
    seen.held_records = 0;
    seen.unread_bytes = 100;
    seen.has_room = false;
    looks(100);
    seen.has_room = true;
    expect_standstill_after(10);
}
END_TEST

START_TEST(memory_that_is_full_excuses_nothing_in_hand)
{
    seen.has_room = false;
    expect_standstill_after(10);
}
END_TEST

START_TEST(reading_that_brings_it_nothing_excuses_it)
{
    seen.held_records = 0;
    seen.unread_bytes = 1000000;
    for (unsigned i = 0; i < 100; i++) {
        seen.mark += 1000;
        looks(1);
    }
    expect_standstill_after(10);
}
END_TEST

START_TEST(letting_go_of_what_is_read_again_does_not_end_it)
{
    expect_standstill_after(10);
    seen.held_records = 0;
    seen.unread_bytes = 100;
    seen.mark++;
    looks(1);
    seen.has_room = false;
    looks(1);
    ck_assert(p.is_still);
}
END_TEST

START_TEST(time_in_which_nobody_looked_does_not_count)
{
    looks(9);
    ck_assert(!look_after(1000 * (uint64_t)LIMIT_MS));
    ck_assert(!p.is_still);
    expect_standstill_after(10);
}
END_TEST

/* ---- every history ---- */

/* What can be the case at a look. */
enum event {
    LEFT,  /* a record left, and others are held */
    IDLE,  /* nothing is to be done */
    MUTE,  /* records are held, and nobody has said a word since */
    BUSY,  /* the back-end answered, and took none */
    AWAY,  /* nobody is there */
    BOTH,  /* it answered, and then nobody was there */
    FILES, /* nothing is held, and some could be read */
    READS, /* the same, and it is: nothing of that is for it */
    WAITS, /* the same, and there is no room */
    EVENT_COUNT,
};

#define HISTORY_LOOKS 7
#define LIMIT_LOOKS 4
#define QUARTER_MS 1000

static enum event history[HISTORY_LOOKS];
static unsigned length;

/* Nobody was there at this look, nor at those before it, for half of the limit. */
static bool was_away_for_long(unsigned at)
{
    for (unsigned i = 0; i <= LIMIT_LOOKS / 2; i++)
        if (at < i || history[at - i] != AWAY)
            return false;
    return true;
}

static bool starts_anew(unsigned at)
{
    enum event e = history[at];

    if (at == 0 || e == LEFT || e == IDLE || e == READS || e == WAITS)
        return true;
    return rule.excuses_away && was_away_for_long(at);
}

static bool is_due(unsigned at)
{
    if (at < LIMIT_LOOKS)
        return false;
    for (unsigned i = 0; i < LIMIT_LOOKS; i++)
        if (starts_anew(at - i))
            return false;
    return true;
}

/* By all that has happened, and not by what was kept of it. */
static bool should_stand_still(void)
{
    bool is_still = false;

    for (unsigned i = 0; i < length; i++) {
        if (history[i] == LEFT || history[i] == IDLE)
            is_still = false;
        else
            is_still |= is_due(i);
    }
    return is_still;
}

static struct progress_seen next(struct progress_seen before, enum event e)
{
    before.now_ms += QUARTER_MS;
    before.left += e == LEFT;
    before.answers += e == BUSY || e == BOTH;
    before.held_records = e == IDLE || e >= FILES ? 0 : 10;
    before.unread_bytes = e >= FILES ? 100 : 0;
    before.mark += e == READS;
    before.has_room = e != WAITS;
    before.is_away = e == AWAY || e == BOTH;
    return before;
}

static void walk(struct progress progress, struct progress_seen before)
{
    for (enum event e = 0; e < EVENT_COUNT; e++) {
        struct progress after = progress;
        struct progress_seen now = next(before, e);
        bool has_changed = progress_look(&after, &now, &rule);

        history[length++] = e;
        if (after.is_still != should_stand_still() ||
            has_changed != (after.is_still != progress.is_still))
            ck_abort_msg("wrong after %u looks, the last of which was %d", length, (int)e);
        if (length < HISTORY_LOOKS)
            walk(after, now);
        length--;
    }
}

START_TEST(every_history_ends_as_it_should)
{
    length = 0;
    rule = (struct progress_rule){(uint64_t)LIMIT_LOOKS * QUARTER_MS, _i == 0};
    walk((struct progress){0}, (struct progress_seen){.left = 1});
}
END_TEST

Suite *suite_service_progress(void);
Suite *suite_service_progress(void)
{
    Suite *suite = suite_create("service/progress");
    TCase *tcase = tcase_create("progress");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, what_is_held_and_does_not_leave_is_a_standstill);
    tcase_add_test(tcase, it_is_over_when_something_leaves);
    tcase_add_test(tcase, it_is_over_when_nothing_is_left_to_do);
    tcase_add_test(tcase, one_record_within_the_limit_is_enough);
    tcase_add_test(tcase, an_idle_output_does_not_stand_still);
    tcase_add_test(tcase, what_its_back_end_says_is_no_progress);
    tcase_add_test(tcase, a_back_end_that_is_away_excuses_it);
    tcase_add_test(tcase, one_that_answers_in_between_is_not_away);
    tcase_add_test(tcase, going_away_excuses_nothing_that_stood_still_before);
    tcase_add_test(tcase, nobody_is_excused_where_those_who_are_away_count);
    tcase_add_test(tcase, what_it_could_read_and_does_not_is_a_standstill);
    tcase_add_test(tcase, memory_that_others_hold_excuses_it);
    tcase_add_test(tcase, memory_that_is_full_excuses_nothing_in_hand);
    tcase_add_test(tcase, reading_that_brings_it_nothing_excuses_it);
    tcase_add_test(tcase, letting_go_of_what_is_read_again_does_not_end_it);
    tcase_add_test(tcase, time_in_which_nobody_looked_does_not_count);
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(all, every_history_ends_as_it_should, 0, 2);
    suite_add_tcase(suite, all);
    return suite;
}

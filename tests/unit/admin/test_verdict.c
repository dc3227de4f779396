#include "admin/verdict.h"

#include <check.h>
#include <string.h>

static struct pace pace;

static void expect(const struct situation *is, enum verdict_state state, const char *part)
{
    struct buffer text = {0};

    ck_assert_int_eq(verdict_write(is, &pace, &text), state);
    ck_assert_msg(strstr(buffer_text(&text), part) != NULL, "%s\nlacks %s", buffer_text(&text),
                  part);
    buffer_fini(&text);
}

/* Ten seconds in which so much was delivered, after which so much is unread. */
static void ten_seconds(uint64_t unread_before, uint64_t delivered, uint64_t unread)
{
    pace = (struct pace){0};
    pace_look(&pace, 5000, 0, unread_before);
    pace_look(&pace, 15000, delivered, unread);
}

static void set_up(void)
{
    pace = (struct pace){0};
}

START_TEST(an_idle_agent_keeps_up)
{
    expect(&(struct situation){0}, STATE_GOOD, "Yes");
}
END_TEST

START_TEST(what_is_delivered_within_seconds_is_no_lag)
{
    ten_seconds(4000000, 50000000, 5000000);
    expect(&(struct situation){.unread_bytes = 5000000}, STATE_GOOD, "Yes");
}
END_TEST

START_TEST(trouble_is_named_with_its_output_and_its_time)
{
    struct situation is = {
        .output = "es.0", .trouble = "refused", .trouble_s = 180, .unread_bytes = 1500000};

    expect(&is, STATE_BAD, "No: output es.0 has had trouble for 3 min (refused). 1.5 MB wait");
    is.unread_bytes = 0;
    expect(&is, STATE_BAD, "What it lacks is kept");
}
END_TEST

START_TEST(standing_still_is_said_first)
{
    struct situation is = {
        .standstill = "output es.0 has stood still", .closed_files = 3, .lost_bytes = 2000};

    expect(&is, STATE_BAD, "No: output es.0 has stood still. 2.0 kB were gone");
    is.output = "es.1";
    is.trouble = "status 503";
    is.trouble_s = 400;
    expect(&is, STATE_BAD, "No: output es.0 has stood still. 2.0 kB were gone");
}
END_TEST

START_TEST(files_that_cannot_be_opened_are_bad)
{
    expect(&(struct situation){.closed_files = 54}, STATE_BAD,
           "No: files cannot be opened or read, 54 of them");
}
END_TEST

START_TEST(growing_lag_is_bad_and_says_who_is_slow)
{
    struct situation is = {.unread_bytes = 30000000};

    ten_seconds(20000000, 1000000, 30000000);
    expect(&is, STATE_BAD, "30.0 MB are unread, and 1.0 MB more every second. More is written");
    is.is_paused = true;
    expect(&is, STATE_BAD, "The outputs take less than is written");
}
END_TEST

START_TEST(shrinking_lag_says_when_it_will_be_over)
{
    ten_seconds(60000000, 10000000, 30000000);
    expect(&(struct situation){.unread_bytes = 30000000}, STATE_BEHIND,
           "Nearly: 30.0 MB are unread, done in about 11 s.");
}
END_TEST

START_TEST(a_first_look_promises_nothing)
{
    pace_look(&pace, 5000, 0, 30000000);
    ck_assert(!pace.is_known);
    expect(&(struct situation){.unread_bytes = 30000000}, STATE_BEHIND, "30.0 MB are unread.");
}
END_TEST

START_TEST(two_looks_at_once_are_one)
{
    ten_seconds(60000000, 10000000, 30000000);
    pace_look(&pace, 15001, 10000000, 30000000);
    ck_assert_double_eq(pace.delivered_per_s, 1000000);
    ck_assert_double_eq(pace.unread_growth_per_s, -3000000);
}
END_TEST

START_TEST(losses_are_never_left_out)
{
    struct situation is = {.lost_bytes = 2000, .dropped_records = 3, .set_aside_records = 4};

    expect(&is, STATE_GOOD, "2.0 kB were gone from the files");
    expect(&is, STATE_GOOD, "3 records were given up");
    expect(&is, STATE_GOOD, "4 records were refused");
}
END_TEST

START_TEST(amounts_have_the_unit_that_reads_best)
{
    struct buffer text = {0};

    append_bytes(&text, 1);
    append_bytes(&text, 999);
    append_bytes(&text, 1500);
    append_bytes(&text, UINT64_MAX);
    append_span(&text, 119);
    append_span(&text, 7199);
    append_span(&text, 100000);
    append_span(&text, 200000);
    ck_assert_str_eq(buffer_text(&text),
                     "1 byte999 bytes1.5 kB18446744.1 TB119 s119 min27 h2 days");
    buffer_fini(&text);
}
END_TEST

Suite *suite_admin_verdict(void);
Suite *suite_admin_verdict(void)
{
    Suite *suite = suite_create("admin/verdict");
    TCase *sentence = tcase_create("sentence");

    tcase_add_checked_fixture(sentence, set_up, NULL);
    tcase_add_test(sentence, an_idle_agent_keeps_up);
    tcase_add_test(sentence, what_is_delivered_within_seconds_is_no_lag);
    tcase_add_test(sentence, trouble_is_named_with_its_output_and_its_time);
    tcase_add_test(sentence, standing_still_is_said_first);
    tcase_add_test(sentence, files_that_cannot_be_opened_are_bad);
    tcase_add_test(sentence, growing_lag_is_bad_and_says_who_is_slow);
    tcase_add_test(sentence, shrinking_lag_says_when_it_will_be_over);
    tcase_add_test(sentence, a_first_look_promises_nothing);
    tcase_add_test(sentence, two_looks_at_once_are_one);
    tcase_add_test(sentence, losses_are_never_left_out);
    tcase_add_test(sentence, amounts_have_the_unit_that_reads_best);
    suite_add_tcase(suite, sentence);
    return suite;
}

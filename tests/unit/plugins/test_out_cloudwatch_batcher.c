#include "plugins/out_cloudwatch_logs/batcher.h"

#include <check.h>
#include <stdio.h>

/* What a plan must be, whatever the events are: dice make them, and every limit is asserted. */

#define EVENTS_MAX 4000
#define ROUNDS 200
#define TEXT_PERIOD 1000
#define HOUR_MS INT64_C(3600000)

static struct arena arena;
static struct cw_event items[EVENTS_MAX];
static struct cw_events events;
static struct cw_plan plan;
static struct cw_limits limits;
static uint64_t dice_state;

static void set_up(void)
{
    arena = (struct arena){0};
    events = (struct cw_events){.items = items, .target_count = 1};
    limits = cw_limits;
    dice_state = 88172645463325252u;
}

static void tear_down(void)
{
    arena_fini(&arena);
}

static uint32_t dice(uint32_t sides)
{
    dice_state ^= dice_state << 13;
    dice_state ^= dice_state >> 7;
    dice_state ^= dice_state << 17;
    return (uint32_t)(dice_state >> 11) % sides;
}

/* Characters of one to four bytes; a long text is the same again and again. */
static struct slice text_of(size_t bytes)
{
    static const char *const characters[] = {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    char *text = arena_alloc(&arena, bytes + TEXT_PERIOD + 8);
    size_t len = 0;

    while (len < bytes && len < TEXT_PERIOD) {
        const char *c = characters[dice(4)];

        memcpy(text + len, c, strlen(c));
        len += strlen(c);
    }
    for (size_t period = len; len < bytes; len += period)
        memcpy(text + len, text, period);
    return slice_make(text, len);
}

static struct cw_event *event_add(int64_t time_ms, struct slice message)
{
    struct cw_event *event = &items[events.count];

    ck_assert_uint_lt(events.count, EVENTS_MAX);
    *event = (struct cw_event){.record = events.count, .time_ms = time_ms, .message = message};
    events.count++;
    return event;
}

static void planned(void)
{
    cw_plan(&events, &limits, &arena, &plan);
}

/* ---- what holds for every plan ---- */

static void check_call(const struct cw_call *call)
{
    const struct cw_piece *piece = &plan.pieces[call->first];
    int64_t first_ms = items[piece->event].time_ms, last_ms = first_ms;
    size_t bytes = 0;
    char mark[CW_MARK_BYTES_MAX];

    ck_assert_uint_ge(call->count, 1);
    ck_assert_uint_le(call->count, limits.call_events);
    for (uint32_t i = 0; i < call->count; i++, piece++) {
        const struct cw_event *event = &items[piece->event];
        size_t message = cw_mark(piece, event->message, mark) + piece->len;

        ck_assert_uint_eq(event->target, call->target);
        ck_assert_int_ge(event->time_ms, last_ms);
        ck_assert_uint_ge(message, 1);
        ck_assert_uint_le(message, limits.message_bytes);
        ck_assert(utf8_is_valid(slice_make(event->message.data + piece->from, piece->len)));
        last_ms = event->time_ms;
        bytes += message + CW_EVENT_OVERHEAD;
    }
    ck_assert_uint_le(bytes, limits.call_bytes);
    ck_assert_uint_le(bytes, call->bytes);
    ck_assert_int_lt(last_ms - first_ms, limits.span_ms);
}

/* Each event is whole in one place, or in all its parts one after the other, or unfit. */
static void check_events(void)
{
    uint8_t *seen = arena_alloc(&arena, events.count + 1);

    memset(seen, 0, events.count + 1);
    for (uint32_t i = 0; i < plan.unfit_count; i++)
        seen[plan.unfit[i].event]++;
    for (uint32_t i = 0; i < plan.piece_count; i++) {
        const struct cw_piece *piece = &plan.pieces[i];

        seen[piece->event] = (uint8_t)(seen[piece->event] + (piece->number == 1));
        if (piece->number == 1)
            ck_assert_uint_eq(piece->from, 0);
        else
            ck_assert_uint_eq(piece->from, piece[-1].from + piece[-1].len);
        if (piece->number > 1)
            ck_assert(piece[-1].event == piece->event && piece[-1].number == piece->number - 1);
        if (piece->number == piece->count)
            ck_assert_uint_eq(piece->from + piece->len, items[piece->event].message.len);
        ck_assert(piece->count == 1 || !items[piece->event].is_emf);
    }
    for (uint32_t i = 0; i < events.count; i++)
        ck_assert_uint_eq(seen[i], 1);
}

static void check_plan(void)
{
    uint32_t pieces = 0;

    for (uint32_t i = 0; i < plan.call_count; i++) {
        ck_assert_uint_eq(plan.calls[i].first, pieces);
        check_call(&plan.calls[i]);
        pieces += plan.calls[i].count;
    }
    ck_assert_uint_eq(pieces, plan.piece_count);
    check_events();
}

static void random_events(uint32_t count, uint32_t bytes, uint32_t span_s)
{
    arena_reset(&arena);
    events.count = 0;
    events.target_count = 1 + dice(5);
    for (uint32_t i = 0; i < count; i++) {
        struct cw_event *event = event_add(dice(span_s) * INT64_C(1000), text_of(dice(bytes)));

        event->target = dice(events.target_count);
        event->is_emf = dice(10) == 0;
    }
}

START_TEST(every_limit_is_kept_whatever_comes)
{
    for (int round = 0; round < ROUNDS; round++) {
        limits.call_bytes = 200 + dice(4000);
        limits.call_events = 1 + dice(50);
        limits.message_bytes = limits.call_bytes - CW_EVENT_OVERHEAD - dice(50);
        limits.span_ms = 1000 * (1 + dice(1000));
        random_events(dice(300), 1 + dice(900), 1 + dice(5000));
        planned();
        check_plan();
    }
}
END_TEST

START_TEST(the_services_own_limits_are_kept)
{
    for (int round = 0; round < 3; round++) {
        random_events(12, 3000000, 200000);
        planned();
        check_plan();
    }
}
END_TEST

START_TEST(calls_are_within_five_percent_of_the_fewest)
{
    uint64_t bytes = 0;
    uint32_t fewest;

    for (uint32_t i = 0; i < EVENTS_MAX; i++) {
        struct cw_event *event = event_add(i, text_of(1500 + dice(10000)));

        bytes += event->message.len + CW_EVENT_OVERHEAD;
    }
    planned();
    check_plan();
    fewest = (uint32_t)((bytes + CW_CALL_BYTES_MAX - 1) / CW_CALL_BYTES_MAX);
    ck_assert_uint_ge(fewest, 20);
    ck_assert_uint_le(plan.call_count * 100, fewest * 105);
}
END_TEST

/* ---- one by one ---- */

START_TEST(the_largest_message_goes_whole_and_one_byte_more_in_parts)
{
    char mark[CW_MARK_BYTES_MAX];
    char *text = arena_alloc(&arena, CW_MESSAGE_BYTES_MAX + 1);

    memset(text, 'x', CW_MESSAGE_BYTES_MAX + 1);
    event_add(0, slice_make(text, CW_MESSAGE_BYTES_MAX));
    event_add(1, slice_make(text, CW_MESSAGE_BYTES_MAX + 1));
    planned();
    check_plan();
    ck_assert_uint_eq(plan.piece_count, 3);
    ck_assert_uint_eq(plan.call_count, 3);
    ck_assert_uint_eq(plan.calls[0].bytes, CW_CALL_BYTES_MAX);
    ck_assert_uint_eq(cw_mark(&plan.pieces[0], items[0].message, mark), 0);
    ck_assert_uint_gt(cw_mark(&plan.pieces[1], items[1].message, mark), 0);
    ck_assert_ptr_eq(strstr(mark, "[part 1/2 of "), mark);
}
END_TEST

START_TEST(ten_thousand_events_are_one_call)
{
    static struct cw_event many[CW_CALL_EVENTS_MAX + 1];

    for (uint32_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = (struct cw_event){.message = SLICE("x")};
    events = (struct cw_events){.items = many, .count = ARRAY_LEN(many), .target_count = 1};
    planned();
    ck_assert_uint_eq(plan.call_count, 2);
    ck_assert_uint_eq(plan.calls[0].count, CW_CALL_EVENTS_MAX);
}
END_TEST

START_TEST(a_day_is_one_call_and_its_end_begins_the_next)
{
    event_add(0, SLICE("a"));
    event_add(24 * HOUR_MS - 1, SLICE("b"));
    event_add(24 * HOUR_MS, SLICE("c"));
    planned();
    check_plan();
    ck_assert_uint_eq(plan.call_count, 2);
    ck_assert_uint_eq(plan.calls[0].count, 2);
}
END_TEST

START_TEST(events_of_one_time_stay_in_the_order_they_came)
{
    event_add(5, SLICE("c"));
    event_add(3, SLICE("a"));
    event_add(5, SLICE("d"));
    event_add(3, SLICE("b"));
    planned();
    check_plan();
    for (uint32_t i = 0; i < 4; i++)
        ck_assert(slice_equal(items[plan.pieces[i].event].message, slice_make("abcd" + i, 1)));
}
END_TEST

START_TEST(what_cannot_be_sent_is_said)
{
    event_add(0, SLICE(""));
    event_add(0, text_of(CW_MESSAGE_BYTES_MAX + 10))->is_emf = true;
    event_add(0, SLICE("x"));
    planned();
    check_plan();
    ck_assert_uint_eq(plan.unfit_count, 2);
    ck_assert_int_eq(plan.unfit[0].why, CW_EMPTY);
    ck_assert_int_eq(plan.unfit[1].why, CW_EMF_TOO_LONG);
    ck_assert_ptr_nonnull(strstr(cw_unfit_words(CW_EMF_TOO_LONG), "Metric"));
}
END_TEST

START_TEST(a_message_for_too_many_parts_is_said)
{
    limits.call_bytes = 120;
    limits.message_bytes = CW_MARK_BYTES_MAX + 4;
    event_add(0, text_of(4 * (CW_PARTS_MAX + 1)));
    planned();
    check_plan();
    ck_assert_uint_eq(plan.unfit_count, 1);
    ck_assert_int_eq(plan.unfit[0].why, CW_TOO_LONG);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_cut_all_the_same)
{
    char *text = arena_alloc(&arena, 1000);
    uint32_t bytes = 0;

    memset(text, 0x80, 1000);
    limits.message_bytes = 200;
    event_add(0, slice_make(text, 1000));
    planned();
    for (uint32_t i = 0; i < plan.piece_count; i++)
        bytes += plan.pieces[i].len;
    ck_assert_uint_eq(bytes, 1000);
    check_events();
}
END_TEST

START_TEST(no_events_are_no_calls)
{
    events.target_count = 0;
    planned();
    ck_assert_uint_eq(plan.call_count + plan.piece_count + plan.unfit_count, 0);
}
END_TEST

Suite *suite_plugins_out_cloudwatch_batcher(void)
{
    Suite *suite = suite_create("plugins_out_cloudwatch_batcher");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, every_limit_is_kept_whatever_comes);
    tcase_add_test(tests, the_services_own_limits_are_kept);
    tcase_add_test(tests, calls_are_within_five_percent_of_the_fewest);
    tcase_add_test(tests, the_largest_message_goes_whole_and_one_byte_more_in_parts);
    tcase_add_test(tests, ten_thousand_events_are_one_call);
    tcase_add_test(tests, a_day_is_one_call_and_its_end_begins_the_next);
    tcase_add_test(tests, events_of_one_time_stay_in_the_order_they_came);
    tcase_add_test(tests, what_cannot_be_sent_is_said);
    tcase_add_test(tests, a_message_for_too_many_parts_is_said);
    tcase_add_test(tests, bytes_that_are_no_text_are_cut_all_the_same);
    tcase_add_test(tests, no_events_are_no_calls);
    suite_add_tcase(suite, tests);
    return suite;
}

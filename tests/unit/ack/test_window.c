#include "ack/window.h"

#include "kit/stops.h"

#include <string.h>

#define OUTPUTS(...) output_set_of((const unsigned[]){__VA_ARGS__}, COUNT_OF(__VA_ARGS__))
#define COUNT_OF(...) (sizeof((const unsigned[]){__VA_ARGS__}) / sizeof(unsigned))

static struct ack_window w;

static void set_up(void)
{
    window_init(&w, 100);
}

static void tear_down(void)
{
    window_fini(&w);
}

static output_set output_set_of(const unsigned *outputs, size_t count)
{
    output_set set = 0;

    for (size_t i = 0; i < count; i++)
        set |= UINT64_C(1) << outputs[i];
    return set;
}

/* ---- spans ---- */

START_TEST(bytes_before_the_beginning_are_settled)
{
    ck_assert_uint_eq(w.settled, 100);
    ck_assert_uint_eq(window_bookmark(&w, 0), 100);
    ck_assert_uint_eq(window_bookmark(&w, 63), 100);
}
END_TEST

START_TEST(a_span_is_settled_when_its_only_output_is_done)
{
    uint64_t span = window_issue(&w, 150, OUTPUTS(0));

    ck_assert_uint_eq(w.settled, 100);
    ck_assert(window_settle(&w, span, 0));
    ck_assert_uint_eq(w.settled, 150);
}
END_TEST

START_TEST(a_span_waits_for_every_output)
{
    uint64_t span = window_issue(&w, 150, OUTPUTS(0, 5, 63));

    ck_assert(!window_settle(&w, span, 63));
    ck_assert(!window_settle(&w, span, 0));
    ck_assert_uint_eq(w.settled, 100);
    ck_assert(window_settle(&w, span, 5));
    ck_assert_uint_eq(w.settled, 150);
}
END_TEST

START_TEST(only_a_gapless_run_moves_what_is_settled)
{
    uint64_t a = window_issue(&w, 110, OUTPUTS(0));
    uint64_t b = window_issue(&w, 120, OUTPUTS(0));
    uint64_t c = window_issue(&w, 130, OUTPUTS(0));

    ck_assert(!window_settle(&w, c, 0));
    ck_assert(!window_settle(&w, b, 0));
    ck_assert_uint_eq(w.settled, 100);
    ck_assert(window_settle(&w, a, 0));
    ck_assert_uint_eq(w.settled, 130);
}
END_TEST

START_TEST(bytes_without_records_belong_to_the_span_before_them)
{
    uint64_t span = window_issue(&w, 110, OUTPUTS(0));

    window_advance(&w, 125);
    ck_assert_uint_eq(w.settled, 100);
    ck_assert(window_settle(&w, span, 0));
    ck_assert_uint_eq(w.settled, 125);
}
END_TEST

START_TEST(bytes_without_records_are_settled_at_once_when_nothing_is_in_flight)
{
    window_advance(&w, 140);
    ck_assert_uint_eq(w.settled, 140);
    ck_assert_uint_eq(w.issued, 140);
}
END_TEST

START_TEST(a_span_without_bytes_is_one_all_the_same)
{
    uint64_t span = window_issue(&w, 100, OUTPUTS(0));

    ck_assert_uint_eq(w.count, 1);
    ck_assert(!window_settle(&w, span, 0));
    ck_assert_uint_eq(w.count, 0);
    ck_assert_uint_eq(w.settled, 100);
}
END_TEST

/* ---- bookmarks ---- */

START_TEST(each_output_has_its_own_bookmark)
{
    uint64_t a = window_issue(&w, 110, OUTPUTS(0, 1));
    uint64_t b = window_issue(&w, 120, OUTPUTS(0, 1));

    window_settle(&w, a, 1);
    window_settle(&w, b, 1);
    ck_assert_uint_eq(w.settled, 100);
    ck_assert_uint_eq(window_bookmark(&w, 0), 100);
    ck_assert_uint_eq(window_bookmark(&w, 1), 120);
    window_settle(&w, a, 0);
    ck_assert_uint_eq(w.settled, 110);
    ck_assert_uint_eq(window_bookmark(&w, 0), 110);
}
END_TEST

START_TEST(the_furthest_output_is_where_the_first_span_begins_that_all_owe)
{
    window_issue(&w, 110, OUTPUTS(1));
    window_issue(&w, 120, OUTPUTS(0));
    window_issue(&w, 130, OUTPUTS(1));
    ck_assert_uint_eq(window_furthest(&w, OUTPUTS(0, 1)), 110);
    ck_assert_uint_eq(window_furthest(&w, OUTPUTS(1)), 100);
    ck_assert_uint_eq(window_furthest(&w, OUTPUTS(0, 2)), 130);
}
END_TEST

START_TEST(an_output_that_owes_nothing_stands_at_the_end)
{
    window_issue(&w, 110, OUTPUTS(0));
    ck_assert_uint_eq(window_bookmark(&w, 1), 110);
    window_advance(&w, 115);
    ck_assert_uint_eq(window_bookmark(&w, 1), 115);
    window_settle(&w, w.first_seq, 0);
}
END_TEST

START_TEST(a_bookmark_does_not_pass_a_span_that_is_owed_behind_one_that_is_not)
{
    window_issue(&w, 110, OUTPUTS(1));
    window_issue(&w, 120, OUTPUTS(0));
    window_issue(&w, 130, OUTPUTS(1));
    ck_assert_uint_eq(window_bookmark(&w, 0), 110);
    ck_assert_uint_eq(window_bookmark(&w, 1), 100);
    ck_assert_uint_eq(window_bookmark(&w, 2), 130);
}
END_TEST

/* ---- memory ---- */

START_TEST(a_window_with_nothing_in_flight_has_no_memory)
{
    for (unsigned round = 0; round < 3; round++) {
        uint64_t first = window_issue(&w, w.issued + 1, OUTPUTS(0));

        for (unsigned i = 1; i < 100; i++)
            window_issue(&w, w.issued + 1, OUTPUTS(0));
        ck_assert_uint_ge(w.capacity, 100);
        for (unsigned i = 0; i < 100; i++)
            window_settle(&w, first + i, 0);
        ck_assert_ptr_null(w.spans);
        ck_assert_uint_eq(w.capacity, 0);
    }
    ck_assert_uint_eq(w.settled, 400);
}
END_TEST

START_TEST(a_long_run_needs_no_more_room_than_what_is_in_flight)
{
    window_issue(&w, 101, OUTPUTS(0));
    for (uint64_t end = 102; end < 10000; end++) {
        window_issue(&w, end, OUTPUTS(0));
        window_settle(&w, w.first_seq, 0);
    }
    ck_assert_uint_eq(w.capacity, 4);
    ck_assert_uint_eq(w.settled, 9998);
    window_settle(&w, w.first_seq, 0);
}
END_TEST

/* ---- beside a naive model ---- */

#define MODEL_SPANS 20000
#define MODEL_OUTPUTS 5

struct model {
    struct ack_span spans[MODEL_SPANS];
    size_t count;
    uint64_t begin;
    uint64_t issued;
};

static uint64_t dice;

static uint32_t roll(uint32_t below)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (uint32_t)(dice >> 32) % below;
}

static uint64_t model_bookmark(const struct model *m, output_set outputs)
{
    uint64_t bookmark = m->begin;

    for (size_t i = 0; i < m->count && !(m->spans[i].owed & outputs); i++)
        bookmark = m->spans[i].end;
    return m->count == 0 ? m->issued : bookmark;
}

/* Whether all of the model's spans are settled, so that the next bytes are settled at once. */
static bool model_is_idle(const struct model *m)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->spans[i].owed)
            return false;
    return true;
}

static void model_advance(struct model *m, uint64_t end)
{
    m->issued = end;
    if (model_is_idle(m)) {
        m->begin = end;
        for (size_t i = 0; i < m->count; i++)
            m->spans[i].end = end;
    } else {
        m->spans[m->count - 1].end = end;
    }
}

static void model_settle_one(struct model *m)
{
    size_t at = roll((uint32_t)m->count);
    unsigned output = roll(MODEL_OUTPUTS);
    uint64_t before = w.settled;

    for (; at < m->count; at++)
        if (m->spans[at].owed >> output & 1)
            break;
    if (at == m->count)
        return;
    m->spans[at].owed &= ~(UINT64_C(1) << output);
    ck_assert_int_eq(window_settle(&w, at, output), w.settled != before);
}

static void model_step(struct model *m)
{
    uint64_t end = m->issued + roll(50);
    output_set owed = 1 + roll((1u << MODEL_OUTPUTS) - 1);

    switch (roll(8)) {
    case 0:
    case 1:
        ck_assert_uint_eq(window_issue(&w, end, owed), m->count);
        m->spans[m->count++] = (struct ack_span){end, owed};
        m->issued = end;
        return;
    case 2:
        window_advance(&w, end);
        model_advance(m, end);
        return;
    default:
        if (m->count > 0)
            model_settle_one(m);
    }
}

static uint64_t furthest_of(output_set set)
{
    uint64_t furthest = 0;

    for (unsigned output = 0; output < MODEL_OUTPUTS; output++)
        if ((set & UINT64_C(1) << output) && window_bookmark(&w, output) > furthest)
            furthest = window_bookmark(&w, output);
    return furthest;
}

static void model_compare(const struct model *m)
{
    window_check(&w);
    ck_assert_uint_eq(w.issued, m->issued);
    ck_assert_uint_eq(w.settled, model_bookmark(m, UINT64_MAX));
    for (unsigned output = 0; output < MODEL_OUTPUTS; output++)
        ck_assert_uint_eq(window_bookmark(&w, output), model_bookmark(m, UINT64_C(1) << output));
    for (output_set set = 1; set < UINT64_C(1) << MODEL_OUTPUTS; set++)
        ck_assert_uint_eq(window_furthest(&w, set), furthest_of(set));
    ck_assert_int_eq(w.spans == NULL, model_is_idle(m));
}

START_TEST(any_order_of_acks_moves_the_bookmarks_as_the_naive_model_says)
{
    static struct model m;

    memset(&m, 0, sizeof m);
    m.begin = m.issued = 100;
    dice = UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(_i + 1);
    for (unsigned step = 0; step < 800; step++) {
        model_step(&m);
        model_compare(&m);
    }
}
END_TEST

/* ---- broken promises ---- */

START_TEST(settling_a_span_twice_stops)
{
    uint64_t span = window_issue(&w, 110, OUTPUTS(0, 1));

    window_settle(&w, span, 0);
    window_settle(&w, span, 0);
}
END_TEST

START_TEST(settling_a_span_that_is_gone_stops)
{
    uint64_t span = window_issue(&w, 110, OUTPUTS(0));

    window_settle(&w, span, 0);
    window_settle(&w, span, 0);
}
END_TEST

START_TEST(settling_a_span_that_was_never_issued_stops)
{
    window_settle(&w, window_issue(&w, 110, OUTPUTS(0)) + 1, 0);
}
END_TEST

START_TEST(settling_for_an_output_that_owes_nothing_stops)
{
    window_settle(&w, window_issue(&w, 110, OUTPUTS(0)), 1);
}
END_TEST

START_TEST(a_span_that_nobody_owes_stops)
{
    window_issue(&w, 110, 0);
}
END_TEST

START_TEST(going_back_stops)
{
    window_issue(&w, 99, OUTPUTS(0));
}
END_TEST

START_TEST(advancing_back_stops)
{
    window_advance(&w, 99);
}
END_TEST

/* ---- an output that reads again ---- */

START_TEST(what_an_output_lets_go_of_the_others_settle_alone)
{
    uint64_t a = window_issue(&w, 110, OUTPUTS(0, 1));
    uint64_t b = window_issue(&w, 120, OUTPUTS(0, 1));

    ck_assert_uint_eq(window_leave(&w, b, 1), 110);
    ck_assert_uint_eq(window_leave(&w, a, 1), 100);
    ck_assert_uint_eq(w.settled, 100);
    ck_assert(window_settle(&w, a, 0));
    ck_assert(window_settle(&w, b, 0));
    ck_assert_uint_eq(w.settled, 120);
}
END_TEST

START_TEST(letting_go_moves_what_nobody_else_owes)
{
    uint64_t a = window_issue(&w, 110, OUTPUTS(0, 1));
    uint64_t b = window_issue(&w, 120, OUTPUTS(1));

    (void)window_settle(&w, a, 0);
    ck_assert_uint_eq(window_leave(&w, a, 1), 100);
    ck_assert_uint_eq(w.settled, 110);
    ck_assert_uint_eq(window_leave(&w, b, 1), 110);
    ck_assert_uint_eq(w.settled, 120);
}
END_TEST

START_TEST(settling_what_was_let_go_of_stops)
{
    uint64_t a = window_issue(&w, 110, OUTPUTS(0, 1));

    (void)window_leave(&w, a, 1);
    (void)window_settle(&w, a, 1);
}
END_TEST

Suite *suite_ack_window(void);

Suite *suite_ack_window(void)
{
    Suite *suite = suite_create("ack/window");
    TCase *use = tcase_create("use");
    TCase *stops = stops_create();

    tcase_add_checked_fixture(use, set_up, tear_down);
    tcase_add_test(use, bytes_before_the_beginning_are_settled);
    tcase_add_test(use, a_span_is_settled_when_its_only_output_is_done);
    tcase_add_test(use, a_span_waits_for_every_output);
    tcase_add_test(use, only_a_gapless_run_moves_what_is_settled);
    tcase_add_test(use, bytes_without_records_belong_to_the_span_before_them);
    tcase_add_test(use, bytes_without_records_are_settled_at_once_when_nothing_is_in_flight);
    tcase_add_test(use, a_span_without_bytes_is_one_all_the_same);
    tcase_add_test(use, each_output_has_its_own_bookmark);
    tcase_add_test(use, the_furthest_output_is_where_the_first_span_begins_that_all_owe);
    tcase_add_test(use, an_output_that_owes_nothing_stands_at_the_end);
    tcase_add_test(use, a_bookmark_does_not_pass_a_span_that_is_owed_behind_one_that_is_not);
    tcase_add_test(use, a_window_with_nothing_in_flight_has_no_memory);
    tcase_add_test(use, a_long_run_needs_no_more_room_than_what_is_in_flight);
    tcase_add_test(use, what_an_output_lets_go_of_the_others_settle_alone);
    tcase_add_test(use, letting_go_moves_what_nobody_else_owes);
    tcase_add_loop_test(use, any_order_of_acks_moves_the_bookmarks_as_the_naive_model_says, 0, 20);
    suite_add_tcase(suite, use);

    tcase_add_checked_fixture(stops, set_up, tear_down);
    stops_add(stops, settling_a_span_twice_stops);
    stops_add(stops, settling_a_span_that_is_gone_stops);
    stops_add(stops, settling_a_span_that_was_never_issued_stops);
    stops_add(stops, settling_for_an_output_that_owes_nothing_stops);
    stops_add(stops, settling_what_was_let_go_of_stops);
    stops_add(stops, a_span_that_nobody_owes_stops);
    stops_add(stops, going_back_stops);
    stops_add(stops, advancing_back_stops);
    suite_add_tcase(suite, stops);
    return suite;
}

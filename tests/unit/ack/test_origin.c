#include "ack/origin.h"

#include "kit/stops.h"

static struct origin origin;
static unsigned freed;

static void origin_gone(struct origin *o)
{
    freed++;
    origin_fini(o);
}

static const struct origin_ops ops = {.free = origin_gone};

static void set_up(void)
{
    freed = 0;
    origin_init(&origin, &ops, SLICE("app.log"), 42);
}

START_TEST(an_origin_keeps_a_tag_of_its_own_and_begins_at_its_offset)
{
    char tag[] = "kube.app";
    struct origin *o = &origin;

    origin_unref(&o);
    origin_init(&origin, &ops, slice_of(tag), 7);
    memset(tag, 'x', sizeof tag);
    ck_assert(slice_is(origin.tag, "kube.app"));
    ck_assert_uint_eq(origin.window.settled, 7);
    ck_assert_ptr_null(origin.route.by);
    o = &origin;
    origin_unref(&o);
}
END_TEST

START_TEST(the_last_reference_frees_once)
{
    struct origin *mine = &origin, *chunks = origin_ref(&origin);

    origin_unref(&mine);
    ck_assert_ptr_null(mine);
    ck_assert_uint_eq(freed, 0);
    origin_unref(&chunks);
    ck_assert_ptr_null(chunks);
    ck_assert_uint_eq(freed, 1);
}
END_TEST

START_TEST(what_nobody_can_read_again_gets_an_id_that_no_other_has)
{
    struct origin *first = &origin, other, *second = &other;

    origin_unref(&first);
    origin_init_once(&origin, &ops, SLICE("app"));
    origin_init_once(&other, &ops, SLICE("app"));
    ck_assert_uint_ne(origin.id, 0);
    ck_assert_uint_ne(origin.id, other.id);
    ck_assert_uint_ne(origin.window.issued, other.window.issued);
    ck_assert_uint_eq(origin.window.issued, origin.window.settled);
    ck_assert_uint_lt(origin.window.issued, UINT64_C(1) << 47);
    ck_assert(!origin.can_repeat);
    first = &origin;
    origin_unref(&first);
    origin_unref(&second);
}
END_TEST

START_TEST(letting_go_of_nothing_does_nothing)
{
    struct origin *none = NULL, *mine = &origin;

    origin_unref(&none);
    ck_assert_uint_eq(freed, 0);
    origin_unref(&mine);
}
END_TEST

START_TEST(what_is_in_flight_goes_with_the_origin)
{
    struct origin *mine = &origin;

    window_issue(&origin.window, 50, 1);
    origin_unref(&mine);
    ck_assert_uint_eq(freed, 1);
    ck_assert_ptr_null(origin.window.spans);
}
END_TEST

START_TEST(an_origin_that_somebody_holds_is_not_unmade)
{
    origin_fini(&origin);
}
END_TEST

START_TEST(a_reference_to_what_is_gone_stops)
{
    struct origin *mine = &origin;

    origin_unref(&mine);
    origin_ref(&origin);
}
END_TEST

Suite *suite_ack_origin(void);

Suite *suite_ack_origin(void)
{
    Suite *suite = suite_create("ack/origin");
    TCase *use = tcase_create("use");
    TCase *stops = stops_create();

    tcase_add_checked_fixture(use, set_up, NULL);
    tcase_add_test(use, an_origin_keeps_a_tag_of_its_own_and_begins_at_its_offset);
    tcase_add_test(use, the_last_reference_frees_once);
    tcase_add_test(use, what_nobody_can_read_again_gets_an_id_that_no_other_has);
    tcase_add_test(use, letting_go_of_nothing_does_nothing);
    tcase_add_test(use, what_is_in_flight_goes_with_the_origin);
    suite_add_tcase(suite, use);

    tcase_add_checked_fixture(stops, set_up, NULL);
    stops_add(stops, an_origin_that_somebody_holds_is_not_unmade);
    stops_add(stops, a_reference_to_what_is_gone_stops);
    suite_add_tcase(suite, stops);
    return suite;
}

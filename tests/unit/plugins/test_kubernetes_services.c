#include "plugins/filter_kubernetes/services.h"

#include "base/buffer.h"

#include <check.h>
#include <errno.h>

/* A service is shown as "name environment source". */

static struct services s;
static struct buffer shown;

static void set_up(void)
{
    services_init(&s);
}

static void tear_down(void)
{
    services_fini(&s);
    buffer_fini(&shown);
}

/* Whether some pod has another service now. */
static bool take(const char *text, uint64_t now_ms)
{
    bool has_changed = false;

    ck_assert_int_eq(services_take(&s, slice_of(text), now_ms, &has_changed), 0);
    return has_changed;
}

static const char *of(const char *pod)
{
    const struct service *service = services_find(&s, slice_of(pod));

    if (service == NULL)
        return "none";
    buffer_clear(&shown);
    buffer_append_format(&shown, "%.*s %.*s %.*s", SLICE_ARG(service->name),
                         SLICE_ARG(service->environment), SLICE_ARG(service->source));
    return buffer_text(&shown);
}

#define SHOP "\"ServiceName\":\"shop\",\"Environment\":\"eks:prod/shop\""

START_TEST(a_pod_has_the_service_that_was_told)
{
    ck_assert(take("{\"web-0\":{" SHOP ",\"ServiceNameSource\":\"K8sWorkload\"},"
                   "\"db-0\":{\"Environment\":\"prod\"}}",
                   1));
    ck_assert_str_eq(of("web-0"), "shop eks:prod/shop K8sWorkload");
    ck_assert_str_eq(of("db-0"), " prod ");
    ck_assert_str_eq(of("web-1"), "none");
}
END_TEST

START_TEST(what_is_told_again_is_no_news)
{
    ck_assert(take("{\"web-0\":{" SHOP "}}", 1));
    ck_assert(!take("{\"web-0\":{" SHOP "}}", 2));
    ck_assert(!take("{}", 3));
    ck_assert_str_eq(of("web-0"), "shop eks:prod/shop ");
}
END_TEST

START_TEST(another_service_takes_the_place_of_the_first)
{
    take("{\"web-0\":{" SHOP "}}", 1);
    ck_assert(take("{\"web-0\":{\"ServiceName\":\"cart\"}}", 2));
    ck_assert_str_eq(of("web-0"), "cart  ");
    ck_assert_uint_eq(s.by_pod.count, 1);
}
END_TEST

START_TEST(what_was_not_told_in_time_is_forgotten)
{
    take("{\"web-0\":{" SHOP "},\"db-0\":{" SHOP "}}", 1000);
    take("{\"db-0\":{" SHOP "}}", 5000);
    ck_assert(!services_expire(&s, 1000));
    ck_assert(services_expire(&s, 5000));
    ck_assert_str_eq(of("web-0"), "none");
    ck_assert_str_eq(of("db-0"), "shop eks:prod/shop ");
}
END_TEST

START_TEST(what_is_no_object_changes_nothing)
{
    static const char *const texts[] = {"", "[]", "{", "null", "{\"web-0\":{" SHOP "}", "<html>"};
    bool has_changed = false;

    take("{\"web-0\":{" SHOP "}}", 1);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        ck_assert_int_eq(services_take(&s, slice_of(texts[i]), 2, &has_changed), -EINVAL);
    ck_assert(!has_changed);
    ck_assert_uint_eq(s.by_pod.count, 1);
}
END_TEST

START_TEST(members_that_are_no_services_are_passed_over)
{
    ck_assert(!take("{\"a\":1,\"b\":[],\"c\":{},\"d\":{\"ServiceName\":5},\"e\":{\"ServiceName\":"
                    "\"\"},\"\":{" SHOP "},\"f\":{\"ServiceNameSource\":\"x\"},\"g\":null}",
                    1));
    ck_assert_uint_eq(s.by_pod.count, 0);
}
END_TEST

START_TEST(escapes_and_odd_bytes_are_read)
{
    take("{\"web-0\":{\"ServiceName\":\"a\\u00e9\\\"b\",\"Environment\":\"x\xff\"}}", 1);
    ck_assert_str_eq(of("web-0"), "a\u00e9\"b x\ufffd ");
}
END_TEST

START_TEST(a_text_that_is_too_long_is_left_out_alone)
{
    struct buffer text = {0};

    buffer_append_text(&text, "{\"web-0\":{\"Environment\":\"prod\",\"ServiceName\":\"");
    for (unsigned i = 0; i <= SERVICE_TEXT_BYTES_MAX; i++)
        buffer_append_byte(&text, 'x');
    buffer_append_text(&text, "\"}}");
    take(buffer_text(&text), 1);
    ck_assert_str_eq(of("web-0"), " prod ");
    buffer_fini(&text);
}
END_TEST

static void many(struct buffer *text, const char *name, unsigned count)
{
    buffer_clear(text);
    buffer_append_byte(text, '{');
    for (unsigned i = 0; i < count; i++)
        buffer_append_format(text, "%s\"%s-%u\":{" SHOP "}", i > 0 ? "," : "", name, i);
    buffer_append_byte(text, '}');
}

START_TEST(of_an_answer_that_is_too_long_the_rest_is_left_out)
{
    struct buffer text = {0};

    many(&text, "web", SERVICES_MAX + 3);
    take(buffer_text(&text), 1);
    ck_assert_uint_eq(s.by_pod.count, SERVICES_MAX);
    ck_assert_uint_eq(s.left_out, 3);
    ck_assert_str_ne(of("web-0"), "none");
    ck_assert_str_eq(of("web-2048"), "none");
    ck_assert(!take(buffer_text(&text), 2));
    buffer_fini(&text);
}
END_TEST

START_TEST(those_that_were_told_long_ago_make_room)
{
    struct buffer text = {0};

    take("{\"old\":{" SHOP "}}", 1);
    many(&text, "web", SERVICES_MAX);
    take(buffer_text(&text), 2);
    ck_assert_str_eq(of("old"), "none");
    ck_assert_uint_eq(s.by_pod.count, SERVICES_MAX);
    ck_assert_uint_eq(s.left_out, 0);
    buffer_fini(&text);
}
END_TEST

Suite *suite_plugins_kubernetes_services(void);

Suite *suite_plugins_kubernetes_services(void)
{
    Suite *suite = suite_create("plugins_kubernetes_services");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_pod_has_the_service_that_was_told);
    tcase_add_test(tcase, what_is_told_again_is_no_news);
    tcase_add_test(tcase, another_service_takes_the_place_of_the_first);
    tcase_add_test(tcase, what_was_not_told_in_time_is_forgotten);
    tcase_add_test(tcase, what_is_no_object_changes_nothing);
    tcase_add_test(tcase, members_that_are_no_services_are_passed_over);
    tcase_add_test(tcase, escapes_and_odd_bytes_are_read);
    tcase_add_test(tcase, a_text_that_is_too_long_is_left_out_alone);
    tcase_add_test(tcase, of_an_answer_that_is_too_long_the_rest_is_left_out);
    tcase_add_test(tcase, those_that_were_told_long_ago_make_room);
    suite_add_tcase(suite, tcase);
    return suite;
}

#include "plugins/filter_kubernetes/cut.h"

#include <check.h>
#include <malloc.h>
#include <uv.h>

/* What is wanted of an answer is cut out of it, wherever its pieces part. */

static const struct cut_shape of_labels[] = {{.key = "*", .bytes_max = 20}, {0}};
static const struct cut_shape of_metadata[] = {
    {.key = "name"}, {.key = "labels", .members = of_labels}, {0}};
static const struct cut_shape of_container[] = {{.key = "image"}, {0}};
static const struct cut_shape of_spec[] = {{.key = "containers", .members = of_container}, {0}};
static const struct cut_shape of_item[] = {
    {.key = "metadata", .members = of_metadata}, {.key = "spec", .members = of_spec}, {0}};
static const struct cut_shape of_top[] = {
    {.key = "type"},
    {.key = "owners"},
    {.key = "metadata", .members = of_metadata},
    {.key = "items", .members = of_item, .has_items = true},
    {.key = "object", .members = of_item},
    {0},
};

static struct cut *cut;
static struct buffer out;
static unsigned pieces, pieces_max;

static bool on_piece(void *owner, enum cut_piece piece, struct slice text)
{
    ck_assert_ptr_eq(owner, &out);
    buffer_append_text(&out, piece == CUT_ITEM ? "item " : "whole ");
    buffer_append(&out, text);
    buffer_append_byte(&out, '\n');
    return ++pieces != pieces_max;
}

static void set_up(void)
{
    pieces = pieces_max = 0;
    cut = cut_new(of_top, on_piece, &out);
}

static void tear_down(void)
{
    cut_free(&cut);
    buffer_fini(&out);
}

static void expect_bytes(struct slice text, const char *expected)
{
    for (size_t piece = 1; piece <= text.len; piece++) {
        cut_reset(cut);
        buffer_clear(&out);
        for (struct slice rest = text; rest.len > 0; rest = slice_skip(rest, piece))
            ck_assert_int_eq(
                cut_feed(cut, slice_make(rest.data, rest.len < piece ? rest.len : piece)), 0);
        ck_assert(cut_is_between(cut));
        ck_assert_str_eq(buffer_text(&out), expected);
    }
}

/* In pieces of every length. */
static void expect(const char *text, const char *expected)
{
    expect_bytes(slice_of(text), expected);
}

START_TEST(what_nobody_wants_is_gone)
{
    expect("{\"kind\":\"x\",\"type\":\"ADDED\",\"managedFields\":[{\"a\":[1,2,{}]}],\"n\":1}",
           "whole {\"type\":\"ADDED\"}\n");
    expect("{}", "whole {}\n");
    expect("{\"a\":{\"type\":1}}", "whole {}\n");
}
END_TEST

START_TEST(items_come_one_by_one_and_the_rest_at_the_end)
{
    expect("{\"items\":[{\"metadata\":{\"name\":\"a\",\"uid\":1}},{\"spec\":{}},{}],"
           "\"metadata\":{\"name\":\"l\"}}",
           "item {\"metadata\":{\"name\":\"a\"}}\nitem {\"spec\":{}}\nitem {}\n"
           "whole {\"items\":[],\"metadata\":{\"name\":\"l\"}}\n");
    expect("{\"type\":1,\"items\":[ ]}", "whole {\"type\":1,\"items\":[]}\n");
    expect("{\"items\":null}", "whole {\"items\":null}\n");
    expect("{\"items\":[1,\"x\",{},null,[]],\"type\":2}",
           "item {}\nitem []\nwhole {\"items\":[],\"type\":2}\n");
}
END_TEST

START_TEST(blanks_between_tokens_go)
{
    expect(" { \"type\" : \"a b\" ,\n \"owners\" : [ { \"a\" : 1 , \"b\" : \" \" } ] }\r\n",
           "whole {\"type\":\"a b\",\"owners\":[{\"a\":1,\"b\":\" \"}]}\n");
}
END_TEST

START_TEST(documents_follow_each_other)
{
    expect("{\"type\":1}\n{\"x\":1}{\"type\":\"2\"}",
           "whole {\"type\":1}\nwhole {}\nwhole {\"type\":\"2\"}\n");
}
END_TEST

START_TEST(quotes_and_brackets_in_strings_mean_nothing)
{
    expect("{\"skip\":\"}\\\"]{\\\\\",\"type\":\"}\\\"]{\\\\\",\"ty\\\"pe\":1}",
           "whole {\"type\":\"}\\\"]{\\\\\"}\n");
}
END_TEST

START_TEST(arrays_are_followed_into_their_objects)
{
    expect(
        "{\"object\":{\"spec\":{\"containers\":[{\"image\":\"a\",\"x\":1},{\"image\":\"b\"}]}}}",
        "whole {\"object\":{\"spec\":{\"containers\":[{\"image\":\"a\"},{\"image\":\"b\"}]}}}\n");
}
END_TEST

START_TEST(a_value_of_another_kind_than_the_shape_has_is_kept)
{
    expect("{\"object\":\"Failure\",\"metadata\":7}",
           "whole {\"object\":\"Failure\",\"metadata\":7}\n");
}
END_TEST

START_TEST(a_value_that_is_too_long_is_left_out_alone)
{
    expect("{\"metadata\":{\"labels\":{\"a\":\"1\",\"b\":\"0123456789012345678901234567890\","
           "\"c\":\"3\"},\"name\":\"n\"}}",
           "whole {\"metadata\":{\"labels\":{\"a\":\"1\",\"c\":\"3\"},\"name\":\"n\"}}\n");
    ck_assert_uint_gt(cut_left_out(cut), 0);
    expect("{\"metadata\":{\"labels\":{\"b\":\"0123456789012345678901234567890\",\"c\":\"3\"}}}",
           "whole {\"metadata\":{\"labels\":{\"c\":\"3\"}}}\n");
    expect("{\"metadata\":{\"labels\":{\"b\":{\"0123456789\":[\"012345678901234567890\"]}}}}",
           "whole {\"metadata\":{\"labels\":{}}}\n");
}
END_TEST

/* A megabyte in one string takes no memory, and the rest of the object is there. */
START_TEST(a_megabyte_in_a_value_costs_nothing)
{
    struct buffer text = {0};

    buffer_append_text(&text, "{\"type\":1,\"metadata\":{\"labels\":{\"b\":\"");
    memset(buffer_reserve(&text, 1 << 20), 'x', 1 << 20);
    buffer_commit(&text, 1 << 20);
    buffer_append_text(&text, "\"}}}");
    ck_assert_int_eq(cut_feed(cut, buffer_view(&text)), 0);
    ck_assert_str_eq(buffer_text(&out), "whole {\"type\":1,\"metadata\":{\"labels\":{}}}\n");
    ck_assert_uint_eq(cut_left_out(cut), 1);
    buffer_fini(&text);
}
END_TEST

static void feed_text(const char *text)
{
    ck_assert_int_eq(cut_feed(cut, slice_of(text)), 0);
}

/* Thousands of small values: the object is lost, what follows is not. */
START_TEST(an_object_that_is_too_long_is_left_out_alone)
{
    feed_text("{\"items\":[{\"metadata\":{\"labels\":{\"\":\"\"");
    for (unsigned i = 0; i < 100000; i++)
        feed_text(",\"key\":\"value\"");
    feed_text("}}},{\"metadata\":{\"name\":\"next\"}}],\"type\":1}");
    ck_assert(slice_ends(buffer_view(&out), SLICE("whole {\"items\":[],\"type\":1}\n")));
    ck_assert_ptr_nonnull(strstr(buffer_text(&out), "{\"metadata\":{\"name\":\"next\"}}"));
    ck_assert_uint_gt(cut_left_out(cut), 0);
    ck_assert_uint_lt(out.len, CUT_OBJECT_BYTES_MAX + 1000);
}
END_TEST

START_TEST(a_document_that_is_too_long_is_left_out_and_the_next_is_not)
{
    feed_text("{\"object\":{\"spec\":{\"containers\":[{}");
    for (unsigned i = 0; i < 100000; i++)
        feed_text(",{\"image\":1}");
    feed_text("]}}}{\"type\":1}");
    ck_assert_str_eq(buffer_text(&out), "whole {\"type\":1}\n");
    ck_assert_uint_eq(cut_left_out(cut), 1);
}
END_TEST

/* ---- at the limit ---- */

static struct json_scanner json;

/* Whatever is handed out is balanced, and within the limit. */
static bool on_whole_json(void *owner, enum cut_piece piece, struct slice text)
{
    bool needs_repair;

    (void)owner;
    (void)piece;
    pieces++;
    ck_assert_uint_le(text.len, CUT_OBJECT_BYTES_MAX);
    ck_assert_int_eq(json_check_value(&json, text, &needs_repair), 0);
    return true;
}

/* Labels, so that the object has `bytes` bytes behind the last of them. */
static struct buffer full_object(size_t bytes)
{
    struct buffer text = {0};

    buffer_append_text(&text, "{\"object\":{\"metadata\":{\"labels\":{\"a\":\"\"");
    while (text.len + 16 + 12 < bytes)
        buffer_append_text(&text, ",\"key\":\"12345\"");
    buffer_append_text(&text, ",\"key\":\"");
    while (text.len + 1 < bytes)
        buffer_append_byte(&text, 'x');
    buffer_append_text(&text, "\"");
    ck_assert_uint_eq(text.len, bytes);
    return text;
}

/* An object that is full to a byte more or less, and whatever may come behind: what is lost may not be
 * half there, and the next document is there. */
START_TEST(what_is_handed_out_at_the_limit_is_balanced)
{
    static const char *const ends[] = {
        "}}}}",
        ",\"b\":\"c\"}}}}",
        ",\"b\":7}}}}",
        ",\"b\":[1,\"2\"]}}}}",
        ",\"b\":\"\"},\"name\":\"n\"}}}",
        "},\"name\":\"n\"},\"spec\":{\"containers\":[{\"image\":\"i\"},{\"image\":[]},7]}}}",
        "}},\"items\":[{\"metadata\":{\"name\":\"n\"}}]}",
        "},\"labels\":{}},\"metadata\":{}},\"type\":[[]],\"owners\":{}}",
        "}}},\"items\":[{\"metadata\":{\"name\":\"n\"}},{\"spec\":{\"containers\":[]}}],\"type\":"
        "1}",
    };

    json_scanner_init(&json);
    for (size_t less = 0; less < 24; less++) {
        struct buffer text = full_object(CUT_OBJECT_BYTES_MAX - less);

        for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
            cut_free(&cut);
            cut = cut_new(of_top, on_whole_json, &out);
            ck_assert_int_eq(cut_feed(cut, buffer_view(&text)), 0);
            ck_assert_int_le(cut_feed(cut, slice_of(ends[i])), 0); /* some have one end too many */
            cut_reset(cut);
            pieces = 0;
            ck_assert_int_eq(cut_feed(cut, SLICE("{\"type\":1}")), 0);
            ck_assert_uint_eq(pieces, 1);
        }
        buffer_fini(&text);
    }
    json_scanner_fini(&json);
}
END_TEST

/* A server gives a whole list at once from its cache, whatever the limit that it is asked for: of
 * twenty megabytes one pod is in memory at a time. */
START_TEST(a_list_without_pages_takes_no_more_memory_than_a_pod)
{
    size_t before, most = 0;
    char *padding = mem_alloc(8192);

    memset(padding, 'x', 8191);
    padding[8191] = '\0';
    pieces_max = 0;
    before = mallinfo2().uordblks;
    feed_text("{\"items\":[{\"metadata\":{\"name\":\"first\"}}");
    for (unsigned i = 0; i < 2500; i++) {
        feed_text(",{\"metadata\":{\"name\":\"pod\",\"managedFields\":\"");
        feed_text(padding);
        feed_text("\",\"labels\":{\"app\":\"web\"}}}");
        buffer_clear(&out);
        if (mallinfo2().uordblks > before + most)
            most = mallinfo2().uordblks - before;
    }
    feed_text("]}");
    ck_assert_uint_eq(pieces, 2502);
    ck_assert_uint_eq(cut_left_out(cut), 0);
    ck_assert_uint_lt(most, 64 << 10);
    mem_free(padding);
}
END_TEST

START_TEST(what_is_no_json_is_refused)
{
    static const char *const texts[] = {
        "x",  "[]",       "1",           "\"a\"",       "{,}",           "{\"type\"}",
        "{a", "{\"a\":}", "{\"a\":1 2}", "{\"type\":,", "{\"a\":1]",     "{\"items\":[}",
        "}",  "{\"a\"1}", "{1:2}",       "{\"a\":1}}",  "{\"items\":{]",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        cut_reset(cut);
        ck_assert_msg(cut_feed(cut, slice_of(texts[i])) == UV_EINVAL, "%s", texts[i]);
    }
}
END_TEST

START_TEST(arrays_in_arrays_have_an_end)
{
    struct buffer text = {0};

    buffer_append_text(&text, "{\"items\":");
    for (unsigned i = 0; i < 100; i++)
        buffer_append_byte(&text, '[');
    ck_assert_int_eq(cut_feed(cut, buffer_view(&text)), UV_EINVAL);
    buffer_fini(&text);
}
END_TEST

START_TEST(a_cut_document_is_not_whole)
{
    ck_assert(cut_is_between(cut));
    feed_text("{\"type\":1,\"items\":[{\"metadata\":{\"na");
    ck_assert(!cut_is_between(cut));
    ck_assert_uint_eq(out.len, 0);
    cut_reset(cut);
    feed_text("{\"type\":2}");
    ck_assert(cut_is_between(cut));
    ck_assert_str_eq(buffer_text(&out), "whole {\"type\":2}\n");
}
END_TEST

START_TEST(who_has_enough_gets_no_more)
{
    pieces_max = 1;
    ck_assert_int_eq(cut_feed(cut, SLICE("{\"items\":[{},{}]}")), UV_ECANCELED);
    ck_assert_str_eq(buffer_text(&out), "item {}\n");
}
END_TEST

Suite *suite_plugins_kubernetes_cut(void);

Suite *suite_plugins_kubernetes_cut(void)
{
    Suite *suite = suite_create("plugins_kubernetes_cut");
    TCase *tcase = tcase_create("plugins_kubernetes_cut");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, what_nobody_wants_is_gone);
    tcase_add_test(tcase, items_come_one_by_one_and_the_rest_at_the_end);
    tcase_add_test(tcase, blanks_between_tokens_go);
    tcase_add_test(tcase, documents_follow_each_other);
    tcase_add_test(tcase, quotes_and_brackets_in_strings_mean_nothing);
    tcase_add_test(tcase, arrays_are_followed_into_their_objects);
    tcase_add_test(tcase, a_value_of_another_kind_than_the_shape_has_is_kept);
    tcase_add_test(tcase, a_value_that_is_too_long_is_left_out_alone);
    tcase_add_test(tcase, a_megabyte_in_a_value_costs_nothing);
    tcase_add_test(tcase, an_object_that_is_too_long_is_left_out_alone);
    tcase_add_test(tcase, a_document_that_is_too_long_is_left_out_and_the_next_is_not);
    tcase_add_test(tcase, what_is_handed_out_at_the_limit_is_balanced);
    tcase_add_test(tcase, a_list_without_pages_takes_no_more_memory_than_a_pod);
    tcase_add_test(tcase, what_is_no_json_is_refused);
    tcase_add_test(tcase, arrays_in_arrays_have_an_end);
    tcase_add_test(tcase, a_cut_document_is_not_whole);
    tcase_add_test(tcase, who_has_enough_gets_no_more);
    suite_add_tcase(suite, tcase);
    return suite;
}

#include "base/budget.h"
#include "base/clock.h"
#include "base/memory.h"
#include "chunk/intake.h"
#include "chunk/reader.h"
#include "filter/chain.h"
#include "filter/route.h"
#include "kit/property.h"
#include "kit/record.h"
#include "plugin/plugin.h"

#include <check.h>

/* A plain record becomes the document that the record would become that it stands for: two lanes get
 * the same texts, one of them the short way. */

#define LINES 20000
#define TEXT_BYTES_MAX 512

#define TAG                                    \
    "kube.var.log.containers.web-0_shop_main-" \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.log"

extern const struct filter_plugin filter_parser;
extern const struct filter_plugin filter_kubernetes;

struct side {
    struct filter_chain *chain;
    struct intake *intake;
    struct budget budget;
    struct input_metrics metrics;
    struct filter_metrics filter_metrics[2];
    const struct filter_plugin *plugins[2];
    void *filters[2];
    struct origin origin;
    struct chunk *sealed;
    uint64_t end;
};

static struct loop *loop;
static struct route_table *routes;
static struct parser_book *book;
static struct report report;
static struct side lanes[2];
static uint32_t dice;
static char text[TEXT_BYTES_MAX];

static uint32_t throw_dice(uint32_t sides)
{
    dice = dice * 1664525 + 1013904223;
    return (dice >> 12) % sides;
}

static void origin_gone(struct origin *o)
{
    origin_fini(o);
}

static void on_sealed(void *owner, struct chunk *chunk)
{
    struct side *lane = owner;

    ck_assert_ptr_null(lane->sealed);
    lane->sealed = chunk;
}

static void parser_add(const char *name, const char *format, const char *regex, const char *time)
{
    struct parser_settings settings = parser_settings_default();

    settings.name = name;
    settings.format = format;
    settings.regex = regex;
    settings.time.format = time;
    ck_assert_int_eq(parser_book_add(book, &settings, (struct place){0}, &report), 0);
}

static void set_up(void)
{
    static const struct route_rule rule = {.output = "0", .match = "*"};

    clock_fake(5000, 0);
    report_init(&report);
    loop = loop_new();
    routes = route_table_new(&rule, 1, 1, &report);
    book = parser_book_new();
    parser_add("json", "json", NULL, NULL);
    parser_add("timed", "json", NULL, "%s");
    parser_add("pair", "regex", "^(?<t>\\w+)=(?<e>\\w*)$", NULL);
}

static void tear_down(void)
{
    parser_book_free(&book);
    route_table_free(&routes);
    loop_free(&loop);
    report_fini(&report);
    clock_real();
}

/* ---- lanes ---- */

static void *filter_new(const struct filter_plugin *plugin, struct property_list properties)
{
    struct plugin_setup setup = {.report = &report, .parsers = book, .component = "filter.0"};
    void *self = mem_zalloc(1, plugin->self_bytes);
    struct option_target target = {plugin->options, self};

    ck_assert_int_eq(options_bind(&target, 1, &properties, &report), 0);
    ck_assert_int_eq(plugin->init(self, &setup), 0);
    return self;
}

static void lane_filter(struct side *lane, int i, const struct filter_plugin *plugin,
                        struct property_list properties)
{
    lane->plugins[i] = plugin;
    lane->filters[i] = filter_new(plugin, properties);
    filter_chain_add(lane->chain, plugin, lane->filters[i],
                     tag_match_new("*", NULL, &report, (struct place){0}),
                     &lane->filter_metrics[i]);
}

static const struct origin_ops ops = {.free = origin_gone};

static void lane_begin(struct side *lane)
{
    *lane = (struct side){.chain = filter_chain_new()};
    dice = 11;
}

static void lane_open(struct side *lane)
{
    lane->intake = intake_new(loop, lane->chain, routes, 1000);
    intake_on_sealed(lane->intake, on_sealed, lane);
    budget_init(&lane->budget, NULL, 0);
    origin_init(&lane->origin, &ops, SLICE(TAG), 0);
    lane->origin.budget = &lane->budget;
    lane->origin.metrics = &lane->metrics;
}

static void lane_close(struct side *lane)
{
    struct origin *origin = &lane->origin;

    intake_free(&lane->intake);
    origin_unref(&origin);
    filter_chain_free(&lane->chain);
    for (int i = 0; i < 2 && lane->filters[i] != NULL; i++) {
        options_fini(lane->plugins[i]->options, lane->filters[i]);
        mem_free(lane->filters[i]);
    }
    budget_fini(&lane->budget);
}

/* With as many filters as have a parser. */
static void lanes_open(const char *first, const char *second, const char *is_kept)
{
    const char *parsers[] = {first, second};
    static const char *const keys[] = {"log", "t"};

    for (int i = 0; i < 2; i++) {
        lane_begin(&lanes[i]);
        for (int j = 0; j < 2 && parsers[j] != NULL; j++)
            lane_filter(&lanes[i], j, &filter_parser,
                        kit_properties("Key_Name", keys[j], "Parser", parsers[j], "Reserve_Data",
                                       "On", "Preserve_Key", is_kept, NULL));
        lane_open(&lanes[i]);
    }
}

/* What is shared comes behind all others, whatever becomes of the text. */
static void lanes_open_kubernetes(const char *keeps_log, const char *under, const char *key,
                                  const char *value)
{
    for (int i = 0; i < 2; i++) {
        lane_begin(&lanes[i]);
        lane_filter(&lanes[i], 0, &filter_kubernetes,
                    kit_properties("Use_Tag_For_Meta", "On", "Merge_Log", "On", "Keep_Log",
                                   keeps_log, "Merge_Log_Key", under, key, value, NULL));
        lane_open(&lanes[i]);
    }
}

static void lanes_close(void)
{
    lane_close(&lanes[0]);
    lane_close(&lanes[1]);
}

/* ---- texts ---- */

static const char *any_of(const char *const *texts, uint32_t count)
{
    return texts[throw_dice(count)];
}

#define ANY_OF(...)                            \
    any_of((const char *const[]){__VA_ARGS__}, \
           (uint32_t)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)))

static const char *any_key(void)
{
    return ANY_OF("time", "stream", "_p", "log", "t", "tame", "steam", "x", "y", "z", "level", "",
                  "ä", "kubernetes", "under");
}

static const char *any_value(void)
{
    return ANY_OF("1", "-2.5e3", "true", "null", "\"\"", "\"text\"", "\"1700000000\"",
                  "\"\\u00e4\"", "\"x\\n\"", "\"x\\\\r\"", "{\"a\":{\"b\":1}}", "[1,{\"c\":2}]",
                  "{\"d\":1,\"d\":2}", "1e999", "\"\xff\"", "\"ä\"");
}

/* Mostly an object, now and then one with something odd about it, now and then none. */
static struct slice any_object(void)
{
    uint32_t members = throw_dice(6);
    struct buffer b = {0};
    struct slice made;

    buffer_append_text(&b, ANY_OF("{", "{", "{", "{", " {", "{ ", "{\n", "[", "x{"));
    for (uint32_t i = 0; i < members; i++) {
        const char *key = throw_dice(60) == 0 ? "\\u0074" : any_key();

        buffer_append_format(&b, "%s\"%s%u\":%s", i ? "," : "", key, throw_dice(4), any_value());
        if (throw_dice(3) == 0)
            buffer_append_format(&b, ",\"%s\":%s", key, any_value());
    }
    buffer_append_text(&b, ANY_OF("}", "}", "}", "}", "}", "} ", "}\n", "}}", ""));
    ck_assert_uint_lt(b.len, TEXT_BYTES_MAX);
    made = slice_make(memcpy(text, b.data, b.len), b.len);
    buffer_fini(&b);
    return made;
}

/* What the input of a lane finds. The last field may have any name, as Path_Key has. */
static void any_plain(struct plain_record *plain)
{
    struct slice log = throw_dice(10) == 0 ? SLICE("a=b") : any_object();

    plain_init(plain, (int64_t)throw_dice(1000));
    plain->offset = throw_dice(1000);
    PLAIN_ADD_CLEAN(plain, "time", SLICE("2026-01-01T00:00:00.123456789Z"));
    if (throw_dice(2) == 0)
        plain_add(plain, SLICE("stream"), SLICE("stderr"));
    else
        PLAIN_ADD_KNOWN(plain, "stream", "stderr");
    if (throw_dice(2) == 0)
        PLAIN_ADD_KNOWN(plain, "_p", "F");
    if (throw_dice(20) != 0)
        plain_add(plain, SLICE("log"), log);
    if (throw_dice(4) == 0)
        plain_add(plain, slice_of(any_key()),
                  throw_dice(4) == 0 ? log : slice_of(ANY_OF("/var/log", "/\xff \"a\"")));
}

/* ---- both lanes ---- */

static void push(const struct plain_record *plain)
{
    struct plain_record copy = *plain;

    record_fill_plain(intake_record(lanes[0].intake), plain);
    intake_push(lanes[0].intake, &lanes[0].origin, ++lanes[0].end);
    intake_push_plain(lanes[1].intake, &lanes[1].origin, &copy, ++lanes[1].end);
}

static void show_text(struct buffer *out, struct slice shown)
{
    buffer_append_byte(out, '"');
    json_escape(out, shown);
    buffer_append_byte(out, '"');
}

/* Each behind a comma, and members without the blanks between them. */
static void show_field(struct buffer *out, const struct chunk_field *field)
{
    struct slice rest = field->value, key, value;

    if (field->kind == CHUNK_VALUE_MEMBERS) {
        while (json_next(&rest, &key, &value))
            buffer_append_format(out, ",\"%.*s\":%.*s", SLICE_ARG(key), SLICE_ARG(value));
        return;
    }
    buffer_append_byte(out, ',');
    show_text(out, field->key);
    buffer_append_byte(out, ':');
    if (field->kind == CHUNK_VALUE_TEXT)
        show_text(out, field->value);
    else if (field->kind == CHUNK_VALUE_JSON)
        buffer_append(out, field->value);
    else
        json_write_msgpack(out, field->value);
}

/* The documents of a chunk, a line for each, with what stands in their heads. */
static struct buffer documents_of(const struct chunk *chunk)
{
    struct chunk_reader reader;
    struct chunk_record record;
    struct chunk_field field;
    struct buffer out = {0};

    chunk_reader_init(&reader, chunk);
    while (chunk_reader_next(&reader, &record)) {
        uint32_t fields = 0;

        buffer_append_format(&out, "%lld %llu %llx", (long long)record.head.time_ns,
                             (unsigned long long)record.head.offset,
                             (unsigned long long)record.head.initials);
        for (; chunk_field_next(&record.fields, &field); fields++)
            show_field(&out, &field);
        ck_assert_uint_eq(fields, record.head.field_count);
        buffer_append_byte(&out, '\n');
    }
    return out;
}

static void expect_documents_alike(const struct chunk *a, const struct chunk *b)
{
    struct buffer as = documents_of(a), bs = documents_of(b);

    struct slice a_rest = buffer_view(&as), b_rest = buffer_view(&bs), a_line, b_line;

    while (slice_next(&a_rest, '\n', &a_line))
        if (!slice_next(&b_rest, '\n', &b_line) || !slice_equal(a_line, b_line))
            ck_abort_msg("%.*s\n%.*s", SLICE_ARG(a_line), SLICE_ARG(b_line));
    ck_assert(!slice_next(&b_rest, '\n', &b_line));
    buffer_fini(&as);
    buffer_fini(&bs);
}

static void expect_chunks_alike(void)
{
    struct chunk *a, *b;

    intake_flush(lanes[0].intake);
    intake_flush(lanes[1].intake);
    a = lanes[0].sealed;
    b = lanes[1].sealed;
    expect_documents_alike(a, b);
    ck_assert_uint_eq(a->record_count, b->record_count);
    ck_assert_uint_eq(a->run_count, b->run_count);
    ck_assert_uint_eq(a->runs[0].source_bytes, b->runs[0].source_bytes);
    for (int i = 0; i < 2; i++) {
        chunk_settle(lanes[i].sealed, 0);
        chunk_unref(&lanes[i].sealed);
    }
}

static void expect_lanes_alike(void)
{
    for (unsigned i = 0; i < LINES; i++) {
        struct plain_record plain;

        any_plain(&plain);
        push(&plain);
        if (i % 100 == 99)
            expect_chunks_alike();
    }
    ck_assert_mem_eq(&lanes[0].metrics, &lanes[1].metrics, sizeof lanes[0].metrics);
    ck_assert_mem_eq(lanes[0].filter_metrics, lanes[1].filter_metrics,
                     sizeof lanes[0].filter_metrics);
    ck_assert_uint_eq(lanes[0].origin.window.settled, lanes[1].origin.window.settled);
    lanes_close();
}

START_TEST(plain_records_without_filters_are_chunked_like_others)
{
    lanes_open(NULL, NULL, "Off");
    expect_lanes_alike();
}
END_TEST

START_TEST(plain_records_are_parsed_like_others)
{
    lanes_open("json", NULL, "Off");
    expect_lanes_alike();
}
END_TEST

START_TEST(a_time_among_the_members_is_found)
{
    lanes_open("timed", NULL, "Off");
    expect_lanes_alike();
}
END_TEST

START_TEST(a_filter_that_does_more_is_asked)
{
    lanes_open("json", NULL, "On");
    expect_lanes_alike();
    lanes_open("pair", NULL, "Off");
    expect_lanes_alike();
}
END_TEST

START_TEST(two_filters_are_asked_one_after_the_other)
{
    lanes_open("json", "json", "Off");
    expect_lanes_alike();
}
END_TEST

START_TEST(what_the_kubernetes_filter_merges_is_alike)
{
    static const char *const cases[][4] = {
        {"Off", "", "Labels", "On"},          {"On", "", "Labels", "On"},
        {"Off", "under", "Labels", "On"},     {"On", "under", "Labels", "On"},
        {"On", "log", "Labels", "On"},        {"Off", "kubernetes", "Labels", "On"},
        {"Off", "", "Merge_Log_Trim", "Off"}, {"Off", "", "Merge_Fields_Max", "3"},
        {"Off", "", "Merge_Parser", "timed"}, {"Off", "under", "Merge_Parser", "pair"},
        {"On", "", "Merge_Log", "Off"},
    };
    const char *const *c = cases[_i];

    lanes_open_kubernetes(c[0], c[1], c[2], c[3]);
    expect_lanes_alike();
}
END_TEST

static uint32_t field_count_of(const char *path)
{
    struct chunk_reader reader;
    struct chunk_record record;
    struct plain_record plain;

    plain_init(&plain, 1);
    PLAIN_ADD_CLEAN(&plain, "time", SLICE("now"));
    plain_add(&plain, SLICE("log"), SLICE("{\"a\":1}"));
    plain_add(&plain, SLICE("path"), slice_of(path));
    push(&plain);
    intake_flush(lanes[1].intake);
    chunk_reader_init(&reader, lanes[1].sealed);
    ck_assert(chunk_reader_next(&reader, &record));
    expect_chunks_alike();
    return record.head.field_count;
}

START_TEST(texts_without_escapes_are_members_too)
{
    lanes_open("json", NULL, "Off");
    ck_assert_uint_eq(field_count_of("/var/log/a.log"), 1);
    ck_assert_uint_eq(field_count_of("/var/log/\\a.log"), 3);
    lanes_close();
}
END_TEST

START_TEST(a_plain_record_without_a_route_is_counted)
{
    struct plain_record plain;

    route_table_free(&routes);
    routes = route_table_new(NULL, 0, 1, &report);
    lanes_open(NULL, NULL, "Off");
    plain_init(&plain, 1);
    plain_add(&plain, SLICE("log"), SLICE("a"));
    push(&plain);
    ck_assert_uint_eq(lanes[1].metrics.unrouted_records, 1);
    ck_assert_uint_eq(lanes[1].metrics.records, 1);
    ck_assert_uint_eq(lanes[1].origin.window.settled, 1);
    lanes_close();
}
END_TEST

Suite *suite_chunk_intake_plain(void)
{
    Suite *s = suite_create("chunk_intake_plain");
    TCase *alike = tcase_create("alike");

    tcase_add_checked_fixture(alike, set_up, tear_down);
    tcase_add_test(alike, plain_records_without_filters_are_chunked_like_others);
    tcase_add_test(alike, plain_records_are_parsed_like_others);
    tcase_add_test(alike, a_time_among_the_members_is_found);
    tcase_add_test(alike, a_filter_that_does_more_is_asked);
    tcase_add_test(alike, two_filters_are_asked_one_after_the_other);
    tcase_add_loop_test(alike, what_the_kubernetes_filter_merges_is_alike, 0, 11);
    tcase_add_test(alike, texts_without_escapes_are_members_too);
    tcase_add_test(alike, a_plain_record_without_a_route_is_counted);
    suite_add_tcase(s, alike);
    return s;
}

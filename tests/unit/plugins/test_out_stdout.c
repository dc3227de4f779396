#include "kit/chunk.h"
#include "kit/plugin.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern const struct output_plugin out_stdout, out_null;

static struct plugin_kit kit;
static struct buffer printed;
static char why[256];

static void set_up(void)
{
    buffer_init(&printed, 0);
    log_level_set(LOG_WARN);
    why[0] = '\0';
}

static void tear_down(void)
{
    buffer_fini(&printed);
}

/* Writes the chunk with standard output being `fd` for the time, and takes the chunk. */
static enum verdict write_to(void *self, struct chunk *chunk, int fd)
{
    struct batch batch = chunk_batch(chunk);
    int before = dup(STDOUT_FILENO);
    enum verdict verdict;

    fflush(stdout);
    ck_assert_int_ge(dup2(fd, STDOUT_FILENO), 0);
    verdict = out_stdout.write(self, &batch, why);
    ck_assert_int_ge(dup2(before, STDOUT_FILENO), 0);
    close(before);
    chunk_unref(&chunk);
    return verdict;
}

static void read_all(int fd)
{
    ssize_t count;

    do {
        count = read(fd, buffer_reserve(&printed, 4096), 4096);
        ck_assert_int_ge(count, 0);
        buffer_commit(&printed, (size_t)count);
    } while (count > 0);
}

/* What the chunk looks like when the options are these; takes the chunk. */
static const char *print(struct chunk *chunk, const char *const *options)
{
    void *self = plugin_make(&kit, out_stdout.self_bytes, out_stdout.options, options);
    int ends[2];

    ck_assert_int_eq(kit.status, 0);
    ck_assert_int_eq(out_stdout.init(self, &kit.setup), 0);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(write_to(self, chunk, ends[1]), VERDICT_DELIVERED);
    close(ends[1]);
    read_all(ends[0]);
    close(ends[0]);
    out_stdout.fini(self);
    plugin_gone(&kit, self);
    return buffer_text(&printed);
}

#define OPTIONS(...)      \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }

static struct chunk *two_records(void)
{
    return chunk_of_lines("app", "{\"a\":1}\n{\"b\":\"\xc3\xa9\"}\n");
}

START_TEST(records_are_numbered_for_each_tag)
{
    struct chunk_maker *maker = chunk_maker_new();

    chunk_maker_json(maker, "a", "{\"k\":\"v\"}");
    chunk_maker_json(maker, "a", "{\"k\":\"w\"}");
    chunk_maker_json(maker, "b", "{}");
    ck_assert_str_eq(print(chunk_maker_seal(&maker), OPTIONS(NULL)),
                     "[0] a: [[1700000000.123456789, {}], {\"k\"=>\"v\"}]\n"
                     "[1] a: [[1700000001.123456789, {}], {\"k\"=>\"w\"}]\n"
                     "[0] b: [[1700000002.123456789, {}], {}]\n");
}
END_TEST

START_TEST(json_is_one_array_for_a_batch)
{
    ck_assert_str_eq(print(two_records(), OPTIONS("Format", "json")),
                     "[{\"date\":1700000000.123456789,\"a\":1},"
                     "{\"date\":1700000001.123456789,\"b\":\"\xc3\xa9\"}]\n");
}
END_TEST

START_TEST(json_lines_are_an_object_each_with_the_date_first)
{
    ck_assert_str_eq(print(two_records(), OPTIONS("format", "json_lines", "json_date_key", "@ts",
                                                  "json_date_format", "iso8601")),
                     "{\"@ts\":\"2023-11-14T22:13:20.123456Z\",\"a\":1}\n"
                     "{\"@ts\":\"2023-11-14T22:13:21.123456Z\",\"b\":\"\xc3\xa9\"}\n");
}
END_TEST

START_TEST(json_stream_is_objects_without_anything_between)
{
    ck_assert_str_eq(
        print(two_records(), OPTIONS("format", "json_stream", "json_date_key", "false")),
        "{\"a\":1}{\"b\":\"\xc3\xa9\"}\n");
}
END_TEST

START_TEST(beyond_ascii_is_escaped_when_the_service_says_so)
{
    void *self = plugin_make(&kit, out_stdout.self_bytes, out_stdout.options,
                             OPTIONS("format", "json_lines", "json_date_key", "off"));
    int ends[2];

    kit.setup.escape_unicode = true;
    ck_assert_int_eq(out_stdout.init(self, &kit.setup), 0);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(write_to(self, two_records(), ends[1]), VERDICT_DELIVERED);
    close(ends[1]);
    read_all(ends[0]);
    close(ends[0]);
    ck_assert_str_eq(buffer_text(&printed), "{\"a\":1}\n{\"b\":\"\\u00e9\"}\n");
    out_stdout.fini(self);
    plugin_gone(&kit, self);
}
END_TEST

START_TEST(what_is_written_flows_on_when_the_pipe_does_not_block)
{
    struct chunk_maker *maker = chunk_maker_new();
    void *self = plugin_make(&kit, out_stdout.self_bytes, out_stdout.options, OPTIONS(NULL));
    int ends[2];

    chunk_maker_json(maker, "t", "{}");
    ck_assert_int_eq(out_stdout.init(self, &kit.setup), 0);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    ck_assert_int_eq(write_to(self, chunk_maker_seal(&maker), ends[1]), VERDICT_DELIVERED);
    close(ends[0]);
    close(ends[1]);
    out_stdout.fini(self);
    plugin_gone(&kit, self);
}
END_TEST

START_TEST(a_reader_that_is_gone_is_told_in_words)
{
    void *self = plugin_make(&kit, out_stdout.self_bytes, out_stdout.options, OPTIONS(NULL));
    int ends[2];

    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(out_stdout.init(self, &kit.setup), 0);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    ck_assert_int_eq(write_to(self, two_records(), ends[1]), VERDICT_RETRY);
    ck_assert_str_eq(why, "nobody reads standard output any more");
    close(ends[1]);
    out_stdout.fini(self);
    plugin_gone(&kit, self);
}
END_TEST

START_TEST(a_full_disk_is_told_in_words)
{
    void *self = plugin_make(&kit, out_stdout.self_bytes, out_stdout.options, OPTIONS(NULL));
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

    ck_assert_int_ge(full, 0);
    ck_assert_int_eq(out_stdout.init(self, &kit.setup), 0);
    ck_assert_int_eq(write_to(self, two_records(), full), VERDICT_RETRY);
    ck_assert_str_eq(why, "standard output cannot be written: No space left on device");
    close(full);
    out_stdout.fini(self);
    plugin_gone(&kit, self);
}
END_TEST

START_TEST(formats_that_are_not_there_are_refused)
{
    void *self = plugin_make(&kit, out_stdout.self_bytes, out_stdout.options,
                             OPTIONS("format", "otlp_json"));

    ck_assert_int_eq(kit.status, 0);
    ck_assert_int_eq(out_stdout.init(self, &kit.setup), -EINVAL);
    ck_assert(plugin_report_says(&kit, "set format to json_lines"));
    out_stdout.fini(self);
    plugin_gone(&kit, self);
    self = plugin_make(&kit, out_stdout.self_bytes, out_stdout.options, OPTIONS("format", "xml"));
    ck_assert_int_lt(kit.status, 0);
    plugin_gone(&kit, self);
}
END_TEST

START_TEST(the_tables_are_right)
{
    options_check(out_stdout.options);
    options_check(out_null.options);
}
END_TEST

/* ---- the readable form ---- */

static const char *readable(struct chunk *chunk)
{
    return print(chunk, OPTIONS("format", "readable"));
}

START_TEST(a_readable_line_has_time_tag_message_and_fields)
{
    ck_assert_str_eq(readable(chunk_of_lines("app", "{\"level\":\"info\",\"msg\":\"it works\","
                                                    "\"n\":1.5,\"t\":\"a b\",\"e\":\"\"}")),
                     "22:13:20.123  app  it works  level=info n=1.5 t=\"a b\" e=\"\"\n");
}
END_TEST

START_TEST(a_readable_line_takes_maps_apart)
{
    ck_assert_str_eq(
        readable(chunk_of_lines("app", "{\"log\":\"x\\n\",\"k\":{\"pod\":\"p\",\"l\":{\"a\":[1,"
                                       "\"z\"]},\"none\":{}},\"z\":null}")),
        "22:13:20.123  app  x  k.pod=p k.l.a=[1,\"z\"] z=null\n");
}
END_TEST

START_TEST(a_readable_line_takes_maps_of_filters_apart)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct record *record = chunk_maker_record(maker);
    struct field fields[] = {{SLICE("pod"), value_text(SLICE("p"))}};
    struct field_list list = {.fields = fields, .count = 1};

    record_add(record, SLICE("kubernetes"), (struct value){.kind = VALUE_MAP, .map = &list});
    record_add(record, SLICE("log"), value_text(SLICE("hello")));
    chunk_maker_push(maker, "app");
    ck_assert_str_eq(readable(chunk_maker_seal(&maker)),
                     "22:13:20.123  app  hello  kubernetes.pod=p\n");
}
END_TEST

START_TEST(a_readable_tag_leaves_out_what_all_have)
{
    ck_assert_str_eq(readable(chunk_of_lines(
                         "kube.var.log.containers.web-7c9_shop_app-0123456789abcdef0123456789abcdef"
                         "0123456789abcdef0123456789abcdef.log",
                         "{}")),
                     "22:13:20.123  web-7c9_shop_app\n");
    buffer_clear(&printed);
    ck_assert_str_eq(readable(chunk_of_lines("a.very.long.tag.that.nobody.would.read.to.its.end",
                                             "{\"msg\":\"m\"}")),
                     "22:13:20.123  ..t.nobody.would.read.to.its.end  m\n");
}
END_TEST

START_TEST(a_readable_line_never_commands_the_terminal)
{
    ck_assert_str_eq(readable(chunk_of_lines("app", "{\"msg\":\"\\u001b[31mred\\u009b\\n\\ttwo\","
                                                    "\"\\u0007\":\"\\u0000\\u007f\xc3\xa9\"}")),
                     "22:13:20.123  app  \\x1b[31mred\\x9b\\n\\ttwo  \\x07=\\x00\\x7f\xc3\xa9\n");
}
END_TEST

START_TEST(null_takes_everything)
{
    struct chunk *chunk = two_records();
    struct batch batch = chunk_batch(chunk);
    void *self = plugin_make(&kit, out_null.self_bytes, out_null.options,
                             OPTIONS("format", "json", "json_date_key", "x"));

    ck_assert_int_eq(kit.status, 0);
    ck_assert_int_eq(out_null.init(self, &kit.setup), 0);
    ck_assert_int_eq(out_null.write(self, &batch, why), VERDICT_DELIVERED);
    out_null.fini(self);
    plugin_gone(&kit, self);
    chunk_unref(&chunk);
}
END_TEST

Suite *suite_plugins_out_stdout(void)
{
    Suite *suite = suite_create("plugins/out_stdout");
    TCase *formats = tcase_create("formats"), *people = tcase_create("readable");

    tcase_add_checked_fixture(formats, set_up, tear_down);
    tcase_add_test(formats, records_are_numbered_for_each_tag);
    tcase_add_test(formats, json_is_one_array_for_a_batch);
    tcase_add_test(formats, json_lines_are_an_object_each_with_the_date_first);
    tcase_add_test(formats, json_stream_is_objects_without_anything_between);
    tcase_add_test(formats, beyond_ascii_is_escaped_when_the_service_says_so);
    tcase_add_test(formats, what_is_written_flows_on_when_the_pipe_does_not_block);
    tcase_add_test(formats, a_reader_that_is_gone_is_told_in_words);
    tcase_add_test(formats, a_full_disk_is_told_in_words);
    tcase_add_test(formats, formats_that_are_not_there_are_refused);
    tcase_add_test(formats, the_tables_are_right);
    tcase_add_test(formats, null_takes_everything);
    suite_add_tcase(suite, formats);
    tcase_add_checked_fixture(people, set_up, tear_down);
    tcase_add_test(people, a_readable_line_has_time_tag_message_and_fields);
    tcase_add_test(people, a_readable_line_takes_maps_apart);
    tcase_add_test(people, a_readable_line_takes_maps_of_filters_apart);
    tcase_add_test(people, a_readable_tag_leaves_out_what_all_have);
    tcase_add_test(people, a_readable_line_never_commands_the_terminal);
    suite_add_tcase(suite, people);
    return suite;
}

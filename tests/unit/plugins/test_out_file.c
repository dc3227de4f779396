#include "unit/plugins/file_kit.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct file_kit kit;

static void set_up(void)
{
    clock_fake(1000, CHUNK_KIT_NS);
    file_kit_init(&kit);
}

static void tear_down(void)
{
    file_kit_fini(&kit);
    clock_real();
}

static void write_lines(const char *tag, const char *lines)
{
    ck_assert_int_eq(file_kit_write(&kit, chunk_of_lines(tag, lines)), VERDICT_DELIVERED);
}

static const char *content(const char *name)
{
    const char *text = tree_read(name, NULL);

    return text != NULL ? text : "(not there)";
}

/* ---- formats ---- */

START_TEST(a_line_has_tag_time_and_json)
{
    FILE_KIT_MAKE(&kit, NULL);
    write_lines("app.log", "{\"a\":1}\n{\"b\":\"x\"}\n");
    write_lines("app.log", "{}\n");
    ck_assert_str_eq(content("app.log"), "app.log: [1700000000.123456789, {\"a\":1}]\n"
                                         "app.log: [1700000001.123456789, {\"b\":\"x\"}]\n"
                                         "app.log: [1700000000.123456789, {}]\n");
}
END_TEST

START_TEST(plain_is_json_alone)
{
    FILE_KIT_MAKE(&kit, "file", "out", "format", "plain");
    write_lines("app", "{\"a\":1}\n");
    ck_assert_str_eq(content("out"), "{\"a\":1}\n");
}
END_TEST

START_TEST(csv_quotes_text_and_nothing_else)
{
    FILE_KIT_MAKE(&kit, "file", "out", "format", "csv");
    write_lines("app", "{\"a\":1,\"b\":\"say \\\"hi\\\", you\",\"c\":{\"d\":[true]},\"e\":null}\n");
    ck_assert_str_eq(content("out"), "1700000000.123456789,1,\"say \"\"hi\"\", you\","
                                     "\"{\"\"d\"\"=>[true]}\",nil\n");
}
END_TEST

START_TEST(csv_names_its_columns_when_the_file_is_empty)
{
    FILE_KIT_MAKE(&kit, "file", "out", "format", "csv", "csv_column_names", "on", "delimiter",
                  "tab");
    write_lines("app", "{\"a\":1,\"b\":2}\n");
    write_lines("app", "{\"a\":3,\"b\":4}\n");
    ck_assert_str_eq(content("out"), "timestamp\t\"a\"\t\"b\"\n1700000000.123456789\t1\t2\n"
                                     "1700000000.123456789\t3\t4\n");
}
END_TEST

START_TEST(ltsv_has_labels)
{
    FILE_KIT_MAKE(&kit, "file", "out", "format", "ltsv");
    write_lines("app", "{\"a\":1,\"b\":\"x\"}\n");
    FILE_KIT_MAKE(&kit, "file", "out", "format", "ltsv", "delimiter", "comma", "label_delimiter",
                  "=");
    write_lines("app", "{\"a\":1.5}\n");
    ck_assert_str_eq(content("out"), "\"time\":1700000000.123457\t\"a\":1\t\"b\":\"x\"\n"
                                     "\"time\"=1700000000.123457,\"a\"=1.500000\n");
}
END_TEST

START_TEST(a_template_is_filled)
{
    FILE_KIT_MAKE(&kit, "file", "out", "format", "template", "template",
                  "{time} {Mem.used}/{x} {t}{ {nothing} {");
    write_lines("app", "{\"Mem.used\":5,\"x\":\"a\\tb\",\"t\":{\"k\":1}}\n");
    ck_assert_str_eq(content("out"), "1700000000.123457 5/a\tb {\"k\"=>1}{ {nothing} {\n");
}
END_TEST

START_TEST(msgpack_is_events_one_after_the_other)
{
    static const char expected[] = "\x92\x92\xd7\x00\x65\x53\xf1\x00\x07\x5b\xcd\x15\x80\x81\xa1"
                                   "a\x01";
    const char *bytes;
    size_t len;

    FILE_KIT_MAKE(&kit, "file", "out", "format", "msgpack");
    write_lines("app", "{\"a\":1}\n");
    bytes = tree_read("out", &len);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(len, sizeof expected - 1);
    ck_assert_mem_eq(bytes, expected, len);
}
END_TEST

START_TEST(a_delimiter_that_is_none_is_told)
{
    FILE_KIT_MAKE(&kit, "file", "out", "format", "csv", "delimiter", "long");
    ck_assert(plugin_report_says(&kit.plugin, "delimiter 'long' is not one character"));
    write_lines("app", "{\"a\":1}\n");
    ck_assert_str_eq(content("out"), "1700000000.123456789,1\n");
}
END_TEST

START_TEST(ascii_only_when_the_service_says_so)
{
    kit.self = plugin_make(&kit.plugin, out_file.self_bytes, out_file.options,
                           (const char *const[]){"path", tree_path(""), "format", "plain", NULL});
    kit.plugin.setup.escape_unicode = true;
    ck_assert_int_eq(out_file.init(kit.self, &kit.plugin.setup), 0);
    write_lines("app", "{\"a\":\"\xc3\xa9\"}\n");
    ck_assert_str_eq(content("app"), "{\"a\":\"\\u00e9\"}\n");
}
END_TEST

/* ---- files ---- */

START_TEST(records_go_to_the_files_of_their_tags)
{
    struct chunk_maker *maker = chunk_maker_new();

    FILE_KIT_MAKE(&kit, "format", "plain");
    chunk_maker_json(maker, "a", "{\"n\":1}");
    chunk_maker_json(maker, "b", "{\"n\":2}");
    chunk_maker_json(maker, "a", "{\"n\":3}");
    ck_assert_int_eq(file_kit_write(&kit, chunk_maker_seal(&maker)), VERDICT_DELIVERED);
    ck_assert_str_eq(content("a"), "{\"n\":1}\n{\"n\":3}\n");
    ck_assert_str_eq(content("b"), "{\"n\":2}\n");
}
END_TEST

START_TEST(folders_are_made_when_asked_for)
{
    char *path = mem_text(tree_path("x/y"));

    FILE_KIT_MAKE(&kit, "path", path, "file", "z/out", "format", "plain");
    ck_assert_int_eq(file_kit_write(&kit, chunk_of_lines("t", "{}\n")), VERDICT_RETRY);
    ck_assert_ptr_nonnull(strstr(kit.why, "x/y/z/out cannot be written: No such file"));
    FILE_KIT_MAKE(&kit, "path", path, "file", "z/out", "format", "plain", "mkdir", "on");
    write_lines("t", "{}\n");
    ck_assert_str_eq(content("x/y/z/out"), "{}\n");
    mem_free(path);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_waited_for_and_told)
{
    const char *path = tree_path("later");

    FILE_KIT_MAKE(&kit, "path", path, "file", "out", "format", "plain");
    ck_assert_int_eq(file_kit_write(&kit, chunk_of_lines("t", "{}\n")), VERDICT_RETRY);
    ck_assert_ptr_nonnull(strstr(kit.why, "its folder is not there: make it, or set mkdir on"));
    tree_folder("later");
    write_lines("t", "{}\n");
    ck_assert_str_eq(content("later/out"), "{}\n");
}
END_TEST

START_TEST(a_folder_that_is_a_file_is_told)
{
    tree_write("file", "");
    FILE_KIT_MAKE(&kit, "file", "file/out", "mkdir", "on");
    ck_assert_int_eq(file_kit_write(&kit, chunk_of_lines("t", "{}\n")), VERDICT_RETRY);
    ck_assert_ptr_nonnull(strstr(kit.why, "cannot be written: Not a directory"));
}
END_TEST

START_TEST(a_pipe_without_a_reader_does_not_hold_the_worker)
{
    ck_assert_int_eq(mkfifo(tree_path("pipe"), 0600), 0);
    FILE_KIT_MAKE(&kit, "file", "pipe");
    ck_assert_int_eq(file_kit_write(&kit, chunk_of_lines("t", "{}\n")), VERDICT_RETRY);
    ck_assert_ptr_nonnull(strstr(kit.why, "cannot be written: No such device or address"));
}
END_TEST

/* No file may grow past so many bytes, for as long as the test runs. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_write_that_is_cut_short_leaves_nothing_behind)
{
    FILE_KIT_MAKE(&kit, "file", "out", "format", "plain");
    write_lines("t", "{\"n\":1}\n");
    limit_files(12);
    ck_assert_int_eq(file_kit_write(&kit, chunk_of_lines("t", "{\"n\":2}\n")), VERDICT_RETRY);
    ck_assert_ptr_nonnull(strstr(kit.why, "out cannot be written: File too large"));
    ck_assert_str_eq(content("out"), "{\"n\":1}\n");
    limit_files(RLIM_INFINITY);
    write_lines("t", "{\"n\":2}\n");
    ck_assert_str_eq(content("out"), "{\"n\":1}\n{\"n\":2}\n");
}
END_TEST

/* Three files, the second of which is on a full disk. */
static struct chunk *chunk_for_full_disk(void)
{
    struct chunk_maker *maker = chunk_maker_new();

    chunk_maker_json(maker, "a", "{\"n\":1}");
    chunk_maker_json(maker, "full", "{\"n\":2}");
    chunk_maker_json(maker, "c", "{\"n\":3}");
    return chunk_maker_seal(&maker);
}

START_TEST(when_one_file_fails_the_others_are_taken_back)
{
    tree_write("a", "before\n");
    ck_assert_int_eq(symlink("/dev/full", tree_path("full")), 0);
    FILE_KIT_MAKE(&kit, "format", "plain");
    ck_assert_int_eq(file_kit_write(&kit, chunk_for_full_disk()), VERDICT_RETRY);
    ck_assert_ptr_nonnull(strstr(kit.why, "full cannot be written: No space left on device"));
    ck_assert_str_eq(content("a"), "before\n");
    ck_assert_str_eq(content("c"), "(not there)");

    ck_assert_int_eq(unlink(tree_path("full")), 0);
    ck_assert_int_eq(file_kit_write(&kit, chunk_for_full_disk()), VERDICT_DELIVERED);
    ck_assert_str_eq(content("a"), "before\n{\"n\":1}\n");
    ck_assert_str_eq(content("full"), "{\"n\":2}\n");
    ck_assert_str_eq(content("c"), "{\"n\":3}\n");
}
END_TEST

START_TEST(records_that_are_done_are_not_written_again)
{
    struct chunk *chunk = chunk_of_lines("t", "{\"n\":1}\n{\"n\":2}\n");
    struct batch batch = chunk_batch(chunk);

    FILE_KIT_MAKE(&kit, "format", "plain");
    kit.states[0] = RECORD_DONE;
    batch.states = kit.states;
    ck_assert_int_eq(out_file.write(kit.self, &batch, kit.why), VERDICT_DELIVERED);
    ck_assert_str_eq(content("t"), "{\"n\":2}\n");
    chunk_unref(&chunk);
}
END_TEST

START_TEST(the_table_is_right)
{
    options_check(out_file.options);
}
END_TEST

/* ---- rotation ---- */

static const char *unzipped(const char *name)
{
    static char text[256];
    struct gunzip *gunzip = gunzip_new();
    struct slice packed;
    size_t len;

    packed.data = tree_read(name, &packed.len);
    ck_assert_ptr_nonnull(packed.data);
    ck_assert_int_eq(gunzip_step(gunzip, &packed, text, sizeof text - 1, &len), 0);
    ck_assert(gunzip_is_whole(gunzip));
    gunzip_free(&gunzip);
    text[len] = '\0';
    return text;
}

START_TEST(a_file_that_would_grow_too_large_is_rotated)
{
    FILE_KIT_MAKE(&kit, "format", "plain", "rotate", "on", "rotate_max_size", "10", "rotate_gzip",
                  "off");
    write_lines("t", "{\"n\":1}\n");
    write_lines("t", "{\"n\":2}\n");
    ck_assert_str_eq(tree_list(), "t\nt.20231114_221320_075bcd15\n");
    ck_assert_str_eq(content("t"), "{\"n\":2}\n");
    ck_assert_str_eq(content("t.20231114_221320_075bcd15"), "{\"n\":1}\n");
}
END_TEST

START_TEST(rotated_files_are_compressed)
{
    FILE_KIT_MAKE(&kit, "format", "plain", "rotate", "on", "rotate_max_size", "10");
    write_lines("t", "{\"n\":1}\n");
    write_lines("t", "{\"n\":2}\n");
    ck_assert_str_eq(tree_list(), "t\nt.20231114_221320_075bcd15.gz\n");
    ck_assert_str_eq(unzipped("t.20231114_221320_075bcd15.gz"), "{\"n\":1}\n");
}
END_TEST

START_TEST(the_oldest_rotated_files_go)
{
    FILE_KIT_MAKE(&kit, "format", "plain", "rotate", "on", "rotate_max_size", "1",
                  "rotate_max_files", "2", "rotate_gzip", "off");
    tree_write("t.20231114_221320_other", "keep");
    tree_write("tt.20200101_000000_00000000", "keep");
    for (int i = 0; i < 5; i++) {
        write_lines("t", "{}\n");
        clock_advance_ms(1000);
    }
    ck_assert_str_eq(tree_list(), "t\nt.20231114_221320_other\nt.20231114_221323_075bcd15\n"
                                  "t.20231114_221324_075bcd15\ntt.20200101_000000_00000000\n");
}
END_TEST

START_TEST(a_file_that_cannot_be_rotated_grows_on)
{
    FILE_KIT_MAKE(&kit, "format", "plain", "rotate", "on", "rotate_max_size", "10", "rotate_gzip",
                  "off");
    write_lines("t", "{\"n\":1}\n");
    tree_write("t.20231114_221320_075bcd15", "somebody's");
    write_lines("t", "{\"n\":2}\n");
    ck_assert_str_eq(content("t"), "{\"n\":1}\n{\"n\":2}\n");
    ck_assert_str_eq(content("t.20231114_221320_075bcd15"), "somebody's");
}
END_TEST

START_TEST(an_empty_file_after_a_rotation_names_its_columns_again)
{
    FILE_KIT_MAKE(&kit, "format", "csv", "rotate", "on", "rotate_max_size", "1", "rotate_gzip",
                  "off", "csv_column_names", "on");
    write_lines("t", "{\"a\":1}\n");
    write_lines("t", "{\"a\":2}\n");
    ck_assert_str_eq(content("t"), "timestamp,\"a\"\n1700000000.123456789,2\n");
}
END_TEST

Suite *suite_plugins_out_file(void)
{
    Suite *suite = suite_create("plugins/out_file");
    TCase *formats = tcase_create("formats"), *files = tcase_create("files");
    TCase *rotation = tcase_create("rotation");

    tcase_add_checked_fixture(formats, set_up, tear_down);
    tcase_add_test(formats, a_line_has_tag_time_and_json);
    tcase_add_test(formats, plain_is_json_alone);
    tcase_add_test(formats, csv_quotes_text_and_nothing_else);
    tcase_add_test(formats, csv_names_its_columns_when_the_file_is_empty);
    tcase_add_test(formats, ltsv_has_labels);
    tcase_add_test(formats, a_template_is_filled);
    tcase_add_test(formats, msgpack_is_events_one_after_the_other);
    tcase_add_test(formats, a_delimiter_that_is_none_is_told);
    tcase_add_test(formats, ascii_only_when_the_service_says_so);
    suite_add_tcase(suite, formats);
    tcase_add_checked_fixture(files, set_up, tear_down);
    tcase_add_test(files, records_go_to_the_files_of_their_tags);
    tcase_add_test(files, folders_are_made_when_asked_for);
    tcase_add_test(files, a_folder_that_is_not_there_is_waited_for_and_told);
    tcase_add_test(files, a_folder_that_is_a_file_is_told);
    tcase_add_test(files, a_pipe_without_a_reader_does_not_hold_the_worker);
    tcase_add_test(files, a_write_that_is_cut_short_leaves_nothing_behind);
    tcase_add_test(files, when_one_file_fails_the_others_are_taken_back);
    tcase_add_test(files, records_that_are_done_are_not_written_again);
    tcase_add_test(files, the_table_is_right);
    suite_add_tcase(suite, files);
    tcase_add_checked_fixture(rotation, set_up, tear_down);
    tcase_add_test(rotation, a_file_that_would_grow_too_large_is_rotated);
    tcase_add_test(rotation, rotated_files_are_compressed);
    tcase_add_test(rotation, the_oldest_rotated_files_go);
    tcase_add_test(rotation, a_file_that_cannot_be_rotated_grows_on);
    tcase_add_test(rotation, an_empty_file_after_a_rotation_names_its_columns_again);
    suite_add_tcase(suite, rotation);
    return suite;
}

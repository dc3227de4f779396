#include "kit/plugin.h"
#include "plugins/in_systemd/entry.h"
#include "plugins/in_systemd/segment.h"

#include <check.h>

extern const struct input_plugin in_systemd;

static struct record record;
static struct entry entry;
static struct entry_style style;

static void set_up(void)
{
    record_init(&record);
    entry = (struct entry){.arena = &record.arena, .count_max = 100};
    style = (struct entry_style){.has_underscores = true};
}

static void tear_down(void)
{
    record_fini(&record);
}

static void add(const char *const *fields)
{
    for (; *fields != NULL; fields++)
        ck_assert(entry_add(&entry, slice_of(*fields), &style));
}

/* The record that fields become, as JSON. */
static void expect(const char *const *fields, const char *json)
{
    struct buffer out = {0};

    add(fields);
    entry_fill(&entry, &record);
    json_write_fields(&out, &record.root);
    ck_assert_str_eq(buffer_text(&out), json);
    buffer_fini(&out);
}
#define FIELDS(...) ((const char *const[]){__VA_ARGS__, NULL})

START_TEST(fields_keep_their_order)
{
    expect(FIELDS("B=1", "A=2", "_C=x=y"), "{\"B\":\"1\",\"A\":\"2\",\"_C\":\"x=y\"}");
}
END_TEST

START_TEST(values_of_one_name_are_an_array_where_the_first_stood)
{
    expect(FIELDS("B=1", "A=2", "B=\"3\"", "C=", "B=4"),
           "{\"B\":[\"1\",\"\\\"3\\\"\",\"4\"],\"A\":\"2\",\"C\":\"\"}");
}
END_TEST

START_TEST(names_may_lose_an_underscore_and_their_capitals)
{
    style = (struct entry_style){.is_lower = true};
    expect(FIELDS("_PID=1", "__SEQ=2", "PID=3"), "{\"pid\":[\"1\",\"3\"],\"_seq\":\"2\"}");
}
END_TEST

START_TEST(what_is_no_field_is_left_out)
{
    expect(FIELDS("no sign", "A=1"), "{\"A\":\"1\"}");
}
END_TEST

START_TEST(fields_past_the_limit_are_left_out)
{
    entry.count_max = 2;
    add(FIELDS("A=1", "B=2"));
    ck_assert(!entry_add(&entry, SLICE("C=3"), &style));
    ck_assert_uint_eq(entry.count, 2);
}
END_TEST

/* As anybody may write it who logs. */
START_TEST(long_fields_are_cut_and_what_is_past_the_entrys_bytes_is_left_out)
{
    char *text = mem_alloc(2 * ENTRY_FIELD_BYTES_MAX);
    struct slice data = slice_make(text, 2 * ENTRY_FIELD_BYTES_MAX);

    memset(text, 'x', data.len);
    text[1] = '=';
    ck_assert(entry_add(&entry, data, &style));
    ck_assert_uint_eq(entry.fields[0].value.len, ENTRY_FIELD_BYTES_MAX - 2);
    ck_assert(entry_add(&entry, data, &style));
    ck_assert(!entry_add(&entry, SLICE("A=1"), &style));
    ck_assert_uint_eq(entry.count, 2);
    mem_free(text);
}
END_TEST

START_TEST(an_entry_of_thousands_of_fields_is_taken)
{
    entry.count_max = 8000;
    for (unsigned i = 0; i < 8000; i++)
        ck_assert(entry_add(&entry, i % 2 ? SLICE("SAME=x") : SLICE("OTHER=y"), &style));
    entry_fill(&entry, &record);
    ck_assert_uint_eq(record.root.count, 2);
}
END_TEST

START_TEST(a_cursor_says_who_numbers_and_which_number)
{
    struct cursor_parts parts;

    ck_assert(cursor_parse(SLICE("s=4d1f;i=4e1f;b=fe;m=13;t=60;x=e1"), &parts));
    ck_assert(slice_is(parts.numbering, "4d1f"));
    ck_assert_uint_eq(parts.number, 0x4e1f);
    ck_assert(cursor_parse(SLICE("i=ffffffffffffffff;s=a"), &parts));
    ck_assert_uint_eq(parts.number, UINT64_MAX);
}
END_TEST

START_TEST(what_is_no_cursor_is_told_apart)
{
    static const char *const texts[] = {
        "", ";", "s=;i=1", "s=a", "i=1", "s=a;i=", "s=a;i=xyz", "s=a;i=11111111111111111", "junk",
    };
    struct cursor_parts parts;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        ck_assert_msg(!cursor_parse(slice_of(texts[i]), &parts), "%s", texts[i]);
}
END_TEST

static void expect_mistake(const char *key, const char *value, const char *message)
{
    struct plugin_kit kit;
    void *self = plugin_make(&kit, in_systemd.self_bytes, in_systemd.options,
                             (const char *const[]){key, value, NULL});

    ck_assert_int_lt(in_systemd.init(self, &kit.setup), 0);
    ck_assert(plugin_report_says(&kit, message));
    in_systemd.fini(self);
    plugin_gone(&kit, self);
}

START_TEST(mistakes_are_told_in_words)
{
    expect_mistake("systemd_filter", "kubelet", "is not KEY=VALUE");
    expect_mistake("systemd_filter", "=x", "is not KEY=VALUE");
    expect_mistake("max_fields", "0", "max_fields is 0; give a number from 1 to");
    expect_mistake("max_entries", "-1", "max_entries is -1; give a number above 0");
    expect_mistake("db.sync", "sometimes", "one of extra, full, normal, off");
}
END_TEST

Suite *suite_plugins_in_systemd(void);
Suite *suite_plugins_in_systemd(void)
{
    Suite *suite = suite_create("plugins/in_systemd");
    TCase *entries = tcase_create("entries");
    TCase *keys = tcase_create("keys");

    tcase_add_checked_fixture(entries, set_up, tear_down);
    tcase_add_test(entries, fields_keep_their_order);
    tcase_add_test(entries, values_of_one_name_are_an_array_where_the_first_stood);
    tcase_add_test(entries, names_may_lose_an_underscore_and_their_capitals);
    tcase_add_test(entries, what_is_no_field_is_left_out);
    tcase_add_test(entries, fields_past_the_limit_are_left_out);
    tcase_add_test(entries, long_fields_are_cut_and_what_is_past_the_entrys_bytes_is_left_out);
    tcase_add_test(entries, an_entry_of_thousands_of_fields_is_taken);
    suite_add_tcase(suite, entries);
    tcase_add_test(keys, a_cursor_says_who_numbers_and_which_number);
    tcase_add_test(keys, what_is_no_cursor_is_told_apart);
    tcase_add_test(keys, mistakes_are_told_in_words);
    suite_add_tcase(suite, keys);
    return suite;
}

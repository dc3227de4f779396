#include "record/accessor.h"

#include "base/buffer.h"

#include <check.h>

static struct report report;

static void begin(void)
{
    report_init(&report);
}

static void end(void)
{
    report_fini(&report);
}

static void spell_steps(const struct accessor_part *part, struct buffer *out)
{
    for (uint32_t i = 0; i < part->step_count; i++) {
        const struct accessor_step *step = &part->steps[i];

        if (step->key.data != NULL)
            buffer_append_format(out, "%s%.*s", i ? ">" : "", SLICE_ARG(step->key));
        else
            buffer_append_format(out, "#%u", step->index);
    }
}

/* Parts between bars: text, {a>b#0}, TAG, TAG2, $1. */
static void spell(const struct accessor *a, struct buffer *out)
{
    for (size_t i = 0; i < accessor_part_count(a); i++) {
        const struct accessor_part *part = accessor_part(a, i);

        buffer_append_text(out, i ? "|" : "");
        switch (part->kind) {
        case ACCESSOR_TEXT:
            buffer_append(out, part->text);
            break;
        case ACCESSOR_FIELD:
            buffer_append_byte(out, '{');
            spell_steps(part, out);
            buffer_append_byte(out, '}');
            break;
        case ACCESSOR_TAG:
            buffer_append_text(out, "TAG");
            break;
        case ACCESSOR_TAG_PART:
            buffer_append_format(out, "TAG%u", part->number);
            break;
        case ACCESSOR_CAPTURE:
            buffer_append_format(out, "$%u", part->number);
            break;
        }
    }
}

static void expect_parts(struct accessor *a, const char *text, const char *parts)
{
    struct buffer spelt = {0};

    ck_assert_msg(a != NULL, "'%s': %s", text, buffer_text(&report.text));
    spell(a, &spelt);
    ck_assert_msg(strcmp(buffer_text(&spelt), parts) == 0, "'%s': %s", text, buffer_text(&spelt));
    buffer_fini(&spelt);
    accessor_free(&a);
    ck_assert_ptr_null(a);
}

static const struct {
    const char *text;
    const char *parts;
} templates[] = {
    {"", ""},
    {"plain", "plain"},
    {"$log", "{log}"},
    {"$a.b", "{a}|.b"},
    {"$a b", "{a}| b"},
    {"$a,$b", "{a}|,|{b}"},
    {"$a_b-c/d1", "{a_b-c/d1}"},
    {"$a:b", "{a}|:b"},
    {"$kubernetes['labels']['app.kubernetes.io/name']",
     "{kubernetes>labels>app.kubernetes.io/name}"},
    {"$a[\"b\"]", "{a>b}"},
    {"$a['it''s']", "{a>it's}"},
    {"$a['']", "{a>}"},
    {"$a[\"say \"\"x\"\"\"]", "{a>say \"x\"}"},
    {"$a['b'][0][12]", "{a>b#0#12}"},
    {"$a[3]", "{a#3}"},
    {"$a['$b']", "{a>$b}"},
    {"$a['[x]']", "{a>[x]}"},
    {"/aws/$kubernetes['namespace_name']", "/aws/|{kubernetes>namespace_name}"},
    /* the two that Fluent Bit refuses or cuts */
    {"$kubernetes['namespace_name']-logs", "{kubernetes>namespace_name}|-logs"},
    {"$a['b']x", "{a>b}|x"},
    {"$a['b'].", "{a>b}|."},
    {"$a ", "{a}| "},
    {"$TAG", "TAG"},
    {"$TAG[2]", "TAG2"},
    {"$TAG.$TAG[0]-x", "TAG|.|TAG0|-x"},
    {"$TAGS", "{TAGS}"},
    {"$tag", "{tag}"},
    {"$0", "$0"},
    {"from.$1.new", "from.|$1|.new"},
    {"$12", "$1|2"},
    {"$", "$"},
    {"a$", "a$"},
    {"$$a", "$|{a}"},
    {"$.x", "$.x"},
    {"${HOME}", "${HOME}"},
    {"100$ and $x", "100$ and |{x}"},
    {"$_SYSTEMD_UNIT", "{_SYSTEMD_UNIT}"},
    {"caf\xc3\xa9 $a\xc3\xa9", "caf\xc3\xa9 |{a}|\xc3\xa9"},
};

START_TEST(templates_are_taken_apart)
{
    expect_parts(accessor_new(templates[_i].text, &report, (struct place){0}), templates[_i].text,
                 templates[_i].parts);
}
END_TEST

static const struct {
    const char *text;
    const char *parts;
} keys[] = {
    {"log", "{log}"},
    {"$log", "{log}"},
    {"kubernetes['labels']['app']", "{kubernetes>labels>app}"},
    {"$kubernetes['labels']['app']", "{kubernetes>labels>app}"},
    {"with.dots", "{with.dots}"},
    {"@timestamp", "{@timestamp}"},
    {"two words", "{two words}"},
    {"list[0]", "{list#0}"},
    {"$TAG", "{TAG}"},
    {"$1", "{1}"},
};

START_TEST(a_single_key_needs_no_dollar)
{
    expect_parts(accessor_new_key(keys[_i].text, &report, (struct place){0}), keys[_i].text,
                 keys[_i].parts);
}
END_TEST

static const struct {
    const char *text;
    const char *says;
} wrong[] = {
    {"$a[", "expected ['key'] or [number] at offset 3"},
    {"$a[]", "expected ['key'] or [number]"},
    {"$a[b]", "expected ['key'] or [number]"},
    {"$a[-1]", "expected ['key'] or [number]"},
    {"$a[1", "expected ['key'] or [number]"},
    {"$a[1234567890]", "expected ['key'] or [number]"},
    {"$a['b", "a quoted key does not end"},
    {"$a['b'", "expected ] after a key"},
    {"$a['b'x]", "expected ] after a key"},
    {"$a['b''", "a quoted key does not end"},
    {"$a['b\"]", "a quoted key does not end"},
    {"$TAG[x]", "expected ['key'] or [number]"},
    {"$TAG['x']", "expected ['key'] or [number]"},
};

START_TEST(brackets_that_hold_nothing_are_told)
{
    ck_assert_ptr_null(accessor_new(wrong[_i].text, &report, (struct place){"a.conf", 3}));
    ck_assert_uint_eq(report.error_count, 1);
    ck_assert_msg(strstr(buffer_text(&report.text), wrong[_i].says) != NULL, "%s",
                  buffer_text(&report.text));
}
END_TEST

START_TEST(a_single_key_is_one_key_and_nothing_more)
{
    static const char *const texts[] = {"", "$", "['a']", "a['b']c", "a['b'] "};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        ck_assert_msg(accessor_new_key(texts[i], &report, (struct place){0}) == NULL, "'%s'",
                      texts[i]);
    ck_assert_uint_eq(report.error_count, ARRAY_LEN(texts));
}
END_TEST

START_TEST(a_template_too_long_is_refused)
{
    static char text[ACCESSOR_BYTES_MAX + 2];
    struct accessor *a;

    memset(text, '$', sizeof text - 1);
    ck_assert_ptr_null(accessor_new(text, &report, (struct place){0}));
    text[ACCESSOR_BYTES_MAX] = '\0';
    a = accessor_new(text, &report, (struct place){0});
    ck_assert_uint_eq(accessor_part_count(a), 1);
    accessor_free(&a);
}
END_TEST

START_TEST(a_template_without_variables_is_a_constant)
{
    struct accessor *a = accessor_new("fluent-bit", &report, (struct place){0});
    struct accessor *b = accessor_new("x$a", &report, (struct place){0});
    struct accessor *c = accessor_new("", &report, (struct place){0});
    struct slice text;

    ck_assert(accessor_is_constant(a, &text));
    ck_assert(slice_is(text, "fluent-bit"));
    ck_assert(!accessor_is_constant(b, &text));
    ck_assert(accessor_is_constant(c, &text));
    ck_assert(slice_is(text, ""));
    accessor_free(&a);
    accessor_free(&b);
    accessor_free(&c);
}
END_TEST

START_TEST(tags_have_parts_between_dots)
{
    ck_assert(slice_is(accessor_tag_part(SLICE("kube.var.log"), 0), "kube"));
    ck_assert(slice_is(accessor_tag_part(SLICE("kube.var.log"), 2), "log"));
    ck_assert_ptr_null(accessor_tag_part(SLICE("kube.var.log"), 3).data);
    ck_assert(slice_is(accessor_tag_part(SLICE("a..b"), 1), ""));
    ck_assert_ptr_nonnull(accessor_tag_part(SLICE("a..b"), 1).data);
    ck_assert_ptr_null(accessor_tag_part(SLICE("a"), UINT32_MAX).data);
}
END_TEST

Suite *suite_record_accessor(void);

Suite *suite_record_accessor(void)
{
    Suite *suite = suite_create("record/accessor");
    TCase *tcase = tcase_create("accessor");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_loop_test(tcase, templates_are_taken_apart, 0, ARRAY_LEN(templates));
    tcase_add_loop_test(tcase, a_single_key_needs_no_dollar, 0, ARRAY_LEN(keys));
    tcase_add_loop_test(tcase, brackets_that_hold_nothing_are_told, 0, ARRAY_LEN(wrong));
    tcase_add_test(tcase, a_single_key_is_one_key_and_nothing_more);
    tcase_add_test(tcase, a_template_too_long_is_refused);
    tcase_add_test(tcase, a_template_without_variables_is_a_constant);
    tcase_add_test(tcase, tags_have_parts_between_dots);
    suite_add_tcase(suite, tcase);
    return suite;
}

/*
 * Any pattern on any subject: "PATTERN\0SUBJECT". What compiles must match within its limits, and
 * captures lie inside the subject. The pattern is also read as a record accessor and a wildcard.
 */
#include "base/memory.h"
#include "filter/match.h"
#include "record/accessor.h"
#include "record/regex.h"
#include "record/regex_ruby.h"

#define PATTERN_BYTES_MAX 300
#define SUBJECT_BYTES_MAX 2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_inside(struct slice part, struct slice whole)
{
    CHECK(part.data == NULL || (part.data >= whole.data && part.len <= whole.len &&
                                part.data + part.len <= whole.data + whole.len));
}

static void match(struct regex *re, struct slice subject)
{
    struct regex_match m;
    int rc = regex_match(re, subject, &m);

    CHECK(rc == 0 || rc == REGEX_NO_MATCH || rc == REGEX_LIMIT);
    if (rc != 0)
        return;
    for (unsigned i = 0; i < REGEX_CAPTURES_MAX; i++)
        expect_inside(regex_capture(&m, i), subject);
    for (unsigned i = 0; i < regex_name_count(re); i++) {
        CHECK(regex_name(re, i)[0] != '\0');
        expect_inside(regex_named(re, &m, i), subject);
    }
}

static void as_regex(const char *pattern, struct slice subject, struct report *report)
{
    struct regex *re = regex_compile(pattern, report, (struct place){0});

    if (re == NULL)
        return;
    match(re, subject);
    match(re, slice_of(pattern));
    regex_free(&re);
}

static void as_accessor(const char *text, struct report *report)
{
    struct accessor *a = accessor_new(text, report, (struct place){0});
    struct accessor *key = accessor_new_key(text, report, (struct place){0});

    CHECK(key == NULL || accessor_part_count(key) == 1);
    accessor_free(&a);
    accessor_free(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice all = slice_make((const char *)data, size);
    struct slice subject = slice_skip(all, slice_find(all, '\0') + 1);
    struct slice wildcard = slice_make(all.data, slice_find(all, '\0'));
    struct report report;
    char *pattern;

    if (wildcard.len > PATTERN_BYTES_MAX || subject.len > SUBJECT_BYTES_MAX)
        return 0;
    pattern = mem_text_n(all.data, wildcard.len);
    report_init(&report);
    as_regex(pattern, subject, &report);
    as_accessor(pattern, &report);
    (void)wildcard_matches(wildcard, subject);
    report_fini(&report);
    MEM_FREE(&pattern);
    return 0;
}

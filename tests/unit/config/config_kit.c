#include "config_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATHS_MAX 4

struct kit kit;

void kit_set_up(void)
{
    kit = (struct kit){.config = config_new()};
    report_init(&kit.report);
}

static void all_remove(const char *pattern)
{
    glob_t paths;

    if (path_glob(kit_path(pattern), &paths) == 0)
        for (size_t i = 0; i < paths.gl_pathc; i++)
            ck_assert_int_eq(remove(paths.gl_pathv[i]), 0);
    globfree(&paths);
}

static void directory_drop(void)
{
    if (kit.directory[0] == '\0')
        return;
    all_remove("*/*");
    all_remove("*");
    ck_assert_int_eq(rmdir(kit.directory), 0);
}

void kit_tear_down(void)
{
    directory_drop();
    config_free(&kit.config);
    report_fini(&kit.report);
}

const char *kit_path(const char *name)
{
    static char paths[PATHS_MAX][128];
    static size_t next;
    char *path = paths[next++ % PATHS_MAX];

    if (kit.directory[0] == '\0') {
        snprintf(kit.directory, sizeof kit.directory, "/tmp/tailrace-config-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(kit.directory));
    }
    ck_assert_int_lt(snprintf(path, sizeof paths[0], "%s/%s", kit.directory, name),
                     (int)sizeof paths[0]);
    return path;
}

const char *kit_write(const char *name, const char *text)
{
    const char *path = kit_path(name);
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

void kit_parse(grammar_fn *grammar, const char *text)
{
    struct reading r = {.config = kit.config, .report = &kit.report};

    if (kit.directory[0] != '\0')
        kit.config->root = kit.directory;
    grammar(&r, slice_of(text), kit.directory[0] == '\0' ? "main" : kit_path("main"));
    files_fini(&r.files);
}

void kit_parse_well(grammar_fn *grammar, const char *text)
{
    kit_parse(grammar, text);
    ck_assert_msg(kit.report.text.len == 0, "%s", buffer_text(&kit.report.text));
}

/* The report keeps messages apart with NULs; this finds a text in any of them. */
bool kit_report_says(const char *text)
{
    const struct buffer *b = &kit.report.text;

    return b->len > 0 && memmem(b->data, b->len, text, strlen(text)) != NULL;
}

static void expect_message(const char *text)
{
    for (size_t i = 0; i + 1 < kit.report.text.len; i++)
        if (kit.report.text.data[i] == '\0')
            kit.report.text.data[i] = '\n';
    ck_assert_msg(kit_report_says(text), "no '%s' in: %s", text, buffer_text(&kit.report.text));
}

void kit_expect_error(const char *text)
{
    ck_assert_uint_gt(kit.report.error_count, 0);
    expect_message(text);
}

void kit_expect_warning(const char *text)
{
    ck_assert_uint_eq(kit.report.error_count, 0);
    ck_assert_uint_gt(kit.report.warning_count, 0);
    expect_message(text);
}

struct section *kit_section(enum config_kind kind, size_t index)
{
    struct section *s = config_first(kit.config, kind);

    for (; s != NULL && index > 0; index--)
        s = config_next(kit.config, s);
    ck_assert_ptr_nonnull(s);
    return s;
}

void kit_expect(const struct section *s, const char *key, const char *value)
{
    ck_assert_ptr_nonnull(s);
    ck_assert_pstr_eq(section_get(s, key), value);
}

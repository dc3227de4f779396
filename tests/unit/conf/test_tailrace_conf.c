#include "config/files.h"
#include "service/catalog.h"
#include "service/service_keys.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

/* In conf/tailrace.conf what is commented out shows the default. This holds it against the tables:
 * a line of a hash, a key, two blanks or more, and a value. */

#define FILE_MAX ((size_t)1 << 20)

static const struct option *tables[2]; /* of the section: its own, and those of its kind */
static enum config_kind kind;
static unsigned checked;

static void section_begin(struct slice line)
{
    kind = slice_begins(line, SLICE("[INPUT]"))    ? CONFIG_INPUT
           : slice_begins(line, SLICE("[FILTER]")) ? CONFIG_FILTER
           : slice_begins(line, SLICE("[OUTPUT]")) ? CONFIG_OUTPUT
                                                   : CONFIG_SERVICE;
    tables[0] = service_options;
    tables[1] = NULL;
}

/* The two words of a line, if they stand so far apart that it is no prose. */
static bool words_of(struct slice line, char key[64], char value[64])
{
    char rest[4] = "";
    size_t key_len;

    if (line.len >= 120 || sscanf(line.data, "%63s %63s %3s", key, value, rest) != 2)
        return false;
    key_len = strlen(key);
    return line.len > key_len + 2 && line.data[key_len] == ' ' && line.data[key_len + 1] == ' ';
}

static void plugin_name(struct slice line)
{
    struct catalog_entry e;
    char key[64], value[64];

    if (!words_of(line, key, value) || strcmp(key, "Name") != 0)
        return;
    ck_assert(catalog_find(kind, value, &e));
    tables[0] = e.options;
    tables[1] = e.common;
}

static void expect_default(const char *key, const char *value)
{
    for (size_t i = 0; i < ARRAY_LEN(tables) && tables[i] != NULL; i++) {
        const struct option *o = option_find(tables[i], key);

        if (o == NULL || o->fallback == NULL)
            continue;
        /* On and true are the same. */
        if (o->type == OPTION_TYPE_BOOL) {
            bool said, is;
            const char *note;

            ck_assert_int_eq(setting_bool(value, &said, &note), 0);
            ck_assert_int_eq(setting_bool(o->fallback, &is, &note), 0);
            ck_assert_msg(said == is, "%s", key);
        } else {
            ck_assert_msg(slice_is_nocase(slice_of(value), o->fallback), "%s is %s by default", key,
                          o->fallback);
        }
        checked++;
    }
}

START_TEST(what_is_commented_out_shows_the_default)
{
    struct buffer text = {0};
    struct slice rest, line;
    char key[64], value[64];

    ck_assert_int_eq(file_read_text("conf/tailrace.conf", FILE_MAX, &text), 0);
    (void)buffer_text(&text);
    rest = buffer_view(&text);
    while (slice_next(&rest, '\n', &line)) {
        struct slice trimmed = slice_trim(line);
        char copy[128];

        (void)snprintf(copy, sizeof copy, "%.*s", SLICE_ARG(trimmed));
        if (line.len > 0 && line.data[0] == '[')
            section_begin(line);
        else if (slice_begins(trimmed, SLICE("# ")) &&
                 words_of(slice_skip(slice_of(copy), 2), key, value))
            expect_default(key, value);
        else
            plugin_name(slice_of(copy));
    }
    ck_assert_uint_ge(checked, 9);
    buffer_fini(&text);
}
END_TEST

Suite *suite_conf_tailrace_conf(void);
Suite *suite_conf_tailrace_conf(void)
{
    Suite *suite = suite_create("conf/tailrace_conf");
    TCase *comments = tcase_create("comments");

    tcase_add_test(comments, what_is_commented_out_shows_the_default);
    suite_add_tcase(suite, comments);
    return suite;
}

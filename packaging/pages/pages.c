/*
 * Keeps the pages in step with the code, for `make docs` and `make check`: run from the top.
 *
 *     pages          says which pages are behind; ends with 1 when one is
 *     pages write    brings them up to date
 *
 * Between a line that is one of these and the next line `<!-- end -->`, a page has what the code
 * says:
 *
 *     <!-- plugins -->            every plugin, with its summary
 *     <!-- options: in_tail -->   the option table of a plugin
 *     <!-- options: service -->   of the service; or of every input, filter, output
 *
 * Besides, each option of a plugin must be named somewhere on the plugin's page.
 */
#include "config/files.h"
#include "service/catalog.h"
#include "service/common.h"
#include "service/service_keys.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAGE_BYTES_MAX ((size_t)1 << 20)
#define NAME_BYTES_MAX 128

struct kind {
    enum config_kind kind;
    const char *prefix;
    const struct option *common;
};

static const struct kind kinds[] = {
    {CONFIG_INPUT, "in_", input_options},
    {CONFIG_FILTER, "filter_", filter_options},
    {CONFIG_OUTPUT, "out_", output_options},
};

static unsigned failures;

static void fail(const char *path, const char *what, const char *name)
{
    (void)fprintf(stderr, "%s: %s%s\n", path, what, name);
    failures++;
}

/* ---- what the code says ---- */

static const struct option *options_of(const char *name)
{
    struct catalog_entry entry;

    if (strcmp(name, "service") == 0)
        return service_options;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t len = strlen(kinds[i].prefix);

        if (strcmp(name, config_kind_name(kinds[i].kind)) == 0)
            return kinds[i].common;
        if (strncmp(name, kinds[i].prefix, len) == 0 &&
            catalog_find(kinds[i].kind, name + len, &entry))
            return entry.options;
    }
    return NULL;
}

/* Plugins that share the folder of another. */
static const char *const lodgers[][2] = {{"cloudwatch", "cloudwatch_logs"}, {"opensearch", "es"}};

static void page_of(const struct kind *kind, const char *name, char page[NAME_BYTES_MAX])
{
    for (size_t i = 0; i < ARRAY_LEN(lodgers); i++)
        if (strcmp(name, lodgers[i][0]) == 0)
            name = lodgers[i][1];
    (void)snprintf(page, NAME_BYTES_MAX, "plugins/%s%s/README.md", kind->prefix, name);
}

static void put_plugin(const struct kind *kind, const struct catalog_entry *entry,
                       struct buffer *out)
{
    char page[NAME_BYTES_MAX];

    page_of(kind, entry->name, page);
    if (access(page, R_OK) == 0)
        buffer_append_format(out, "| %s | [%s](%s) | %s |\n", config_kind_name(kind->kind),
                             entry->name, page, entry->summary);
    else
        buffer_append_format(out, "| %s | %s | %s |\n", config_kind_name(kind->kind), entry->name,
                             entry->summary);
}

static void put_plugins(struct buffer *out)
{
    struct catalog_entry entry;

    buffer_append_text(out, "| | Plugin | |\n|---|---|---|\n");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        for (size_t at = 0; catalog_at(kinds[i].kind, at, &entry); at++)
            put_plugin(&kinds[i], &entry, out);
}

/* ---- pages ---- */

static bool is_end(struct slice line)
{
    return slice_is(line, "<!-- end -->");
}

/* What belongs below this line, if it is one that says so. */
static bool put_below(const char *path, struct slice line, struct buffer *out)
{
    const struct slice head = SLICE("<!-- options: "), tail = SLICE(" -->");
    const struct option *options;
    char name[NAME_BYTES_MAX];

    if (slice_is(line, "<!-- plugins -->")) {
        put_plugins(out);
        return true;
    }
    if (!slice_begins(line, head) || !slice_ends(line, tail))
        return false;
    (void)snprintf(name, sizeof name, "%.*s", (int)(line.len - head.len - tail.len),
                   line.data + head.len);
    options = options_of(name);
    if (options == NULL) {
        fail(path, "there are no options of ", name);
        return false;
    }
    options_markdown(options, out);
    return true;
}

static void page_make(const char *path, struct slice text, struct buffer *out)
{
    struct slice line;
    bool is_made = false;

    if (slice_ends(text, SLICE("\n")))
        text.len--;
    while (slice_next(&text, '\n', &line)) {
        if (is_made && !is_end(line))
            continue;
        buffer_append(out, line);
        buffer_append_byte(out, '\n');
        is_made = put_below(path, line, out);
    }
    if (is_made)
        fail(path, "no line is ", "<!-- end -->");
}

static void page_write(const char *path, struct slice text)
{
    FILE *file = fopen(path, "we");

    if (file == NULL || fwrite(text.data, 1, text.len, file) != text.len)
        fail(path, "cannot be written", "");
    if (file != NULL && fclose(file) != 0)
        fail(path, "cannot be written", "");
}

static void page_do(const char *path, bool is_writing)
{
    struct buffer old = {0}, fresh = {0};

    if (file_read_text(path, PAGE_BYTES_MAX, &old) < 0) {
        fail(path, "cannot be read", "");
        return;
    }
    page_make(path, buffer_view(&old), &fresh);
    if (!slice_equal(buffer_view(&old), buffer_view(&fresh))) {
        if (is_writing)
            page_write(path, buffer_view(&fresh));
        else
            fail(path, "is behind the code; run ", "make docs");
    }
    buffer_fini(&old);
    buffer_fini(&fresh);
}

static void options_look(const char *path, const struct option *options)
{
    struct buffer page = {0};

    if (file_read_text(path, PAGE_BYTES_MAX, &page) < 0)
        return;
    for (const struct option *o = options; o->type != OPTION_TYPE_END; o++)
        if (o->type != OPTION_TYPE_IGNORED && strcasestr(buffer_text(&page), o->name) == NULL)
            fail(path, "says nothing of ", o->name);
    buffer_fini(&page);
}

static void plugins_look(void)
{
    struct catalog_entry entry;
    char page[NAME_BYTES_MAX];

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        for (size_t at = 0; catalog_at(kinds[i].kind, at, &entry); at++) {
            page_of(&kinds[i], entry.name, page);
            options_look(page, entry.options);
        }
}

int main(int argc, char **argv)
{
    static const char *const patterns[] = {"README.md", "conf/*.md", "plugins/*/README.md"};
    bool is_writing = argc == 2 && strcmp(argv[1], "write") == 0;
    size_t count = 0;

    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        glob_t paths;

        if (path_glob(patterns[i], &paths) < 0)
            continue;
        for (size_t at = 0; at < paths.gl_pathc; at++, count++)
            page_do(paths.gl_pathv[at], is_writing);
        globfree(&paths);
    }
    plugins_look();
    (void)printf("pages: %zu passed, %u failed\n", failures > count ? 0 : count - failures,
                 failures);
    return failures > 0 ? 1 : 0;
}

#include "plugins/out_cloudwatch_logs/target.h"

#include <errno.h>

/* ---- at start ---- */

static int template_init(const char *key, const char *text, struct accessor **out,
                         struct plugin_setup *setup)
{
    if (text == NULL)
        return 0;
    *out = accessor_new(text, setup->report, setup_place(setup, key));
    return *out != NULL ? 0 : -EINVAL;
}

int cw_names_init(struct cw_names *names, struct plugin_setup *setup)
{
    int rc = 0;

    if ((names->stream != NULL) == (names->stream_prefix != NULL)) {
        report_error(setup->report, setup_place(setup, "log_stream_name"),
                     "one of log_stream_name and log_stream_prefix is wanted, and not both");
        rc = -EINVAL;
    }
    rc |= template_init("log_group_template", names->group_template, &names->group_accessor, setup);
    rc |= template_init("log_stream_template", names->stream_template, &names->stream_accessor,
                        setup);
    return rc ? -EINVAL : 0;
}

void cw_names_fini(struct cw_names *names)
{
    accessor_free(&names->group_accessor);
    accessor_free(&names->stream_accessor);
}

/* ---- names ---- */

static bool is_in_group(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(".-_/#", c) != NULL);
}

static bool is_in_stream(char c)
{
    return (unsigned char)c >= 0x20 && c != 0x7f && c != ':' && c != '*';
}

/* Appends as much of the text as a name has room for; how long the name is then. */
static uint16_t name_add(char *name, uint16_t len, struct slice text, bool (*is_in)(char))
{
    size_t count = utf8_cut(text, CW_NAME_BYTES_MAX - (size_t)len);

    CHECK(len <= CW_NAME_BYTES_MAX && len + count <= CW_NAME_BYTES_MAX);
    for (size_t i = 0; i < count; i++)
        name[len + i] = text.data[i];
    if (!utf8_is_valid(slice_make(name + len, count)))
        utf8_tame(name + len, count);
    for (size_t i = 0; i < count; i++)
        if (!is_in(name[len + i]))
            name[len + i] = '_';
    return (uint16_t)(len + count);
}

/* Empty where the template has no text for the record. */
static struct slice rendered(const struct accessor *template, const struct chunk_record *record,
                             struct arena *arena)
{
    struct accessor_scope scope = chunk_record_scope(record, arena);
    bool is_missing = false;
    struct slice text = {0};

    if (template == NULL)
        return text;
    text = accessor_render(template, &scope, &is_missing);
    return is_missing ? (struct slice){0} : text;
}

void cw_target_of(const struct cw_names *names, const struct chunk_record *record,
                  struct arena *arena, struct cw_target *out)
{
    struct slice group = rendered(names->group_accessor, record, arena);
    struct slice stream = rendered(names->stream_accessor, record, arena);
    char *at;

    if (group.len == 0)
        group = slice_of(names->group);
    out->group_len = name_add(out->text, 0, group, is_in_group);
    at = out->text + out->group_len;
    out->stream_len = 0;
    if (stream.len == 0 && names->stream == NULL) {
        out->stream_len = name_add(at, 0, slice_of(names->stream_prefix), is_in_stream);
        stream = record->run->tag;
    } else if (stream.len == 0) {
        stream = slice_of(names->stream);
    }
    out->stream_len = name_add(at, out->stream_len, stream, is_in_stream);
}

bool cw_names_are_by_tag(const struct cw_names *names)
{
    return names->group_accessor == NULL && names->stream_accessor == NULL;
}

bool cw_target_equal(const struct cw_target *one, const struct cw_target *other)
{
    return slice_equal(cw_target_group(one), cw_target_group(other)) &&
           slice_equal(cw_target_stream(one), cw_target_stream(other));
}

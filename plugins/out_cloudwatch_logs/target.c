#include "plugins/out_cloudwatch_logs/target.h"

#include "plugins/out_cloudwatch_logs/entity.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* ---- names ---- */

typedef bool is_in_fn(char c);

static bool is_in_group(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(".-_/#", c) != NULL);
}

static bool is_in_stream(char c)
{
    return (unsigned char)c >= 0x20 && c != 0x7f && c != ':' && c != '*';
}

/* What a name may have, and what stands for the rest. */
struct rules {
    is_in_fn *is_in;
    const char *words;
    char stand_in;
};

#define GROUP_WORDS "a group's has letters, digits and ._-/#, and 512 bytes at the most"
#define STREAM_WORDS "a stream's has no \":\" and no \"*\", and 512 bytes at the most"

/* Of cloudwatch_logs, and of cloudwatch. */
static const struct rules of_group[] = {{is_in_group, GROUP_WORDS, '_'},
                                        {is_in_group, GROUP_WORDS, '.'}};
static const struct rules of_stream[] = {{is_in_stream, STREAM_WORDS, '_'},
                                         {is_in_stream, STREAM_WORDS, '.'}};

/* Appends as much of the text as a name has room for; how long the name is then. */
static uint16_t name_add(char *name, uint16_t len, struct slice text, const struct rules *rules)
{
    size_t count = utf8_cut(text, CW_NAME_BYTES_MAX - (size_t)len);

    CHECK(len <= CW_NAME_BYTES_MAX && len + count <= CW_NAME_BYTES_MAX);
    for (size_t i = 0; i < count; i++)
        name[len + i] = text.data[i];
    if (!utf8_is_valid(slice_make(name + len, count)))
        utf8_tame(name + len, count);
    for (size_t i = 0; i < count; i++)
        if (!rules->is_in(name[len + i]))
            name[len + i] = rules->stand_in;
    return (uint16_t)(len + count);
}

/* No name is empty: neither a text that is no UTF-8 and has no place to be cut, nor an empty tag. */
static uint16_t name_end(char *name, uint16_t len, const struct rules *rules)
{
    if (len > 0)
        return len;
    name[0] = rules->stand_in;
    return 1;
}

/* The service keeps these for itself and refuses to make them. */
static bool is_services_own(struct slice group)
{
    return slice_begins(group, SLICE("aws/"));
}

/* A group's name, out of records: nobody's text may ask for one that is never made, and hold up the
 * others' events. */
static uint16_t group_make(char *name, struct slice text, const struct rules *rules)
{
    uint16_t len = name_end(name, name_add(name, 0, text, rules), rules);

    if (is_services_own(slice_make(name, len)))
        name[SLICE("aws").len] = rules->stand_in;
    return len;
}

/* ---- at start ---- */

/* What a name that is known at start turns into is said then. */
static int name_check(const char *key, struct slice name, const struct rules *rules,
                      struct plugin_setup *setup)
{
    char made[CW_NAME_BYTES_MAX];
    uint16_t len = name_add(made, 0, name, rules);

    if (name.len == 0) {
        report_error(setup->report, setup_place(setup, key), "%s is empty; name one", key);
        return -EINVAL;
    }
    if (rules->is_in == is_in_group && is_services_own(name)) {
        report_error(
            setup->report, setup_place(setup, key),
            "%s: names that begin with \"aws/\" are the service's own; \"/aws/...\" is not", key);
        return -EINVAL;
    }
    if (!slice_equal(name, slice_make(made, len)))
        report_warn(setup->report, setup_place(setup, key),
                    "%s: CloudWatch Logs takes no such name; it becomes \"%.*s\", as %s", key,
                    (int)len, made, rules->words);
    return 0;
}

static int template_check(const char *key, const struct cw_template *template,
                          const struct rules *rules, struct plugin_setup *setup)
{
    struct slice text;

    if (template == NULL || !cw_template_is_constant(template, &text))
        return 0;
    return name_check(key, text, rules, setup);
}

/* A name of the other output's kind would be taken as it stands. */
static void hint_check(const char *key, const char *text, struct plugin_setup *setup)
{
    if (text != NULL && strstr(text, "$(") != NULL)
        report_warn(
            setup->report, setup_place(setup, key),
            "%s: \"$(\" means something to the output cloudwatch alone; here it is text, and "
            "log_group_template and log_stream_template have $key",
            key);
}

static int stream_check(const struct cw_names *names, struct plugin_setup *setup)
{
    if (names->stream != NULL && names->stream_prefix != NULL) {
        report_error(setup->report, setup_place(setup, "log_stream_prefix"),
                     "log_stream_name and log_stream_prefix both name the stream, and not both "
                     "may; leave one of them out");
        return -EINVAL;
    }
    if (names->stream == NULL && names->stream_prefix == NULL) {
        report_error(setup->report, setup->place,
                     "nothing names the stream; set log_stream_name, or log_stream_prefix for the "
                     "tag behind it");
        return -EINVAL;
    }
    return 0;
}

static int accessor_make(const char *key, const char *text, struct cw_template **out,
                         struct plugin_setup *setup)
{
    if (text == NULL)
        return 0;
    *out = cw_template_accessor(text, setup->report, setup_place(setup, key));
    return *out != NULL ? 0 : -EINVAL;
}

/* A few streams instead of one for each tag. */
static int shared_check(const struct cw_names *names, struct plugin_setup *setup)
{
    if (names->stream_max == 0)
        return 0;
    if (names->stream_max < 0 || names->stream_max > CW_STREAM_MAX) {
        report_error(setup->report, setup_place(setup, "log_stream_max"),
                     "log_stream_max is %" PRId64 "; it is how many streams all tags share, 1 to "
                     "%d, or 0 for one of each tag's own",
                     names->stream_max, CW_STREAM_MAX);
        return -EINVAL;
    }
    if (names->stream_prefix != NULL)
        return 0;
    report_error(setup->report, setup_place(setup, "log_stream_max"),
                 "log_stream_max is for streams that are named after tags, and log_stream_name "
                 "names one for all; leave log_stream_max out, or set log_stream_prefix instead");
    return -EINVAL;
}

int cw_names_init(struct cw_names *names, struct plugin_setup *setup)
{
    int rc = stream_check(names, setup);

    CHECK(names->group != NULL && !names->is_go);
    rc |= shared_check(names, setup);
    rc |= name_check("log_group_name", slice_of(names->group), &of_group[names->is_go], setup);
    if (names->stream != NULL)
        rc |=
            name_check("log_stream_name", slice_of(names->stream), &of_stream[names->is_go], setup);
    hint_check("log_group_name", names->group, setup);
    hint_check("log_stream_name", names->stream, setup);
    hint_check("log_stream_prefix", names->stream_prefix, setup);
    rc |= accessor_make("log_group_template", names->group_template, &names->group_made, setup);
    rc |= accessor_make("log_stream_template", names->stream_template, &names->stream_made, setup);
    return rc ? -EINVAL : 0;
}

static int template_make(const char *key, const char *text, struct cw_template **out,
                         struct plugin_setup *setup)
{
    *out = cw_template_new(text, setup->report, setup_place(setup, key));
    return *out != NULL ? 0 : -EINVAL;
}

static int prefix_make(struct cw_names *names, struct plugin_setup *setup)
{
    char *text = mem_format("%s$(tag)", names->stream_prefix);
    int rc = template_make("log_stream_prefix", text, &names->stream_made, setup);

    mem_free(text);
    return rc;
}

int cw_names_init_go(struct cw_names *names, struct plugin_setup *setup)
{
    int rc = stream_check(names, setup);

    names->is_go = true;
    rc |= name_check("default_log_group_name", slice_of(names->default_group),
                     &of_group[names->is_go], setup);
    rc |= name_check("default_log_stream_name", slice_of(names->default_stream),
                     &of_stream[names->is_go], setup);
    rc |= template_make("log_group_name", names->group, &names->group_made, setup);
    rc |= template_check("log_group_name", names->group_made, &of_group[names->is_go], setup);
    if (names->stream_prefix != NULL)
        rc |= prefix_make(names, setup);
    else if (names->stream != NULL)
        rc |= template_make("log_stream_name", names->stream, &names->stream_made, setup);
    rc |= template_check("log_stream_name", names->stream_made, &of_stream[names->is_go], setup);
    return rc ? -EINVAL : 0;
}

void cw_names_fini(struct cw_names *names)
{
    cw_template_free(&names->group_made);
    cw_template_free(&names->stream_made);
    arena_fini(&names->texts);
}

bool cw_names_want_task(const struct cw_names *names)
{
    return (names->group_made != NULL && cw_template_has_task(names->group_made)) ||
           (names->stream_made != NULL && cw_template_has_task(names->stream_made));
}

void cw_names_task(struct cw_names *names, const struct aws_task *task)
{
    CHECK(names->task.arn.len == 0); /* once */
    names->task = (struct aws_task){.arn = arena_copy(&names->texts, task->arn),
                                    .id = arena_copy(&names->texts, task->id),
                                    .cluster = arena_copy(&names->texts, task->cluster)};
}

/* ---- records ---- */

/* Empty where the template has no text for the record. */
static struct slice rendered(const struct cw_names *names, const struct cw_template *template,
                             const struct accessor_scope *scope)
{
    return template != NULL ? cw_template_render(template, scope, &names->task) : (struct slice){0};
}

static uint64_t entity_hash(const struct accessor_scope *scope)
{
    struct buffer text = {0};
    uint64_t hash = 0;

    if (cw_entity_write(scope, &text))
        hash = slice_hash(buffer_view(&text)) | 1;
    buffer_fini(&text);
    return hash;
}

/* The tag, or the stream that it shares with others: "shared-3". */
static struct slice stream_of_tag(const struct cw_names *names, struct slice tag, char shared[32])
{
    uint64_t max = (uint64_t)names->stream_max;

    if (max == 0)
        return tag;
    snprintf(shared, 32, "shared-%" PRIu64, slice_hash(tag) % max + 1);
    return slice_of(shared);
}

void cw_target_in(const struct cw_names *names, const struct accessor_scope *scope,
                  struct cw_target *out)
{
    struct slice group = rendered(names, names->group_made, scope);
    struct slice stream = rendered(names, names->stream_made, scope);
    const struct rules *groups = &of_group[names->is_go], *streams = &of_stream[names->is_go];
    char shared[32], *at;

    if (group.len == 0)
        group = slice_of(names->default_group != NULL ? names->default_group : names->group);
    if (stream.len == 0)
        stream = slice_of(names->default_stream != NULL ? names->default_stream : names->stream);
    out->group_len = group_make(out->text, group, groups);
    at = out->text + out->group_len;
    out->stream_len = 0;
    if (stream.len == 0) {
        out->stream_len = name_add(at, 0, slice_of(names->stream_prefix), streams);
        stream = stream_of_tag(names, scope->tag, shared);
    }
    out->stream_len = name_end(at, name_add(at, out->stream_len, stream, streams), streams);
    CHECK(out->group_len > 0 && out->stream_len > 0);
    out->entity = names->has_entity ? entity_hash(scope) : 0;
}

void cw_target_of(const struct cw_names *names, const struct chunk_record *record,
                  struct arena *arena, struct cw_target *out)
{
    struct accessor_scope scope = chunk_record_scope(record, arena);

    cw_target_in(names, &scope, out);
}

bool cw_names_are_by_tag(const struct cw_names *names)
{
    return (names->group_made == NULL || !cw_template_has_field(names->group_made)) &&
           (names->stream_made == NULL || !cw_template_has_field(names->stream_made));
}

bool cw_target_equal(const struct cw_target *one, const struct cw_target *other)
{
    return slice_equal(cw_target_group(one), cw_target_group(other)) &&
           slice_equal(cw_target_stream(one), cw_target_stream(other)) &&
           one->entity == other->entity;
}

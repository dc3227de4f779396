#include "plugins/out_cloudwatch_logs/emf.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>

#define NAMESPACE "fluent-bit-metrics"

/* ---- at start ---- */

static bool is_in_namespace(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr(".-_/#: ", c) != NULL);
}

static int namespace_check(const struct cw_emf *emf, struct plugin_setup *setup)
{
    struct slice name = slice_of(emf->namespace_text);
    bool is_well = name.len > 0 && name.len <= CW_NAMESPACE_BYTES_MAX && name.data[0] != ':';

    if (emf->namespace_text == NULL)
        return 0;
    for (size_t i = 0; i < name.len; i++)
        is_well = is_well && is_in_namespace(name.data[i]);
    if (is_well)
        return 0;
    report_error(
        setup->report, setup_place(setup, "metric_namespace"),
        "metric_namespace \"%s\": CloudWatch takes 1 to 255 of letters, digits, blanks and "
        ".-_/#:, and no \":\" at the beginning",
        emf->namespace_text);
    return -EINVAL;
}

/* "b, c"; what is empty does not count. */
static const char *set_read(struct slice text, struct cw_dimensions *set)
{
    struct slice key;

    set->count = 0;
    while (slice_next(&text, ',', &key)) {
        key = slice_trim(key);
        if (key.len == 0)
            continue;
        if (set->count == CW_DIMENSIONS_MAX)
            return "a set has 30 keys at the most";
        set->keys[set->count++] = key;
        CHECK(set->count <= CW_DIMENSIONS_MAX);
    }
    return NULL;
}

static const char *sets_read(struct cw_emf *emf)
{
    struct slice rest = slice_of(emf->dimensions_text), text;
    const char *mistake = NULL;

    emf->sets = mem_zalloc(CW_DIMENSION_SETS_MAX, sizeof *emf->sets);
    while (mistake == NULL && slice_next(&rest, ';', &text)) {
        if (emf->set_count == CW_DIMENSION_SETS_MAX)
            return "there are 30 sets at the most";
        mistake = set_read(text, &emf->sets[emf->set_count]);
        emf->set_count += emf->sets[emf->set_count].count > 0;
    }
    return mistake == NULL && emf->set_count == 0 ? "no key is named" : mistake;
}

int cw_emf_init(struct cw_emf *emf, struct plugin_setup *setup)
{
    const char *mistake = NULL;
    int rc = namespace_check(emf, setup);

    if (emf->dimensions_text != NULL)
        mistake = sets_read(emf);
    if (mistake == NULL)
        return rc;
    report_error(setup->report, setup_place(setup, "metric_dimensions"),
                 "metric_dimensions \"%s\": %s; write a;b,c for the sets [a] and [b, c]",
                 emf->dimensions_text, mistake);
    return -EINVAL;
}

void cw_emf_fini(struct cw_emf *emf)
{
    MEM_FREE(&emf->sets);
}

bool cw_emf_is_on(const struct cw_emf *emf)
{
    return emf->namespace_text != NULL || emf->dimensions_text != NULL;
}

/* ---- which records ---- */

static bool is_dimension(const struct cw_emf *emf, struct slice key)
{
    for (unsigned i = 0; i < emf->set_count; i++)
        for (unsigned at = 0; at < emf->sets[i].count; at++)
            if (slice_equal(emf->sets[i].keys[at], key))
                return true;
    return false;
}

static bool is_number(const struct chunk_field *field)
{
    uint8_t first = (uint8_t)field->value.data[0];

    if (field->kind == CHUNK_VALUE_JSON)
        return first == '-' || isdigit(first);
    if (field->kind != CHUNK_VALUE_MSGPACK)
        return false;
    return first <= 0x7f || first >= 0xe0 || (first >= 0xca && first <= 0xd3); /* see msgpack */
}

struct metrics {
    struct slice *names; /* in the arena */
    uint32_t count, capacity;
};

static void metric_add(struct metrics *metrics, struct slice name, struct arena *arena)
{
    if (metrics->count == metrics->capacity) {
        struct slice *old = metrics->names;

        metrics->capacity = metrics->capacity == 0 ? 16 : 2 * metrics->capacity;
        metrics->names = arena_alloc(arena, metrics->capacity * sizeof *metrics->names);
        if (metrics->count > 0)
            memcpy(metrics->names, old, metrics->count * sizeof *old);
    }
    CHECK(metrics->count < metrics->capacity);
    metrics->names[metrics->count++] = name;
}

/* False where it is no record of metrics. */
static bool metrics_find(const struct cw_emf *emf, const struct chunk_record *record,
                         struct arena *scratch, struct metrics *out)
{
    struct chunk_field field;
    struct field_walk walk;

    field_walk_begin(&walk, record);
    while (field_walk_next(&walk, scratch, &field)) {
        if (is_dimension(emf, field.key))
            continue;
        if (!is_number(&field))
            return false;
        metric_add(out, field.key, scratch);
    }
    return out->count > 0;
}

/* ---- writing ---- */

static bool set_is_whole(const struct cw_dimensions *set, const struct chunk_record *record)
{
    for (unsigned i = 0; i < set->count; i++)
        if (!render_has_key(record, set->keys[i]))
            return false;
    return true;
}

static void sets_write(const struct cw_emf *emf, const struct chunk_record *record,
                       struct buffer *out)
{
    size_t from;

    CHECK(emf->set_count == 0 || emf->sets != NULL);
    buffer_append_text(out, "\"Dimensions\":[");
    from = out->len;
    for (unsigned i = 0; i < emf->set_count; i++) {
        const struct cw_dimensions *set = &emf->sets[i];

        if (!set_is_whole(set, record))
            continue;
        buffer_append_text(out, out->len > from ? ",[" : "[");
        for (unsigned at = 0; at < set->count; at++) {
            buffer_append_text(out, at > 0 ? "," : "");
            json_write_text(out, set->keys[at]);
        }
        buffer_append_byte(out, ']');
    }
    buffer_append_text(out, out->len > from ? "]" : "[]]");
}

/* "cpu_p", "cpu0.p_user": parts of a hundred. */
static bool is_percentage(struct slice name)
{
    return slice_ends(name, SLICE("_p")) || memmem(name.data, name.len, ".p_", 3) != NULL;
}

static void metric_write(struct slice name, struct buffer *out)
{
    buffer_append_text(out, "{\"Name\":");
    json_write_text(out, name);
    buffer_append_text(out, is_percentage(name) ? ",\"Unit\":\"Percent\"}" : "}");
}

/* One directive has so many metrics at the most, so that there may be several. */
static void directives_write(const struct cw_emf *emf, const struct chunk_record *record,
                             const struct metrics *metrics, struct buffer *out)
{
    const char *name = emf->namespace_text != NULL ? emf->namespace_text : NAMESPACE;

    CHECK(metrics->count > 0);
    for (uint32_t i = 0; i < metrics->count; i++) {
        if (i % CW_METRICS_MAX == 0) {
            buffer_append_text(out, i > 0 ? "]},{\"Namespace\":" : "{\"Namespace\":");
            json_write_text(out, slice_of(name));
            buffer_append_byte(out, ',');
            sets_write(emf, record, out);
            buffer_append_text(out, ",\"Metrics\":[");
        }
        buffer_append_text(out, i % CW_METRICS_MAX > 0 ? "," : "");
        metric_write(metrics->names[i], out);
    }
    buffer_append_text(out, "]}");
}

bool cw_emf_write(const struct cw_emf *emf, const struct chunk_record *record,
                  struct arena *scratch, struct buffer *out)
{
    struct metrics metrics = {0};
    int64_t ms = record->head.time_ns / NS_PER_MS;

    if (!cw_emf_is_on(emf) || render_has_key(record, SLICE("_aws")) ||
        !metrics_find(emf, record, scratch, &metrics))
        return false;
    buffer_append_format(out, "{\"_aws\":{\"Timestamp\":%" PRId64 ",\"CloudWatchMetrics\":[",
                         ms > 0 ? ms : 0);
    directives_write(emf, record, &metrics, out);
    buffer_append_text(out, "]}");
    render_members(record, out);
    buffer_append_byte(out, '}');
    return true;
}

bool cw_emf_is(struct slice message)
{
    static const struct slice sign = SLICE("\"CloudWatchMetrics\"");

    return message.len > 0 && message.data[0] == '{' &&
           memmem(message.data, message.len, sign.data, sign.len) != NULL;
}

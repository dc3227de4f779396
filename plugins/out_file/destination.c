#include "plugins/out_file/destination.h"

#include <ctype.h>
#include <errno.h>

/* ---- templates ---- */

static int template_date(struct name_template *t, struct place place, struct plugin_setup *setup)
{
    const char *directive = strchr(t->text, '%');

    if (directive == NULL)
        return 0;
    t->is_dated = true;
    t->prefix_len = (size_t)(directive - t->text);
    if (time_pattern_init(&t->date, directive) == 0)
        return 0;
    report_error(setup->report, place, "'%s' makes a date of more than %d bytes", t->text,
                 TIME_PATTERN_BYTES_MAX);
    return -EINVAL;
}

/* Compiles the text as it is at this time, unless that was done last. */
static void template_compile(struct name_template *t, int64_t time_ns)
{
    struct buffer text = {0};
    struct report ignored;

    CHECK(t->text != NULL);
    if (!t->is_dated)
        return;
    CHECK(t->text[t->prefix_len] == '%');
    buffer_append(&text, slice_make(t->text, t->prefix_len));
    buffer_append(&text, time_pattern_text(&t->date, time_ns));
    if (t->accessor != NULL && slice_equal(buffer_view(&text), buffer_view(&t->dated))) {
        buffer_fini(&text);
        return;
    }
    buffer_fini(&t->dated);
    t->dated = text;
    accessor_free(&t->accessor);
    report_init(&ignored);
    t->accessor = accessor_new(buffer_text(&t->dated), &ignored, (struct place){0});
    report_fini(&ignored);
}

static int template_init(struct name_template *t, const char *key, const char *text,
                         bool has_strftime, struct plugin_setup *setup)
{
    struct place place = setup_place(setup, key);

    t->text = text;
    if (text == NULL)
        return 0;
    t->accessor = accessor_new(text, setup->report, place);
    if (t->accessor == NULL)
        return -EINVAL;
    return has_strftime ? template_date(t, place, setup) : 0;
}

static void template_fini(struct name_template *t)
{
    accessor_free(&t->accessor);
    buffer_fini(&t->dated);
}

static bool template_is_dynamic(const struct name_template *t)
{
    struct slice ignored;

    return t->text != NULL && (t->is_dated || !accessor_is_constant(t->accessor, &ignored));
}

static bool template_begins_with_variable(const struct name_template *t)
{
    return t->text != NULL && accessor_part_count(t->accessor) > 0 &&
           accessor_part(t->accessor, 0)->kind != ACCESSOR_TEXT;
}

/* False when a variable is missing. */
static bool template_render(struct name_template *t, const struct chunk_record *record,
                            struct arena *scratch, struct buffer *out)
{
    struct accessor_scope scope = chunk_record_scope(record, scratch);
    bool is_missing = false;

    template_compile(t, record->head.time_ns);
    if (t->accessor == NULL)
        return false;
    buffer_append(out, accessor_render(t->accessor, &scope, &is_missing));
    return !is_missing;
}

/* ---- making ---- */

static char *fallback_make(const struct destination_keys *keys)
{
    const char *folder = keys->fallback_path != NULL ? keys->fallback_path : keys->path;

    if (keys->fallback_file == NULL)
        return NULL;
    if (folder == NULL || (keys->fallback_path == NULL && strpbrk(folder, "$%") != NULL))
        return mem_text(keys->fallback_file);
    return mem_format("%s/%s", folder, keys->fallback_file);
}

static int dynamic_check(const struct destinations *d, struct plugin_setup *setup)
{
    bool is_for_missing = d->keys->on_missing == DESTINATION_FALLBACK;
    bool has_fallback = is_for_missing || d->keys->on_limit == DESTINATION_FALLBACK;
    const char *asked_by = is_for_missing ? "on_missing_field" : "on_limit_reached";

    if (has_fallback && d->fallback == NULL) {
        report_error(setup->report, setup_place(setup, asked_by),
                     "fallback_file is needed for on_missing_field or on_limit_reached fallback");
        return -EINVAL;
    }
    if (template_begins_with_variable(&d->path)) {
        report_error(setup->report, setup_place(setup, "path"),
                     "path '%s' must begin with a folder, not with a variable", d->path.text);
        return -EINVAL;
    }
    return 0;
}

static bool has_limit(const struct destinations *d)
{
    return d->keys->files_max > 0;
}

static void destinations_check(const struct destinations *d)
{
    bool has_fallback =
        d->keys->on_missing == DESTINATION_FALLBACK || d->keys->on_limit == DESTINATION_FALLBACK;

    CHECK(d->is_dynamic == (template_is_dynamic(&d->path) || template_is_dynamic(&d->file)));
    CHECK(!d->is_dynamic || !has_fallback || d->fallback != NULL);
    CHECK(d->is_dynamic || d->known.count == 0);
    CHECK(!has_limit(d) || d->known.count <= (uint64_t)d->keys->files_max);
}

int destinations_init(struct destinations *d, const struct destination_keys *keys,
                      struct plugin_setup *setup)
{
    int rc;

    d->keys = keys;
    map_init(&d->known);
    d->fallback = fallback_make(keys);
    rc = template_init(&d->path, "path", keys->path, keys->has_strftime, setup);
    if (template_init(&d->file, "file", keys->file, keys->has_strftime, setup) < 0 || rc < 0)
        return -EINVAL;
    d->is_dynamic = template_is_dynamic(&d->path) || template_is_dynamic(&d->file);
    if (d->is_dynamic && dynamic_check(d, setup) < 0)
        return -EINVAL;
    destinations_check(d);
    return 0;
}

void destinations_fini(struct destinations *d)
{
    template_fini(&d->path);
    template_fini(&d->file);
    map_fini(&d->known);
    MEM_FREE(&d->fallback);
}

/* ---- names ---- */

static void put_tag_part(struct slice part, struct buffer *out)
{
    if (slice_is(part, ".") || slice_is(part, "..")) {
        buffer_append_byte(out, '_');
        return;
    }
    for (size_t i = 0; i < part.len; i++) {
        unsigned char byte = (unsigned char)part.data[i];
        bool is_plain = byte < 0x80 && (isalnum(byte) || strchr("-_.", byte) != NULL);

        buffer_append_byte(out, is_plain && byte != '\0' ? (char)byte : '_');
    }
}

void destination_of_tag(struct slice tag, struct buffer *out)
{
    struct slice rest = tag, part;
    bool is_first = true;

    while (slice_next(&rest, '/', &part)) {
        if (!is_first)
            buffer_append_byte(out, '/');
        put_tag_part(part, out);
        is_first = false;
    }
}

static bool part_is_sound(struct slice part)
{
    for (size_t i = 0; i < part.len; i++)
        if ((unsigned char)part.data[i] < 0x20 || part.data[i] == 0x7f)
            return false;
    return !slice_is(part, ".") && !slice_is(part, "..");
}

/* A path that came out of a record: it names a file, and leads nowhere else. */
static bool path_is_sound(struct slice path)
{
    struct slice rest = path, part = {0};

    if (path.len == 0 || path.len > DESTINATION_BYTES_MAX)
        return false;
    while (slice_next(&rest, '/', &part))
        if (!part_is_sound(part))
            return false;
    return part.len > 0;
}

static bool path_put(struct destinations *d, const struct chunk_record *record,
                     struct arena *scratch, struct buffer *out)
{
    if (d->path.text != NULL) {
        if (!template_render(&d->path, record, scratch, out))
            return false;
        buffer_append_byte(out, '/');
    }
    if (d->file.text != NULL)
        return template_render(&d->file, record, scratch, out);
    destination_of_tag(record->run->tag, out);
    return true;
}

/* ---- how many there are ---- */

/* Map values may not be NULL, so the time is made odd. */
static void *used_at(uint64_t ms)
{
    return (void *)(uintptr_t)(ms << 1 | 1);
}

static bool is_idle(const void *used, uint64_t now_ms)
{
    return now_ms - ((uint64_t)(uintptr_t)used >> 1) > DESTINATION_IDLE_MS;
}

static void idle_forget(struct destinations *d, uint64_t now_ms)
{
    struct map still = {0};
    struct slice path;
    size_t at = 0;
    void *used;

    while (map_next(&d->known, &at, &path, &used))
        if (!is_idle(used, now_ms))
            map_put(&still, path, used);
    map_fini(&d->known);
    d->known = still;
    destinations_check(d);
}

/* Notes that the path is used; false when there are too many. */
static bool path_admit(struct destinations *d, struct slice path)
{
    uint64_t now_ms = clock_ms();

    CHECK(d->is_dynamic && path.len > 0 && path.len <= DESTINATION_BYTES_MAX);
    if (map_get(&d->known, path) == NULL && has_limit(d) &&
        d->known.count >= (uint64_t)d->keys->files_max) {
        idle_forget(d, now_ms);
        if (d->known.count >= (uint64_t)d->keys->files_max)
            return false;
    }
    map_put(&d->known, path, used_at(now_ms));
    return true;
}

/* ---- finding ---- */

static bool act(struct destinations *d, int action, struct buffer *out, const char **why)
{
    CHECK(action != DESTINATION_FALLBACK || d->fallback != NULL);
    buffer_clear(out);
    if (action == DESTINATION_DROP)
        *why = NULL;
    if (action != DESTINATION_FALLBACK)
        return false;
    buffer_append_text(out, d->fallback);
    buffer_text(out);
    return true;
}

bool destinations_find(struct destinations *d, const struct chunk_record *record,
                       struct arena *scratch, struct buffer *out, const char **why)
{
    bool is_there;

    *why = NULL;
    buffer_clear(out);
    is_there = path_put(d, record, scratch, out);
    if (!d->is_dynamic) {
        buffer_text(out);
        return true;
    }
    if (!is_there || !path_is_sound(buffer_view(out))) {
        *why = "a record lacks what path and file are made of, or it is no name";
        return act(d, d->keys->on_missing, out, why);
    }
    if (!path_admit(d, buffer_view(out))) {
        *why = "max_dynamic_files is reached";
        return act(d, d->keys->on_limit, out, why);
    }
    buffer_text(out);
    return true;
}

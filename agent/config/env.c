#include "config/env.h"

#include "base/buffer.h"
#include "config/files.h"

#include <stdlib.h>
#include <unistd.h>

#define HOST_NAME_BYTES_MAX 256

void env_fini(struct env *env)
{
    map_fini(&env->values);
}

static int value_from_file(struct arena *arena, struct slice path, char **value_out)
{
    struct buffer text = {0};
    struct slice value;
    int rc = file_read_text(arena_copy(arena, path).data, ENV_FILE_BYTES_MAX, &text);

    value = buffer_view(&text);
    if (slice_ends(value, SLICE("\n")))
        value.len--;
    *value_out = arena_text(arena, arena_copy(arena, value).data);
    buffer_fini(&text);
    return rc;
}

int env_set(struct env *env, struct arena *arena, struct slice name, struct slice value)
{
    const struct slice scheme = SLICE("file://");
    char *text = NULL;
    int rc = 0;

    if (slice_begins(value, scheme))
        rc = value_from_file(arena, slice_skip(value, scheme.len), &text);
    else
        text = arena_text(arena, arena_copy(arena, value).data);
    if (rc < 0)
        return rc;
    (void)map_put(&env->values, name, text);
    return 0;
}

/* The name of the host, kept for as long as the process runs. */
static const char *host_name(void)
{
    static char name[HOST_NAME_BYTES_MAX];

    if (name[0] == '\0' && gethostname(name, sizeof name - 1) < 0)
        return NULL;
    return name;
}

const char *env_get(const struct env *env, const char *name)
{
    const char *value = map_get(&env->values, slice_of(name));

    if (value != NULL)
        return value;
    value = getenv(name);
    if (value != NULL && value[0] != '\0')
        return value;
    return strcmp(name, "HOSTNAME") == 0 ? host_name() : NULL;
}

/* The value of what stands between the braces. */
static const char *reference_value(const struct env *env, struct arena *arena,
                                   struct slice reference, bool *is_unset)
{
    const char *text = arena_copy(arena, reference).data;
    const char *fallback = strstr(text, ":-");
    const char *value;

    if (fallback != NULL)
        text = arena_copy(arena, slice_make(text, (size_t)(fallback - text))).data;
    value = env_get(env, text);
    *is_unset = value == NULL && fallback == NULL;
    if (value != NULL)
        return value;
    return fallback == NULL ? "" : fallback + 2;
}

const char *env_expand(const struct env *env, struct arena *arena, const char *text,
                       struct place place, struct report *report)
{
    struct buffer out = {0};
    const char *begin, *end;
    const char *expanded;

    if (strstr(text, "${") == NULL)
        return text;
    while ((begin = strstr(text, "${")) != NULL && (end = strchr(begin, '}')) != NULL) {
        struct slice reference = slice_make(begin + 2, (size_t)(end - begin) - 2);
        bool is_unset;

        buffer_append(&out, slice_make(text, (size_t)(begin - text)));
        buffer_append_text(&out, reference_value(env, arena, reference, &is_unset));
        if (is_unset)
            report_warn(report, place,
                        "the variable '%.*s' is not set, so it is empty here; write "
                        "${%.*s:-...} to give it a default",
                        SLICE_ARG(reference), SLICE_ARG(reference));
        text = end + 1;
    }
    buffer_append_text(&out, text);
    expanded = arena_text(arena, buffer_text(&out));
    buffer_fini(&out);
    return expanded;
}

#include "file/pattern.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *home_of(const char *user)
{
    const char *home = user[0] == '\0' ? getenv("HOME") : NULL;
    const struct passwd *entry;

    if (home != NULL && home[0] != '\0')
        return home;
    entry = user[0] == '\0' ? getpwuid(getuid()) : getpwnam(user);
    return entry ? entry->pw_dir : NULL;
}

/* The text with its leading `~` replaced, in `out`. */
static int tilde_expand(struct slice text, struct buffer *out)
{
    size_t slash = slice_find(text, '/');
    const char *home;
    char *user;

    if (text.len == 0 || text.data[0] != '~') {
        buffer_append(out, text);
        return 0;
    }
    user = mem_text_n(text.data + 1, slash - 1);
    home = home_of(user);
    mem_free(user);
    if (home == NULL)
        return -ENOENT;
    buffer_append_text(out, home);
    buffer_append(out, slice_skip(text, slash));
    return 0;
}

static bool has_wildcard(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("*?[\\", text.data[i]) != NULL)
            return true;
    }
    return false;
}

static void parts_split(struct pattern *p, struct slice rest)
{
    struct slice part;

    while (slice_next(&rest, '/', &part)) {
        if (part.len == 0)
            continue;
        p->parts = mem_resize(p->parts, p->part_count + 1u, sizeof *p->parts);
        p->parts[p->part_count++] = (struct pattern_part){
            .text = mem_text_n(part.data, part.len),
            .has_wildcard = has_wildcard(part),
        };
    }
}

int pattern_init(struct pattern *p, struct slice text)
{
    struct buffer whole = {0};
    int rc;

    *p = (struct pattern){0};
    rc = tilde_expand(slice_trim(text), &whole);
    if (rc == 0 && whole.len >= PATH_MAX)
        rc = -ENAMETOOLONG;
    if (rc == 0) {
        p->is_absolute = whole.len > 0 && whole.data[0] == '/';
        parts_split(p, buffer_view(&whole));
        rc = p->part_count == 0 ? -EINVAL : 0;
    }
    buffer_fini(&whole);
    return rc;
}

void pattern_fini(struct pattern *p)
{
    for (unsigned i = 0; i < p->part_count; i++)
        mem_free(p->parts[i].text);
    mem_free(p->parts);
    *p = (struct pattern){0};
}

bool pattern_is_last(const struct pattern *p, unsigned part)
{
    CHECK(part < p->part_count);
    return part + 1u == p->part_count;
}

bool pattern_matches(const struct pattern *p, unsigned part, const char *name)
{
    const struct pattern_part *at = &p->parts[part];

    CHECK(part < p->part_count);
    if (!at->has_wildcard)
        return strcmp(at->text, name) == 0;
    return fnmatch(at->text, name, FNM_PERIOD) == 0;
}

static bool matches_text(const struct pattern *p, unsigned part, struct slice text)
{
    char name[NAME_MAX + 1];

    if (text.len >= sizeof name)
        return false;
    memcpy(name, text.data, text.len);
    name[text.len] = '\0';
    return pattern_matches(p, part, name);
}

bool pattern_matches_path(const struct pattern *p, const char *path)
{
    struct slice rest = slice_of(path), text;
    unsigned part = 0;

    if (p->is_absolute != (path[0] == '/'))
        return false;
    while (slice_next(&rest, '/', &text)) {
        if (text.len == 0)
            continue;
        if (part == p->part_count || !matches_text(p, part++, text))
            return false;
    }
    return part == p->part_count;
}

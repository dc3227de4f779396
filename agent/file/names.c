#include "file/discover_self.h"

#include "base/clock.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define LINKS_MAX 16

bool path_join(char *out, const char *dir, const char *name)
{
    size_t dir_len = strlen(dir);
    size_t name_len = strlen(name);
    bool needs_slash = dir_len > 0 && dir[dir_len - 1] != '/';

    if (dir_len + needs_slash + name_len + 1 > PATH_MAX)
        return false;
    memcpy(out, dir, dir_len);
    if (needs_slash)
        out[dir_len] = '/';
    memcpy(out + dir_len + needs_slash, name, name_len + 1);
    return true;
}

bool path_cut(char *path)
{
    char *slash = strrchr(path, '/');

    if (path[0] == '\0' || strcmp(path, "/") == 0)
        return false;
    if (slash == NULL)
        path[0] = '\0';
    else if (slash == path)
        path[1] = '\0';
    else
        *slash = '\0';
    return true;
}

/* ---- what a name refers to ---- */

struct look {
    struct file_id id;
    uint64_t size_bytes;
    int64_t modified_ns;
    bool is_file, is_link; /* neither: there is nothing to follow */
};

static int64_t ns_of(struct statx_timestamp t)
{
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static struct look look_at(const char *path, int flags)
{
    struct statx x;

    if (statx(AT_FDCWD, path, flags, STATX_BASIC_STATS | STATX_BTIME, &x) < 0)
        return (struct look){0};
    return (struct look){
        .id.dev = makedev(x.stx_dev_major, x.stx_dev_minor),
        .id.ino = x.stx_ino,
        .id.born_ns = x.stx_mask & STATX_BTIME ? ns_of(x.stx_btime) : 0,
        .size_bytes = x.stx_size,
        .modified_ns = ns_of(x.stx_mtime),
        .is_file = S_ISREG(x.stx_mode),
        .is_link = S_ISLNK(x.stx_mode),
    };
}

/* Follows links at the end of the path, to a name that is none; it need not exist, but its
 * directory must. */
static bool link_resolve(const char *path, char *real)
{
    char at[PATH_MAX], to[PATH_MAX], dir[PATH_MAX];
    const char *name;

    if (!path_join(at, "", path))
        return false;
    for (unsigned hops = 0; hops < LINKS_MAX; hops++) {
        ssize_t len = readlink(at, to, sizeof to - 1);

        if (len < 0)
            break;
        to[len] = '\0';
        if (to[0] == '/' || !path_cut(at))
            at[0] = '\0';
        memcpy(dir, at, strlen(at) + 1);
        if (!path_join(at, dir, to))
            return false;
    }
    name = strrchr(at, '/') ? strrchr(at, '/') + 1 : at;
    memcpy(to, name, strlen(name) + 1);
    if (!path_cut(at) || realpath(at[0] ? at : ".", dir) == NULL)
        return false;
    return path_join(real, dir, to);
}

static bool is_excluded(const struct discover *d, const char *path)
{
    for (size_t i = 0; i < d->wanted.exclude_count; i++) {
        if (fnmatch(d->wanted.excludes[i], path, 0) == 0)
            return true;
    }
    return false;
}

/* The texts of an entry are its own, and constant for everybody else. */
static void text_free(const char *text)
{
    mem_free((void *)(uintptr_t)text);
}

/* ---- the target of a link ---- */

static void target_drop(struct discover *d, struct entry *e)
{
    struct slice real = slice_of(e->file.real);
    struct entry *first = map_get(&d->found.targets, real);

    if (e->file.real == e->file.path)
        return;
    CHECK(first != NULL && list_is_linked(&e->in_target));
    list_remove(&e->in_target);
    if (first == e && e->next_alias == NULL)
        map_remove(&d->found.targets, real);
    else if (first == e)
        map_put(&d->found.targets, real, e->next_alias);
    for (; first != NULL; first = first->next_alias) {
        if (first->next_alias == e) {
            first->next_alias = e->next_alias;
            break;
        }
    }
    e->next_alias = NULL;
    text_free(e->file.real);
    e->file.real = e->file.path;
}

/* Watches the directory where the link's target is, if there is one. */
static void target_take(struct discover *d, struct entry *e)
{
    char real[PATH_MAX], dir[PATH_MAX];
    struct place *place;

    if (!link_resolve(e->file.path, real)) {
        target_drop(d, e);
        return;
    }
    memcpy(dir, real, strlen(real) + 1);
    if (!path_cut(dir) || place_visit(d, dir, NULL, &place) < 0) {
        target_drop(d, e);
        return;
    }
    if (strcmp(real, e->file.real) == 0)
        return;
    target_drop(d, e);
    CHECK(!list_is_linked(&e->in_target));
    list_add_tail(&place->targets, &e->in_target);
    e->file.real = mem_text(real);
    e->next_alias = map_get(&d->found.targets, slice_of(real));
    map_put(&d->found.targets, slice_of(real), e);
}

/* ---- entries ---- */

static bool is_wanted(const struct discover *d, const char *path)
{
    for (size_t i = 0; i < d->wanted.pattern_count; i++)
        if (pattern_matches_path(&d->wanted.patterns[i], path))
            return !is_excluded(d, path);
    return false;
}

bool discover_misses(const struct discover *d, const char *path)
{
    const struct entry *e = map_get(&d->found.files, slice_of(path));

    return e != NULL ? e->is_absent : is_wanted(d, path);
}

static struct entry *entry_new(struct discover *d, struct place *place, const char *path)
{
    struct entry *e = mem_zalloc(1, sizeof *e);

    e->file.path = e->file.real = mem_text(path);
    e->is_absent = true;
    list_init(&e->in_target);
    list_add_tail(&place->files, &e->in_place);
    CHECK(map_put(&d->found.files, slice_of(path), e) == NULL);
    return e;
}

void entry_free(struct discover *d, struct entry *e)
{
    target_drop(d, e);
    list_remove(&e->in_place);
    CHECK(map_remove(&d->found.files, slice_of(e->file.path)) == e);
    text_free(e->file.path);
    mem_free(e);
}

static bool has_room(struct discover *d)
{
    if (d->found.files.count < DISCOVER_FILES_MAX)
        return true;
    if (!d->is_limit_told)
        log_error(d->config.speaker, "more than %d files match; the rest is not read",
                  DISCOVER_FILES_MAX);
    d->is_limit_told = true;
    return false;
}

/* The name refers to this now. */
static void entry_see(struct discover *d, struct entry *e, const struct look *look)
{
    bool is_same = file_id_equal(&e->file.id, &look->id);
    bool is_changed = look->size_bytes != e->size_bytes || look->modified_ns != e->modified_ns;

    e->file.id = look->id;
    e->size_bytes = look->size_bytes;
    e->modified_ns = look->modified_ns;
    if (e->is_absent) {
        e->is_absent = false;
        e->file.user = NULL;
        e->file.is_at_start = d->scan.is_first;
        d->found.file_count++;
        d->ops->found(d->owner, &e->file);
    } else if (!is_same) {
        d->ops->replaced(d->owner, &e->file);
    } else if (is_changed) {
        d->ops->touched(d->owner, &e->file);
    }
}

/* A link keeps its entry while its target's directory is there: rotation leaves it pointing at
 * nothing for a moment. */
static void entry_miss(struct discover *d, struct entry *e)
{
    if (!e->is_absent) {
        e->is_absent = true;
        CHECK(d->found.file_count > 0);
        d->found.file_count--;
        d->ops->gone(d->owner, &e->file);
    }
    if (!e->is_link || e->file.real == e->file.path)
        entry_free(d, e);
}

/* What the name is may have changed from file to link and back. */
static void entry_resolve(struct discover *d, struct entry *e, bool is_link)
{
    e->is_link = is_link;
    if (e->is_link)
        target_take(d, e);
    else
        target_drop(d, e);
}

static void entry_tell(struct discover *d, struct entry *e, const struct look *look)
{
    if (look->is_file)
        entry_see(d, e, look);
    else
        entry_miss(d, e);
}

void entry_check(struct discover *d, struct entry *e)
{
    struct look look = look_at(e->file.path, 0);
    bool is_same = look.is_file && !e->is_absent && file_id_equal(&e->file.id, &look.id);

    e->seen = d->scan.count;
    if (!is_same)
        entry_resolve(d, e, look_at(e->file.path, AT_SYMLINK_NOFOLLOW).is_link);
    entry_tell(d, e, &look);
}

void entry_touch(struct discover *d, struct entry *e)
{
    if (!e->is_absent)
        d->ops->touched(d->owner, &e->file);
    else
        entry_check(d, e);
}

/* One look tells all of a name that is no link. */
static void name_enter(struct discover *d, struct place *place, const char *path)
{
    struct look look = look_at(path, AT_SYMLINK_NOFOLLOW);
    bool is_link = look.is_link;
    struct entry *e;

    if ((!look.is_file && !is_link) || is_excluded(d, path) || !has_room(d))
        return;
    e = entry_new(d, place, path);
    e->seen = d->scan.count;
    if (is_link)
        look = look_at(path, 0);
    entry_resolve(d, e, is_link);
    entry_tell(d, e, &look);
}

void name_consider(struct discover *d, struct place *place, const char *path)
{
    struct entry *e = map_get(&d->found.files, slice_of(path));

    if (e == NULL)
        name_enter(d, place, path);
    else if (e->seen != d->scan.count || e->is_absent)
        entry_check(d, e);
}

void entries_sweep(struct discover *d)
{
    LIST_FOR (it, &d->found.place_list) {
        struct place *place = CONTAINER_OF(it, struct place, link);

        LIST_FOR_SAFE (file, after, &place->files) {
            struct entry *e = CONTAINER_OF(file, struct entry, in_place);

            if (e->seen != d->scan.count)
                entry_check(d, e);
        }
    }
}

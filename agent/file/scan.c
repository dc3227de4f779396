/*
 * Walks patterns down the directories, and listens to what happens in them.
 *
 * Each directory in which a part with a wildcard, or the last part, is matched becomes a place. The
 * parts between that are plain names are walked over; where one of them is missing, the nearest
 * directory that exists waits for it.
 */
#include "file/discover_self.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_TRIES_MAX 8

static const struct pattern *pattern_of(const struct discover *d, struct want want)
{
    CHECK(want.pattern < d->wanted.pattern_count);
    CHECK(want.part < d->wanted.patterns[want.pattern].part_count);
    return &d->wanted.patterns[want.pattern];
}

/* ---- down ---- */

/* A name that matches the wanted part: a file, or a directory to go on in. */
static void match_follow(struct place *place, struct want want, const char *path,
                         unsigned char kind)
{
    struct discover *d = place->discover;

    if (pattern_is_last(pattern_of(d, want), want.part)) {
        if (kind != DT_DIR)
            name_consider(d, place, path);
        return;
    }
    if (kind != DT_REG) {
        want.part++;
        pattern_walk(d, want, path);
    }
}

static void place_list(struct place *place, struct want want)
{
    const struct pattern *pattern = pattern_of(place->discover, want);
    DIR *dir = opendir(place->path[0] ? place->path : ".");
    char path[PATH_MAX];
    struct dirent *item;

    if (dir == NULL)
        return; /* said when it was visited, or gone since */
    while ((item = readdir(dir)) != NULL) {
        if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
            continue;
        if (pattern_matches(pattern, want.part, item->d_name) &&
            path_join(path, place->path, item->d_name))
            match_follow(place, want, path, item->d_type);
    }
    closedir(dir);
}

/* All names in the place that match the wanted part. */
static void place_match(struct place *place, struct want want)
{
    const struct pattern_part *part = &pattern_of(place->discover, want)->parts[want.part];
    char path[PATH_MAX];

    if (part->has_wildcard)
        place_list(place, want);
    else if (path_join(path, place->path, part->text))
        match_follow(place, want, path, DT_UNKNOWN);
}

/* Some plain part between `first` and `want` is missing: watches the nearest directory there is.
 * True when the part that is waited for came up meanwhile, and the walk can go on from `path`. */
static bool missing_wait(struct discover *d, struct want *want, unsigned first, char *path)
{
    struct place *place;
    char next[PATH_MAX];

    while (want->part > first) {
        want->part--;
        if (!path_cut(path))
            return false;
        if (place_visit(d, path, want, &place) < 0)
            continue;
        return path_join(next, path, pattern_of(d, *want)->parts[want->part].text) &&
               access(next, F_OK) == 0;
    }
    return false;
}

/* Goes over plain parts to the place of the next wildcard, or of the last part. */
static bool plain_parts_skip(const struct pattern *pattern, struct want *want, char *path)
{
    char next[PATH_MAX];

    while (!pattern->parts[want->part].has_wildcard && !pattern_is_last(pattern, want->part)) {
        if (!path_join(next, path, pattern->parts[want->part].text))
            return false;
        memcpy(path, next, strlen(next) + 1);
        want->part++;
    }
    return true;
}

void pattern_walk(struct discover *d, struct want want, const char *from)
{
    unsigned first = want.part;
    char path[PATH_MAX];
    struct place *place;

    if (!path_join(path, "", from))
        return;
    for (unsigned tries = 0; tries < WAIT_TRIES_MAX; tries++) {
        if (!plain_parts_skip(pattern_of(d, want), &want, path))
            return;
        if (place_visit(d, path, &want, &place) == 0) {
            place_match(place, want);
            return;
        }
        if (!missing_wait(d, &want, first, path))
            return;
    }
}

void place_look(struct place *place)
{
    struct discover *d = place->discover;

    for (size_t i = 0; i < place->want_count; i++)
        place_match(place, place->wants[i]);
    LIST_FOR_SAFE (it, after, &place->files) {
        struct entry *e = CONTAINER_OF(it, struct entry, in_place);

        if (e->seen != d->scan.count)
            entry_check(d, e);
    }
    LIST_FOR_SAFE (it, after, &place->targets) {
        entry_check(d, CONTAINER_OF(it, struct entry, in_target));
    }
}

/* ---- events ---- */

/* Goes back up over plain parts, to what stands under a wildcard, or to the root. */
static void want_base(const struct discover *d, struct want *want, char *path)
{
    const struct pattern *pattern = pattern_of(d, *want);

    while (want->part > 0 && !pattern->parts[want->part - 1].has_wildcard && path_cut(path))
        want->part--;
}

static void place_gone(struct place *place)
{
    struct discover *d = place->discover;
    char path[PATH_MAX], base[PATH_MAX];
    struct want *wants;
    size_t count;

    memcpy(path, place->path, strlen(place->path) + 1);
    d->scan.count++; /* everything here is looked at anew */
    count = place_end(place, &wants);
    place_look(place);
    for (size_t i = 0; i < count; i++) {
        memcpy(base, path, strlen(path) + 1);
        want_base(d, &wants[i], base);
        pattern_walk(d, wants[i], base);
    }
    mem_free(wants);
    places_sweep(d);
}

/* The name was not known: is it wanted? */
static void name_new(struct place *place, const struct watch_event *event, const char *path)
{
    unsigned char kind = event->is_dir ? DT_DIR : DT_UNKNOWN;

    for (size_t i = 0; i < place->want_count; i++) {
        struct want want = place->wants[i];

        if (pattern_matches(pattern_of(place->discover, want), want.part, event->name.data))
            match_follow(place, want, path, kind);
    }
}

static void entry_event(struct discover *d, struct entry *e, enum watch_what what)
{
    if (what == WATCH_MODIFIED || what == WATCH_ATTRIB)
        entry_touch(d, e);
    else
        entry_check(d, e);
}

/* True when the path is the target of some link. */
static bool targets_event(struct discover *d, const char *path, enum watch_what what)
{
    struct entry *e = map_get(&d->found.targets, slice_of(path));
    bool is_target = e != NULL;

    while (e != NULL) {
        struct entry *next = e->next_alias;

        entry_event(d, e, what);
        e = next;
    }
    return is_target;
}

static void on_event(void *owner, const struct watch_event *event)
{
    struct place *place = owner;
    struct discover *d = place->discover;
    struct entry *e;
    char path[PATH_MAX];

    if (event->what == WATCH_DIR_GONE) {
        place_gone(place);
        return;
    }
    if (!path_join(path, place->path, event->name.data))
        return;
    e = map_get(&d->found.files, slice_of(path));
    if (e != NULL)
        entry_event(d, e, event->what);
    if (targets_event(d, path, event->what) || e != NULL)
        return;
    if (event->what != WATCH_DELETED && event->what != WATCH_MOVED_FROM)
        name_new(place, event, path);
}

static void on_overflow(void *owner)
{
    struct discover *d = owner;

    discover_scan_soon(d);
}

const struct watch_ops discover_watch_ops = {.event = on_event, .overflow = on_overflow};

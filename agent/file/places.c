#include "file/discover_self.h"

#include "base/memory.h"

#include <errno.h>
#include <sys/stat.h>

static struct place *place_new(struct discover *d, const char *path)
{
    struct place *place = mem_zalloc(1, sizeof *place);

    place->discover = d;
    place->path = mem_text(path);
    list_init(&place->files);
    list_init(&place->targets);
    list_add_tail(&d->found.place_list, &place->link);
    CHECK(map_put(&d->found.places, slice_of(path), place) == NULL);
    return place;
}

static void place_free(struct place *place)
{
    struct discover *d = place->discover;

    CHECK(list_is_empty(&place->files) && list_is_empty(&place->targets));
    CHECK(place->want_count == 0);
    watch_dir_free(&place->watch);
    list_remove(&place->link);
    CHECK(map_remove(&d->found.places, slice_of(place->path)) == place);
    mem_free(place->wants);
    mem_free(place->path);
    mem_free(place);
}

static bool is_needed(const struct place *place)
{
    return place->want_count > 0 || !list_is_empty(&place->files) ||
           !list_is_empty(&place->targets);
}

static void want_add(struct place *place, const struct want *want)
{
    for (size_t i = 0; i < place->want_count; i++) {
        if (place->wants[i].pattern == want->pattern && place->wants[i].part == want->part)
            return;
    }
    place->wants = mem_resize(place->wants, place->want_count + 1, sizeof *place->wants);
    place->wants[place->want_count++] = *want;
}

/* Says once that a directory cannot be read; the scans try again. */
static void place_tell(struct place *place, int code)
{
    if (!place->is_told)
        log_error(place->discover->config.speaker, "cannot read the directory %s: %s", place->path,
                  strerror(-code));
    place->is_told = true;
}

static int dir_id_read(const char *path, struct file_id *id)
{
    struct stat facts;

    if (stat(path, &facts) < 0)
        return -errno;
    if (!S_ISDIR(facts.st_mode))
        return -ENOTDIR;
    *id = (struct file_id){.dev = facts.st_dev, .ino = facts.st_ino};
    return 0;
}

/* Watches the directory that the path means now; the path may be a link that was changed. */
static int place_watch(struct place *place)
{
    const char *path = place->path[0] ? place->path : ".";
    struct file_id id;
    int rc = dir_id_read(path, &id);

    if (rc < 0)
        return rc;
    if (!file_id_equal(&id, &place->id))
        watch_dir_free(&place->watch);
    place->id = id;
    if (place->watch != NULL) {
        watch_dir_retry(place->watch);
        return 0;
    }
    return watch_dir_add(place->discover->watch, path, place, &place->watch);
}

static bool is_missing(int code)
{
    return code == -ENOENT || code == -ENOTDIR || code == -ELOOP || code == -ENAMETOOLONG;
}

static bool has_room(struct discover *d)
{
    if (d->found.places.count < DISCOVER_DIRS_MAX)
        return true;
    if (!d->is_limit_told)
        log_error(d->config.speaker, "more than %d directories match; the rest is not read",
                  DISCOVER_DIRS_MAX);
    d->is_limit_told = true;
    return false;
}

int place_visit(struct discover *d, const char *path, const struct want *want,
                struct place **place_out)
{
    struct place *place = map_get(&d->found.places, slice_of(path));
    bool is_fresh = place != NULL && place->watch != NULL && place->seen == d->scan.count;
    int rc = 0;

    if (place == NULL && !has_room(d))
        return -ENOSPC;
    if (place == NULL)
        place = place_new(d, path);
    if (!is_fresh)
        rc = place_watch(place);
    if (rc < 0 && is_missing(rc)) {
        watch_dir_free(&place->watch);
        return rc; /* the sweep frees it */
    }
    if (rc < 0)
        place_tell(place, rc);
    else
        place->is_told = false;
    place->seen = d->scan.count;
    if (want != NULL)
        want_add(place, want);
    *place_out = place;
    return 0;
}

size_t place_end(struct place *place, struct want **wants_out)
{
    size_t count = place->want_count;

    watch_dir_free(&place->watch);
    *wants_out = place->wants;
    place->wants = NULL;
    place->want_count = 0;
    return count;
}

void places_sweep(struct discover *d)
{
    LIST_FOR_SAFE (it, after, &d->found.place_list) {
        struct place *place = CONTAINER_OF(it, struct place, link);

        if (!is_needed(place))
            place_free(place);
    }
}

#include "file/discover_self.h"

#include "base/clock.h"
#include "base/memory.h"
#include "loop/loop.h"

#include <errno.h>

/* Scans after lost events are at least this far apart. */
#define SCAN_GAP_MS 1000

static void on_refresh(void *owner);
static void on_poll(void *owner);

struct discover *discover_new(struct loop *loop, const struct discover_config *config,
                              const struct discover_ops *ops, void *owner)
{
    struct discover *d = mem_zalloc(1, sizeof *d);

    CHECK(ops->found != NULL && ops->gone != NULL && ops->replaced != NULL && ops->touched != NULL);
    d->loop = loop;
    d->config = *config;
    if (d->config.refresh_ms == 0)
        d->config.refresh_ms = DISCOVER_REFRESH_MS;
    if (d->config.poll_ms == 0)
        d->config.poll_ms = DISCOVER_POLL_MS;
    d->ops = ops;
    d->owner = owner;
    d->watch = watch_join(loop, &discover_watch_ops, d);
    watch_use_inotify(d->watch, config->use_inotify);
    d->timers.refresh = timer_new(loop, on_refresh, d);
    d->timers.soon = timer_new(loop, on_refresh, d);
    d->timers.poll = timer_new(loop, on_poll, d);
    map_init(&d->found.files);
    map_init(&d->found.targets);
    map_init(&d->found.places);
    list_init(&d->found.place_list);
    return d;
}

static void entries_free(struct discover *d)
{
    LIST_FOR (it, &d->found.place_list) {
        struct place *place = CONTAINER_OF(it, struct place, link);
        struct want *wants;

        LIST_FOR_SAFE (file, after, &place->files) {
            entry_free(d, CONTAINER_OF(file, struct entry, in_place));
        }
        (void)place_end(place, &wants);
        mem_free(wants);
    }
}

void discover_free(struct discover **address)
{
    struct discover *d = *address;

    *address = NULL;
    if (d == NULL)
        return;
    entries_free(d);
    places_sweep(d);
    CHECK(d->found.files.count == 0 && d->found.targets.count == 0 && d->found.places.count == 0);
    watch_leave(&d->watch);
    timer_free(&d->timers.refresh);
    timer_free(&d->timers.soon);
    timer_free(&d->timers.poll);
    for (size_t i = 0; i < d->wanted.pattern_count; i++)
        pattern_fini(&d->wanted.patterns[i]);
    for (size_t i = 0; i < d->wanted.exclude_count; i++)
        mem_free(d->wanted.excludes[i]);
    mem_free(d->wanted.patterns);
    mem_free(d->wanted.excludes);
    map_fini(&d->found.files);
    map_fini(&d->found.targets);
    map_fini(&d->found.places);
    mem_free(d);
}

int discover_add(struct discover *d, struct slice glob)
{
    struct pattern pattern;
    int rc;

    CHECK(d->scan.count == 0);
    if (d->wanted.pattern_count >= UINT16_MAX)
        return -E2BIG;
    rc = pattern_init(&pattern, glob);
    if (rc < 0) {
        pattern_fini(&pattern);
        return rc;
    }
    d->wanted.patterns =
        mem_resize(d->wanted.patterns, d->wanted.pattern_count + 1, sizeof *d->wanted.patterns);
    d->wanted.patterns[d->wanted.pattern_count++] = pattern;
    return 0;
}

void discover_exclude(struct discover *d, struct slice pattern)
{
    CHECK(d->scan.count == 0);
    pattern = slice_trim(pattern);
    d->wanted.excludes =
        mem_resize(d->wanted.excludes, d->wanted.exclude_count + 1, sizeof *d->wanted.excludes);
    d->wanted.excludes[d->wanted.exclude_count++] = mem_text_n(pattern.data, pattern.len);
}

void discover_start(struct discover *d)
{
    CHECK(d->scan.count == 0);
    discover_scan(d);
    timer_repeat(d->timers.refresh, d->config.refresh_ms);
    timer_repeat(d->timers.poll, d->config.poll_ms);
}

/* ---- scans ---- */

/* Where the last scan did not come by, nothing is wanted any more. */
static void wants_sweep(struct discover *d)
{
    LIST_FOR (it, &d->found.place_list) {
        struct place *place = CONTAINER_OF(it, struct place, link);

        if (place->seen != d->scan.count)
            place->want_count = 0;
    }
}

void discover_scan(struct discover *d)
{
    d->scan.is_first = d->scan.count == 0;
    d->scan.count++;
    d->scan.at_ms = clock_ms();
    timer_stop(d->timers.soon);
    for (size_t i = 0; i < d->wanted.pattern_count; i++) {
        struct want want = {.pattern = (uint16_t)i};

        pattern_walk(d, want, d->wanted.patterns[i].is_absolute ? "/" : "");
    }
    entries_sweep(d);
    wants_sweep(d);
    places_sweep(d);
    if (d->ops->scanned != NULL)
        d->ops->scanned(d->owner, d->scan.is_first);
    d->scan.is_first = false;
}

void discover_scan_soon(struct discover *d)
{
    uint64_t next_ms = d->scan.at_ms + SCAN_GAP_MS;
    uint64_t now_ms = clock_ms();

    if (!timer_is_on(d->timers.soon))
        timer_start(d->timers.soon, next_ms > now_ms ? next_ms - now_ms : 0);
}

static void on_refresh(void *owner)
{
    discover_scan(owner);
}

static bool place_is_polled(const struct place *place)
{
    return place->watch != NULL && watch_dir_is_polled(place->watch);
}

void discover_poll(struct discover *d)
{
    CHECK(d->scan.count > 0);
    d->scan.count++;
    LIST_FOR (it, &d->found.place_list) {
        struct place *place = CONTAINER_OF(it, struct place, link);

        if (place_is_polled(place))
            place_look(place);
    }
    places_sweep(d);
}

static void on_poll(void *owner)
{
    struct discover *d = owner;

    if (discover_polled_count(d) > 0)
        discover_poll(d);
}

/* ---- counts ---- */

size_t discover_file_count(const struct discover *d)
{
    CHECK(d->found.file_count <= d->found.files.count);
    return d->found.file_count;
}

size_t discover_dir_count(const struct discover *d)
{
    return d->found.places.count;
}

size_t discover_polled_count(const struct discover *d)
{
    size_t count = 0;

    LIST_FOR (it, &d->found.place_list) {
        count += place_is_polled(CONTAINER_OF(it, struct place, link));
    }
    return count;
}

#include "file/listing.h"

#include "base/clock.h"
#include "base/memory.h"
#include "file/watch.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

static void names_drop(struct listing *l)
{
    for (size_t i = 0; i < l->count; i++)
        mem_free(l->names[i].text);
    l->count = 0;
    l->is_telling = false;
    MEM_FREE(&l->path);
}

static void name_add(struct listing *l, const struct dirent *item)
{
    if (l->count == l->room) {
        l->room = l->room > 0 ? l->room * 2 : 16;
        l->names = mem_resize(l->names, l->room, sizeof *l->names);
    }
    l->names[l->count++] = (struct listing_name){mem_text(item->d_name), item->d_ino};
}

static int64_t time_ns(struct timespec time)
{
    return time.tv_sec * NS_PER_S + time.tv_nsec;
}

static bool is_equal(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
           time_ns(a->st_mtim) == time_ns(b->st_mtim) && time_ns(a->st_ctim) == time_ns(b->st_ctim);
}

/* What has whole milliseconds only may count in seconds. */
static bool is_fine(struct timespec time)
{
    return time.tv_nsec % NS_PER_MS != 0;
}

/* Before the directory is read: what changes from now on has another time. */
static bool stat_read(struct listing *l, const char *path)
{
    int64_t now = clock_wall_ns();
    int64_t step = FILE_TIME_STEP_MS * NS_PER_MS;

    if (stat(path, &l->dir) < 0)
        return false;
    if (!is_fine(l->dir.st_mtim))
        step = 2 * NS_PER_S;
    return now - time_ns(l->dir.st_mtim) > step && !path_is_remote(path);
}

static int order(const void *a, const void *b)
{
    const struct listing_name *x = a, *y = b;

    return strcmp(x->text, y->text);
}

static int read_anew(struct listing *l, const char *path)
{
    bool is_telling = stat_read(l, path);
    struct dirent *item;
    DIR *dir = opendir(path);

    if (dir == NULL)
        return -errno;
    while ((item = readdir(dir)) != NULL)
        name_add(l, item);
    closedir(dir);
    if (l->count > 1)
        qsort(l->names, l->count, sizeof *l->names, order);
    l->path = mem_text(path);
    l->is_telling = is_telling;
    l->read_count++;
    return 0;
}

int listing_read(struct listing *l, const char *path)
{
    if (l->path != NULL && strcmp(l->path, path) == 0 && listing_is_still(l))
        return 0;
    names_drop(l);
    return read_anew(l, path);
}

bool listing_is_still(const struct listing *l)
{
    struct stat now;

    return l->is_telling && stat(l->path, &now) == 0 && is_equal(&now, &l->dir);
}

static bool is_before(const char *name, struct slice beginning)
{
    return strncmp(name, beginning.data, beginning.len) < 0;
}

size_t listing_find(const struct listing *l, struct slice beginning)
{
    size_t from = 0, to = l->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (is_before(l->names[middle].text, beginning))
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

void listing_fini(struct listing *l)
{
    uint64_t read_count = l->read_count;

    names_drop(l);
    mem_free(l->names);
    *l = (struct listing){.read_count = read_count};
}

#include "plugins/out_file/rotate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 *   rotate_file     the file gets its new name
 *   compress        a .part file is made beside it, named .gz when whole; then the plain one goes
 *   prune           the oldest of the rotated files go, until files_max are left
 *
 * A crash leaves the plain file, and perhaps a .part that nobody reads.
 */

#define PIECE_BYTES ((size_t)1 << 20)
#define SUFFIX_LEN 25 /* .YYYYMMDD_HHMMSS_xxxxxxxx */

bool rotate_is_due(const struct rotation *r, uint64_t size, size_t more)
{
    return r->is_on && size > 0 && size + more > r->bytes_max;
}

/* ---- compressing ---- */

/* Reads a piece and appends it as a gzip member. 0 at the end of the file. */
static int64_t piece_compress(int from, int to, struct buffer *plain, struct buffer *packed)
{
    ssize_t count = read(from, buffer_reserve(plain, PIECE_BYTES), PIECE_BYTES);
    size_t written;
    int rc;

    if (count < 0)
        return -errno;
    if (count == 0)
        return 0;
    buffer_clear(packed);
    rc = gzip_compress(slice_make(plain->data, (size_t)count), packed);
    if (rc == 0)
        rc = descriptor_write(to, buffer_view(packed), &written);
    return rc < 0 ? rc : count;
}

static int64_t pieces_compress(int from, int to)
{
    struct buffer plain = {0}, packed = {0};
    int64_t rc;

    do
        rc = piece_compress(from, to, &plain, &packed);
    while (rc > 0);
    buffer_fini(&plain);
    buffer_fini(&packed);
    return rc;
}

static int copy_compressed(const char *path, const char *part)
{
    int from = open(path, O_RDONLY | O_CLOEXEC), to = -1;
    int64_t rc = from < 0 ? -errno : 0;

    if (rc == 0) {
        to = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        rc = to < 0 ? -errno : pieces_compress(from, to);
    }
    if (to >= 0 && close(to) < 0 && rc == 0)
        rc = -errno;
    if (from >= 0)
        close(from);
    return (int)rc;
}

static void compress(const struct rotation *r, const char *path)
{
    char *part = mem_format("%s.gz.part", path), *whole = mem_format("%s.gz", path);
    int rc = copy_compressed(path, part);

    if (rc == 0 && rename(part, whole) < 0)
        rc = -errno;
    if (rc == 0) {
        unlink(path);
    } else {
        unlink(part);
        log_warn(r->component, "%s was rotated but not compressed: %s", path, strerror(-rc));
    }
    mem_free(part);
    mem_free(whole);
}

/* ---- pruning ---- */

/* Whether a name is `base` with the suffix of a rotation. */
static bool is_rotated(struct slice name, struct slice base)
{
    static const char shape[] = ".########_######_########";

    _Static_assert(sizeof shape - 1 == SUFFIX_LEN, "the shape is the suffix's");
    if (!slice_begins(name, base))
        return false;
    name = slice_skip(name, base.len);
    if (slice_ends(name, SLICE(".gz")))
        name.len -= strlen(".gz");
    if (name.len != SUFFIX_LEN)
        return false;
    for (size_t i = 0; i < SUFFIX_LEN; i++) {
        bool is_hex = memchr("0123456789abcdef", name.data[i], 16) != NULL;

        if (shape[i] == '#' ? !is_hex : name.data[i] != shape[i])
            return false;
    }
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_read(DIR *dir, struct slice base, struct text_list *names)
{
    struct dirent *entry;

    while ((entry = readdir(dir)) != NULL)
        if (is_rotated(slice_of(entry->d_name), base) &&
            text_list_add(names, slice_of(entry->d_name), (struct place){0}) < 0)
            return;
}

static void prune(const struct rotation *r, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    char *folder = slash != NULL ? mem_text_n(path, (size_t)(slash - path) + 1) : mem_text("./");
    struct text_list names = {0};
    DIR *dir = opendir(folder);

    CHECK(r->files_max > 0);
    if (dir != NULL) {
        names_read(dir, slice_of(base), &names);
        qsort(names.items, names.count, sizeof *names.items, by_name);
        for (size_t i = 0; i + (size_t)r->files_max < names.count; i++)
            if (unlinkat(dirfd(dir), names.items[i], 0) < 0)
                log_warn(r->component, "%s%s cannot be removed: %s", folder, names.items[i],
                         strerror(errno));
        closedir(dir);
    }
    text_list_fini(&names);
    mem_free(folder);
}

/* ---- rotating ---- */

int rotate_file(const struct rotation *r, const char *path)
{
    struct buffer name = {0};
    int64_t now_ns = clock_wall_ns();
    int rc;

    CHECK(r->is_on && path[0] != '\0');
    buffer_append_format(&name, "%s.", path);
    rc = time_format_utc(now_ns, "%Y%m%d_%H%M%S", &name);
    CHECK(rc == 0);
    buffer_append_format(&name, "_%08x", (unsigned)(now_ns % NS_PER_S));
    if (access(buffer_text(&name), F_OK) == 0)
        rc = -EEXIST;
    else if (rename(path, buffer_text(&name)) < 0)
        rc = -errno;
    if (rc == 0 && r->has_gzip)
        compress(r, buffer_text(&name));
    if (rc == 0 && r->files_max > 0)
        prune(r, path);
    buffer_fini(&name);
    return rc;
}

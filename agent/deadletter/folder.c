#include "deadletter/folder.h"

#include "base/clock.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_NAME "lock"
#define FILES_PER_TOTAL 8
#define FILE_BYTES_MIN 4096
#define FILE_BYTES_MAX ((uint64_t)64 << 20) /* who replays one has it in memory */
#define COUNT_BYTES 65536
#define OWNER_BYTES 48

/*
 * Once it is open there is a directory, and a lock that may be somebody else's of this process. A file
 * holds no more than file_bytes_max, but for one writing that is longer by itself.
 */
struct letter_folder {
    int dir_fd;
    int lock_fd;
    bool has_lock; /* else another pipeline of this process has it */
    struct letter_limits limits;
    uint64_t number; /* of the file that is written to; 0: none yet */
};

struct letter_limits letter_limits_of(uint64_t bytes_max)
{
    uint64_t file_bytes = bytes_max / FILES_PER_TOTAL;

    return (struct letter_limits){
        .bytes_max = bytes_max,
        .file_bytes_max = file_bytes < FILE_BYTES_MIN   ? FILE_BYTES_MIN
                          : file_bytes > FILE_BYTES_MAX ? FILE_BYTES_MAX
                                                        : file_bytes,
        .files_max = LETTER_FILES_MAX,
    };
}

/* ---- the directory ---- */

/* It and what leads to it. */
static int directory_make(const char *path)
{
    char part[LETTER_PATH_BYTES_MAX];
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof part)
        return -ENAMETOOLONG;
    memcpy(part, path, len + 1);
    for (size_t i = 1; i < len; i++) {
        if (part[i] != '/')
            continue;
        part[i] = '\0';
        (void)mkdir(part, 0755); /* the last one says what is wrong */
        part[i] = '/';
    }
    return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

/* This process, in the lock: its pid and, as containers have pids of their own, a random word. */
static const char *owner_self(void)
{
    static char self[OWNER_BYTES];
    uint64_t word = 0;

    if (self[0] != '\0')
        return self;
    if (getrandom(&word, sizeof word, GRND_NONBLOCK) != (ssize_t)sizeof word)
        word = (uint64_t)clock_wall_ns();
    snprintf(self, sizeof self, "%ld %016" PRIx64 "\n", (long)getpid(), word);
    return self;
}

/* Somebody has the lock. Another pipeline of this process may: both write, each to files that the
 * other has not locked. */
static int owner_ask(const struct letter_folder *f, const char *path, char why[256])
{
    char owner[OWNER_BYTES] = {0};
    ssize_t len = pread(f->lock_fd, owner, sizeof owner - 1, 0);

    if (len > 0 && strcmp(owner, owner_self()) == 0)
        return 0;
    snprintf(why, 256, "%.160s is owned by another running agent (pid %.*s)", path,
             len > 0 ? (int)strcspn(owner, " \n") : 1, len > 0 ? owner : "?");
    return -EBUSY;
}

static int lock_take(struct letter_folder *f, const char *path, char why[256])
{
    const char *self = owner_self();
    struct stat lock;

    CHECK(!f->has_lock && f->dir_fd >= 0);
    f->lock_fd = openat(f->dir_fd, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (f->lock_fd < 0)
        return -errno;
    if (flock(f->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return owner_ask(f, path, why);
    f->has_lock = true;
    if (fstat(f->lock_fd, &lock) < 0 || !S_ISREG(lock.st_mode) || lock.st_nlink != 1)
        return 0; /* something else by that name: not to be written to */
    if (ftruncate(f->lock_fd, 0) < 0 || pwrite(f->lock_fd, self, strlen(self), 0) < 0)
        return 0; /* a full disk leaves it without words; it is the lock that counts */
    return 0;
}

/* Takes it over from another pipeline of this process, once that one has ended. */
static void lock_inherit(struct letter_folder *f)
{
    f->has_lock = f->has_lock || flock(f->lock_fd, LOCK_EX | LOCK_NB) == 0;
}

/* The newest file is gone on with; one that somebody else has made odd is left as it is. */
static uint64_t newest_number(const struct letter_folder *f)
{
    struct letter_file files[LETTER_FILES_MAX];
    int count = letter_files_list(f->dir_fd, files);

    return count > 0 ? files[count - 1].number : 0;
}

int letter_folder_open(const char *path, const struct letter_limits *limits,
                       struct letter_folder **folder_out, char why[256])
{
    struct letter_folder *f = mem_zalloc(1, sizeof *f);
    int rc = directory_make(path);

    *folder_out = NULL;
    f->limits = *limits;
    f->lock_fd = f->dir_fd = -1;
    why[0] = '\0';
    if (rc == 0) {
        f->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        rc = f->dir_fd < 0 ? -errno : lock_take(f, path, why);
    }
    if (rc < 0) {
        if (why[0] == '\0')
            snprintf(why, 256, "%.160s: %s", path, strerror(-rc));
        letter_folder_close(&f);
        return rc;
    }
    f->number = newest_number(f);
    *folder_out = f;
    return 0;
}

void letter_folder_close(struct letter_folder **address)
{
    struct letter_folder *f = *address;

    *address = NULL;
    if (f == NULL)
        return;
    if (f->lock_fd >= 0)
        close(f->lock_fd);
    if (f->dir_fd >= 0)
        close(f->dir_fd);
    mem_free(f);
}

/* ---- room ---- */

static void folder_check(const struct letter_folder *f)
{
    CHECK(f->dir_fd >= 0 && f->lock_fd >= 0);
    CHECK(f->limits.files_max > 0 && f->limits.files_max <= LETTER_FILES_MAX);
    CHECK(f->limits.file_bytes_max > 0);
}

static uint64_t letters_in(int dir_fd, const char *name)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char *bytes = mem_alloc(COUNT_BYTES);
    uint64_t count = 0;
    ssize_t len;

    while (fd >= 0 && (len = read(fd, bytes, COUNT_BYTES)) > 0)
        for (ssize_t i = 0; i < len; i++)
            count += bytes[i] == '\n';
    if (fd >= 0)
        close(fd);
    mem_free(bytes);
    return count;
}

/* Removes the oldest until `extra` bytes and one more file fit. */
static int room_make(struct letter_folder *f, uint64_t extra, uint64_t *deleted)
{
    struct letter_file files[LETTER_FILES_MAX];
    int count = letter_files_list(f->dir_fd, files), oldest = 0;
    uint64_t bytes = 0;

    if (count < 0)
        return count;
    if (extra > f->limits.bytes_max)
        return -EFBIG;
    for (int i = 0; i < count; i++)
        bytes += files[i].bytes;
    for (; oldest < count && (bytes + extra > f->limits.bytes_max ||
                              (unsigned)(count - oldest) >= f->limits.files_max);
         oldest++) {
        char name[LETTER_NAME_BYTES];
        uint64_t letters;

        letter_file_name(files[oldest].number, name);
        letters = letters_in(f->dir_fd, name);
        if (unlinkat(f->dir_fd, name, 0) < 0 && errno != ENOENT)
            return -errno;
        *deleted += letters;
        bytes -= files[oldest].bytes;
    }
    return 0;
}

/* ---- writing ---- */

/* Whether what was opened is still what has the name, locked by us, and fit to be gone on with. */
static bool file_is_ours(const struct letter_folder *f, int fd, const char *name, uint64_t extra)
{
    struct stat held, named;
    char last = '\n';

    if (flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &held) < 0 ||
        fstatat(f->dir_fd, name, &named, AT_SYMLINK_NOFOLLOW) < 0 || held.st_ino != named.st_ino ||
        !S_ISREG(held.st_mode) || held.st_nlink != 1)
        return false;
    if (held.st_size == 0)
        return true;
    return (uint64_t)held.st_size + extra <= f->limits.file_bytes_max &&
           pread(fd, &last, 1, held.st_size - 1) == 1 && last == '\n';
}

/* The current file, or the next one. */
static int file_open(struct letter_folder *f, uint64_t extra)
{
    char name[LETTER_NAME_BYTES];
    int fd;

    letter_file_name(f->number, name);
    fd = f->number == 0 ? -1 : openat(f->dir_fd, name, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && file_is_ours(f, fd, name, extra))
        return fd;
    if (fd >= 0)
        close(fd);
    do {
        letter_file_name(++f->number, name);
        fd = openat(f->dir_fd, name, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    } while (fd < 0 && errno == EEXIST);
    if (fd < 0)
        return -errno;
    (void)fsync(f->dir_fd);
    (void)flock(fd, LOCK_EX | LOCK_NB);
    return fd;
}

static int write_all(int fd, struct slice bytes)
{
    while (bytes.len > 0) {
        ssize_t count = write(fd, bytes.data, bytes.len);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return count < 0 ? -errno : -EIO;
        bytes = slice_skip(bytes, (size_t)count);
    }
    return 0;
}

/* What cannot be cut off again is a line that nobody goes on with. */
static void write_undo(struct letter_folder *f, int fd, off_t bytes_before)
{
    if (ftruncate(fd, bytes_before) < 0)
        f->number++;
    (void)fdatasync(fd);
}

int letter_folder_append(struct letter_folder *f, struct slice lines, uint64_t *deleted_out)
{
    struct stat before;
    int fd, rc;

    *deleted_out = 0;
    lock_inherit(f);
    folder_check(f);
    CHECK(lines.len > 0 && lines.data[lines.len - 1] == '\n');
    rc = room_make(f, lines.len, deleted_out);
    if (rc < 0)
        return rc;
    fd = file_open(f, lines.len);
    if (fd < 0)
        return fd;
    rc = fstat(fd, &before) < 0 ? -errno : write_all(fd, lines);
    if (rc == 0 && fdatasync(fd) < 0)
        rc = -errno;
    if (rc < 0)
        write_undo(f, fd, before.st_size);
    close(fd);
    return rc;
}

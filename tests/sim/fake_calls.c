#include "sim/fake_calls.h"

#include "base/clock.h"

#include "base/memory.h"
#include "sim/dice.h"
#include "sim/fake.h"
#include "sim/fs.h"
#include "sim/life.h"
#include "sim/logs.h"
#include "sim/story.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#define FD_FIRST 3
#define FD_MAX 512
#define DEVICE_MINOR 7

struct open_file {
    struct fs_node *node;
    uint64_t at;
    uint64_t size, size_before; /* as the agent saw it, and before it was truncated */
    uint64_t size_between;      /* and before it was truncated again */
    bool is_truncated;
    bool is_inotify;
};

struct fake_dir {
    char path[FS_PATH_BYTES];
    char (*names)[FS_PATH_BYTES];
    uint64_t *numbers;
    size_t count, at;
    struct dirent item;
};

static struct {
    struct open_file files[FD_MAX];
    unsigned calls_left;
    void (*act)(void);
    bool is_lacking, is_seen_kept;
} calls;

void fake_calls_keep_seen(bool is_kept)
{
    calls.is_seen_kept = is_kept;
}

void fake_calls_meanwhile(unsigned count, void (*act)(void))
{
    calls.calls_left = count;
    calls.act = act;
}

void fake_calls_lack_descriptors(bool is_lacking)
{
    calls.is_lacking = is_lacking;
}

static void enter(void)
{
    if (calls.calls_left > 0 && --calls.calls_left == 0)
        calls.act();
}

static int fail(int code)
{
    errno = code;
    return -1;
}

static struct open_file *file_at(int fd)
{
    struct open_file *file = fd >= FD_FIRST && fd < FD_MAX ? &calls.files[fd] : NULL;

    EXPECT(file != NULL && (file->node != NULL || file->is_inotify),
           "descriptor %d is used and not open", fd);
    return file;
}

static int fd_new(struct fs_node *node)
{
    for (int fd = FD_FIRST; fd < FD_MAX; fd++) {
        struct open_file *file = &calls.files[fd];

        if (file->node != NULL || file->is_inotify)
            continue;
        *file = (struct open_file){.node = node, .is_inotify = node == NULL};
        if (node != NULL)
            fs_hold(node);
        return fd;
    }
    return fail(EMFILE);
}

struct fs_node *fake_calls_node(int fd)
{
    return file_at(fd)->node;
}

uint64_t fake_calls_seen_bytes(int fd)
{
    return file_at(fd)->size_before;
}

uint64_t fake_calls_seen_between_bytes(int fd)
{
    return file_at(fd)->size_between;
}

void fake_calls_renew(int fd)
{
    struct open_file *file = file_at(fd);

    *file = (struct open_file){.node = file->node};
}

void fake_calls_begin_seen(int fd)
{
    struct open_file *file = file_at(fd);

    file->size_before = file->size_between = 0;
    file->is_truncated = false;
}

void fake_calls_truncated(const struct fs_node *node)
{
    for (int fd = FD_FIRST; fd < FD_MAX; fd++) {
        struct open_file *file = &calls.files[fd];

        if (file->node != node || file->size == 0)
            continue;
        if (file->is_truncated) {
            file->size_between = file->size > file->size_between ? file->size : file->size_between;
            continue;
        }
        file->size_before = file->size;
        file->is_truncated = true;
    }
}

bool fake_fd_is_readable(int fd)
{
    return file_at(fd)->is_inotify && fs_has_events();
}

/* ---- open and close ---- */

int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_access(const char *path, int mode);
int __wrap_getrlimit(__rlimit_resource_t resource, struct rlimit *limit);
int __wrap_uname(struct utsname *names);

int __wrap_open(const char *path, int flags, ...)
{
    struct fs_node *node;

    enter();
    CHECK((flags & O_ACCMODE) == O_RDONLY);
    node = fs_follow(path);
    if (node == NULL)
        return fail(ENOENT);
    if (node->is_denied)
        return fail(EACCES);
    if (calls.is_lacking)
        return fail(EMFILE);
    logs_note_opened(path);
    return fd_new(node);
}

int __wrap_close(int fd)
{
    struct open_file *file = file_at(fd);
    struct fs_node *node = file->node;
    bool is_end = node != NULL && fs_is_last_hold(node);

    if (file->is_inotify)
        fs_watch_end();
    *file = (struct open_file){0};
    if (node != NULL)
        fs_drop(node);
    if (is_end)
        fs_sweep(life_is_on());
    return 0;
}

int __wrap_fcntl(int fd, int command, ...)
{
    int copy;

    CHECK(command == F_DUPFD_CLOEXEC);
    if (calls.is_lacking)
        return fail(EMFILE);
    copy = fd_new(file_at(fd)->node);
    if (calls.is_seen_kept && copy >= 0)
        *file_at(copy) = *file_at(fd);
    return copy;
}

int __wrap_access(const char *path, int mode)
{
    (void)mode;
    enter();
    return fs_follow(path) != NULL ? 0 : fail(ENOENT);
}

int __wrap_getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{
    CHECK(resource == RLIMIT_NOFILE);
    *limit = (struct rlimit){.rlim_cur = FD_MAX, .rlim_max = FD_MAX};
    return 0;
}

int __wrap_uname(struct utsname *names)
{
    *names = (struct utsname){.nodename = "simulated"};
    return 0;
}

/* ---- reading ---- */

ssize_t __wrap_pread(int fd, void *to, size_t len, off_t at);
ssize_t __wrap___pread_chk(int fd, void *to, size_t len, off_t at, size_t room);
ssize_t __wrap_read(int fd, void *to, size_t len);
ssize_t __wrap___read_chk(int fd, void *to, size_t len, size_t room);

/* Fewer bytes than there are, now and then, and interruptions. */
ssize_t __wrap_pread(int fd, void *to, size_t len, off_t at)
{
    const struct fs_node *node;
    uint64_t from = (uint64_t)at;

    enter();
    node = file_at(fd)->node;
    if (node->is_broken)
        return fail(EIO);
    if (dice_one_in(200))
        return fail(EINTR);
    if (from >= node->bytes.len)
        return 0;
    if (len > node->bytes.len - from)
        len = node->bytes.len - from;
    if (len > 1 && dice_one_in(50))
        len = dice_between(1, len);
    memcpy(to, node->bytes.data + from, len);
    return (ssize_t)len;
}

ssize_t __wrap___pread_chk(int fd, void *to, size_t len, off_t at, size_t room)
{
    CHECK(len <= room);
    return __wrap_pread(fd, to, len, at);
}

ssize_t __wrap_read(int fd, void *to, size_t len)
{
    struct open_file *file = file_at(fd);
    size_t count;

    if (file->is_inotify) {
        count = fs_events_read(to, len);
        return count > 0 ? (ssize_t)count : fail(EAGAIN);
    }
    if (len > file->node->bytes.len - file->at)
        len = file->node->bytes.len - file->at;
    if (len > 0)
        memcpy(to, file->node->bytes.data + file->at, len);
    file->at += len;
    return (ssize_t)len;
}

ssize_t __wrap___read_chk(int fd, void *to, size_t len, size_t room)
{
    CHECK(len <= room);
    return __wrap_read(fd, to, len);
}

/* ---- looking ---- */

int __wrap_statx(int fd, const char *path, int flags, unsigned mask, struct statx *out);
int __wrap_stat(const char *path, struct stat *out);
int __wrap_lstat(const char *path, struct stat *out);
int __wrap_fstat(int fd, struct stat *out);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_statfs(const char *path, struct statfs *out);

static mode_t mode_of(const struct fs_node *node)
{
    static const mode_t modes[] = {[FS_FILE] = S_IFREG, [FS_DIR] = S_IFDIR, [FS_LINK] = S_IFLNK};

    return modes[node->kind] | 0644;
}

static struct statx_timestamp timestamp(int64_t ns)
{
    return (struct statx_timestamp){.tv_sec = ns / 1000000000,
                                    .tv_nsec = (uint32_t)(ns % 1000000000)};
}

static const struct fs_node *node_of(int fd, const char *path, int flags)
{
    if (flags & AT_EMPTY_PATH)
        return file_at(fd)->node;
    return flags & AT_SYMLINK_NOFOLLOW ? fs_find(path) : fs_follow(path);
}

/* While it cannot be read its size alone tells nothing of a truncation. */
static void file_see(struct open_file *file)
{
    file->size = file->node->bytes.len;
    if (file->is_truncated && file->node->is_broken && file->size > file->size_between)
        file->size_between = file->size;
}

int __wrap_statx(int fd, const char *path, int flags, unsigned mask, struct statx *out)
{
    const struct fs_node *node;

    (void)mask;
    enter();
    node = node_of(fd, path, flags);
    if (node == NULL)
        return fail(ENOENT);
    if (flags & AT_EMPTY_PATH)
        file_see(file_at(fd));
    *out = (struct statx){
        .stx_mask = STATX_BASIC_STATS,
        .stx_mode = (uint16_t)mode_of(node),
        .stx_nlink = node->names,
        .stx_ino = node->ino,
        .stx_size = node->bytes.len,
        .stx_dev_minor = DEVICE_MINOR,
        .stx_mtime = timestamp(node->modified_ns),
    };
    if (fs_traits()->has_births) {
        out->stx_mask |= STATX_BTIME;
        out->stx_btime = timestamp(node->born_ns);
    }
    return 0;
}

static int stat_node(const struct fs_node *node, struct stat *out)
{
    if (node == NULL)
        return fail(ENOENT);
    *out = (struct stat){
        .st_dev = makedev(0, DEVICE_MINOR),
        .st_ino = node->ino,
        .st_mode = mode_of(node),
        .st_nlink = node->names,
        .st_size = (off_t)node->bytes.len,
        .st_mtim = {.tv_sec = node->modified_ns / NS_PER_S,
                    .tv_nsec = node->modified_ns % NS_PER_S},
    };
    return 0;
}

int __wrap_stat(const char *path, struct stat *out)
{
    enter();
    return stat_node(fs_follow(path), out);
}

int __wrap_lstat(const char *path, struct stat *out)
{
    enter();
    return stat_node(fs_find(path), out);
}

int __wrap_fstat(int fd, struct stat *out)
{
    return stat_node(file_at(fd)->node, out);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    int *out;

    CHECK(request == FS_IOC_GETVERSION);
    if (!fs_traits()->has_generations)
        return fail(ENOTTY);
    va_start(arguments, request);
    out = va_arg(arguments, int *);
    va_end(arguments);
    *out = (int)file_at(fd)->node->generation;
    return 0;
}

int __wrap_statfs(const char *path, struct statfs *out)
{
    (void)path;
    *out = (struct statfs){.f_type = EXT4_SUPER_MAGIC};
    return 0;
}

/* ---- links and directories ---- */

ssize_t __wrap_readlink(const char *path, char *to, size_t room);
ssize_t __wrap___readlink_chk(const char *path, char *to, size_t room, size_t size);
char *__wrap_realpath(const char *path, char *to);
char *__wrap___realpath_chk(const char *path, char *to, size_t size);
DIR *__wrap_opendir(const char *path);
struct dirent *__wrap_readdir(DIR *opened);
int __wrap_closedir(DIR *opened);
void __wrap_rewinddir(DIR *opened);

ssize_t __wrap_readlink(const char *path, char *to, size_t room)
{
    const char *at_fd = "/proc/self/fd/";
    struct fs_node *node;
    const char *text;
    int len;

    enter();
    if (strncmp(path, at_fd, strlen(at_fd)) == 0) {
        node = file_at((int)strtol(path + strlen(at_fd), NULL, 10))->node;
        text = fs_path_of(node);
        len = snprintf(to, room, "%s%s", text != NULL ? text : node->last_path,
                       text != NULL ? "" : " (deleted)");
        return len;
    }
    node = fs_find(path);
    if (node == NULL)
        return fail(ENOENT);
    if (node->kind != FS_LINK)
        return fail(EINVAL);
    memcpy(to, node->bytes.data, node->bytes.len);
    return (ssize_t)node->bytes.len;
}

ssize_t __wrap___readlink_chk(const char *path, char *to, size_t room, size_t size)
{
    CHECK(room <= size);
    return __wrap_readlink(path, to, room);
}

char *__wrap_realpath(const char *path, char *to)
{
    const struct fs_node *node;

    enter();
    node = fs_follow(path);
    if (node == NULL) {
        errno = ENOENT;
        return NULL;
    }
    snprintf(to, PATH_MAX, "%s", fs_path_of(node));
    return to;
}

char *__wrap___realpath_chk(const char *path, char *to, size_t size)
{
    CHECK(size >= PATH_MAX);
    return __wrap_realpath(path, to);
}

/* What is there now; what comes and goes later is not seen. */
static void dir_list(struct fake_dir *dir)
{
    const char *name;
    char path[2 * FS_PATH_BYTES];

    dir->count = dir->at = 0;
    while ((name = fs_name_in(dir->path, dir->count)) != NULL) {
        dir->names = mem_resize(dir->names, dir->count + 1, sizeof *dir->names);
        dir->numbers = mem_resize(dir->numbers, dir->count + 1, sizeof *dir->numbers);
        snprintf(path, sizeof path, "%s/%s", dir->path[1] != '\0' ? dir->path : "", name);
        dir->numbers[dir->count] = fs_find(path)->ino;
        snprintf(dir->names[dir->count++], FS_PATH_BYTES, "%s", name);
    }
}

DIR *__wrap_opendir(const char *path)
{
    struct fake_dir *dir;

    enter();
    if (fs_follow(path) == NULL || fs_follow(path)->kind != FS_DIR) {
        errno = fs_follow(path) == NULL ? ENOENT : ENOTDIR;
        return NULL;
    }
    dir = mem_zalloc(1, sizeof *dir);
    snprintf(dir->path, sizeof dir->path, "%s", path);
    dir_list(dir);
    return (DIR *)(void *)dir;
}

struct dirent *__wrap_readdir(DIR *opened)
{
    struct fake_dir *dir = (struct fake_dir *)(void *)opened;

    if (dir->at == dir->count)
        return NULL;
    dir->item = (struct dirent){.d_type = DT_UNKNOWN, .d_ino = dir->numbers[dir->at]};
    snprintf(dir->item.d_name, sizeof dir->item.d_name, "%s", dir->names[dir->at++]);
    return &dir->item;
}

void __wrap_rewinddir(DIR *opened)
{
    enter();
    dir_list((struct fake_dir *)(void *)opened);
}

int __wrap_closedir(DIR *opened)
{
    struct fake_dir *dir = (struct fake_dir *)(void *)opened;

    mem_free(dir->names);
    mem_free(dir->numbers);
    mem_free(dir);
    return 0;
}

/* ---- inotify ---- */

int __wrap_inotify_init1(int flags);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_rm_watch(int fd, int wd);

int __wrap_inotify_init1(int flags)
{
    (void)flags;
    return fs_traits()->has_inotify ? fd_new(NULL) : fail(EMFILE);
}

int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    enter();
    CHECK(file_at(fd)->is_inotify);
    if (fs_follow(path) == NULL || fs_follow(path)->kind != FS_DIR)
        return fail(fs_follow(path) == NULL ? ENOENT : ENOTDIR);
    return fs_watch(path, mask);
}

int __wrap_inotify_rm_watch(int fd, int wd)
{
    CHECK(file_at(fd)->is_inotify);
    fs_unwatch(wd);
    return 0;
}

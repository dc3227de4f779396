#include "kit/tree.h"

#include "base/gzip.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zlib.h>

static char root[PATH_MAX / 2];

void tree_plant(void)
{
    const char *where = getenv("TMPDIR");

    snprintf(root, sizeof root, "%s/tailrace-tree-XXXXXX", where ? where : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(root));
}

static int fell_one(const char *path, const struct stat *facts, int kind, struct FTW *at)
{
    (void)facts;
    (void)kind;
    (void)at;
    return remove(path);
}

void tree_fell(void)
{
    ck_assert_int_eq(nftw(root, fell_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

const char *tree_path(const char *name)
{
    static char texts[4][PATH_MAX];
    static unsigned turn;
    char *text = texts[turn++ % 4];

    if (name[0] == '\0')
        snprintf(text, PATH_MAX, "%s", root);
    else
        snprintf(text, PATH_MAX, "%s/%s", root, name);
    return text;
}

/* Makes the folders that stand before the last slash. */
static void make_way(const char *name)
{
    char part[PATH_MAX];

    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - name), name);
        if (mkdir(tree_path(part), 0755) < 0)
            ck_assert_int_eq(errno, EEXIST);
    }
}

static void put(const char *name, const void *bytes, size_t len, int how)
{
    int fd;

    make_way(name);
    fd = open(tree_path(name), O_WRONLY | O_CREAT | O_CLOEXEC | how, 0644);
    ck_assert_msg(fd >= 0, "%s: %s", name, strerror(errno));
    ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

void tree_write(const char *name, const char *text)
{
    put(name, text, strlen(text), O_TRUNC);
}

void tree_append(const char *name, const char *text)
{
    put(name, text, strlen(text), O_APPEND);
}

void tree_write_bytes(const char *name, const void *bytes, size_t len)
{
    put(name, bytes, len, O_TRUNC);
}

static void put_gzip(const char *name, const char *text, const char *mode)
{
    gzFile file;

    make_way(name);
    file = gzopen(tree_path(name), mode);
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, text, (unsigned)strlen(text)), (int)strlen(text));
    ck_assert_int_eq(gzclose(file), Z_OK);
}

void tree_write_gzip(const char *name, const char *text)
{
    put_gzip(name, text, "wb");
}

void tree_append_gzip(const char *name, const char *text)
{
    put_gzip(name, text, "ab");
}

void tree_write_gzip_thin(const char *name, const char *text, size_t member_bytes, long stride)
{
    size_t len = strlen(text);
    struct buffer member = {0};
    FILE *file;

    make_way(name);
    file = fopen(tree_path(name), "wb");
    ck_assert_ptr_nonnull(file);
    for (size_t at = 0; at < len; at += member_bytes) {
        size_t some = len - at < member_bytes ? len - at : member_bytes;

        buffer_clear(&member);
        ck_assert_int_eq(gzip_compress(slice_make(text + at, some), &member), 0);
        ck_assert_int_le((long)member.len, stride);
        ck_assert_int_eq(fseek(file, stride * (long)(at / member_bytes), SEEK_SET), 0);
        ck_assert_uint_eq(fwrite(member.data, 1, member.len, file), member.len);
    }
    ck_assert_int_eq(fclose(file), 0);
    buffer_fini(&member);
}

void tree_folder(const char *name)
{
    make_way(name);
    ck_assert_int_eq(mkdir(tree_path(name), 0755), 0);
}

void tree_rename(const char *from, const char *to)
{
    make_way(to);
    ck_assert_int_eq(rename(tree_path(from), tree_path(to)), 0);
}

void tree_remove(const char *name)
{
    ck_assert_int_eq(nftw(tree_path(name), fell_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void tree_copy(const char *from, const char *to)
{
    char bytes[65536];
    int in = tree_open(from);
    ssize_t count;

    tree_write(to, "");
    while ((count = read(in, bytes, sizeof bytes)) > 0)
        put(to, bytes, (size_t)count, O_APPEND);
    ck_assert_int_eq(count, 0);
    close(in);
}

void tree_truncate(const char *name, long size)
{
    ck_assert_int_eq(truncate(tree_path(name), size), 0);
}

static void root_may_all(bool may_all)
{
    const unsigned all = 1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH;
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

    ck_assert_int_eq(syscall(SYS_capget, &head, data), 0);
    data[0].effective &= ~all;
    if (may_all)
        data[0].effective |= data[0].permitted & all;
    ck_assert_int_eq(syscall(SYS_capset, &head, data), 0);
}

void tree_forbid(const char *name)
{
    ck_assert_int_eq(chmod(tree_path(name), 0), 0);
    root_may_all(false);
}

void tree_permit(const char *name)
{
    ck_assert_int_eq(chmod(tree_path(name), 0644), 0);
    root_may_all(true);
}

void tree_link(const char *target, const char *name)
{
    make_way(name);
    (void)unlink(tree_path(".link"));
    ck_assert_int_eq(symlink(tree_path(target), tree_path(".link")), 0);
    tree_rename(".link", name);
}

int tree_open(const char *name)
{
    int fd = open(tree_path(name), O_RDONLY | O_CLOEXEC);

    ck_assert_msg(fd >= 0, "%s: %s", name, strerror(errno));
    return fd;
}

bool tree_has(const char *name)
{
    struct stat facts;

    return lstat(tree_path(name), &facts) == 0;
}

const char *tree_read(const char *name, size_t *len)
{
    static char text[TREE_READ_MAX + 1];
    FILE *file = fopen(tree_path(name), "re");
    size_t count;

    if (file == NULL)
        return NULL;
    count = fread(text, 1, TREE_READ_MAX, file);
    ck_assert_int_eq(fclose(file), 0);
    text[count] = '\0';
    if (len != NULL)
        *len = count;
    return text;
}

const char *tree_list(void)
{
    static char text[TREE_READ_MAX];
    struct dirent **entries;
    int count = scandir(tree_path(""), &entries, NULL, alphasort);
    size_t len = 0;

    ck_assert_int_ge(count, 0);
    text[0] = '\0';
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.')
            len += (size_t)snprintf(text + len, sizeof text - len, "%s\n", entries[i]->d_name);
        ck_assert_uint_lt(len, sizeof text);
        free(entries[i]);
    }
    free(entries);
    return text;
}

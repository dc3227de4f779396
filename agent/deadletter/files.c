#include "deadletter/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_HEAD "letters-"
#define NAME_TAIL ".jsonl"
#define NUMBER_DIGITS 10
#define NUMBER_MAX UINT64_C(8999999999) /* what is above was not made here, and is let be */

void letter_file_name(uint64_t number, char name[LETTER_NAME_BYTES])
{
    int len =
        snprintf(name, LETTER_NAME_BYTES, NAME_HEAD "%0*" PRIu64 NAME_TAIL, NUMBER_DIGITS, number);

    CHECK(len > 0 && len < LETTER_NAME_BYTES);
}

/* The number in a name, or 0. */
static uint64_t number_of(const char *name)
{
    char again[LETTER_NAME_BYTES];
    uint64_t number;

    if (!slice_begins(slice_of(name), SLICE(NAME_HEAD)))
        return 0;
    number = strtoull(name + sizeof NAME_HEAD - 1, NULL, 10);
    letter_file_name(number, again);
    return strcmp(name, again) == 0 && number <= NUMBER_MAX ? number : 0;
}

static int by_number(const void *left, const void *right)
{
    const struct letter_file *a = left, *b = right;

    return a->number < b->number ? -1 : a->number > b->number;
}

/* Keeps the newest of them, in order. */
static int file_add(struct letter_file *files, int count, struct letter_file file)
{
    CHECK(count >= 0 && count <= LETTER_FILES_MAX);
    if (count == LETTER_FILES_MAX) {
        qsort(files, (size_t)count, sizeof *files, by_number);
        if (file.number > files[0].number)
            files[0] = file;
        return count;
    }
    files[count] = file;
    return count + 1;
}

int letter_files_list(int dir_fd, struct letter_file files[LETTER_FILES_MAX])
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), count = 0;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (dir == NULL) {
        int rc = -errno;

        if (fd >= 0)
            close(fd);
        return rc;
    }
    while ((entry = readdir(dir)) != NULL) {
        uint64_t number = number_of(entry->d_name);
        struct stat stat;

        if (number != 0 && fstatat(dir_fd, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(stat.st_mode))
            count = file_add(files, count, (struct letter_file){number, (uint64_t)stat.st_size});
    }
    closedir(dir);
    qsort(files, (size_t)count, sizeof *files, by_number);
    return count;
}

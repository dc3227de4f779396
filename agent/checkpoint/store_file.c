#include "checkpoint/positions_self.h"

#include "base/log.h"
#include "base/memory.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The database file, while somebody else may delete it. SQLite goes on writing to the deleted one; when
 * the configuration is read again, the next ones to open it begin a new one.
 */

struct store_file store_file_of(const char *path, bool is_memory)
{
    static uint64_t last_number;
    struct store_file file = {.number = ++last_number};
    struct stat facts;

    if (is_memory || stat(path, &facts) < 0)
        return file;
    file.dev = facts.st_dev;
    file.ino = facts.st_ino;
    return file;
}

bool store_is_there(const struct store *store)
{
    struct stat facts;

    if (store->where.is_memory || store->where.file.ino == 0)
        return true;
    return stat(store->where.path, &facts) == 0 && facts.st_ino == store->where.file.ino &&
           facts.st_dev == store->where.file.dev;
}

static void gone_leave(const struct store *store)
{
    char *wal = mem_format("%s-wal", store->where.path);
    char *shm = mem_format("%s-shm", store->where.path);

    log_error(store->where.speaker,
              "%s was deleted or replaced while it was in use: the files that are open keep their "
              "places, which are saved to the new one; of others it is not known any more how far "
              "they were read",
              store->where.path);
    (void)unlink(shm);
    if (access(store->where.path, F_OK) < 0)
        (void)unlink(wal);
    mem_free(wal);
    mem_free(shm);
}

void stores_gone_leave(struct list *stores, const char *path)
{
    char real[PATH_MAX];

    if (realpath(path, real))
        path = real;
    LIST_FOR (it, stores) {
        const struct store *store = CONTAINER_OF(it, struct store, link);

        if (strcmp(store->where.path, path) == 0 && !store_is_there(store))
            gone_leave(store);
    }
}

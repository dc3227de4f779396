#include "checkpoint/orphans.h"

#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"

#include <string.h>
#include <unistd.h>

struct entry {
    struct list link;
    char *positions;
    struct orphan orphan;
};

static struct list entries = {&entries, &entries};

void orphans_leave(const char *positions, const struct orphan *orphan)
{
    struct entry *e = mem_zalloc(1, sizeof *e);

    CHECK(orphan->path != NULL);
    CHECK(orphan->fd >= 0);
    e->positions = mem_text(positions);
    e->orphan = *orphan;
    list_add_tail(&entries, &e->link);
}

static void entry_free(struct entry *e)
{
    list_remove(&e->link);
    mem_free(e->positions);
    mem_free(e);
}

bool orphans_take(const char *positions, struct orphan *orphan_out)
{
    LIST_FOR (it, &entries) {
        struct entry *e = CONTAINER_OF(it, struct entry, link);

        if (strcmp(e->positions, positions) != 0)
            continue;
        *orphan_out = e->orphan;
        entry_free(e);
        return true;
    }
    return false;
}

void orphans_close(void)
{
    LIST_FOR_SAFE (it, after, &entries) {
        struct entry *e = CONTAINER_OF(it, struct entry, link);

        log_info("tailrace", "%s is not followed any more", e->orphan.path);
        close(e->orphan.fd);
        mem_free(e->orphan.path);
        mem_free(e->orphan.real);
        mem_free(e->orphan.note);
        entry_free(e);
    }
}

#include "plugins/in_tail/origin.h"

#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/kin.h"
#include "plugins/in_tail/lanes.h"
#include "plugins/in_tail/tail.h"

/*
 * What the chunks that have records of a file say to it: how far they are settled, that an output left
 * them, that the last one is gone. The file may be closed by then.
 */

static struct tail_file *file_of(struct origin *origin)
{
    return CONTAINER_OF(origin, struct tail_file, origin);
}

static void origin_settled(struct origin *origin)
{
    struct tail_file *f = file_of(origin);

    tail_kin_settled(f);
    if (f->tail == NULL)
        return;
    tail_bookmark_save(f);
    if (f->source.state.is_rotated)
        tail_file_touch(f);
}

static void origin_free(struct origin *origin)
{
    struct tail_file *f = file_of(origin);

    tail_kin_forget(f);
    origin_fini(origin);
    mem_free(f->log.path);
    mem_free(f->log.real_path);
    mem_free(f);
}

static const char *file_path(const struct origin *origin)
{
    return CONTAINER_OF(origin, const struct tail_file, origin)->log.path;
}

static const char *file_real_path(const struct origin *origin)
{
    return CONTAINER_OF(origin, const struct tail_file, origin)->log.real_path;
}

static void origin_left(struct origin *origin, unsigned output, uint64_t begin)
{
    tail_file_left(file_of(origin), output, begin);
}

const struct origin_ops tail_origin_ops = {
    .settled = origin_settled,
    .left = origin_left,
    .file = file_path,
    .real_file = file_real_path,
    .free = origin_free,
};

#include "plugins/in_tail/reach.h"

#include "plugins/in_tail/laggard.h"
#include "plugins/in_tail/open.h"

static const struct tail_laggard *laggard_at(const struct list *link)
{
    return CONTAINER_OF(link, const struct tail_laggard, link);
}

static struct list *laggards_of(const struct tail_file *f)
{
    return (struct list *)(uintptr_t)&f->readers.laggards;
}

/* What was read behind the end of its copy is nowhere. */
uint64_t tail_file_not_behind(const struct tail_file *f, uint64_t offset)
{
    return UNLIKELY(f->source.copy_bytes > 0 && offset > f->source.copy_bytes)
               ? f->source.copy_bytes
               : offset;
}

uint64_t tail_file_issued(const struct tail_file *f)
{
    return tail_file_not_behind(f, f->origin.window.issued);
}

uint64_t tail_file_settled_alone(const struct tail_file *f)
{
    uint64_t settled = tail_file_not_behind(f, f->origin.window.settled);

    LIST_FOR (it, laggards_of(f))
        if (laggard_at(it)->file.origin.window.settled < settled)
            settled = laggard_at(it)->file.origin.window.settled;
    return settled;
}

/* One that was lent pieces was read from its beginning; kin.c. */
uint64_t tail_file_settled(const struct tail_file *f)
{
    return UNLIKELY(f->kin.lender != NULL) ? 0 : tail_file_settled_alone(f);
}

uint64_t tail_file_reached(const struct tail_file *f)
{
    uint64_t least = tail_source_next(&f->source);

    LIST_FOR (it, laggards_of(f)) {
        const struct tail_laggard *l = laggard_at(it);

        if (l->state != LAGGARD_DRAINS && l->file.origin.window.issued < least)
            least = l->file.origin.window.issued;
    }
    return least;
}

uint64_t tail_file_unrepeated_bytes(const struct tail_file *f)
{
    return tail_source_next(&f->source) - tail_file_reached(f);
}

#include "sim/pieces.h"

#include "base/clock.h"
#include "line/joiner.h"
#include "line/multiline.h"
#include "sim/dice.h"
#include "sim/fs.h"
#include "sim/life.h"

#include <stdlib.h>

#define PIECES_ONE_IN 3

/* A file that nobody tells of is found so late. */
#define FOUND_MS 2500

static bool are_drawn;

void pieces_draw(void)
{
    are_drawn = dice_one_in(4) || getenv("SIM_PIECES") != NULL;
}

bool pieces_are_drawn(void)
{
    return are_drawn;
}

void pieces_begin(struct pieces *p, struct line *line, bool is_last)
{
    bool is_first = p->last == NULL;

    if (!are_drawn)
        return;
    if (is_first)
        *p = (struct pieces){.begin_ms = clock_ms()};
    truth_group(line, p->last);
    p->count++;
    CHECK(p->count <= TRUTH_PIECES_MAX);
    line->is_open = !is_last && p->count < TRUTH_PIECES_MAX && dice_one_in(PIECES_ONE_IN);
    p->last = line;
}

struct slice pieces_head(const struct line *line)
{
    if (!are_drawn)
        return (struct slice){0};
    return line->is_open ? SLICE("2023-11-14T22:13:20.000000000Z stdout P ")
                         : SLICE("2023-11-14T22:13:20.000000000Z stdout F ");
}

/* The agent reads a piece when it is there or later, waits from then on, and looks at the file
 * before it gives up; while it hands over it looks for no other file. */
static uint64_t most_ms_of(const struct pieces *p)
{
    if (!p->is_parted)
        return MULTILINE_FLUSH_MS_DEFAULT;
    return life_is_stopping() ? 0 : MULTILINE_FLUSH_MS_DEFAULT - FOUND_MS;
}

void pieces_whole(struct pieces *p, const struct line *line)
{
    uint64_t now = clock_ms(), most_ms = most_ms_of(p);

    if (!are_drawn)
        return;
    CHECK(p->last == line);
    if (p->count > 1 &&
        (now - p->whole_ms >= most_ms ||
         now - p->begin_ms >= JOINER_GROWTH_FLUSHES_MAX * (uint64_t)MULTILINE_FLUSH_MS_DEFAULT))
        truth_may_part(line);
    p->whole_ms = now;
    p->is_parted = false;
    if (!line->is_open)
        p->last = NULL;
}

/* One that is parted is whole again where the agent reads both files, and for all outputs together. */
void pieces_part(struct pieces *p)
{
    if (p->last == NULL)
        return;
    p->is_parted = true;
    if (++p->files > 1 || truth_output_count() > 1 || getenv("SIM_TROUBLE") != NULL ||
        !fs_has_identities())
        truth_may_part(p->last);
}

void pieces_copy(struct pieces *p)
{
    if (p->last != NULL)
        truth_may_part(p->last);
}

#include "sim/pieces.h"

#include "base/clock.h"
#include "line/joiner.h"
#include "line/multiline.h"
#include "sim/dice.h"
#include "sim/fs.h"
#include "sim/life.h"

#include <stdlib.h>
#include <string.h>

#define PIECES_ONE_IN 3

/* A file that nobody tells of is found so late. */
#define FOUND_MS 2500

/* How they are written. */
struct frame {
    const char *name, *config, *sections;
    const char *open, *last; /* before the text of a piece that others follow, and of others */
    const char *open_tail, *last_tail; /* behind it */
    const char *rest;                  /* before those that are not the first */
    const char *between;               /* in the record */
    unsigned streams;
};

#define CRI_TIME "2023-11-14T22:13:20.000000000Z "
#define DOCKER_TAIL "\"stream\":\"stdout\",\"time\":\"2023-11-14T22:13:20.000000000Z\"}"

static const struct frame frames[] = {
    {.name = "as CRI writes them",
     .config = " multiline.parser cri\n",
     .open = CRI_TIME "stdout P ",
     .last = CRI_TIME "stdout F ",
     .streams = 1},
    {.name = "as CRI writes them, of two streams",
     .config = " multiline.parser cri\n",
     .open = CRI_TIME "std??? P ",
     .last = CRI_TIME "std??? F ",
     .streams = PIECES_STREAMS_MAX},
    {.name = "as Docker writes them",
     .config = " multiline.parser docker\n",
     .open = "{\"log\":\"",
     .last = "{\"log\":\"",
     .open_tail = "\"," DOCKER_TAIL,
     .last_tail = "\\n\"," DOCKER_TAIL,
     .streams = 1},
    {.name = "as Docker writes them, for Docker_Mode",
     .config = " Docker_Mode on\n Parser docker\n",
     .sections = "[PARSER]\n name docker\n format json\n time_key time\n"
                 " time_format %Y-%m-%dT%H:%M:%S.%L\n",
     .open = "{\"log\":\"",
     .last = "{\"log\":\"",
     .open_tail = "\"," DOCKER_TAIL,
     .last_tail = "\\n\"," DOCKER_TAIL,
     .streams = 1},
    {.name = "as traces",
     .config = " multiline.parser traces\n",
     .sections = "[MULTILINE_PARSER]\n name traces\n type regex\n flush_timeout 4000\n"
                 " rule \"start_state\" \"/^L[0-9]+:/\" \"rest\"\n"
                 " rule \"rest\" \"/^  L[0-9]+:/\" \"rest\"\n",
     .rest = "  ",
     .between = "\n",
     .streams = 1},
};

static const struct frame *frame; /* NULL: lines are whole */

void pieces_draw(void)
{
    frame = NULL;
    if (dice_one_in(4) || getenv("SIM_PIECES") != NULL)
        frame = &frames[dice_below(ARRAY_LEN(frames))];
    truth_join(frame != NULL ? frame->rest : NULL, frame != NULL ? frame->between : NULL);
}

const char *pieces_name(void)
{
    return frame->name;
}

const char *pieces_config(void)
{
    return frame != NULL ? frame->config : "";
}

const char *pieces_sections(void)
{
    return frame != NULL && frame->sections != NULL ? frame->sections : "";
}

unsigned pieces_draw_stream(void)
{
    return frame != NULL && frame->streams > 1 ? (unsigned)dice_below(frame->streams) : 0;
}

bool pieces_are_drawn(void)
{
    return frame != NULL;
}

void pieces_begin(struct pieces *p, struct line *line, bool is_last)
{
    bool is_first = p->last == NULL;

    if (frame == NULL)
        return;
    if (is_first)
        *p = (struct pieces){.begin_ms = clock_ms()};
    truth_group(line, p->last);
    p->count++;
    CHECK(p->count <= TRUTH_PIECES_MAX);
    line->is_open = !is_last && p->count < TRUTH_PIECES_MAX && dice_one_in(PIECES_ONE_IN);
    p->last = line;
}

static struct slice text_of(const char *text)
{
    return text != NULL ? slice_of(text) : (struct slice){0};
}

struct slice pieces_head(const struct line *line)
{
    static char head[64];
    struct slice text;
    char *name;

    if (frame == NULL)
        return (struct slice){0};
    if (frame->rest != NULL && line->group != line->number)
        return slice_of(frame->rest);
    text = text_of(line->is_open ? frame->open : frame->last);
    if (frame->streams == 1)
        return text;
    CHECK(text.len < sizeof head);
    memcpy(head, text.data, text.len);
    name = memchr(head, '?', text.len);
    memcpy(name, line->is_of_stderr ? "err" : "out", 3);
    return slice_make(head, text.len);
}

struct slice pieces_tail(const struct line *line)
{
    if (frame == NULL)
        return (struct slice){0};
    return text_of(line->is_open ? frame->open_tail : frame->last_tail);
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

    if (frame == NULL)
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

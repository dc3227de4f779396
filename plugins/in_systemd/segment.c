#include "plugins/in_systemd/segment.h"

static struct segment *segment_of(struct list *link)
{
    return CONTAINER_OF(link, struct segment, link);
}

/* ---- cursors: "s=<who numbers>;i=<number>;b=<boot>;m=...;t=...;x=..." ---- */

static bool hex_number(struct slice text, uint64_t *number_out)
{
    *number_out = 0;
    if (text.len == 0 || text.len > 16)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

        if (digit < 0)
            return false;
        *number_out = *number_out << 4 | (uint64_t)digit;
    }
    return true;
}

bool cursor_parse(struct slice cursor, struct cursor_parts *parts_out)
{
    bool has_number = false;

    *parts_out = (struct cursor_parts){0};
    while (cursor.len > 0) {
        size_t len = slice_find(cursor, ';');
        struct slice part = slice_make(cursor.data, len);

        if (slice_begins(part, SLICE("s=")))
            parts_out->numbering = slice_skip(part, 2);
        else if (slice_begins(part, SLICE("i=")))
            has_number = hex_number(slice_skip(part, 2), &parts_out->number);
        else if (slice_begins(part, SLICE("t=")) &&
                 !hex_number(slice_skip(part, 2), &parts_out->usec))
            parts_out->usec = 0;
        cursor = slice_skip(cursor, len < cursor.len ? len + 1 : len);
    }
    return has_number && parts_out->numbering.len > 0;
}

/* ---- a segment's life ---- */

static void on_settled(struct origin *origin)
{
    struct segment *segment = CONTAINER_OF(origin, struct segment, origin);

    if (segment->owner != NULL)
        segment->moved(segment->owner);
}

static void marks_free(struct segment *segment)
{
    struct list *link;

    while ((link = list_take_first(&segment->marks)) != NULL)
        mem_free(CONTAINER_OF(link, struct cursor_mark, link));
}

static void on_free(struct origin *origin)
{
    struct segment *segment = CONTAINER_OF(origin, struct segment, origin);

    list_remove(&segment->link);
    marks_free(segment);
    origin_fini(origin);
    mem_free(segment);
}

static const struct origin_ops origin_ops = {.settled = on_settled, .free = on_free};

struct segment *segment_begin(struct input *input, uint64_t id, struct list *segments,
                              void (*moved)(void *owner), void *owner)
{
    struct segment *segment = mem_zalloc(1, sizeof *segment);

    origin_init(&segment->origin, &origin_ops, slice_of(input->tag), 0);
    segment->origin.id = id;
    segment->origin.can_repeat = true;
    segment->origin.metrics = &input->metrics;
    segment->origin.budget = input->budget;
    segment->moved = moved;
    segment->owner = owner;
    list_init(&segment->marks);
    list_add_tail(segments, &segment->link);
    return segment;
}

void segment_end(struct segment **address)
{
    struct segment *segment = *address;
    struct origin *origin = &segment->origin;

    *address = NULL;
    CHECK(!segment->is_ended);
    segment->is_ended = true;
    origin_unref(&origin);
}

void segment_mark(struct segment *segment, const char *cursor)
{
    size_t len = strlen(cursor);
    struct cursor_mark *mark = mem_alloc(sizeof *mark + len + 1);

    CHECK(!segment->is_ended);
    mark->end = segment->origin.window.issued;
    memcpy(mark->text, cursor, len + 1);
    list_add_tail(&segment->marks, &mark->link);
}

/* Takes the marks that are settled; the last one's text. */
static char *marks_take(struct segment *segment)
{
    char *text = NULL;

    LIST_FOR_SAFE (it, after, &segment->marks) {
        struct cursor_mark *mark = CONTAINER_OF(it, struct cursor_mark, link);

        if (mark->end > segment->origin.window.settled)
            break;
        mem_free(text);
        text = mem_text(mark->text);
        list_remove(it);
        mem_free(mark);
    }
    return text;
}

char *segments_settled(struct list *segments)
{
    char *newest = NULL;

    LIST_FOR (it, segments) {
        struct segment *segment = segment_of(it);
        char *text = marks_take(segment);

        if (text != NULL) {
            mem_free(newest);
            newest = text;
        }
        if (segment->origin.window.settled < segment->origin.window.issued)
            break;
    }
    return newest;
}

void segments_forget(struct list *segments)
{
    struct list *link;

    while ((link = list_take_first(segments)) != NULL) {
        segment_of(link)->owner = NULL;
        list_init(link);
    }
}

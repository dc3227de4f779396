#include "ack/window.h"

#include "base/memory.h"

#define CAPACITY_MIN 4

static struct ack_span *span_at(const struct ack_window *w, uint32_t index)
{
    return &w->spans[(w->head + index) & (w->capacity - 1)];
}

void window_check(const struct ack_window *w)
{
    CHECK(w->settled <= w->issued);
    CHECK(w->count <= w->capacity);
    CHECK(w->count > 0 || w->settled == w->issued);
    CHECK(w->count == 0 || w->spans != NULL);
    CHECK((w->capacity & (w->capacity - 1)) == 0);
    CHECK(w->head < w->capacity || w->head == 0);
    CHECK(w->count == 0 || span_at(w, w->count - 1)->end == w->issued);
}

void window_init(struct ack_window *w, uint64_t offset)
{
    *w = (struct ack_window){.settled = offset, .issued = offset};
}

void window_fini(struct ack_window *w)
{
    MEM_FREE(&w->spans);
    *w = (struct ack_window){0};
}

static void window_grow(struct ack_window *w)
{
    uint32_t capacity = w->capacity ? w->capacity * 2 : CAPACITY_MIN;
    struct ack_span *spans = mem_alloc(capacity * sizeof *spans);

    CHECK(w->count == w->capacity);
    CHECK(w->capacity <= UINT32_MAX / 2);
    for (uint32_t i = 0; i < w->count; i++)
        spans[i] = *span_at(w, i);
    mem_free(w->spans);
    w->spans = spans;
    w->head = 0;
    w->capacity = capacity;
    CHECK(w->count < w->capacity);
}

uint64_t window_issue(struct ack_window *w, uint64_t end, output_set owed)
{
    CHECK(end >= w->issued);
    CHECK(owed != 0);
    if (w->count == w->capacity)
        window_grow(w);
    *span_at(w, w->count++) = (struct ack_span){.end = end, .owed = owed};
    w->issued = end;
    window_check(w);
    return w->first_seq + w->count - 1;
}

void window_advance(struct ack_window *w, uint64_t end)
{
    CHECK(end >= w->issued);
    w->issued = end;
    if (w->count == 0)
        w->settled = end;
    else
        span_at(w, w->count - 1)->end = end;
}

/* Lets go of the spans at the front that nobody owes. */
static void window_shift(struct ack_window *w)
{
    while (w->count > 0 && span_at(w, 0)->owed == 0) {
        CHECK(span_at(w, 0)->end >= w->settled);
        w->settled = span_at(w, 0)->end;
        w->head = (w->head + 1) & (w->capacity - 1);
        w->first_seq++;
        w->count--;
    }
    if (w->count == 0) {
        MEM_FREE(&w->spans);
        w->capacity = w->head = 0;
    }
}

bool window_settle(struct ack_window *w, uint64_t seq, unsigned output)
{
    uint64_t before = w->settled;
    struct ack_span *span;
    output_set bit;

    CHECK(output < WINDOW_OUTPUTS_MAX);
    bit = UINT64_C(1) << output;
    CHECK(seq - w->first_seq < w->count);
    span = span_at(w, (uint32_t)(seq - w->first_seq));
    CHECK(span->owed & bit);
    span->owed &= ~bit;
    window_shift(w);
    window_check(w);
    return w->settled != before;
}

uint64_t window_leave(struct ack_window *w, uint64_t seq, unsigned output)
{
    uint64_t begin = w->settled;

    CHECK(output < WINDOW_OUTPUTS_MAX);
    CHECK(seq - w->first_seq < w->count);
    if (seq > w->first_seq)
        begin = span_at(w, (uint32_t)(seq - w->first_seq) - 1)->end;
    CHECK(begin <= w->issued);
    (void)window_settle(w, seq, output);
    return begin;
}

uint64_t window_bookmark(const struct ack_window *w, unsigned output)
{
    uint64_t bookmark = w->settled;
    output_set bit;

    CHECK(output < WINDOW_OUTPUTS_MAX);
    bit = UINT64_C(1) << output;
    for (uint32_t i = 0; i < w->count && !(span_at(w, i)->owed & bit); i++)
        bookmark = span_at(w, i)->end;
    CHECK(bookmark >= w->settled && bookmark <= w->issued);
    return bookmark;
}

uint64_t window_furthest(const struct ack_window *w, output_set outputs)
{
    uint64_t furthest = w->settled;

    CHECK(outputs != 0);
    for (uint32_t i = 0; i < w->count; i++) {
        outputs &= ~span_at(w, i)->owed;
        if (outputs == 0)
            break;
        furthest = span_at(w, i)->end;
    }
    CHECK(furthest >= w->settled && furthest <= w->issued);
    return furthest;
}

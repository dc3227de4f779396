#include "plugins/filter_kubernetes/cut.h"

#include <uv.h>

/*
 * One state for the place between tokens, and a stack of the objects and arrays that the shape
 * follows. A value that is kept whole or skipped is run through (STATE_RUN) with nothing but its
 * depth in mind.
 *
 *   out   {"metadata":{"name":"a","labels":{"x
 *                                ^member_at of the innermost frame: what is left out goes back to it
 */
enum state {
    STATE_VALUE,
    STATE_FIRST_KEY, /* or the object's end */
    STATE_KEY,
    STATE_IN_KEY,
    STATE_COLON,
    STATE_AFTER, /* a value: a comma, or the end */
    STATE_RUN,
    STATE_TOP, /* between documents */
};

struct frame {
    const struct cut_shape *shape; /* of the members; of an array's elements' members */
    size_t member_at;
    bool is_array;
    bool has_items;
    bool has_members; /* some member was kept */
};

/* The value that is run through. */
struct run {
    uint32_t depth;
    uint32_t bytes_max;
    size_t from; /* in `out` */
    bool is_kept;
    bool is_scalar;
    bool is_in_string;
    bool is_escaped;
};

struct cut {
    const struct cut_shape *top;
    cut_fn *came;
    void *owner;
    struct buffer out;
    struct frame frames[CUT_DEPTH_MAX];
    unsigned depth;
    enum state state;
    const struct cut_shape *wanted; /* the member whose value comes; NULL: nobody's */
    struct run run;
    size_t object_at; /* where the object that is to be handed out begins */
    bool is_lost;     /* it is too long */
    bool is_stopped;  /* who takes the pieces has had enough */
    uint64_t left_out;
};

static void cut_check(const struct cut *c)
{
    CHECK(c->depth <= CUT_DEPTH_MAX && c->object_at <= c->out.len);
    CHECK((c->state == STATE_TOP) == (c->depth == 0));
}

struct cut *cut_new(const struct cut_shape *shape, cut_fn *came, void *owner)
{
    struct cut *c = mem_zalloc(1, sizeof *c);

    CHECK(shape != NULL && came != NULL);
    c->top = shape;
    c->came = came;
    c->owner = owner;
    cut_reset(c);
    return c;
}

void cut_free(struct cut **cut)
{
    if (*cut == NULL)
        return;
    buffer_fini(&(*cut)->out);
    MEM_FREE(cut);
}

void cut_reset(struct cut *c)
{
    buffer_fini(&c->out);
    c->depth = 0;
    c->state = STATE_TOP;
    c->wanted = NULL;
    c->run = (struct run){0};
    c->object_at = 0;
    c->is_lost = c->is_stopped = false;
}

bool cut_is_between(const struct cut *c)
{
    return c->state == STATE_TOP;
}

uint64_t cut_left_out(const struct cut *c)
{
    return c->left_out;
}

static struct frame *innermost(struct cut *c)
{
    CHECK(c->depth > 0);
    return &c->frames[c->depth - 1];
}

/* ---- what is kept ---- */

static void put(struct cut *c, struct slice bytes)
{
    if (c->out.len - c->object_at + bytes.len > CUT_OBJECT_BYTES_MAX)
        c->is_lost = true;
    if (!c->is_lost)
        buffer_append(&c->out, bytes);
}

static void put_byte(struct cut *c, char byte)
{
    put(c, slice_make(&byte, 1));
}

/* An element of an array, or a member, begins: after a comma, unless it is the first. */
static void member_begin(struct cut *c)
{
    struct frame *f = innermost(c);

    f->member_at = c->out.len;
    if (f->has_members && !f->has_items)
        put_byte(c, ',');
    if (f->has_items)
        c->object_at = c->out.len;
}

static void member_drop(struct cut *c)
{
    size_t at = innermost(c)->member_at;

    if (c->out.len > at)
        c->out.len = at;
}

static bool hand_out(struct cut *c, enum cut_piece piece)
{
    struct slice text = slice_skip(buffer_view(&c->out), c->object_at);
    bool is_lost = c->is_lost;

    c->out.len = c->object_at;
    c->is_lost = false;
    if (is_lost) {
        c->left_out++;
        return true;
    }
    c->is_stopped = !c->came(c->owner, piece, text);
    return !c->is_stopped;
}

/* A document is out; a large one's memory goes. */
static bool document_end(struct cut *c)
{
    bool goes_on = hand_out(c, CUT_WHOLE);

    c->state = STATE_TOP;
    if (c->out.capacity > CUT_VALUE_BYTES_MAX)
        buffer_fini(&c->out);
    return goes_on;
}

/* A value has ended, kept or not. Behind an item goes on what has the array. */
static bool value_end(struct cut *c, bool is_kept)
{
    struct frame *f;
    bool goes_on = true;

    if (c->depth == 0)
        return document_end(c);
    f = innermost(c);
    c->state = STATE_AFTER;
    if (!is_kept)
        member_drop(c);
    else
        f->has_members = true;
    if (f->has_items && is_kept)
        goes_on = hand_out(c, CUT_ITEM);
    if (f->has_items)
        c->object_at = 0;
    return goes_on;
}

/* ---- values ---- */

static bool frame_push(struct cut *c, const struct cut_shape *shape, bool is_array, bool has_items)
{
    if (c->depth == CUT_DEPTH_MAX)
        return false;
    c->frames[c->depth++] =
        (struct frame){.shape = shape, .is_array = is_array, .has_items = is_array && has_items};
    put_byte(c, is_array ? '[' : '{');
    c->state = is_array ? STATE_VALUE : STATE_FIRST_KEY;
    return true;
}

static void run_begin(struct cut *c, char first)
{
    const struct cut_shape *wanted = c->wanted;
    bool is_open = first == '{' || first == '[';

    c->run = (struct run){
        .depth = is_open,
        .bytes_max =
            wanted != NULL && wanted->bytes_max != 0 ? wanted->bytes_max : CUT_VALUE_BYTES_MAX,
        .from = c->out.len,
        .is_kept = wanted != NULL,
        .is_scalar = !is_open && first != '"',
        .is_in_string = first == '"',
    };
    c->state = STATE_RUN;
    if (c->run.is_kept)
        put_byte(c, first);
}

/* The value at a member that is followed, an element of such an array, or one to run through. */
static bool value_begin(struct cut *c, char byte)
{
    const struct cut_shape *wanted = c->wanted;
    struct frame *f = innermost(c);

    if (strchr(",:}]", byte) != NULL)
        return false;
    if (f->is_array) {
        member_begin(c);
        if (byte == '{' || byte == '[')
            return frame_push(c, f->shape, byte == '[', false);
        c->wanted = NULL;
    } else if (wanted != NULL && wanted->members != NULL && (byte == '{' || byte == '[')) {
        return frame_push(c, wanted->members, byte == '[', wanted->has_items);
    }
    run_begin(c, byte);
    return true;
}

static void run_too_long(struct cut *c)
{
    c->run.is_kept = false;
    c->is_lost = false;
    c->left_out++;
    member_drop(c);
}

static void run_put(struct cut *c, struct slice bytes)
{
    if (!c->run.is_kept || bytes.len == 0)
        return;
    put(c, bytes);
    if (c->is_lost || c->out.len - c->run.from > c->run.bytes_max)
        run_too_long(c);
}

static const char *run_string(struct cut *c, const char *p, const char *end)
{
    const char *from = p;

    for (; p < end && c->run.is_in_string; p++) {
        if (c->run.is_escaped)
            c->run.is_escaped = false;
        else if (*p == '\\')
            c->run.is_escaped = true;
        else if (*p == '"')
            c->run.is_in_string = false;
    }
    run_put(c, slice_make(from, (size_t)(p - from)));
    return p;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Outside of strings. A number or a word ends before what ends it. */
static const char *run_token(struct cut *c, const char *p)
{
    bool is_end = *p == '}' || *p == ']';

    if (c->run.is_scalar && (is_end || *p == ',' || is_blank(*p))) {
        c->run.is_scalar = false;
        return p;
    }
    if (*p == '{' || *p == '[')
        c->run.depth++;
    if (is_end)
        c->run.depth--;
    c->run.is_in_string = *p == '"';
    if (!is_blank(*p))
        run_put(c, slice_make(p, 1));
    return p + 1;
}

/* As far as the bytes go, or to the value's end. */
static const char *run_on(struct cut *c, const char *p, const char *end)
{
    struct run *run = &c->run;

    while (p < end) {
        p = run->is_in_string ? run_string(c, p, end) : run_token(c, p);
        if (!run->is_in_string && !run->is_scalar && run->depth == 0)
            return value_end(c, run->is_kept) ? p : NULL;
    }
    return p;
}

/* ---- keys ---- */

static bool shape_has(const struct cut_shape *shape, struct slice key)
{
    return slice_is(key, shape->key) || strcmp(shape->key, "*") == 0;
}

static void key_end(struct cut *c)
{
    struct frame *f = innermost(c);
    size_t at = f->member_at + (f->has_members ? 2 : 1);
    struct slice key = slice_skip(buffer_view(&c->out), at);
    const struct cut_shape *shape = f->shape;

    if (c->is_lost)
        key = SLICE("");
    while (shape->key != NULL && !shape_has(shape, key))
        shape++;
    c->wanted = shape->key != NULL && !c->is_lost ? shape : NULL;
    c->state = STATE_COLON;
    if (c->wanted == NULL)
        member_drop(c);
    else
        put(c, SLICE("\":"));
}

static const char *key_on(struct cut *c, const char *p, const char *end)
{
    const char *from = p;

    while (p < end && (c->run.is_escaped || *p != '"')) {
        c->run.is_escaped = !c->run.is_escaped && *p == '\\';
        p++;
    }
    put(c, slice_make(from, (size_t)(p - from)));
    if (p == end)
        return p;
    key_end(c);
    return p + 1;
}

static bool key_begin(struct cut *c, char byte)
{
    if (byte != '"')
        return false;
    member_begin(c);
    put_byte(c, '"');
    c->run.is_escaped = false;
    c->state = STATE_IN_KEY;
    return true;
}

/* ---- between ---- */

static bool frame_end(struct cut *c, char byte)
{
    if (byte != (innermost(c)->is_array ? ']' : '}'))
        return false;
    put_byte(c, byte);
    c->depth--;
    return value_end(c, true);
}

static bool after(struct cut *c, char byte)
{
    if (byte != ',')
        return frame_end(c, byte);
    c->state = innermost(c)->is_array ? STATE_VALUE : STATE_KEY;
    return true;
}

static bool top(struct cut *c, char byte)
{
    c->object_at = 0;
    return byte == '{' && frame_push(c, c->top, false, false);
}

static bool value_or_end(struct cut *c, char byte)
{
    struct frame *f = innermost(c);

    if (byte == ']' && f->is_array && !f->has_members)
        return frame_end(c, byte);
    return value_begin(c, byte);
}

/* One byte between tokens. */
static bool step(struct cut *c, char byte)
{
    switch (c->state) {
    case STATE_TOP:
        return top(c, byte);
    case STATE_FIRST_KEY:
        return byte == '}' ? frame_end(c, byte) : key_begin(c, byte);
    case STATE_KEY:
        return key_begin(c, byte);
    case STATE_COLON:
        c->state = STATE_VALUE;
        return byte == ':';
    case STATE_VALUE:
        return value_or_end(c, byte);
    case STATE_AFTER:
        return after(c, byte);
    case STATE_RUN:
    case STATE_IN_KEY:
        break;
    }
    CHECK(false);
    return false;
}

static const char *go_on(struct cut *c, const char *p, const char *end)
{
    if (c->state == STATE_RUN)
        return run_on(c, p, end);
    if (c->state == STATE_IN_KEY)
        return key_on(c, p, end);
    if (is_blank(*p))
        return p + 1;
    return step(c, *p) ? p + 1 : NULL;
}

int cut_feed(struct cut *c, struct slice bytes)
{
    const char *end = bytes.data + bytes.len;

    for (const char *p = bytes.data; p != end;) {
        p = go_on(c, p, end);
        if (p == NULL)
            return c->is_stopped ? UV_ECANCELED : UV_EINVAL;
    }
    cut_check(c);
    return 0;
}

#include "plugins/in_tail/wish.h"

#include "plugins/in_tail/laggard.h"
#include "plugins/in_tail/lines.h"
#include "plugins/in_tail/tail.h"

/* About how long a line is, as long as none was read. */
#define LINE_BYTES_GUESS 256

struct tail_joining {
    struct tail_joining *next;
    struct joiner_inner inner;
    struct joiner_rules *rules;
};

/* ---- which lines belong together ---- */

static struct joiner_rules *joining_make(struct tail *t, const struct joiner_inner *inner)
{
    struct joiner_rules *rules = NULL;
    struct tail_joining *joining;

    if (t->lines.rules != NULL && t->lines.wishes.joining_count < TAIL_JOININGS_MAX)
        rules = joiner_rules_new_inner(t->lines.rules, inner);
    if (rules == NULL) {
        if (!t->lines.wishes.is_refused)
            log_warn(t->told.component,
                     "a pod says how its lines belong together, and they are not joined "
                     "so: that needs multiline.parser with no other names than docker and cri");
        t->lines.wishes.is_refused = true;
        return t->lines.rules;
    }
    joining = mem_zalloc(1, sizeof *joining);
    *joining = (struct tail_joining){t->lines.wishes.joinings, *inner, rules};
    t->lines.wishes.joinings = joining;
    t->lines.wishes.joining_count++;
    return rules;
}

static struct joiner_rules *joining_rules(struct tail *t, const struct filter_wishes *wishes)
{
    struct joiner_inner inner = {wishes->of_stdout, wishes->of_stderr};

    if (inner.of_stdout == NULL && inner.of_stderr == NULL)
        return t->lines.rules;
    for (const struct tail_joining *j = t->lines.wishes.joinings; j != NULL; j = j->next)
        if (j->inner.of_stdout == inner.of_stdout && j->inner.of_stderr == inner.of_stderr)
            return j->rules;
    return joining_make(t, &inner);
}

static void file_set(struct tail_file *f, struct joiner_rules *rules, struct tail_rate rate)
{
    if (f->lines.joiner != NULL && f->lines.rules != rules)
        tail_lines_flush(f, true);
    CHECK(f->lines.joiner == NULL || f->lines.rules == rules);
    f->lines.rules = rules;
    f->turn.rate = rate;
}

void tail_wish_take(struct tail_file *f, const struct filter_wishes *wishes)
{
    struct joiner_rules *rules = joining_rules(f->tail, wishes);
    struct tail_rate rate = {wishes->bytes_per_s, wishes->lines_per_s};

    CHECK(f->readers.laggard == NULL);
    f->tail->lines.wishes.has_rates |= rate.bytes_per_s > 0 || rate.lines_per_s > 0;
    file_set(f, rules, rate);
    LIST_FOR (it, &f->readers.laggards)
        file_set(&CONTAINER_OF(it, struct tail_laggard, link)->file, rules, rate);
}

void tail_wish_inherit(struct tail_file *heir, const struct tail_file *elder)
{
    if (!heir->turn.first.is_asked)
        file_set(heir, elder->lines.rules, elder->turn.rate);
}

void tail_wishes_fini(struct tail *t)
{
    while (t->lines.wishes.joinings != NULL) {
        struct tail_joining *joining = t->lines.wishes.joinings;

        t->lines.wishes.joinings = joining->next;
        joiner_rules_free(&joining->rules);
        mem_free(joining);
    }
}

/* ---- how fast ---- */

/* The lesser of what the input and the pod allow. */
static uint64_t bytes_per_s(const struct tail_file *f)
{
    uint64_t ours = f->tail->told.lines.rate_bytes, theirs = f->turn.rate.bytes_per_s;

    return theirs == 0 || (ours > 0 && ours < theirs) ? ours : theirs;
}

/* What is left of a line that is longer than that is read as if there were no rate. */
size_t tail_rate_want(const struct tail_file *f, size_t want)
{
    uint64_t bytes = bytes_per_s(f);

    if (f->source.state.unfinished_bytes >= PACE_READ_BYTES_MIN)
        return want;
    if (bytes > 0)
        want = pace_read_bytes(bytes, want);
    if (f->turn.rate.lines_per_s > 0 && f->turn.rate.lines_per_s < want)
        want = pace_read_bytes(f->turn.rate.lines_per_s * LINE_BYTES_GUESS, want);
    return want;
}

/* Where the first `count` lines end; the length where there are no more. */
static size_t lines_end(const struct tail_file *f, struct slice bytes, uint64_t count)
{
    size_t at = 0;

    for (; count > 0 && at < bytes.len; count--)
        at += encoding_feed(f->lines.form, slice_skip(bytes, at)) +
              encoding_feed_bytes(f->lines.form);
    return at < bytes.len ? at : bytes.len;
}

size_t tail_rate_cut(const struct tail_file *f, struct slice bytes)
{
    uint64_t most = bytes_per_s(f) / PACE_READS_A_SECOND, lines = f->turn.rate.lines_per_s;
    size_t end = bytes.len;

    if (bytes_per_s(f) > 0 && most < end) {
        most -= most % encoding_feed_bytes(f->lines.form);
        end = (size_t)most + lines_end(f, slice_skip(bytes, (size_t)most), 1);
    }
    if (lines > 0)
        end = lines_end(f, slice_make(bytes.data, end),
                        lines < PACE_READS_A_SECOND ? 1 : lines / PACE_READS_A_SECOND);
    CHECK(end <= bytes.len && (end > 0 || bytes.len == 0));
    return end;
}

static uint64_t lines_count(const struct tail_file *f, struct slice bytes)
{
    uint64_t count = 0;

    while (bytes.len > 0) {
        bytes = slice_skip(bytes, lines_end(f, bytes, 1));
        count++;
    }
    return count;
}

/* Where both have a rate, what takes longer by itself counts. */
void tail_rate_took(struct tail_file *f, struct slice taken)
{
    uint64_t bytes = bytes_per_s(f), lines_per_s = f->turn.rate.lines_per_s;
    uint64_t lines = lines_per_s > 0 ? lines_count(f, taken) : 0;

    if (lines_per_s > 0 &&
        (bytes == 0 || (double)lines / (double)lines_per_s > (double)taken.len / (double)bytes))
        pace_took(&f->turn.pace, lines, lines_per_s, clock_ms());
    else if (bytes > 0)
        pace_took(&f->turn.pace, taken.len, bytes, clock_ms());
}

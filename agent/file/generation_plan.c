/*
 * Which generations are unread: pure.
 *
 *   skipped       known, read   known, partly   unread        current
 *   |--- .4 ----|--- .3 ------|--- .2 --------|--- .1 -------|--- log ---|
 *                 oldest known
 *
 * Each saved position is given its sibling first by its numbers, then by its content. A copy may be
 * shorter than what was read: more came after it was made, and before the log was truncated. Where its
 * first bytes are not all of it, it is taken for one only if that log is there, with other bytes: logs
 * that begin alike, with a banner for one, are no copies. Those that cannot be read now come last.
 */
#include "file/generations.h"

#include "base/memory.h"

struct matching {
    const struct generations *siblings;
    const struct generation_saved *saved;
    size_t saved_count;
    const struct generation_saved *of[GENERATIONS_MAX]; /* sibling -> what is saved of it */
    bool *is_placed;                                    /* saved -> has a sibling */
    bool *is_truncated;                                 /* saved -> its file has other bytes now */
    size_t oldest;      /* the oldest known; the count of siblings where there is none */
    int64_t waiting_ns; /* what nobody knows and was written to since then is unread */
    bool is_any_hidden; /* a sibling cannot be read: what is missing may be there */
};

/* A sibling, and a position that may be its. */
struct pair {
    const struct generation *g;
    const struct generation_saved *s;
    bool is_truncated;
};

uint64_t generation_bytes(const struct generation *g)
{
    CHECK(g->head_len <= FILE_HEAD_BYTES_MAX);
    if (!g->is_gzip)
        return g->size_bytes;
    return g->head_len < FILE_HEAD_BYTES_MAX ? g->head_len : UINT64_MAX;
}

static struct pair pair_of(const struct matching *m, size_t sibling, size_t index)
{
    CHECK(sibling < m->siblings->count && index < m->saved_count);
    return (struct pair){&m->siblings->items[sibling], &m->saved[index], m->is_truncated[index]};
}

static struct slice head_of(const struct generation *g)
{
    return slice_make(g->head, g->head_len);
}

/* A plain file that is shorter than what was read of it is not what was read. */
static bool is_long_enough(struct pair p)
{
    return p.g->is_gzip || p.g->size_bytes >= p.s->offset;
}

static bool is_same_file(struct pair p)
{
    return p.g->trouble == 0 && is_long_enough(p) &&
           file_identity_match(&p.s->identity, &p.g->id, head_of(p.g)) == FILE_SAME;
}

/* A row without a print fits whatever has its number: those that have one come first. */
static bool is_same_bytes(struct pair p)
{
    return p.s->identity.head.len > 0 && is_same_file(p);
}

/* Of one that cannot be read its number alone is known. */
static bool is_same_number(struct pair p)
{
    return p.g->trouble != 0 && p.g->id.ino == p.s->identity.id.ino && is_long_enough(p);
}

static bool is_same_content(struct pair p)
{
    return p.g->trouble == 0 && is_long_enough(p) &&
           file_content_match(&p.s->identity, head_of(p.g));
}

/* What the copy lacks is nowhere; what it has may be read already. */
static bool is_earlier_copy(struct pair p)
{
    const struct generation *g = p.g;
    const struct file_identity *saved = &p.s->identity;

    if (g->trouble != 0 || g->is_current)
        return false;
    if (!file_content_match(saved, head_of(g)) && !file_content_is_cut(saved, head_of(g)))
        return false;
    return p.is_truncated || g->head_len < FILE_HEAD_BYTES_MAX ||
           generation_bytes(g) >= p.s->offset;
}

/* It was empty when we saw it last: if it has another number by now, nothing tells it from others. */
static bool was_empty(const struct generation_saved *s)
{
    return s->offset == 0 && s->identity.head.len == 0;
}

typedef bool match_fn(struct pair p);

static bool place_at(struct matching *m, size_t index, size_t sibling, match_fn *fits)
{
    CHECK(!m->is_placed[index]);
    if (m->of[sibling] != NULL || !fits(pair_of(m, sibling, index)))
        return false;
    m->of[sibling] = &m->saved[index];
    m->is_placed[index] = true;
    return true;
}

/* The oldest sibling that fits and is free: what is read twice is better than what is skipped. */
static void place(struct matching *m, size_t index, match_fn *fits)
{
    size_t i = 0;

    while (i < m->siblings->count && !place_at(m, index, i, fits))
        i++;
}

/* Later rows first: of two for one file, the later is right. */
static void place_all(struct matching *m, match_fn *fits)
{
    for (size_t i = m->saved_count; i-- > 0;) {
        if (!m->is_placed[i])
            place(m, i, fits);
    }
}

/* A log that is truncated keeps its number: its row tells nothing of what was copied before there
 * was anything in it. */
static size_t oldest_known(const struct matching *m)
{
    size_t i = 0;

    while (i < m->siblings->count &&
           (m->of[i] == NULL || (m->siblings->items[i].is_current && was_empty(m->of[i]))))
        i++;
    return i;
}

/* Since when the log is known. */
static int64_t known_since_ns(const struct matching *m)
{
    int64_t since = INT64_MAX;

    for (size_t i = 0; i < m->saved_count; i++)
        since = m->saved[i].known_ns < since ? m->saved[i].known_ns : since;
    return since;
}

/* Of a file that nobody could open there may be its number alone, and that is another file's by now, or
 * not. */
static bool is_bare_number(const struct generation_saved *s)
{
    const struct file_id *id = &s->identity.id;

    return s->identity.head.len == 0 && id->generation == 0 && id->born_ns == 0;
}

/* Of a file that nobody could open, or that was empty, nothing tells what it became; but it was the
 * log then, and what came later was written to later. */
static int64_t waiting_since_ns(const struct matching *m)
{
    int64_t since = INT64_MAX;

    for (size_t i = 0; i < m->saved_count; i++) {
        const struct generation_saved *s = &m->saved[i];

        if (m->is_placed[i] && !is_bare_number(s))
            continue;
        if (s->is_untouched && !s->is_done && s->known_ns < since)
            since = s->known_ns;
    }
    return since;
}

/* Something was not read to its end and is none of those that can be read. */
static bool is_any_missing(const struct matching *m)
{
    for (size_t i = 0; i < m->saved_count; i++)
        if (!m->is_placed[i] && !m->saved[i].is_done)
            return true;
    return false;
}

/* Something was known of the log when this one was last written to, which is not the oldest that is
 * still there: what is older than that one may have come in between. An empty file may have been
 * written to since, and compressed. */
static bool is_since_missing(const struct matching *m, const struct generation *g)
{
    for (size_t i = 0; i < m->saved_count; i++)
        if (!m->is_placed[i] && g->modified_ns >= m->saved[i].known_ns)
            return true;
    return false;
}

/* Whether a generation of which nothing is saved was written after we came. When it was saved last
 * does not matter: nobody may have looked at the directory by then. One that cannot be read may be any
 * that is missing. */
static bool is_unread(const struct matching *m, size_t index)
{
    const struct generation *g = &m->siblings->items[index];

    if (g->is_copy)
        return false;
    if (g->is_current || index > m->oldest || g->modified_ns >= m->waiting_ns)
        return true;
    if (g->trouble != 0 ? is_any_missing(m) : is_since_missing(m, g))
        return true;
    if ((m->oldest < m->siblings->count && g->trouble == 0) || m->saved_count == 0)
        return false;
    return g->modified_ns >= known_since_ns(m);
}

/* One that was not done with is followed even when all of it was read: it may still be written to,
 * and a row that nobody follows goes when its file gets another name. One that was done with has
 * grown when its writer was late, or when it was empty and another file got its number: as far as that
 * shows without reading all of it. */
static bool has_more(const struct generation *g, const struct generation_saved *s)
{
    uint64_t bytes = generation_bytes(g);

    return g->is_current || !s->is_done || (bytes != UINT64_MAX && bytes > s->offset);
}

/* Too short to be told by its content, and all of it was read: what has these bytes and no more is
 * it, or holds nothing new. */
static bool is_as_read(struct pair p)
{
    const struct file_print *saved = &p.s->identity.head;

    return p.s->offset > 0 && p.g->head_len == p.s->offset && saved->len == p.s->offset &&
           file_print_begins(*saved, head_of(p.g));
}

/* Another row may have its sibling. */
static bool is_nowhere(const struct matching *m, size_t saved_index)
{
    const struct generation_saved *s = &m->saved[saved_index];

    if (m->is_placed[saved_index] || m->is_any_hidden || s->is_done || s->is_whole || was_empty(s))
        return false;
    for (size_t i = 0; i < m->siblings->count; i++) {
        struct pair p = pair_of(m, i, saved_index);

        if (is_same_file(p) || is_same_content(p) || is_earlier_copy(p) || is_as_read(p))
            return false;
    }
    return true;
}

static void read_add(struct generation_plan *plan, struct generation_read read)
{
    CHECK(plan->count < GENERATIONS_MAX);
    plan->reads[plan->count++] = read;
}

/* No further than the copy goes, where that is known. */
static uint64_t offset_in(const struct generation *g, const struct generation_saved *s)
{
    uint64_t bytes = generation_bytes(g);

    return g->trouble == 0 && s->offset > bytes ? bytes : s->offset;
}

static struct generation_read read_on(const struct matching *m, size_t index)
{
    const struct generation_saved *s = m->of[index];
    const struct generation *g = &m->siblings->items[index];

    CHECK(s >= m->saved && s < m->saved + m->saved_count);
    return (struct generation_read){.index = index,
                                    .offset = offset_in(g, s),
                                    .key = s->key,
                                    .may_be_cut = m->is_truncated[s - m->saved],
                                    .trouble = g->trouble};
}

/* It begins as what was read of the log. That it ends before where reading stands makes it a copy if the
 * log was truncated, and else another: which shows when the log can be read. */
static bool may_be_earlier_copy(const struct matching *m, const struct generation *g,
                                const struct generation *log)
{
    for (size_t i = 0; i < m->saved_count; i++) {
        const struct file_identity *saved = &m->saved[i].identity;

        if (m->saved[i].offset > 0 && saved->id.ino == log->id.ino &&
            (file_content_match(saved, head_of(g)) || file_content_is_cut(saved, head_of(g))))
            return true;
    }
    return false;
}

/* Of its bytes nothing was saved. While the log cannot be read, the newest may be what that has still, and
 * each may be what it had. */
static void read_doubt(const struct matching *m, struct generation_read *read)
{
    size_t last = m->siblings->count - 1;
    const struct generation *g = &m->siblings->items[read->index], *log = &m->siblings->items[last];
    bool may_be_there;

    if (read->index == last || g->trouble != 0 || !log->is_current || log->trouble == 0)
        return;
    may_be_there = read->index + 1 == last && !g->is_gzip && g->size_bytes <= log->size_bytes;
    if (!may_be_there && !may_be_earlier_copy(m, g, log))
        return;
    read->trouble = log->trouble;
    read->is_doubtful = true;
}

/* It has no name any more, and is read when it can be: gzip may have made any of it that nobody knows. */
static const struct generation_saved *any_hidden(const struct matching *m)
{
    for (size_t i = 0; i < m->saved_count; i++)
        if (!m->is_placed[i] && m->saved[i].trouble != 0)
            return &m->saved[i];
    return NULL;
}

static void read_doubt_packed(const struct matching *m, struct generation_read *read)
{
    const struct generation *g = &m->siblings->items[read->index];
    const struct generation_saved *hidden = any_hidden(m);

    CHECK(m->of[read->index] == NULL);
    if (hidden == NULL || !g->is_gzip || g->is_current || g->trouble != 0)
        return;
    read->trouble = hidden->trouble;
    read->is_doubtful = true;
}

/* Its number is the log's: it was saved of what that has still, or had before it was truncated. */
static bool is_of_log(const struct matching *m, const struct generation_saved *s)
{
    const struct generation *log = &m->siblings->items[m->siblings->count - 1];

    return log->is_current && log->id.ino == s->identity.id.ino;
}

/* One whose row has its number alone may be another by now. */
static bool is_to_be_read(const struct matching *m, size_t index)
{
    const struct generation_saved *s = m->of[index];
    const struct generation *g = &m->siblings->items[index];

    if (s == NULL)
        return is_unread(m, index);
    return has_more(g, s) && !(g->is_copy && was_empty(s));
}

static void plan_fill(const struct matching *m, struct generation_plan *plan)
{
    for (size_t i = 0; i < m->siblings->count; i++) {
        const struct generation_saved *s = m->of[i];
        struct generation_read read = {.index = i, .is_new = m->saved_count == 0};

        if (!is_to_be_read(m, i))
            continue;
        read.trouble = m->siblings->items[i].trouble;
        if (s != NULL)
            read = read_on(m, i);
        if (s == NULL || was_empty(s) || is_of_log(m, s))
            read_doubt(m, &read);
        if (s == NULL)
            read_doubt_packed(m, &read);
        read_add(plan, read);
    }
    CHECK(plan->count <= m->siblings->count);
    for (size_t i = 0; i < m->saved_count; i++)
        plan->lost_count += is_nowhere(m, i);
}

/* The number is that of a file which is there, and does not begin as that one did: the log was
 * truncated, after it was copied or not. */
static bool is_rewritten(const struct matching *m, const struct generation_saved *s)
{
    for (size_t i = 0; i < m->siblings->count; i++) {
        const struct generation *g = &m->siblings->items[i];

        if (g->trouble == 0 &&
            file_identity_match(&s->identity, &g->id, head_of(g)) == FILE_REWRITTEN)
            return true;
    }
    return false;
}

/* What is renamed leaves its name to a file that nobody knows. */
static bool is_current_known(const struct matching *m)
{
    size_t last = m->siblings->count - 1;

    return m->siblings->count > 0 && m->siblings->items[last].is_current && m->of[last] != NULL;
}

/* What is renamed was there before the log that follows it; what gzip made of it was not. */
static bool is_born_after_log(const struct matching *m, size_t index)
{
    const struct generation *g = &m->siblings->items[index];
    const struct generation *log = &m->siblings->items[m->siblings->count - 1];

    return log->is_current && log->id.born_ns != 0 && !g->is_gzip &&
           g->id.born_ns > log->id.born_ns;
}

/* What was saved under the log's number lies in another file, plain as it was: that is a copy, and the log,
 * though it cannot be read, was truncated. */
static bool is_copy_of_hidden_log(const struct matching *m, const struct generation_read *read)
{
    const struct generation *g = &m->siblings->items[read->index];
    const struct generation *log = &m->siblings->items[m->siblings->count - 1];

    return m->of[read->index] != NULL && is_of_log(m, m->of[read->index]) && log->trouble != 0 &&
           g->id.ino != log->id.ino && g->trouble == 0 && !g->is_gzip && !read->is_doubtful;
}

static bool is_copied(const struct matching *m, const struct generation_plan *plan)
{
    bool is_known = is_current_known(m);

    for (size_t i = 0; i < m->saved_count; i++)
        if (m->is_truncated[i])
            return true;
    for (size_t i = 0; i < plan->count; i++) {
        size_t index = plan->reads[i].index;

        if ((m->of[index] == NULL && is_known) || is_copy_of_hidden_log(m, &plan->reads[i]))
            return true;
        if ((m->of[index] == NULL || m->of[index]->is_untouched) && is_born_after_log(m, index))
            return true;
    }
    return false;
}

void generation_plan(const struct generations *siblings, const struct generation_saved *saved,
                     size_t saved_count, struct generation_plan *plan_out)
{
    struct matching m = {
        .siblings = siblings,
        .saved = saved,
        .saved_count = saved_count,
        .is_placed = mem_zalloc(saved_count + 1, sizeof *m.is_placed),
        .is_truncated = mem_zalloc(saved_count + 1, sizeof *m.is_truncated),
    };

    CHECK(siblings->count <= GENERATIONS_MAX);
    *plan_out = (struct generation_plan){0};
    for (size_t i = 0; i < saved_count; i++)
        m.is_truncated[i] = is_rewritten(&m, &saved[i]);
    place_all(&m, is_same_bytes);
    place_all(&m, is_same_content);
    place_all(&m, is_earlier_copy);
    place_all(&m, is_same_file);
    place_all(&m, is_same_number);
    m.oldest = oldest_known(&m);
    m.waiting_ns = waiting_since_ns(&m);
    for (size_t i = 0; i < siblings->count; i++)
        m.is_any_hidden |= siblings->items[i].trouble != 0;
    plan_fill(&m, plan_out);
    plan_out->is_copied = is_copied(&m, plan_out);
    mem_free(m.is_placed);
    mem_free(m.is_truncated);
}

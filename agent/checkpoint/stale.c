#include "checkpoint/stale.h"

#include "base/memory.h"
#include "file/generations.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

struct found {
    const struct stale *stale;
    struct listing names; /* of the directory that was read last */
    int64_t *rows;
    size_t count;
};

static int order(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

void stale_claim_all(struct stale *s, const struct map *claims)
{
    struct slice key;
    size_t at = 0;
    void *value;

    CHECK(s->claims == NULL && !s->is_wanted);
    s->claims = mem_alloc((claims->count + 1) * sizeof *s->claims);
    s->claim_count = 0;
    while (map_next(claims, &at, &key, &value))
        memcpy(&s->claims[s->claim_count++], key.data, sizeof *s->claims);
    CHECK(s->claim_count == claims->count);
    qsort(s->claims, s->claim_count, sizeof *s->claims, order);
    s->is_wanted = true;
}

void stale_fini(struct stale *s)
{
    mem_free(s->claims);
    *s = (struct stale){0};
}

static bool is_claimed(const struct stale *s, int64_t row)
{
    CHECK(s->is_wanted);
    return bsearch(&row, s->claims, s->claim_count, sizeof row, order) != NULL;
}

enum there { THERE_NOT, THERE_ANOTHER, THERE_SAME, THERE_UNKNOWN };

static enum there look(const char *path, uint64_t ino)
{
    struct stat facts;

    if (stat(path, &facts) == 0)
        return facts.st_ino == ino ? THERE_SAME : THERE_ANOTHER;
    return errno == ENOENT || errno == ENOTDIR ? THERE_NOT : THERE_UNKNOWN;
}

/* The file lies at its name, at its real path, or there as .gz. */
static bool is_there(const struct position *p)
{
    const char *path = p->real ? p->real : p->name;
    enum there there = look(path, p->identity.id.ino);
    char *packed;

    if (there == THERE_NOT) {
        packed = mem_format("%s.gz", path);
        there = look(packed, 0) == THERE_NOT ? THERE_NOT : THERE_SAME;
        mem_free(packed);
    }
    return there == THERE_SAME || there == THERE_UNKNOWN;
}

/* Of one that cannot be read: gzip has made it of any of them. */
static bool may_be_it(const struct generation *g, const struct position *p)
{
    return g->trouble == -EMFILE || g->trouble == -ENFILE || g->is_gzip ||
           g->id.ino == p->identity.id.ino;
}

static bool is_it(const struct generation *g, const struct position *p)
{
    struct slice head = slice_make(g->head, g->head_len);

    if (g->trouble != 0)
        return may_be_it(g, p);
    return file_identity_match(&p->identity, &g->id, head) == FILE_SAME ||
           file_content_match(&p->identity, head);
}

/* Rotation has given it another name since, and gzip made another file of it perhaps. */
static bool is_beside(struct listing *names, const struct position *p)
{
    struct generations siblings;
    bool is_found = false;
    int rc = generations_read_in(names, p->name, &siblings);

    if (rc < 0)
        return rc != -ENOENT && rc != -ENOTDIR;
    for (size_t i = 0; i < siblings.count && !is_found; i++)
        is_found = is_it(&siblings.items[i], p);
    generations_free(&siblings);
    return is_found;
}

static bool on_row(void *owner, const struct position *p)
{
    struct found *f = owner;

    if (is_claimed(f->stale, p->row) || is_there(p) || is_beside(&f->names, p))
        return true;
    if ((f->count & (f->count - 1)) == 0)
        f->rows = mem_resize(f->rows, f->count ? f->count * 2 : 1, sizeof *f->rows);
    f->rows[f->count++] = p->row;
    return true;
}

static int rows_remove(const struct found *f, struct database *db)
{
    int rc = database_begin(db);

    CHECK(f->count > 0);
    for (size_t i = 0; i < f->count && rc == 0; i++)
        rc = database_remove(db, f->rows[i]);
    if (rc == 0)
        rc = database_commit(db);
    if (rc < 0)
        database_rollback(db);
    return rc;
}

void stale_prune(struct stale *s, struct database *db)
{
    struct found f = {.stale = s};

    if (!s->is_wanted)
        return;
    CHECK(s->claims != NULL);
    if (database_each(db, on_row, &f) == 0 && f.count > 0 && rows_remove(&f, db) == 0)
        s->removed_count = f.count;
    listing_fini(&f.names);
    mem_free(f.rows);
}

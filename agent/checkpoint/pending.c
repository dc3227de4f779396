#include "checkpoint/pending.h"

#include "base/memory.h"

#include <string.h>

static struct slice key_of(const int64_t *row)
{
    return slice_make((const char *)row, sizeof *row);
}

static size_t text_bytes(const char *text)
{
    return text != NULL ? strlen(text) + 1 : 0;
}

/* Copies the text to `*at`, and leaves the copy in its place. */
static void text_move(const char **text, char **at)
{
    size_t bytes = text_bytes(*text);

    if (bytes == 0)
        return;
    memcpy(*at, *text, bytes);
    *text = *at;
    *at += bytes;
}

static void texts_copy(struct pending_row *row)
{
    struct position *p = &row->position;
    size_t bytes = text_bytes(p->name) + text_bytes(p->real) + text_bytes(p->note);
    char *at = row->texts = mem_alloc(bytes);

    text_move(&p->name, &at);
    text_move(&p->real, &at);
    text_move(&p->note, &at);
    CHECK(at == row->texts + bytes);
}

static void row_free(struct pending_row *row)
{
    mem_free(row->texts);
    mem_free(row);
}

void pending_init(struct pending *p)
{
    list_init(&p->rows);
    map_init(&p->by_row);
}

void pending_fini(struct pending *p)
{
    LIST_FOR_SAFE (it, after, &p->rows)
        row_free(CONTAINER_OF(it, struct pending_row, link));
    list_init(&p->rows);
    map_fini(&p->by_row);
}

/* The entry of a row, with no texts. */
static struct pending_row *row_take(struct pending *p, int64_t number)
{
    struct pending_row *row = map_get(&p->by_row, key_of(&number));

    if (row != NULL) {
        MEM_FREE(&row->texts);
    } else {
        row = mem_zalloc(1, sizeof *row);
        list_add_tail(&p->rows, &row->link);
        CHECK(map_put(&p->by_row, key_of(&number), row) == NULL);
    }
    CHECK(row->texts == NULL);
    row->position = (struct position){.row = number};
    return row;
}

void pending_put(struct pending *p, const struct position *position)
{
    struct pending_row *row = row_take(p, position->row);

    CHECK(position->row > 0 && position->name != NULL);
    row->position = *position;
    row->is_removal = false;
    if (row->since_ns == 0)
        row->since_ns = position->saved_ns;
    texts_copy(row);
}

void pending_remove(struct pending *p, int64_t number)
{
    row_take(p, number)->is_removal = true;
}

const struct pending_row *pending_get(const struct pending *p, int64_t row)
{
    return map_get(&p->by_row, key_of(&row));
}

/* Nothing is known here: all of it is news. */
static void pending_move(struct pending *p, struct pending *older)
{
    CHECK(list_is_empty(&p->rows));
    CHECK(p->by_row.count == 0);
    map_fini(&p->by_row);
    p->by_row = older->by_row;
    list_add_all(&p->rows, &older->rows);
    pending_init(older);
}

void pending_merge(struct pending *p, struct pending *older)
{
    CHECK(p != older);
    if (pending_count(p) == 0) {
        pending_move(p, older);
        return;
    }
    LIST_FOR_SAFE (it, after, &older->rows) {
        struct pending_row *row = CONTAINER_OF(it, struct pending_row, link);
        struct pending_row *newer = map_get(&p->by_row, key_of(&row->position.row));

        list_remove(&row->link);
        if (newer != NULL) {
            if (row->since_ns != 0)
                newer->since_ns = row->since_ns;
            row_free(row);
            continue;
        }
        list_add_tail(&p->rows, &row->link);
        CHECK(map_put(&p->by_row, key_of(&row->position.row), row) == NULL);
    }
    map_fini(&older->by_row);
    pending_init(older);
}

size_t pending_count(const struct pending *p)
{
    CHECK(list_is_empty(&p->rows) == (p->by_row.count == 0));
    return p->by_row.count;
}

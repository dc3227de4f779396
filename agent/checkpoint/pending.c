#include "checkpoint/pending.h"

#include "base/memory.h"

static struct slice key_of(const int64_t *row)
{
    return slice_make((const char *)row, sizeof *row);
}

/* The texts are copies that only the row frees. */
static void text_free(const char *text)
{
    mem_free((void *)(uintptr_t)text);
}

static char *text_copy(const char *text)
{
    return text ? mem_text(text) : NULL;
}

static void texts_free(struct position *position)
{
    text_free(position->name);
    text_free(position->real);
    text_free(position->note);
}

static void texts_copy(struct position *position)
{
    position->name = text_copy(position->name);
    position->real = text_copy(position->real);
    position->note = text_copy(position->note);
}

static void row_free(struct pending *p, struct pending_row *row)
{
    list_remove(&row->link);
    CHECK(map_remove(&p->by_row, key_of(&row->position.row)) == row);
    texts_free(&row->position);
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
        row_free(p, CONTAINER_OF(it, struct pending_row, link));
    map_fini(&p->by_row);
}

/* The entry of a row, with no texts. */
static struct pending_row *row_take(struct pending *p, int64_t number)
{
    struct pending_row *row = map_get(&p->by_row, key_of(&number));

    if (row != NULL) {
        texts_free(&row->position);
    } else {
        row = mem_zalloc(1, sizeof *row);
        list_add_tail(&p->rows, &row->link);
        CHECK(map_put(&p->by_row, key_of(&number), row) == NULL);
    }
    row->position = (struct position){.row = number};
    return row;
}

void pending_put(struct pending *p, const struct position *position)
{
    struct pending_row *row = row_take(p, position->row);

    row->position = *position;
    row->is_removal = false;
    texts_copy(&row->position);
}

void pending_remove(struct pending *p, int64_t number)
{
    row_take(p, number)->is_removal = true;
}

const struct pending_row *pending_get(const struct pending *p, int64_t row)
{
    return map_get(&p->by_row, key_of(&row));
}

void pending_merge(struct pending *p, struct pending *older)
{
    CHECK(p != older);
    LIST_FOR_SAFE (it, after, &older->rows) {
        struct pending_row *row = CONTAINER_OF(it, struct pending_row, link);

        if (pending_get(p, row->position.row) != NULL) {
            row_free(older, row);
            continue;
        }
        list_remove(&row->link);
        list_add_tail(&p->rows, &row->link);
        CHECK(map_put(&p->by_row, key_of(&row->position.row), row) == NULL);
    }
    CHECK(list_is_empty(&older->rows));
    map_fini(&older->by_row);
    pending_init(older);
}

size_t pending_count(const struct pending *p)
{
    return p->by_row.count;
}

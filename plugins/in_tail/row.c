#include "plugins/in_tail/row.h"

#include "plugins/in_tail/tail.h"

static struct slice row_key(const int64_t *row)
{
    return slice_make((const char *)row, sizeof *row);
}

struct tail_file *tail_row_file(const struct tail *t, int64_t row)
{
    return map_get(&t->followed.rows, row_key(&row));
}

void tail_row_take(struct tail_file *f, int64_t row)
{
    CHECK(row > 0 && (f->known.row == 0 || f->known.row == row));
    f->known.row = row;
    (void)map_put(&f->tail->followed.rows, row_key(&row), f);
    if (f->tail->book.positions != NULL)
        positions_claim(f->tail->book.positions, row);
}

void tail_row_new(struct tail_file *f)
{
    struct tail *t = f->tail;
    struct positions *positions = t->book.positions;

    tail_row_take(f, positions != NULL ? positions_new_row(positions) : ++t->book.next_row);
}

void tail_row_leave(struct tail_file *f)
{
    CHECK(f->known.row > 0);
    if (tail_row_file(f->tail, f->known.row) == f)
        (void)map_remove(&f->tail->followed.rows, row_key(&f->known.row));
    if (f->tail->book.positions != NULL)
        positions_release(f->tail->book.positions, f->known.row);
}

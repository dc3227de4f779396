#include "metrics/metrics.h"

void metrics_book_init(struct metrics_book *book)
{
    list_init(&book->inputs);
    list_init(&book->filters);
    list_init(&book->outputs);
}

void metrics_add_input(struct metrics_book *book, struct input_metrics *m)
{
    CHECK(m->name != NULL);
    list_add_tail(&book->inputs, &m->link);
}

void metrics_add_filter(struct metrics_book *book, struct filter_metrics *m)
{
    CHECK(m->name != NULL);
    list_add_tail(&book->filters, &m->link);
}

void metrics_add_output(struct metrics_book *book, struct output_metrics *m)
{
    CHECK(m->name != NULL);
    list_add_tail(&book->outputs, &m->link);
}

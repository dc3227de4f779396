#include "scenario/pipeline/counted.h"

#include "kit/emf.h"
#include "kit/tree.h"
#include "record/json.h"

#include <check.h>
#include <stdlib.h>

static uint64_t count_of(struct slice document)
{
    struct slice value;

    emf_expect(document);
    ck_assert(json_find(document, SLICE("log_metric_counter_lines"), &value));
    return strtoull(value.data, NULL, 10);
}

uint64_t counted_lines(void)
{
    struct slice rest = {0}, line;
    uint64_t sum = 0;

    if (tree_has("state/counted"))
        rest.data = tree_read("state/counted", &rest.len);
    while (slice_next(&rest, '\n', &line))
        sum += line.len > 0 ? count_of(line) : 0;
    return sum;
}

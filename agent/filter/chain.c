#include "filter/chain.h"

#include "base/memory.h"

struct filter_step {
    const struct filter_plugin *plugin;
    void *self;
    struct tag_match *match;
    struct filter_metrics *metrics;
    const void *source; /* NULL: any */
};

/* The steps of the chain, by index, that some tags go through. */
struct filter_selection {
    const struct filter_chain *chain;
    uint32_t *steps;
    uint32_t step_count;
    const struct filter_step *alone; /* the only one, where it takes plain records */
};

struct filter_chain {
    struct filter_step *steps;
    uint32_t step_count;
    struct filter_selection **selections;
    uint32_t selection_count;
};

struct filter_chain *filter_chain_new(void)
{
    return mem_zalloc(1, sizeof(struct filter_chain));
}

static void selection_free(struct filter_selection *selection)
{
    mem_free(selection->steps);
    mem_free(selection);
}

void filter_chain_free(struct filter_chain **address)
{
    struct filter_chain *chain = *address;

    *address = NULL;
    if (chain == NULL)
        return;
    for (uint32_t i = 0; i < chain->selection_count; i++)
        selection_free(chain->selections[i]);
    for (uint32_t i = chain->step_count; i-- > 0;) {
        struct filter_step *step = &chain->steps[i];

        if (step->plugin->fini != NULL)
            step->plugin->fini(step->self);
        tag_match_free(&step->match);
    }
    mem_free(chain->selections);
    mem_free(chain->steps);
    mem_free(chain);
}

void filter_chain_add(struct filter_chain *chain, const struct filter_plugin *plugin, void *self,
                      struct tag_match *match, struct filter_metrics *metrics)
{
    CHECK(plugin->apply != NULL && match != NULL && metrics != NULL);
    CHECK(chain->selection_count == 0);
    chain->steps = mem_resize(chain->steps, chain->step_count + 1, sizeof *chain->steps);
    chain->steps[chain->step_count++] = (struct filter_step){
        .plugin = plugin,
        .self = self,
        .match = match,
        .metrics = metrics,
    };
}

void filter_chain_keep_to(struct filter_chain *chain, const void *source)
{
    CHECK(chain->step_count > 0 && chain->selection_count == 0);
    chain->steps[chain->step_count - 1].source = source;
}

static bool step_takes(const struct filter_step *step, struct slice tag, const void *source)
{
    return (step->source == NULL || step->source == source) && tag_match_accepts(step->match, tag);
}

/* A filter alone: what one of two does may not be taken back when the other one cannot. */
static void selection_shorten(struct filter_selection *selection)
{
    const struct filter_step *only = &selection->chain->steps[selection->steps[0]];

    CHECK(selection->step_count > 0 && selection->steps[0] < selection->chain->step_count);
    if (selection->step_count == 1 && only->plugin->apply_plain != NULL)
        selection->alone = only;
}

static struct filter_selection *selection_new(const struct filter_chain *chain, struct slice tag,
                                              const void *source)
{
    struct filter_selection *selection = mem_zalloc(1, sizeof *selection);

    selection->chain = chain;
    selection->steps = mem_zalloc(chain->step_count + 1, sizeof *selection->steps);
    for (uint32_t i = 0; i < chain->step_count; i++)
        if (step_takes(&chain->steps[i], tag, source))
            selection->steps[selection->step_count++] = i;
    if (selection->step_count > 0)
        selection_shorten(selection);
    return selection;
}

static bool selection_is_same(const struct filter_selection *a, const struct filter_selection *b)
{
    return a->step_count == b->step_count &&
           memcmp(a->steps, b->steps, a->step_count * sizeof *a->steps) == 0;
}

const struct filter_selection *filter_chain_select(struct filter_chain *chain, struct slice tag,
                                                   const void *source)
{
    struct filter_selection *selection = selection_new(chain, tag, source);

    for (uint32_t i = 0; i < chain->selection_count; i++) {
        if (selection_is_same(chain->selections[i], selection)) {
            selection_free(selection);
            return chain->selections[i];
        }
    }
    chain->selections =
        mem_resize(chain->selections, chain->selection_count + 1, sizeof *chain->selections);
    chain->selections[chain->selection_count++] = selection;
    return selection;
}

bool filter_selection_emits(const struct filter_selection *selection)
{
    for (uint32_t i = 0; i < selection->step_count; i++)
        if (selection->chain->steps[selection->steps[i]].plugin->emits)
            return true;
    return false;
}

bool filter_selection_sees_all(const struct filter_selection *selection)
{
    for (uint32_t i = 0; i < selection->step_count; i++)
        if (selection->chain->steps[selection->steps[i]].plugin->sees_all)
            return true;
    return filter_selection_emits(selection);
}

bool filter_selection_is_empty(const struct filter_selection *selection)
{
    return selection->step_count == 0;
}

uint64_t filter_selection_ready(const struct filter_selection *selection,
                                const struct filter_run *run, struct filter_waiter *waiter)
{
    uint64_t wait_ms = 0;

    for (uint32_t i = 0; i < selection->step_count && wait_ms == 0; i++) {
        const struct filter_step *step = &selection->chain->steps[selection->steps[i]];

        if (step->plugin->ready != NULL)
            wait_ms = step->plugin->ready(step->self, run, waiter);
        if (waiter->is_over) {
            list_remove(&waiter->link);
            wait_ms = 0;
        }
    }
    return wait_ms;
}

static inline size_t value_bytes(const struct value *value)
{
    if (LIKELY(value->kind == VALUE_TEXT))
        return value->text.len;
    switch (value->kind) {
    case VALUE_JSON:
    case VALUE_MSGPACK:
        return value->text.len;
    case VALUE_MEMBERS:
        return value->members->text.len;
    default:
        return sizeof value->integer;
    }
}

/* Counted for every record, and so once for all filters, however they change it. */
static uint64_t record_bytes(const struct record *record)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < record->root.count; i++)
        bytes += record->root.fields[i].key.len + value_bytes(&record->root.fields[i].value);
    return bytes;
}

enum filter_verdict filter_selection_apply(const struct filter_selection *selection,
                                           struct record *record, struct filter_run *run)
{
    uint64_t bytes = record_bytes(record);

    for (uint32_t i = 0; i < selection->step_count; i++) {
        const struct filter_step *step = &selection->chain->steps[selection->steps[i]];

        step->metrics->records++;
        step->metrics->bytes += bytes;
        if (step->plugin->apply(step->self, record, run) == FILTER_DROP) {
            step->metrics->drop_records++;
            step->metrics->drop_bytes += bytes;
            return FILTER_DROP;
        }
    }
    return FILTER_KEEP;
}

enum plain_verdict filter_selection_apply_plain(const struct filter_selection *selection,
                                                struct plain_record *plain, struct filter_run *run)
{
    const struct filter_step *step = selection->alone;
    enum plain_verdict verdict;

    if (selection->step_count == 0)
        return PLAIN_KEEP;
    if (step == NULL)
        return PLAIN_FILL;
    verdict = step->plugin->apply_plain(step->self, plain, run);
    if (verdict == PLAIN_FILL)
        return PLAIN_FILL;
    step->metrics->records++;
    step->metrics->bytes += plain->bytes;
    if (UNLIKELY(verdict == PLAIN_DROP)) {
        step->metrics->drop_records++;
        step->metrics->drop_bytes += plain->bytes;
    }
    return verdict;
}

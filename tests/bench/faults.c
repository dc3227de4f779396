#include "faults.h"

#include "seen.h"

#include <stddef.h>

#define PER_MILLE 1000
#define RANDOM_FIRST 88675123u

/* Which of every N numbers are refused; neither is the first of a file. */
#define REFUSED_REST 7
#define POISON_REST 11

static uint32_t draw(struct faults *f, uint32_t below)
{
    f->random ^= f->random << 13;
    f->random ^= f->random >> 17;
    f->random ^= f->random << 5;
    return f->random % below;
}

static uint64_t number_of(struct slice text)
{
    uint64_t number = 0;

    for (size_t i = 0; i < text.len && text.data[i] >= '0' && text.data[i] <= '9'; i++)
        number = number * 10 + (uint64_t)(text.data[i] - '0');
    return number;
}

static void set_one(struct faults *f, struct slice name, uint64_t value)
{
    const struct {
        const char *name;
        uint64_t *at;
    } knobs[] = {
        {"busy", &f->requests[MISHAP_BUSY]},
        {"unavailable", &f->requests[MISHAP_UNAVAILABLE]},
        {"page", &f->requests[MISHAP_PAGE]},
        {"closed", &f->requests[MISHAP_CLOSED]},
        {"lost", &f->requests[MISHAP_LOST]},
        {"cut", &f->requests[MISHAP_CUT]},
        {"huge", &f->requests[MISHAP_HUGE]},
        {"item409", &f->item409},
        {"item429", &f->item429},
        {"item500", &f->item500},
        {"item503", &f->item503},
        {"refuse", &f->refuse_every},
        {"poison", &f->poison_every},
        {"delay", &f->delay_ms},
        {"down", &f->down_ms},
    };

    if (slice_is(name, "seed"))
        f->random = (uint32_t)value * 2654435761u | 1;
    for (size_t i = 0; i < sizeof(knobs) / sizeof(knobs[0]); i++) {
        if (slice_is(name, knobs[i].name))
            *knobs[i].at = value;
    }
}

void faults_set(struct faults *f, struct slice target)
{
    struct slice query = slice_skip(target, slice_find(target, '?') + 1);
    struct slice pair;

    *f = (struct faults){.random = f->random ? f->random : RANDOM_FIRST};
    query.len = slice_find(query, ' ');
    while (slice_next(&query, '&', &pair)) {
        size_t equals = slice_find(pair, '=');

        set_one(f, slice_make(pair.data, equals), number_of(slice_skip(pair, equals + 1)));
    }
    f->has_item_faults =
        f->item409 || f->item429 || f->item500 || f->item503 || f->refuse_every || f->poison_every;
}

enum mishap faults_request(struct faults *f)
{
    uint64_t bound = 0, dice;

    if (f->random == 0)
        return MISHAP_NONE;
    dice = draw(f, PER_MILLE);
    for (int i = MISHAP_NONE + 1; i < MISHAP_COUNT; i++) {
        bound += f->requests[i];
        if (dice < bound)
            return (enum mishap)i;
    }
    return MISHAP_NONE;
}

static bool is_refused(const struct faults *f, struct slice document)
{
    uint64_t number;
    bool is_number;

    if ((!f->refuse_every && !f->poison_every) || !seen_find(document, &number, &is_number))
        return false;
    if (f->poison_every && number % f->poison_every == POISON_REST)
        return true;
    return f->refuse_every && is_number && number % f->refuse_every == REFUSED_REST;
}

int faults_item(struct faults *f, struct slice document, bool *is_stored_out)
{
    const struct {
        uint64_t rate;
        int status;
    } answers[] = {{f->item409, 409}, {f->item429, 429}, {f->item500, 500}, {f->item503, 503}};
    uint64_t bound = 0, dice;

    *is_stored_out = true;
    if (!f->has_item_faults)
        return 201;
    *is_stored_out = false;
    if (is_refused(f, document))
        return 400;
    dice = draw(f, PER_MILLE);
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        bound += answers[i].rate;
        if (dice < bound) {
            *is_stored_out = answers[i].status == 409;
            return answers[i].status;
        }
    }
    *is_stored_out = true;
    return 201;
}

#include "aws/denials.h"

/* Whether it is remembered; it is from now on. */
static bool remembered(uint64_t *hashes, unsigned max, unsigned *count, uint64_t hash)
{
    for (unsigned i = 0; i < *count && i < max; i++)
        if (hashes[i] == hash)
            return true;
    hashes[*count % max] = hash;
    *count = *count + 1 < 2 * max ? *count + 1 : max; /* as denials have no end */
    CHECK(*count > 0 && *count < 2 * max);
    return false;
}

static bool is_new(struct aws_denials *d, struct slice words)
{
    return !remembered(d->resources, AWS_DENIALS_MAX, &d->resource_count, slice_hash(words));
}

/* A denial that names no action stands for itself. */
static bool is_first_of_action(struct aws_denials *d, const struct aws_error *error)
{
    struct slice action, resource;

    if (!aws_denied_read(error->message, &action, &resource))
        action = slice_of(error->message);
    return !remembered(d->actions, AWS_DENIED_ACTIONS_MAX, &d->action_count, slice_hash(action));
}

bool aws_denials_note(struct aws_denials *d, const struct aws_error *error, struct buffer *words)
{
    uint64_t held;

    aws_denied_explain(error, words);
    if (is_new(d, buffer_view(words))) {
        if (is_first_of_action(d, error)) {
            (void)log_brake_open(&d->brake, AWS_DENIALS_PAUSE_MS, &held);
            return true;
        }
        d->unsaid++;
    }
    if (d->unsaid == 0 || !log_brake_open(&d->brake, AWS_DENIALS_PAUSE_MS, &held))
        return false;
    if (d->unsaid > 1)
        buffer_append_format(words, "; so are %u others", d->unsaid - 1);
    d->unsaid = 0;
    return true;
}

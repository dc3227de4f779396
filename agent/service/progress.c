#include "service/progress.h"

static bool has_nothing_to_do(const struct progress_seen *seen)
{
    return seen->held_records == 0 && seen->unread_bytes == 0;
}

/* What lies in files is no matter of the back-end's yet. */
static bool is_read_for(const struct progress *p, const struct progress_seen *seen)
{
    return seen->held_records == 0 && (!seen->has_room || seen->mark != p->mark);
}

static void note_away(struct progress *p, const struct progress_seen *seen)
{
    if (!seen->is_away || seen->answers != p->answers)
        p->away_ms = 0;
    else if (p->away_ms == 0)
        p->away_ms = seen->now_ms;
}

static bool is_excused(const struct progress *p, const struct progress_seen *seen,
                       const struct progress_rule *rule)
{
    if (p->looked_ms == 0 || seen->now_ms - p->looked_ms > rule->limit_ms / 2)
        return true;
    if (is_read_for(p, seen))
        return true;
    return rule->excuses_away && p->away_ms != 0 && seen->now_ms - p->away_ms >= rule->limit_ms / 2;
}

bool progress_look(struct progress *p, const struct progress_seen *seen,
                   const struct progress_rule *rule)
{
    bool was_still = p->is_still;
    bool goes_on = seen->left != p->left || has_nothing_to_do(seen);

    CHECK(rule->limit_ms > 0);
    CHECK(p->looked_ms <= seen->now_ms);
    note_away(p, seen);
    if (goes_on || (!was_still && is_excused(p, seen, rule)))
        p->since_ms = seen->now_ms;
    p->is_still = !goes_on && (was_still || seen->now_ms - p->since_ms >= rule->limit_ms);
    p->left = seen->left;
    p->mark = seen->mark;
    p->answers = seen->answers;
    p->looked_ms = seen->now_ms;
    return p->is_still != was_still;
}

#include "service/progress.h"

bool progress_look(struct progress *p, const struct progress_seen *seen, uint64_t limit_ms)
{
    bool was_still = p->is_still;
    bool goes_on = seen->left_records != p->left_records || seen->due_bytes == 0 ||
                   !seen->is_answered || p->since_ms == 0;

    p->left_records = seen->left_records;
    if (goes_on)
        p->since_ms = seen->now_ms;
    p->is_still = !goes_on && seen->now_ms - p->since_ms >= limit_ms;
    return p->is_still != was_still;
}

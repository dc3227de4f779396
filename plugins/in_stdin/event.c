#include "plugins/in_stdin/event.h"

#include <ctype.h>
#include <errno.h>

/* The year 2262, where nanoseconds in 64 bits end. */
#define SECONDS_MAX INT64_C(9223372035)

int event_time(struct slice number, int64_t *time_ns_out)
{
    int64_t seconds = 0, ns = 0, unit = NS_PER_S;
    size_t i = 0;

    for (; i < number.len && isdigit((unsigned char)number.data[i]); i++) {
        seconds = seconds * 10 + (number.data[i] - '0');
        if (seconds > SECONDS_MAX)
            return -EINVAL;
    }
    if (i == 0)
        return -EINVAL;
    if (i < number.len && number.data[i] == '.')
        for (i++; i < number.len && isdigit((unsigned char)number.data[i]); i++) {
            unit /= 10;
            ns += (number.data[i] - '0') * unit;
        }
    if (i != number.len)
        return -EINVAL;
    *time_ns_out = seconds * NS_PER_S + ns;
    return 0;
}

/* The two elements of an array that has exactly two. */
static bool pair_of(struct slice array, struct slice *first, struct slice *second)
{
    struct slice key, more;

    return array.data[0] == '[' && json_next(&array, &key, first) &&
           json_next(&array, &key, second) && !json_next(&array, &key, &more);
}

/* time, or [time, metadata]. */
static bool event_head(struct slice head, struct event *event)
{
    struct slice time;

    if (!pair_of(head, &time, &event->metadata))
        time = head;
    else if (event->metadata.data[0] != '{')
        return false;
    event->has_time = event_time(time, &event->time_ns) == 0;
    return event->has_time;
}

static bool event_of_pair(struct slice array, struct event *event)
{
    struct slice head;

    *event = (struct event){0};
    return pair_of(array, &head, &event->body) && event->body.data[0] == '{' &&
           event_head(head, event);
}

static bool event_of(struct slice value, struct event *event)
{
    if (value.data[0] == '[')
        return event_of_pair(value, event);
    *event = (struct event){.body = value};
    return value.data[0] == '{';
}

bool event_next(struct event_walk *walk, struct event *event, bool *is_odd)
{
    struct slice key, value;

    *is_odd = false;
    if (walk->rest.len == 0)
        return false;
    if (!walk->is_inside) {
        value = walk->rest;
        if (value.data[0] != '[' || event_of_pair(value, event)) {
            walk->rest = (struct slice){0};
            *is_odd = !event_of(value, event);
            return !*is_odd;
        }
        walk->is_inside = true;
    }
    if (!json_next(&walk->rest, &key, &value))
        return false;
    *is_odd = !event_of(value, event);
    if (*is_odd)
        walk->rest = (struct slice){0};
    return !*is_odd;
}

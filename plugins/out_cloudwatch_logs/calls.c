#include "plugins/out_cloudwatch_logs/cloudwatch.h"

/*
 * How fast an API of an account is called (output/pace.h), for all outputs to the same host, region
 * and account:
 *
 *                      least gap           most          why
 *   PutLogEvents       none, or what       250 ms        4 calls a second are within a node's share,
 *                      calls_per_second                  where a thousand have the service's 5,000
 *                      says
 *   CreateLogStream    20 ms               2 s           the service takes 50 a second
 *   everything else    20 ms               2 s           of groups it takes no more than 10
 */

enum kind { LANE_PUT, LANE_STREAM, LANE_REST, LANE_COUNT };

static const struct lane_limits limits[LANE_COUNT] = {
    [LANE_PUT] = {.gap_least_ms = 0, .gap_most_ms = 250},
    [LANE_STREAM] = {.gap_least_ms = 20, .gap_most_ms = 2000},
    [LANE_REST] = {.gap_least_ms = 20, .gap_most_ms = 2000},
};

/* The role's, "arn:aws:iam::123456789012:role/x"; empty: that of the keys, whosever they are. */
static struct slice account_of(const char *role_arn)
{
    struct slice rest = slice_of(role_arn != NULL ? role_arn : "");

    for (int part = 0; part < 4; part++) {
        size_t at = slice_find(rest, ':');

        if (at == rest.len)
            return (struct slice){0};
        rest = slice_skip(rest, at + 1);
    }
    return slice_make(rest.data, slice_find(rest, ':'));
}

static struct call_pace *pace_of(struct out_cloudwatch *cw)
{
    struct slice account = account_of(cw->login.role_arn);
    struct buffer name = {0};

    if (LIKELY(cw->pace != NULL))
        return cw->pace;
    buffer_append_format(&name, "logs %s:%u %s %.*s", cw->reach.http.host,
                         (unsigned)cw->reach.http.port, cw->login.region, SLICE_ARG(account));
    cw->pace = call_pace_ref(buffer_text(&name), limits, LANE_COUNT);
    call_lane_tell(call_pace_lane(cw->pace, LANE_PUT), (uint32_t)cw->calls_a_second);
    buffer_fini(&name);
    return cw->pace;
}

struct call_lane *cw_pace_lane(struct out_cloudwatch *cw, enum cw_step step)
{
    switch (step) {
    case CW_PUT:
        return call_pace_lane(pace_of(cw), LANE_PUT);
    case CW_STREAM:
        return call_pace_lane(pace_of(cw), LANE_STREAM);
    default:
        return call_pace_lane(pace_of(cw), LANE_REST);
    }
}

struct call_lane *cw_lane(void *self, const void *note)
{
    const struct cw_note *asked = note;

    return cw_pace_lane(self, asked != NULL ? asked->step : CW_PUT);
}

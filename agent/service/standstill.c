#include "service/standstill.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "record/time_text.h"
#include "service/pipeline_self.h"

#include <inttypes.h>

/* How often within the shortest limit it is looked. */
#define LOOKS 10

/* ---- the limits ---- */

static uint64_t limit_ms(int64_t seconds)
{
    if (seconds <= 0)
        return 0;
    return (uint64_t)(seconds < SERVICE_SECONDS_MAX ? seconds : SERVICE_SECONDS_MAX) * 1000;
}

/* 0: it may stand still for ever. */
static uint64_t output_limit_ms(const struct pipeline *p, size_t output)
{
    int64_t own_s = p->made.outputs[output].keys.standstill_s;

    return limit_ms(own_s >= 0 ? own_s : p->service.health.standstill_s);
}

static uint64_t shortest_limit_ms(const struct pipeline *p)
{
    uint64_t shortest = limit_ms(p->service.health.standstill_s);

    for (size_t i = 0; i < p->made.started_output_count; i++) {
        uint64_t limit = output_limit_ms(p, i);

        if (limit > 0 && (shortest == 0 || limit < shortest))
            shortest = limit;
    }
    return shortest;
}

/* ---- looking ---- */

static uint64_t left_records(const struct output_metrics *m)
{
    return m->proc_records + m->set_aside_records + m->given_up_records;
}

/* Once its files were looked at. */
static bool has_work(const struct pipeline *p, size_t output)
{
    const struct output_metrics *m = output_metrics(p->made.outputs[output].output);

    return m->in_flight_records > 0 || (lanes_is_apart(p, (unsigned)output) && m->behind_bytes > 0);
}

/* What lies in files costs a look at each: it is asked for only where that decides. */
static bool files_decide(const struct pipeline *p)
{
    bool have_all_nothing = true;

    for (size_t i = 0; i < p->made.started_output_count; i++) {
        const struct output_metrics *m = output_metrics(p->made.outputs[i].output);
        bool has_nothing =
            m->in_flight_records == 0 && left_records(m) == p->standstill.outputs[i].left;

        if (has_nothing && lanes_is_apart(p, (unsigned)i))
            return true;
        have_all_nothing &= has_nothing;
    }
    return have_all_nothing;
}

static struct progress_seen output_see(const struct pipeline *p, size_t i)
{
    const struct output *output = p->made.outputs[i].output;
    const struct output_metrics *m = output_metrics(p->made.outputs[i].output);

    return (struct progress_seen){
        .now_ms = clock_ms(),
        .left = left_records(m),
        .held_records = m->in_flight_records,
        .unread_bytes = lanes_is_apart(p, (unsigned)i) ? m->behind_bytes : 0,
        .mark = lanes_done_mark(p, (unsigned)i),
        .has_room = lanes_have_room(p, (unsigned)i),
        .answers = output_answers(output),
        .is_away = output_is_away(output),
    };
}

/* As long as an output has something to do, it is that one's matter. */
static struct progress_seen reading_see(const struct pipeline *p)
{
    struct progress_seen seen = {.now_ms = clock_ms(), .has_room = true};
    bool is_theirs = false;

    for (size_t i = 0; i < p->made.started_output_count; i++) {
        seen.left += left_records(output_metrics(p->made.outputs[i].output));
        is_theirs |= has_work(p, i);
    }
    for (size_t i = 0; i < p->made.input_count; i++) {
        const struct input_metrics *m = &p->made.inputs[i].input.metrics;

        seen.left += m->read_bytes;
        seen.unread_bytes += is_theirs ? 0 : m->due_bytes;
    }
    return seen;
}

/* ---- saying ---- */

static uint64_t still_s(const struct progress *progress)
{
    return progress->is_still ? (clock_ms() - progress->since_ms) / 1000 : 0;
}

static void append_since(const struct progress *progress, struct buffer *out)
{
    uint64_t ms = clock_ms() - progress->since_ms;

    buffer_append_format(out, " has stood still for %" PRIu64 " s, since ", ms / 1000);
    if (time_format_utc(clock_wall_ns() - (int64_t)ms * NS_PER_MS, "%Y-%m-%dT%H:%M:%SZ", out) < 0)
        buffer_append_text(out, "then");
}

static void append_reading(const struct pipeline *p, struct buffer *out)
{
    uint64_t due_bytes = 0;

    for (size_t i = 0; i < p->made.input_count; i++)
        due_bytes += p->made.inputs[i].input.metrics.due_bytes;
    buffer_append_text(out, "reading");
    append_since(&p->standstill.reading, out);
    buffer_append_format(out,
                         ", while %" PRIu64
                         " bytes wait in files and no output has anything to do; a start anew may "
                         "help",
                         due_bytes);
}

static void append_output(const struct pipeline *p, size_t i, struct buffer *out)
{
    const struct output *output = p->made.outputs[i].output;
    const struct output_metrics *m = output_metrics(p->made.outputs[i].output);
    int64_t since_ns;
    const char *answer = output_trouble(output, &since_ns);

    buffer_append_format(out, "output %s", output_name(output));
    append_since(&p->standstill.outputs[i], out);
    if (m->in_flight_records > 0)
        buffer_append_format(out, ", while %" PRIu64 " records wait", m->in_flight_records);
    else
        buffer_append_format(out, ", while %" PRIu64 " bytes wait in files", m->behind_bytes);
    if (since_ns != 0)
        buffer_append_format(out, "; its back-end's last word: %s", answer);
    else
        buffer_append_text(out, "; its back-end has said nothing since, and a start anew may help");
}

bool standstill_write(const struct pipeline *p, struct buffer *out)
{
    const struct standstill *s = &p->standstill;
    bool is_first = !s->reading.is_still;

    if (s->reading.is_still)
        append_reading(p, out);
    for (size_t i = 0; s->outputs != NULL && i < p->made.started_output_count; i++) {
        if (!s->outputs[i].is_still)
            continue;
        buffer_append_text(out, is_first ? "" : "; and ");
        append_output(p, i, out);
        is_first = false;
    }
    return !is_first || s->reading.is_still;
}

bool standstill_wants_restart(const struct pipeline *p)
{
    const struct standstill *s = &p->standstill;
    int64_t since_ns = 0;

    for (size_t i = 0; s->outputs != NULL && i < p->made.started_output_count; i++) {
        if (!s->outputs[i].is_still)
            continue;
        (void)output_trouble(p->made.outputs[i].output, &since_ns);
        if (since_ns == 0)
            return true;
    }
    return s->reading.is_still;
}

uint64_t standstill_output_s(const struct pipeline *p, size_t output)
{
    CHECK(output < p->made.started_output_count);
    return p->standstill.outputs != NULL ? still_s(&p->standstill.outputs[output]) : 0;
}

uint64_t standstill_reading_s(const struct pipeline *p)
{
    return still_s(&p->standstill.reading);
}

static void began_say(const struct pipeline *p)
{
    struct buffer words = {0};

    CHECK(standstill_write(p, &words));
    log_error("tailrace", "%s; this is not healthy", buffer_text(&words));
    buffer_fini(&words);
}

static void ended_say(const char *who, bool has_left)
{
    log_info("tailrace", "%s stands still no longer: %s", who,
             has_left ? "lines leave again" : "nothing waits any more");
}

/* ---- again and again ---- */

/* Whether it began to stand still now. */
static bool look(struct progress *progress, const struct progress_seen *seen,
                 const struct progress_rule *rule, const char *who)
{
    bool has_left = seen->left != progress->left;

    if (!progress_look(progress, seen, rule))
        return false;
    if (!progress->is_still)
        ended_say(who, has_left);
    return progress->is_still;
}

static void on_look(void *owner)
{
    struct pipeline *p = owner;
    struct progress_rule rule = {limit_ms(p->service.health.standstill_s),
                                 !p->service.health.counts_away};
    struct progress_seen seen;
    bool has_begun = false;

    if (files_decide(p))
        pipeline_refresh(p);
    seen = reading_see(p);
    if (rule.limit_ms > 0)
        has_begun = look(&p->standstill.reading, &seen, &rule, "reading");
    for (size_t i = 0; i < p->made.started_output_count; i++) {
        seen = output_see(p, i);
        rule.limit_ms = output_limit_ms(p, i);
        if (rule.limit_ms > 0)
            has_begun |= look(&p->standstill.outputs[i], &seen, &rule,
                              output_name(p->made.outputs[i].output));
        p->standstill.outputs[i].left = seen.left;
    }
    if (has_begun)
        began_say(p);
}

void standstill_start(struct pipeline *p)
{
    uint64_t shortest_ms = shortest_limit_ms(p);

    CHECK(p->standstill.timer == NULL);
    if (shortest_ms == 0)
        return;
    p->standstill.outputs = mem_zalloc(p->made.started_output_count, sizeof *p->standstill.outputs);
    p->standstill.timer = timer_new(p->loop, on_look, p);
    timer_unref(p->standstill.timer);
    timer_repeat(p->standstill.timer, shortest_ms / LOOKS);
}

void standstill_stop(struct pipeline *p)
{
    timer_free(&p->standstill.timer);
    MEM_FREE(&p->standstill.outputs);
    p->standstill = (struct standstill){0};
}

#include "output/circuit.h"

static void circuit_check(const struct circuit *c)
{
    CHECK(c->answers == 0 || c->answers < c->places);
    CHECK(c->failures <= CIRCUIT_FAILURES_MAX);
    CHECK(c->places >= 1 && c->places <= c->places_max);
    CHECK(c->is_open == (c->failures >= CIRCUIT_FAILURES_MAX));
    CHECK(c->is_open || c->probes == 0);
}

void circuit_init(struct circuit *c, const struct retry_policy *policy, unsigned places_max)
{
    *c = (struct circuit){
        .base_ms = policy->base_ms,
        .cap_ms = policy->cap_ms,
        .places_max = places_max,
        .places = places_max,
    };
    circuit_check(c);
}

unsigned circuit_room(const struct circuit *c, uint64_t now_ms, unsigned under_way)
{
    unsigned places = c->is_open ? 1 : c->places;

    if (now_ms < c->not_before_ms || under_way >= places)
        return 0;
    CHECK(under_way < places);
    return places - under_way;
}

/* A row of answers gives a place back. */
static void note_answer(struct circuit *c)
{
    c->failures = c->probes = 0;
    c->is_open = false;
    if (c->places == c->places_max || ++c->answers < c->places)
        return;
    c->places++;
    c->answers = 0;
}

static void wait_until(struct circuit *c, uint64_t at_ms)
{
    if (c->not_before_ms < at_ms)
        c->not_before_ms = at_ms;
}

static uint64_t asked_ms(struct circuit_moment moment)
{
    return moment.asked_ms < RETRY_AFTER_MAX_MS ? moment.asked_ms : RETRY_AFTER_MAX_MS;
}

static void note_busy(struct circuit *c, struct circuit_moment moment)
{
    c->failures = c->probes = 0;
    c->is_open = false;
    c->places = c->places > 1 ? c->places / 2 : 1;
    c->answers = 0;
    if (moment.asked_ms > 0)
        wait_until(c, moment.now_ms + asked_ms(moment));
}

static uint64_t probe_wait_ms(const struct circuit *c, uint64_t dice)
{
    uint64_t cap_ms = c->cap_ms < CIRCUIT_PROBE_WAIT_MS ? c->cap_ms : CIRCUIT_PROBE_WAIT_MS;
    struct retry_policy waits = {.base_ms = c->base_ms,
                                 .cap_ms = cap_ms > c->base_ms ? cap_ms : c->base_ms};

    CHECK(c->is_open && c->failures == CIRCUIT_FAILURES_MAX);
    return retry_wait_ms(&waits, c->probes, dice);
}

static void note_failure(struct circuit *c, struct circuit_moment moment)
{
    uint64_t wait_ms;

    if (c->failures < CIRCUIT_FAILURES_MAX)
        c->failures++;
    if (c->failures < CIRCUIT_FAILURES_MAX)
        return;
    if (c->is_open)
        c->probes++;
    c->is_open = true;
    wait_ms = probe_wait_ms(c, moment.dice);
    wait_until(c, moment.now_ms + (wait_ms > asked_ms(moment) ? wait_ms : asked_ms(moment)));
}

void circuit_note(struct circuit *c, enum circuit_event event, struct circuit_moment moment)
{
    switch (event) {
    case CIRCUIT_ANSWERED:
        note_answer(c);
        break;
    case CIRCUIT_BUSY:
        note_busy(c, moment);
        break;
    case CIRCUIT_FAILED:
        note_failure(c, moment);
        break;
    }
    circuit_check(c);
}

void circuit_hasten(struct circuit *c, uint64_t until_ms)
{
    if (c->not_before_ms > until_ms)
        c->not_before_ms = until_ms;
}

uint32_t circuit_connect_ms(const struct circuit *c)
{
    bool is_patient = c->probes % CIRCUIT_PATIENT_PROBE == CIRCUIT_PATIENT_PROBE - 1;

    return c->is_open && !is_patient ? CIRCUIT_CONNECT_MS : 0;
}

#include "body.h"

#include <inttypes.h>

struct body {
    struct buffer *text;
    uint32_t *random;
};

static const char *const levels[] = {"debug", "info", "info", "warn", "error"};
static const char *const messages[] = {
    "order accepted",           "basket priced",         "session opened for a returning customer",
    "cache entry was too old",  "stock reserved",        "payment provider answered late",
    "mail queued for delivery", "health check answered", "address could not be verified"};
static const char *const services[] = {"checkout", "catalogue", "accounts", "shipping-gateway"};
static const char *const routes[] = {"/", "/api/v2/orders", "/api/v2/basket/items", "/healthz"};
static const char *const methods[] = {"GET", "POST", "PUT", "DELETE"};
static const int answers[] = {200, 200, 201, 204, 301, 400, 404, 500, 503};
static const char *const zones[] = {"eu-west-1a", "eu-west-1b", "eu-west-1c"};

uint32_t body_draw(uint32_t *random, uint32_t below)
{
    *random ^= *random << 13;
    *random ^= *random >> 17;
    *random ^= *random << 5;
    return (uint32_t)(((uint64_t)*random * below) >> 32);
}

#define DRAW_FROM(b, list) ((list)[body_draw(b->random, ARRAY_LEN(list))])

static void append_text_field(struct body *b, uint32_t percent, const char *key, const char *value)
{
    if (body_draw(b->random, 100) < percent)
        buffer_append_format(b->text, ",\"%s\":\"%s\"", key, value);
}

static void append_number_field(struct body *b, uint32_t percent, const char *key, unsigned value)
{
    if (body_draw(b->random, 100) < percent)
        buffer_append_format(b->text, ",\"%s\":%u", key, value);
}

void body_append(struct buffer *text, uint32_t *random, uint64_t number, int64_t now_ns)
{
    struct body body = {.text = text, .random = random}, *b = &body;

    buffer_append_format(b->text, "{\"generated_at\":%" PRId64 ",\"message\":\"%s\"", now_ns,
                         DRAW_FROM(b, messages));
    buffer_append_format(b->text, ",\"sequence_id\":%" PRIu64, number);
    append_text_field(b, 90, "level", DRAW_FROM(b, levels));
    append_text_field(b, 90, "service", DRAW_FROM(b, services));
    append_text_field(b, 70, "method", DRAW_FROM(b, methods));
    append_text_field(b, 60, "route", DRAW_FROM(b, routes));
    append_number_field(b, 80, "status", (unsigned)DRAW_FROM(b, answers));
    append_number_field(b, 80, "duration_ms", body_draw(b->random, 2000));
    append_number_field(b, 60, "bytes_sent", body_draw(b->random, 60000));
    append_number_field(b, 50, "customer", body_draw(b->random, 100000));
    append_text_field(b, 30, "zone", DRAW_FROM(b, zones));
    if (body_draw(b->random, 100) < 30)
        buffer_append_format(b->text, ",\"trace\":\"%08x%08x\"", body_draw(b->random, UINT32_MAX),
                             body_draw(b->random, UINT32_MAX));
    buffer_append_byte(b->text, '}');
}

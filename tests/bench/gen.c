/*
 * gen: container logs to measure an agent with, in CRI form, each line with a JSON body and a number.
 *
 *   gen DIR FILES LINES [SEED]
 *
 * Line i of file f carries "sequence_id":(f * 100000000 + i), so that a sink can tell what is missing
 * and what came twice. The same seed gives the same lines, their times apart.
 */
#include "base/buffer.h"
#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FILE_NUMBERS UINT64_C(100000000)
#define FILES_MAX 100000
#define FLUSH_BYTES (1 << 20)
#define PATH_BYTES_MAX 4096

struct gen {
    uint32_t state; /* of the random numbers; never 0 */
    int64_t start_ns;
    struct buffer text;
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

static uint32_t draw(struct gen *g, uint32_t below)
{
    g->state ^= g->state << 13;
    g->state ^= g->state >> 17;
    g->state ^= g->state << 5;
    return (uint32_t)(((uint64_t)g->state * below) >> 32);
}

#define DRAW_FROM(g, list) ((list)[draw(g, ARRAY_LEN(list))])

static void append_text_field(struct gen *g, uint32_t percent, const char *key, const char *value)
{
    if (draw(g, 100) < percent)
        buffer_append_format(&g->text, ",\"%s\":\"%s\"", key, value);
}

static void append_number_field(struct gen *g, uint32_t percent, const char *key, unsigned value)
{
    if (draw(g, 100) < percent)
        buffer_append_format(&g->text, ",\"%s\":%u", key, value);
}

static void append_body(struct gen *g, uint64_t number, int64_t now_ns)
{
    buffer_append_format(&g->text, "{\"generated_at\":%" PRId64 ",\"message\":\"%s\"", now_ns,
                         DRAW_FROM(g, messages));
    buffer_append_format(&g->text, ",\"sequence_id\":%" PRIu64, number);
    append_text_field(g, 90, "level", DRAW_FROM(g, levels));
    append_text_field(g, 90, "service", DRAW_FROM(g, services));
    append_text_field(g, 70, "method", DRAW_FROM(g, methods));
    append_text_field(g, 60, "route", DRAW_FROM(g, routes));
    append_number_field(g, 80, "status", (unsigned)DRAW_FROM(g, answers));
    append_number_field(g, 80, "duration_ms", draw(g, 2000));
    append_number_field(g, 60, "bytes_sent", draw(g, 60000));
    append_number_field(g, 50, "customer", draw(g, 100000));
    append_text_field(g, 30, "zone", DRAW_FROM(g, zones));
    if (draw(g, 100) < 30)
        buffer_append_format(&g->text, ",\"trace\":\"%08x%08x\"", draw(g, UINT32_MAX),
                             draw(g, UINT32_MAX));
    buffer_append_byte(&g->text, '}');
}

static void append_line(struct gen *g, uint64_t number, int64_t now_ns)
{
    time_t seconds = (time_t)(now_ns / NS_PER_S);
    struct tm parts;
    char stamp[32];

    gmtime_r(&seconds, &parts);
    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &parts);
    buffer_append_format(&g->text, "%s.%09" PRId64 "Z %s F ", stamp, now_ns % NS_PER_S,
                         draw(g, 10) > 0 ? "stdout" : "stderr");
    append_body(g, number, now_ns);
    buffer_append_byte(&g->text, '\n');
}

static void flush_text(struct gen *g, FILE *out)
{
    if (g->text.len > 0 && fwrite(g->text.data, g->text.len, 1, out) != 1) {
        perror("gen: write");
        exit(1);
    }
    buffer_clear(&g->text);
}

/* As the kubelet names them: pod_namespace_container-id.log. */
static FILE *open_log(const char *dir, uint64_t file)
{
    char path[PATH_BYTES_MAX];
    unsigned salt = (unsigned)file * 2246822519u ^ 0x7a11;
    FILE *out;

    snprintf(path, sizeof(path),
             "%s/shop-%05" PRIu64
             "-5f7c9d8b6d-%05x_team-%c_web-%08x%08x%08x%08x%08x%08x%08x%08x.log",
             dir, file, salt & 0xfffff, (char)('a' + (int)(file % 7)), salt, salt + 1, salt + 2,
             salt + 3, salt + 4, salt + 5, salt + 6, salt + 7);
    out = fopen(path, "w");
    if (!out) {
        perror(path);
        exit(1);
    }
    return out;
}

static void write_log(struct gen *g, const char *dir, uint64_t file, uint64_t line_count)
{
    FILE *out = open_log(dir, file);

    for (uint64_t line = 0; line < line_count; line++) {
        int64_t now_ns = g->start_ns + (int64_t)line * NS_PER_MS + (int64_t)file;

        append_line(g, file * FILE_NUMBERS + line, now_ns);
        if (g->text.len >= FLUSH_BYTES)
            flush_text(g, out);
    }
    flush_text(g, out);
    if (fclose(out) != 0) {
        perror("gen: close");
        exit(1);
    }
}

int main(int argc, char **argv)
{
    struct gen g = {.state = 2463534242u};
    uint64_t file_count, line_count;

    if (argc < 4) {
        fprintf(stderr, "usage: gen DIR FILES LINES [SEED]\n");
        return 2;
    }
    file_count = strtoull(argv[2], NULL, 10);
    line_count = strtoull(argv[3], NULL, 10);
    if (file_count > FILES_MAX || line_count > FILE_NUMBERS) {
        fprintf(stderr, "gen: at most %d files of %" PRIu64 " lines\n", FILES_MAX, FILE_NUMBERS);
        return 2;
    }
    if (argc > 4)
        g.state = (uint32_t)strtoul(argv[4], NULL, 10) * 2654435761u | 1;
    g.start_ns = clock_wall_ns() - 3600 * NS_PER_S;
    for (uint64_t file = 0; file < file_count; file++)
        write_log(&g, argv[1], file, line_count);
    buffer_fini(&g.text);
    return 0;
}

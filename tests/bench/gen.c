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
#include "body.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FILE_NUMBERS UINT64_C(100000000)
#define FILES_MAX 100000
#define FLUSH_BYTES (1 << 20)
#define PATH_BYTES_MAX 4096

struct gen {
    uint32_t random; /* never 0 */
    int64_t start_ns;
    struct buffer text;
};

static void append_line(struct gen *g, uint64_t number, int64_t now_ns)
{
    time_t seconds = (time_t)(now_ns / NS_PER_S);
    struct tm parts;
    char stamp[32];

    gmtime_r(&seconds, &parts);
    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &parts);
    buffer_append_format(&g->text, "%s.%09" PRId64 "Z %s F ", stamp, now_ns % NS_PER_S,
                         body_draw(&g->random, 10) > 0 ? "stdout" : "stderr");
    body_append(&g->text, &g->random, number, now_ns);
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
    struct gen g = {.random = BODY_RANDOM_FIRST};
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
        g.random = (uint32_t)strtoul(argv[4], NULL, 10) * 2654435761u | 1;
    g.start_ns = clock_wall_ns() - 3600 * NS_PER_S;
    for (uint64_t file = 0; file < file_count; file++)
        write_log(&g, argv[1], file, line_count);
    buffer_fini(&g.text);
    return 0;
}

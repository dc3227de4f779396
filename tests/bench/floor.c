/*
 * floor: the least work that ships container logs to a _bulk endpoint. What an agent costs is told as a
 * multiple of it.
 *
 *   floor PORT none|isal|zlib FILE...
 *
 * Each line: its CRI frame is taken off and its JSON body, unread, is spliced into a document.
 * Bodies of 4 MB go out on one blocking connection to 127.0.0.1; an answer is read before the next
 * body. It follows nothing, remembers nothing, checks nothing: any line that is not as gen writes
 * it ends it.
 */
#include "shipper.h"

#include <stdio.h>

#define BODY_BYTES ((size_t)4 << 20)

struct floor {
    struct shipper *shipper;
    struct buffer body;
};

static void send_body(struct floor *f)
{
    struct slice bytes = squeeze(f->shipper, buffer_view(&f->body));
    char head[256];
    int len = snprintf(head, sizeof(head),
                       "POST /_bulk?filter_path=errors HTTP/1.1\r\nHost: floor\r\n"
                       "Content-Type: application/x-ndjson\r\n%sContent-Length: %zu\r\n\r\n",
                       is_squeezing(f->shipper) ? "Content-Encoding: gzip\r\n" : "", bytes.len);

    if (f->body.len == 0)
        return;
    ship(f->shipper, slice_make(head, (size_t)len), bytes, "{\"errors\":false}");
    buffer_clear(&f->body);
}

static char *put(char *at, const char *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

#define PUT(at, literal) put(at, literal, sizeof(literal) - 1)

static void add_document(void *owner, struct slice line)
{
    struct floor *f = owner;
    char *start = buffer_reserve(&f->body, line.len + 128);
    char *at = start;

    CHECK(line.len > BODY_AT && line.data[BODY_AT - 1] == '{');
    at = PUT(at, "{\"create\":{\"_index\":\"logstash-2026.11.21\"}}\n{\"@timestamp\":\"");
    at = put(at, line.data, TIME_BYTES);
    at = PUT(at, "\",\"stream\":\"");
    at = put(at, line.data + STREAM_AT, STREAM_BYTES);
    at = PUT(at, "\",");
    at = put(at, line.data + BODY_AT, line.len - BODY_AT);
    *at++ = '\n';
    buffer_commit(&f->body, (size_t)(at - start));
    if (f->body.len >= BODY_BYTES)
        send_body(f);
}

int main(int argc, char **argv)
{
    static struct floor f;

    if (argc < 4) {
        fprintf(stderr, "usage: floor PORT none|isal|zlib FILE...\n");
        return 2;
    }
    f.shipper = shipper_open(argv[1], argv[2]);
    for (int i = 3; i < argc; i++)
        ship_file(argv[i], add_document, &f);
    send_body(&f);
    return 0;
}

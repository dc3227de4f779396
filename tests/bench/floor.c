/*
 * floor: the least work that ships container logs to a _bulk endpoint. What an agent costs is told as a
 * multiple of it.
 *
 *   floor PORT none|isal|zlib FILE...
 *
 * Each line: its CRI frame is taken off and its JSON body, unread, is spliced into a document. Bodies of
 * 4 MB go out on one blocking connection to 127.0.0.1; an answer is read before the next body. It
 * follows nothing, remembers nothing, checks nothing: any line that is not as gen writes it ends it.
 */
#include "base/buffer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>
#ifdef HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif

#define BODY_BYTES ((size_t)4 << 20)
#define READ_BYTES ((size_t)256 << 10)
#define LINE_BYTES_MAX ((size_t)64 << 10)
#define ANSWER_BYTES_MAX 4096

/* 2026-11-21T05:46:30.104572605Z stdout F {"k":1}
 * |0                             |31      |40     The body is taken from behind its brace. */
#define TIME_BYTES 30
#define STREAM_AT 31
#define STREAM_BYTES 6
#define BODY_AT 41

enum squeeze { SQUEEZE_NONE, SQUEEZE_ISAL, SQUEEZE_ZLIB };

struct shipper {
    int fd;
    enum squeeze squeeze;
    z_stream zlib;
    struct buffer body;
    struct buffer squeezed;
};

static _Noreturn void give_up(const char *what)
{
    perror(what);
    exit(1);
}

static void send_all(int fd, struct slice bytes)
{
    while (bytes.len > 0) {
        ssize_t sent = write(fd, bytes.data, bytes.len);

        if (sent <= 0)
            give_up("floor: send");
        bytes = slice_skip(bytes, (size_t)sent);
    }
}

/* The answer is a few bytes of JSON, whole when its closing brace has come. */
static void read_answer(int fd)
{
    char answer[ANSWER_BYTES_MAX];
    size_t len = 0;

    do {
        ssize_t got = read(fd, answer + len, sizeof(answer) - len);

        if (got <= 0)
            give_up("floor: answer");
        len += (size_t)got;
    } while (!memchr(answer, '}', len));
    if (!memmem(answer, len, "\"errors\":false", 14))
        give_up("floor: refused");
}

#ifdef HAVE_ISAL
static void squeeze_isal(struct shipper *s)
{
    static uint8_t room[ISAL_DEF_LVL1_DEFAULT];
    struct isal_zstream z;

    isal_deflate_stateless_init(&z);
    z.gzip_flag = IGZIP_GZIP;
    z.level = 1;
    z.level_buf = room;
    z.level_buf_size = sizeof(room);
    z.end_of_stream = 1;
    z.next_in = (uint8_t *)s->body.data;
    z.avail_in = (uint32_t)s->body.len;
    z.next_out = (uint8_t *)buffer_reserve(&s->squeezed, s->body.len + 1024);
    z.avail_out = (uint32_t)(s->body.len + 1024);
    CHECK(isal_deflate_stateless(&z) == COMP_OK);
    buffer_commit(&s->squeezed, z.total_out);
}
#else
static void squeeze_isal(struct shipper *s)
{
    (void)s;
    errno = ENOSYS;
    give_up("floor: built without ISA-L");
}
#endif

static void squeeze_zlib(struct shipper *s)
{
    size_t room = deflateBound(&s->zlib, s->body.len);

    CHECK(deflateReset(&s->zlib) == Z_OK);
    s->zlib.next_in = (Bytef *)s->body.data;
    s->zlib.avail_in = (uInt)s->body.len;
    s->zlib.next_out = (Bytef *)buffer_reserve(&s->squeezed, room);
    s->zlib.avail_out = (uInt)room;
    CHECK(deflate(&s->zlib, Z_FINISH) == Z_STREAM_END);
    buffer_commit(&s->squeezed, room - s->zlib.avail_out);
}

static struct slice squeeze(struct shipper *s)
{
    buffer_clear(&s->squeezed);
    if (s->squeeze == SQUEEZE_NONE)
        return buffer_view(&s->body);
    if (s->squeeze == SQUEEZE_ISAL)
        squeeze_isal(s);
    else
        squeeze_zlib(s);
    return buffer_view(&s->squeezed);
}

static void ship(struct shipper *s)
{
    struct slice bytes = squeeze(s);
    char head[256];
    int len = snprintf(head, sizeof(head),
                       "POST /_bulk?filter_path=errors HTTP/1.1\r\nHost: floor\r\n"
                       "Content-Type: application/x-ndjson\r\n%sContent-Length: %zu\r\n\r\n",
                       s->squeeze == SQUEEZE_NONE ? "" : "Content-Encoding: gzip\r\n", bytes.len);

    if (s->body.len == 0)
        return;
    send_all(s->fd, slice_make(head, (size_t)len));
    send_all(s->fd, bytes);
    read_answer(s->fd);
    buffer_clear(&s->body);
}

static char *put(char *at, const char *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

#define PUT(at, literal) put(at, literal, sizeof(literal) - 1)

static void add_document(struct shipper *s, struct slice line)
{
    char *start = buffer_reserve(&s->body, line.len + 128);
    char *at = start;

    CHECK(line.len > BODY_AT && line.data[BODY_AT - 1] == '{');
    at = PUT(at, "{\"create\":{\"_index\":\"logstash-2026.11.21\"}}\n{\"@timestamp\":\"");
    at = put(at, line.data, TIME_BYTES);
    at = PUT(at, "\",\"stream\":\"");
    at = put(at, line.data + STREAM_AT, STREAM_BYTES);
    at = PUT(at, "\",");
    at = put(at, line.data + BODY_AT, line.len - BODY_AT);
    *at++ = '\n';
    buffer_commit(&s->body, (size_t)(at - start));
    if (s->body.len >= BODY_BYTES)
        ship(s);
}

/* Ships the whole lines and returns how many bytes of an unfinished one were moved to the front. */
static size_t ship_lines(struct shipper *s, char *bytes, size_t len)
{
    char *at = bytes;
    char *end = bytes + len;
    char *newline;

    while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
        add_document(s, slice_make(at, (size_t)(newline - at)));
        at = newline + 1;
    }
    CHECK((size_t)(end - at) < LINE_BYTES_MAX);
    memmove(bytes, at, (size_t)(end - at));
    return (size_t)(end - at);
}

static void ship_file(struct shipper *s, const char *path)
{
    static char bytes[READ_BYTES + LINE_BYTES_MAX];
    size_t kept = 0;
    ssize_t got;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        give_up(path);
    while ((got = read(fd, bytes + kept, READ_BYTES)) > 0)
        kept = ship_lines(s, bytes, kept + (size_t)got);
    if (got < 0)
        give_up(path);
    close(fd);
}

static int connect_to(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        give_up("floor: connect");
    return fd;
}

static enum squeeze squeeze_named(const char *name)
{
    if (strcmp(name, "isal") == 0)
        return SQUEEZE_ISAL;
    return strcmp(name, "zlib") == 0 ? SQUEEZE_ZLIB : SQUEEZE_NONE;
}

int main(int argc, char **argv)
{
    static struct shipper s;

    if (argc < 4) {
        fprintf(stderr, "usage: floor PORT none|isal|zlib FILE...\n");
        return 2;
    }
    s.squeeze = squeeze_named(argv[2]);
    CHECK(deflateInit2(&s.zlib, 1, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) == Z_OK);
    s.fd = connect_to(argv[1]);
    for (int i = 3; i < argc; i++)
        ship_file(&s, argv[i]);
    ship(&s);
    return 0;
}

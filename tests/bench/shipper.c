#include "shipper.h"

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

#define READ_BYTES ((size_t)256 << 10)
#define LINE_BYTES_MAX ((size_t)64 << 10)
#define ANSWER_BYTES_MAX 4096

enum squeeze { SQUEEZE_NONE, SQUEEZE_ISAL, SQUEEZE_ZLIB };

struct shipper {
    int fd;
    enum squeeze squeeze;
    z_stream zlib;
    struct buffer squeezed;
};

static _Noreturn void give_up(const char *what)
{
    perror(what);
    exit(1);
}

/* ---- bodies ---- */

#ifdef HAVE_ISAL
static void squeeze_isal(struct shipper *s, struct slice body)
{
    static uint8_t room[ISAL_DEF_LVL1_DEFAULT];
    struct isal_zstream z;

    isal_deflate_stateless_init(&z);
    z.gzip_flag = IGZIP_GZIP;
    z.level = 1;
    z.level_buf = room;
    z.level_buf_size = sizeof(room);
    z.end_of_stream = 1;
    z.next_in = (uint8_t *)body.data;
    z.avail_in = (uint32_t)body.len;
    z.next_out = (uint8_t *)buffer_reserve(&s->squeezed, body.len + 1024);
    z.avail_out = (uint32_t)(body.len + 1024);
    CHECK(isal_deflate_stateless(&z) == COMP_OK);
    buffer_commit(&s->squeezed, z.total_out);
}
#else
static void squeeze_isal(struct shipper *s, struct slice body)
{
    (void)s;
    (void)body;
    errno = ENOSYS;
    give_up("floor: built without ISA-L");
}
#endif

static void squeeze_zlib(struct shipper *s, struct slice body)
{
    size_t room = deflateBound(&s->zlib, body.len);

    CHECK(deflateReset(&s->zlib) == Z_OK);
    s->zlib.next_in = (Bytef *)body.data;
    s->zlib.avail_in = (uInt)body.len;
    s->zlib.next_out = (Bytef *)buffer_reserve(&s->squeezed, room);
    s->zlib.avail_out = (uInt)room;
    CHECK(deflate(&s->zlib, Z_FINISH) == Z_STREAM_END);
    buffer_commit(&s->squeezed, room - s->zlib.avail_out);
}

struct slice squeeze(struct shipper *s, struct slice body)
{
    buffer_clear(&s->squeezed);
    if (s->squeeze == SQUEEZE_NONE)
        return body;
    if (s->squeeze == SQUEEZE_ISAL)
        squeeze_isal(s, body);
    else
        squeeze_zlib(s, body);
    return buffer_view(&s->squeezed);
}

bool is_squeezing(const struct shipper *s)
{
    return s->squeeze != SQUEEZE_NONE;
}

/* ---- the connection ---- */

static void send_all(int fd, struct slice bytes)
{
    while (bytes.len > 0) {
        ssize_t sent = write(fd, bytes.data, bytes.len);

        if (sent <= 0)
            give_up("floor: send");
        bytes = slice_skip(bytes, (size_t)sent);
    }
}

static void read_answer(int fd, const char *end)
{
    char answer[ANSWER_BYTES_MAX];
    size_t len = 0;

    do {
        ssize_t got = read(fd, answer + len, sizeof(answer) - len);

        if (got <= 0)
            give_up("floor: answer");
        len += (size_t)got;
    } while (!memmem(answer, len, end, strlen(end)));
    if (!slice_begins(slice_make(answer, len), SLICE("HTTP/1.1 200")))
        give_up("floor: refused");
}

void ship(struct shipper *s, struct slice head, struct slice body, const char *end)
{
    send_all(s->fd, head);
    send_all(s->fd, body);
    read_answer(s->fd, end);
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

struct shipper *shipper_open(const char *port, const char *level)
{
    static struct shipper s;

    s.squeeze = squeeze_named(level);
    CHECK(deflateInit2(&s.zlib, 1, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) == Z_OK);
    s.fd = connect_to(port);
    return &s;
}

/* ---- files ---- */

/* Gives the whole lines away; how many bytes of an unfinished one were moved to the front. */
static size_t give_lines(struct slice bytes, char *front,
                         void (*line)(void *owner, struct slice line), void *owner)
{
    const char *newline;

    while ((newline = memchr(bytes.data, '\n', bytes.len))) {
        line(owner, slice_make(bytes.data, (size_t)(newline - bytes.data)));
        bytes = slice_skip(bytes, (size_t)(newline - bytes.data) + 1);
    }
    CHECK(bytes.len < LINE_BYTES_MAX);
    memmove(front, bytes.data, bytes.len);
    return bytes.len;
}

void ship_file(const char *path, void (*line)(void *owner, struct slice line), void *owner)
{
    static char bytes[READ_BYTES + LINE_BYTES_MAX];
    size_t kept = 0;
    ssize_t got;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        give_up(path);
    while ((got = read(fd, bytes + kept, READ_BYTES)) > 0)
        kept = give_lines(slice_make(bytes, kept + (size_t)got), bytes, line, owner);
    if (got < 0)
        give_up(path);
    close(fd);
}

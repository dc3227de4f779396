#include "base/log.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES_MAX 4096 /* a pipe that takes anything takes as much */

/* For whoever reads a pipe to read on, once; as long as it stays full nobody waits again. */
#define READER_WAIT_MS 100
#define RECENT_BYTES_MAX 512

static const char *const level_names[] = {"off", "error", "warn", "info", "debug", "trace"};

static struct {
    pthread_mutex_t lock;
    enum log_level level;
    int fd;
    uint64_t counts[LOG_TRACE + 1];
    char recent[LOG_RECENT_MAX][RECENT_BYTES_MAX];
    size_t recent_next;
    uint64_t left_out; /* lines, since one was written */
} the_log = {.lock = PTHREAD_MUTEX_INITIALIZER, .level = LOG_INFO, .fd = STDERR_FILENO};

int log_level_parse(const char *text, enum log_level *level_out)
{
    if (strcasecmp(text, "warning") == 0)
        text = "warn";
    for (size_t i = 0; i < ARRAY_LEN(level_names); i++) {
        if (strcasecmp(text, level_names[i]) == 0) {
            *level_out = (enum log_level)i;
            return 0;
        }
    }
    return -EINVAL;
}

const char *log_level_name(enum log_level level)
{
    CHECK((size_t)level < ARRAY_LEN(level_names));
    return level_names[level];
}

void log_level_set(enum log_level level)
{
    CHECK((size_t)level < ARRAY_LEN(level_names));
    the_log.level = level;
}

enum log_level log_level_get(void)
{
    return the_log.level;
}

bool log_is_on(enum log_level level)
{
    return level <= the_log.level;
}

int log_open(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

    if (fd < 0)
        return -errno;
    log_close();
    the_log.fd = fd;
    return 0;
}

void log_close(void)
{
    if (the_log.fd != STDERR_FILENO)
        close(the_log.fd);
    the_log.fd = STDERR_FILENO;
}

static int line_head(char *line, size_t size, enum log_level level, const char *component)
{
    int64_t now = clock_wall_ns();
    time_t seconds = (time_t)(now / NS_PER_S);
    char date[32];
    struct tm tm;
    int len;

    localtime_r(&seconds, &tm);
    strftime(date, sizeof date, "%Y/%m/%d %H:%M:%S", &tm);
    len = snprintf(line, size, "[%s.%09lld] [%5s] ", date, (long long)(now % NS_PER_S),
                   level_names[level]);
    if (component != NULL)
        len += snprintf(line + len, size - (size_t)len, "[%.200s] ", component);
    CHECK(len > 0 && (size_t)len < size);
    return len;
}

static void recent_keep(const char *line, size_t len)
{
    char *slot = the_log.recent[the_log.recent_next++ % LOG_RECENT_MAX];

    len = utf8_cut(slice_make(line, len), RECENT_BYTES_MAX - 1);
    CHECK(len < RECENT_BYTES_MAX);
    memcpy(slot, line, len);
    slot[len] = '\0';
}

/* Of a pipe that nobody reads, or a terminal that was halted. */
static bool has_room(int fd)
{
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    int rc;

    do
        rc = poll(&room, 1, the_log.left_out > 0 ? 0 : READER_WAIT_MS);
    while (rc < 0 && errno == EINTR);
    return rc != 0;
}

static void bytes_write(int fd, const char *line, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(fd, line, len);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return;
        line += wrote;
        len -= (size_t)wrote;
    }
}

/* The work goes on whether the log is read or not. */
static void line_write(int fd, const char *line, size_t len)
{
    char notice[LINE_BYTES_MAX];
    bool is_taken = has_room(fd);

    if (is_taken && the_log.left_out > 0) {
        int notice_len = line_head(notice, sizeof notice, LOG_WARN, "log");
        notice_len +=
            snprintf(notice + notice_len, sizeof notice - (size_t)notice_len,
                     "%" PRIu64 " lines are left out here: nobody read them\n", the_log.left_out);
        bytes_write(fd, notice, (size_t)notice_len);
        the_log.left_out = 0;
        is_taken = has_room(fd);
    }
    if (is_taken)
        bytes_write(fd, line, len);
    else
        the_log.left_out++;
}

/* The whole line with its line feed, cut where it does not fit; its length. */
static size_t line_make(char line[LINE_BYTES_MAX], enum log_level level, const char *component,
                        const char *format, va_list args)
{
    int head = line_head(line, LINE_BYTES_MAX, level, component);
    int body = vsnprintf(line + head, LINE_BYTES_MAX - (size_t)head - 1, format, args);
    size_t len = (size_t)head + (size_t)(body > 0 ? body : 0);

    if (len > LINE_BYTES_MAX - 2)
        len = LINE_BYTES_MAX - 2;
    utf8_tame(line, len); /* attackers' text must not forge lines or drive a terminal */
    line[len] = '\n';
    return len + 1;
}

static void line_log(enum log_level level, const char *line, size_t len, bool is_aloud)
{
    pthread_mutex_lock(&the_log.lock);
    the_log.counts[level]++;
    if (level <= LOG_WARN)
        recent_keep(line, len - 1);
    line_write(the_log.fd, line, len);
    if (is_aloud && the_log.fd != STDERR_FILENO)
        line_write(STDERR_FILENO, line, len);
    pthread_mutex_unlock(&the_log.lock);
}

void log_line(enum log_level level, const char *component, const char *format, ...)
{
    char line[LINE_BYTES_MAX];
    va_list args;
    size_t len;

    va_start(args, format);
    len = line_make(line, level, component, format, args);
    va_end(args);
    line_log(level, line, len, false);
}

void log_line_aloud(enum log_level level, const char *component, const char *format, ...)
{
    char line[LINE_BYTES_MAX];
    va_list args;
    size_t len;

    va_start(args, format);
    len = line_make(line, level, component, format, args);
    va_end(args);
    line_log(level, line, len, true);
}

uint64_t log_count(enum log_level level)
{
    return the_log.counts[level];
}

const char *log_recent(size_t index)
{
    size_t kept = the_log.recent_next < LOG_RECENT_MAX ? the_log.recent_next : LOG_RECENT_MAX;

    if (index >= kept)
        return NULL;
    return the_log.recent[(the_log.recent_next - 1 - index) % LOG_RECENT_MAX];
}

bool log_brake_open(struct log_brake *brake, uint64_t interval_ms, uint64_t *held_out)
{
    uint64_t now = clock_ms();

    if (now < brake->next_ms) {
        brake->held++;
        return false;
    }
    *held_out = brake->held;
    brake->held = 0;
    brake->next_ms = now + interval_ms;
    return true;
}

/*
 * Plays pods: writes container logs as a runtime and the kubelet do, for `make run`.
 *
 *     player FOLDER
 *
 *     FOLDER/pods/NAMESPACE_POD_UID/CONTAINER/0.log      the lines, in CRI's form
 *     FOLDER/containers/POD_NAMESPACE_CONTAINER-ID.log   links to them
 *
 * Every ROTATE_TICKS a log is rotated as the kubelet does it: 0.log gets the time as its last name,
 * another 0.log is begun, and of the old ones the newest is kept. FOLDER/containers exists. The
 * player ends when who started it ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TICK_NS 250000000L
#define ROTATE_TICKS 80
#define PATH_BYTES_MAX 1024
#define LINE_BYTES_MAX 1024

struct pod {
    const char *name;
    const char *space;
    const char *container;
    void (*play)(struct pod *pod, unsigned tick);
    int fd;
    char folder[PATH_BYTES_MAX / 2]; /* of 0.log */
    char old[PATH_BYTES_MAX];        /* the rotated file that is kept */
};

static uint32_t dice_state = 2463534242u;

static unsigned dice(unsigned sides)
{
    dice_state ^= dice_state << 13;
    dice_state ^= dice_state >> 17;
    dice_state ^= dice_state << 5;
    return dice_state % sides;
}

static void stop(const char *what)
{
    (void)fprintf(stderr, "player: %s: %s\n", what, strerror(errno));
    _exit(1);
}

/* ---- lines ---- */

static void put_tagged(const struct pod *pod, const char *stream, const char *text, size_t len,
                       bool is_part)
{
    char line[LINE_BYTES_MAX + 64], when[32];
    struct timespec now;
    struct tm utc;
    int bytes;

    clock_gettime(CLOCK_REALTIME, &now);
    (void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &utc));
    bytes = snprintf(line, sizeof line, "%s.%09ldZ %s %c %.*s\n", when, now.tv_nsec, stream,
                     is_part ? 'P' : 'F', (int)len, text);
    if (write(pod->fd, line, (size_t)bytes) != bytes)
        stop(pod->folder);
}

static void put(const struct pod *pod, const char *stream, const char *text)
{
    put_tagged(pod, stream, text, strlen(text), false);
}

/* An application that logs JSON. */
static void play_cart(struct pod *pod, unsigned tick)
{
    static const char *const items[] = {"kettle", "lamp", "teapot", "crème brûlée torch"};
    char line[LINE_BYTES_MAX];
    unsigned took_ms = 2 + dice(90);

    if (tick % 3 != 0)
        return;
    if (dice(12) == 0)
        (void)snprintf(line, sizeof line,
                       "{\"level\":\"warn\",\"msg\":\"payment is slow\",\"order\":%u,"
                       "\"took_ms\":%u,\"retry\":true}",
                       1000 + tick, 900 + took_ms);
    else
        (void)snprintf(line, sizeof line,
                       "{\"level\":\"info\",\"msg\":\"order placed\",\"order\":%u,"
                       "\"item\":\"%s\",\"took_ms\":%u}",
                       1000 + tick, items[dice(4)], took_ms);
    put(pod, "stdout", line);
}

/* A web server with nginx's own access log. */
static void play_web(struct pod *pod, unsigned tick)
{
    static const char *const paths[] = {"/", "/cart", "/search?q=lamp", "/static/app.js"};
    static const unsigned statuses[] = {200, 200, 200, 304, 404, 500};
    char line[LINE_BYTES_MAX], when[40];
    time_t now = time(NULL);
    struct tm utc;

    if (tick % 2 != 0 || dice(3) == 0)
        return;
    (void)strftime(when, sizeof when, "%d/%b/%Y:%H:%M:%S +0000", gmtime_r(&now, &utc));
    (void)snprintf(line, sizeof line,
                   "203.0.113.%u - - [%s] \"GET %s HTTP/1.1\" %u %u \"-\" \"Mozilla/5.0\"",
                   1 + dice(250), when, paths[dice(4)], statuses[dice(6)], 200 + dice(9000));
    put(pod, "stdout", line);
}

/* A Java service: a line now and then, and sometimes an exception over several lines. */
static void play_billing(struct pod *pod, unsigned tick)
{
    static const char *const trace[] = {
        "java.lang.IllegalStateException: invoice 4711 has no customer",
        "\tat shop.billing.Invoice.send(Invoice.java:83)",
        "\tat shop.billing.Mailer.run(Mailer.java:41)",
        "\tat java.base/java.lang.Thread.run(Thread.java:833)",
        "Caused by: java.io.IOException: connection reset",
        "\tat shop.billing.Directory.find(Directory.java:17)",
        "\t... 2 more",
    };

    if (tick % 28 == 14)
        for (size_t i = 0; i < sizeof trace / sizeof trace[0]; i++)
            put(pod, "stderr", trace[i]);
    else if (tick % 10 == 5)
        put(pod, "stdout", "INFO  shop.billing.Mailer - 12 invoices sent");
}

/* Long lines, which a runtime cuts into parts: every 16 KB in truth, here much sooner. */
static void play_report(struct pod *pod, unsigned tick)
{
    static const char line[] =
        "{\"level\":\"info\",\"msg\":\"nightly report\",\"rows\":[{\"shop\":\"north\",\"sum\":812},"
        "{\"shop\":\"south\",\"sum\":977},{\"shop\":\"east\",\"sum\":401}],\"parts\":\"joined\"}";
    size_t len = sizeof line - 1, part = 64, at = 0;

    if (tick % 40 != 20)
        return;
    for (; at + part < len; at += part)
        put_tagged(pod, "stdout", line + at, part, true);
    put_tagged(pod, "stdout", line + at, len - at, false);
}

/* ---- files ---- */

static void make_folders(const char *path)
{
    char part[PATH_BYTES_MAX];

    for (size_t i = 1; i <= strlen(path); i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        (void)snprintf(part, sizeof part, "%.*s", (int)i, path);
        if (mkdir(part, 0755) < 0 && errno != EEXIST)
            stop(part);
    }
}

static void log_open(struct pod *pod)
{
    char path[PATH_BYTES_MAX];

    (void)snprintf(path, sizeof path, "%s/0.log", pod->folder);
    pod->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (pod->fd < 0)
        stop(path);
}

static void log_rotate(struct pod *pod)
{
    char path[PATH_BYTES_MAX], when[32];
    time_t now = time(NULL);
    struct tm utc;

    if (pod->old[0] != '\0')
        (void)unlink(pod->old);
    (void)strftime(when, sizeof when, "%Y%m%d-%H%M%S", gmtime_r(&now, &utc));
    (void)snprintf(path, sizeof path, "%s/0.log", pod->folder);
    (void)snprintf(pod->old, sizeof pod->old, "%s/0.log.%s", pod->folder, when);
    if (rename(path, pod->old) < 0)
        stop(path);
    close(pod->fd);
    log_open(pod);
}

static void pod_begin(struct pod *pod, const char *folder)
{
    char link[PATH_BYTES_MAX], target[PATH_BYTES_MAX], id[65] = "";

    for (unsigned i = 0; i < 64; i++)
        id[i] = "0123456789abcdef"[dice(16)];
    (void)snprintf(pod->folder, sizeof pod->folder, "%s/pods/%s_%s_%.8s-0000-4000-8000-%.12s/%s",
                   folder, pod->space, pod->name, id, id + 8, pod->container);
    make_folders(pod->folder);
    log_open(pod);
    (void)snprintf(link, sizeof link, "%s/containers/%s_%s_%s-%s.log", folder, pod->name,
                   pod->space, pod->container, id);
    (void)snprintf(target, sizeof target, "%s/0.log", pod->folder);
    if (symlink(target, link) < 0)
        stop(link);
}

static struct pod pods[] = {
    {.name = "cart-6d8f9c7b5-x2v4q", .space = "shop", .container = "cart", .play = play_cart},
    {.name = "web-7f9d5b6c8-kp8zn", .space = "shop", .container = "nginx", .play = play_web},
    {.name = "billing-0", .space = "shop", .container = "billing", .play = play_billing},
    {.name = "report-h7t2m", .space = "jobs", .container = "report", .play = play_report},
};
#define POD_COUNT (sizeof pods / sizeof pods[0])

int main(int argc, char **argv)
{
    struct timespec tick_long = {.tv_nsec = TICK_NS};

    if (argc != 2 || argv[1][0] != '/') {
        (void)fprintf(stderr, "usage: player FOLDER, an absolute path\n");
        return 2;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (size_t i = 0; i < POD_COUNT; i++)
        pod_begin(&pods[i], argv[1]);
    for (unsigned tick = 0;; tick++) {
        for (size_t i = 0; i < POD_COUNT; i++) {
            if (tick % ROTATE_TICKS == ROTATE_TICKS - 1 - 5 * i)
                log_rotate(&pods[i]);
            pods[i].play(&pods[i], tick);
        }
        (void)nanosleep(&tick_long, NULL);
    }
}

#include "admin/admin.h"

#include "admin/server.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define HOSTNAME_BYTES_MAX 256

/* One address that is listened on. */
struct door {
    struct server *server; /* NULL: there is none */
    char *host;
    int64_t port; /* as configured */
};

struct admin {
    struct loop *loop;
    struct pipeline *pipeline;
    struct agent *agent; /* NULL: nobody reloads */
    struct admin_view view;
    struct health health;
    struct pace pace;
    struct timer *sampler; /* on while Health_Check is on */
    struct door door, next_door;
    enum reload_state outcome;
    struct buffer mistakes; /* of the last reload, with a NUL behind each */
    char hostname[HOSTNAME_BYTES_MAX];
};

/* ---- what the pages look at ---- */

static void on_refresh(void *owner)
{
    pipeline_refresh(((struct admin *)owner)->pipeline);
}

static void on_describe(void *owner, struct buffer *out)
{
    pipeline_describe_inputs(((struct admin *)owner)->pipeline, out);
}

static void on_describe_filters(void *owner, struct buffer *out)
{
    pipeline_describe_filters(((struct admin *)owner)->pipeline, out);
}

static void on_describe_letters(void *owner, struct buffer *out)
{
    pipeline_describe_letters(((struct admin *)owner)->pipeline, out);
}

static const char *on_output_trouble(void *owner, size_t index, int64_t *since_ns)
{
    return output_trouble(pipeline_output(((struct admin *)owner)->pipeline, index), since_ns);
}

static bool on_output_login(void *owner, size_t index, const char **origin, const char **region)
{
    return output_login(pipeline_output(((struct admin *)owner)->pipeline, index), origin, region);
}

static void on_sample(void *owner)
{
    struct admin *a = owner;
    const struct list *outputs = &a->view.facts.book->outputs;

    health_sample(&a->health,
                  (struct health_sample){
                      metric_sum(outputs, offsetof(struct output_metrics, errors)),
                      metric_sum(outputs, offsetof(struct output_metrics, retries_failed)),
                  });
}

static uint64_t at_least_zero(int64_t number)
{
    return number < 0 ? 0 : (uint64_t)number;
}

static bool on_standstill(void *owner, struct buffer *out)
{
    return pipeline_standstill(((struct admin *)owner)->pipeline, out);
}

static bool on_restart_wanted(void *owner)
{
    return pipeline_wants_restart(((struct admin *)owner)->pipeline);
}

static enum reload_state on_reload(void *owner)
{
    struct admin *a = owner;

    return a->agent != NULL ? agent_reload(a->agent) : RELOAD_DISABLED;
}

static enum reload_state on_outcome(void *owner, struct slice *words)
{
    struct admin *a = owner;

    *words = buffer_view(&a->mistakes);
    return a->outcome;
}

/* What came before another pipeline took over does not count. */
static void health_start(struct admin *a, const struct service_keys *service)
{
    health_fini(&a->health);
    health_init(&a->health, (struct health_limits){
                                .errors = at_least_zero(service->health.errors_max),
                                .retries_failed = at_least_zero(service->health.given_up_max),
                                .period_s = at_least_zero(service->health.period_s),
                            });
    timer_stop(a->sampler);
    if (service->health.is_on)
        timer_repeat(a->sampler, health_interval_ms(&a->health));
}

static void pipeline_view(struct admin *a, struct pipeline *pipeline)
{
    const struct service_keys *service = pipeline_service(pipeline);

    a->pipeline = pipeline;
    a->pace = (struct pace){0};
    a->view.facts.book = pipeline_metrics(pipeline);
    a->view.facts.memory = pipeline_memory(pipeline);
    a->view.facts.has_health_check = service->health.is_on;
    health_start(a, service);
}

static void view_init(struct admin *a)
{
    if (gethostname(a->hostname, sizeof a->hostname - 1) < 0)
        a->hostname[0] = '\0';
    a->view = (struct admin_view){
        .facts.hostname = a->hostname,
        .facts.start_ms = clock_ms(),
        .facts.start_wall_ns = clock_wall_ns(),
        .facts.health = &a->health,
        .facts.pace = &a->pace,
        .owner = a,
        .refresh = on_refresh,
        .describe_inputs = on_describe,
        .describe_filters = on_describe_filters,
        .describe_letters = on_describe_letters,
        .output_trouble = on_output_trouble,
        .output_login = on_output_login,
        .standstill = on_standstill,
        .wants_restart = on_restart_wanted,
        .reload = on_reload,
        .reload_outcome = on_outcome,
    };
}

/* ---- doors ---- */

static bool door_is_wanted(const struct door *door, const struct service_keys *service)
{
    return door->server != NULL && service->http.is_on && door->port == service->http.port &&
           strcmp(door->host, service->http.listen) == 0;
}

static void door_close(struct door *door)
{
    server_stop(&door->server);
    mem_free(door->host);
    *door = (struct door){0};
}

static int door_open(struct admin *a, struct door *door, const struct service_keys *service,
                     struct report *report)
{
    int rc;

    CHECK(door->server == NULL && door->host == NULL);
    rc = server_start(a->loop, service->http.listen, (uint16_t)service->http.port, &a->view,
                      &door->server);
    if (rc < 0) {
        report_error(report, service->http.place,
                     "the HTTP server cannot listen on %s:%" PRId64 ": %s%s", service->http.listen,
                     service->http.port, strerror(-rc),
                     rc == -EADDRINUSE ? "; set another http_port, or stop what has this one" : "");
        return rc;
    }
    door->host = mem_text(service->http.listen);
    door->port = service->http.port;
    log_info("http_server", "listening on %s:%u with 1 worker", service->http.listen,
             server_port(door->server));
    return 0;
}

/* ---- life ---- */

int admin_start(struct loop *loop, struct pipeline *pipeline, struct report *report,
                struct admin **admin_out)
{
    const struct service_keys *service = pipeline_service(pipeline);
    struct admin *a = mem_zalloc(1, sizeof *a);
    int rc = 0;

    a->loop = loop;
    a->sampler = timer_new(loop, on_sample, a);
    timer_unref(a->sampler);
    view_init(a);
    pipeline_view(a, pipeline);
    if (service->http.is_on)
        rc = door_open(a, &a->door, service, report);
    if (rc < 0)
        admin_stop(&a);
    *admin_out = a;
    return rc;
}

void admin_stop(struct admin **address)
{
    struct admin *a = *address;

    *address = NULL;
    if (a == NULL)
        return;
    door_close(&a->door);
    door_close(&a->next_door);
    timer_free(&a->sampler);
    health_fini(&a->health);
    buffer_fini(&a->mistakes);
    mem_free(a);
}

unsigned admin_port(const struct admin *a)
{
    return a->door.server != NULL ? server_port(a->door.server) : 0;
}

/* ---- reloading ---- */

void admin_take_reloads(struct admin *a, struct agent *agent)
{
    a->agent = agent;
}

int admin_check(struct admin *a, const struct pipeline *next, struct report *report)
{
    const struct service_keys *service = pipeline_service(next);

    if (!service->http.is_on || door_is_wanted(&a->door, service))
        return 0;
    return door_open(a, &a->next_door, service, report);
}

/* Who waits for the reload is at one of the doors, and is answered before it closes. */
void admin_change(struct admin *a, struct pipeline *pipeline)
{
    pipeline_view(a, pipeline);
}

/* Of two doors the one stays that the pipeline asks for. */
static void doors_settle(struct admin *a)
{
    const struct service_keys *service = pipeline_service(a->pipeline);

    if (!door_is_wanted(&a->door, service)) {
        door_close(&a->door);
        a->door = a->next_door;
        a->next_door = (struct door){0};
    }
    door_close(&a->next_door);
}

static void mistakes_keep(struct admin *a, const struct report *report)
{
    struct slice rest = buffer_view(&report->text);

    buffer_clear(&a->mistakes);
    while (rest.len > 0) {
        size_t bytes = strlen(rest.data) + 1;

        if (rest.data[0] == 'E')
            buffer_append(&a->mistakes, slice_make(rest.data + 1, bytes - 1));
        rest = slice_skip(rest, bytes);
    }
}

void admin_reloaded(struct admin *a, enum reload_state state, const struct report *report)
{
    a->outcome = state;
    mistakes_keep(a, report);
    if (a->agent != NULL)
        a->view.facts.reload_count = agent_reload_count(a->agent);
    if (a->door.server != NULL)
        server_resume(a->door.server);
    doors_settle(a);
}

/* ---- the log ---- */

void admin_log_state(struct pipeline *pipeline)
{
    const struct budget *memory = pipeline_memory(pipeline);
    struct buffer text = {0};

    pipeline_summary(pipeline, &text);
    log_info("tailrace", "%s", buffer_text(&text));
    buffer_fini(&text);
    log_info("tailrace",
             "memory for records: %" PRIu64 " of %" PRIu64 " bytes, %" PRIu64 " at most so far",
             memory->used_bytes, memory->limit_bytes, memory->peak_bytes);
    for (size_t i = 0; i < pipeline_output_count(pipeline); i++) {
        const struct output *output = pipeline_output(pipeline, i);
        int64_t since_ns;
        const char *trouble = output_trouble(output, &since_ns);

        log_info("tailrace", "%s: %s", output_name(output), since_ns == 0 ? "no trouble" : trouble);
    }
}

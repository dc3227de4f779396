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

struct admin {
    struct pipeline *pipeline;
    struct admin_view view;
    struct health health;
    struct pace pace;
    struct timer *sampler; /* only while Health_Check is on */
    struct server *server;
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

static const char *on_output_trouble(void *owner, size_t index, int64_t *since_ns)
{
    return output_trouble(pipeline_output(((struct admin *)owner)->pipeline, index), since_ns);
}

static void on_sample(void *owner)
{
    struct admin *a = owner;
    const struct list *outputs = &a->view.book->outputs;

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

static void health_start(struct admin *a, struct loop *loop, const struct service_keys *service)
{
    health_init(&a->health, (struct health_limits){
                                .errors = at_least_zero(service->hc_errors_count),
                                .retries_failed = at_least_zero(service->hc_retry_failure_count),
                                .period_s = at_least_zero(service->hc_period_s),
                            });
    if (!service->has_health_check)
        return;
    a->sampler = timer_new(loop, on_sample, a);
    timer_unref(a->sampler);
    timer_repeat(a->sampler, health_interval_ms(&a->health));
}

static void view_init(struct admin *a, bool has_health_check)
{
    if (gethostname(a->hostname, sizeof a->hostname - 1) < 0)
        a->hostname[0] = '\0';
    a->view = (struct admin_view){
        .book = pipeline_metrics(a->pipeline),
        .memory = pipeline_memory(a->pipeline),
        .hostname = a->hostname,
        .start_ms = clock_ms(),
        .start_wall_ns = clock_wall_ns(),
        .health = &a->health,
        .has_health_check = has_health_check,
        .pace = &a->pace,
        .owner = a,
        .refresh = on_refresh,
        .describe_inputs = on_describe,
        .output_trouble = on_output_trouble,
    };
}

/* ---- life ---- */

static int listen_start(struct admin *a, struct loop *loop, const struct service_keys *service,
                        struct report *report)
{
    struct place nowhere = {0};
    int rc;

    rc = server_start(loop, service->http_listen, (uint16_t)service->http_port, &a->view,
                      &a->server);
    if (rc < 0)
        report_error(report, nowhere, "the HTTP server cannot listen on %s:%" PRId64 ": %s",
                     service->http_listen, service->http_port, strerror(-rc));
    else
        log_info("http_server", "listening on %s:%u with 1 worker", service->http_listen,
                 server_port(a->server));
    return rc;
}

int admin_start(struct loop *loop, struct pipeline *pipeline, struct report *report,
                struct admin **admin_out)
{
    const struct service_keys *service = pipeline_service(pipeline);
    struct admin *a;
    int rc;

    *admin_out = NULL;
    if (!service->has_http)
        return 0;
    a = mem_zalloc(1, sizeof *a);
    a->pipeline = pipeline;
    view_init(a, service->has_health_check);
    health_start(a, loop, service);
    rc = listen_start(a, loop, service, report);
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
    server_stop(&a->server);
    timer_free(&a->sampler);
    health_fini(&a->health);
    mem_free(a);
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

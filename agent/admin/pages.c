#include "admin/pages.h"

#include "admin/api.h"
#include "admin/status.h"
#include "admin/ui.h"
#include "base/clock.h"

#include <string.h>

#define TYPE_JSON "application/json"
#define TYPE_PROMETHEUS "text/plain; version=0.0.4"
#define TYPE_TEXT "text/plain; charset=utf-8"
#define TYPE_HTML "text/html; charset=utf-8"

/* A path has a document, or an answer that goes by more than that. */
typedef void document_fn(const struct admin_view *view, struct buffer *out);
typedef void answer_fn(const struct admin_view *view, const char *method, struct page *page);

struct route {
    const char *path;
    const char *type;
    document_fn *document;
    answer_fn *answer;
};

uint64_t admin_view_uptime_s(const struct admin_view *view)
{
    return (clock_ms() - view->facts.start_ms) / 1000;
}

bool admin_view_standstill(const struct admin_view *view, struct buffer *out)
{
    return view->standstill != NULL && view->standstill(view->owner, out);
}

bool admin_view_is_well(const struct admin_view *view)
{
    struct buffer words = {0};
    bool is_still = admin_view_standstill(view, &words);

    buffer_fini(&words);
    return health_is_good(view->facts.health) && !is_still;
}

bool admin_view_is_alive(const struct admin_view *view)
{
    return view->wants_restart == NULL || !view->wants_restart(view->owner);
}

static struct metrics_facts view_facts(const struct admin_view *view)
{
    return (struct metrics_facts){
        .hostname = view->facts.hostname,
        .now_ns = clock_wall_ns(),
        .start_s = (uint64_t)(view->facts.start_wall_ns / NS_PER_S),
        .uptime_s = admin_view_uptime_s(view),
        .reload_count = view->facts.reload_count,
        .memory_used_bytes = view->facts.memory->used_bytes,
        .memory_limit_bytes = view->facts.memory->limit_bytes,
        .memory_peak_bytes = view->facts.memory->peak_bytes,
        .reading_standstill_s = view->facts.book->reading_standstill_s,
    };
}

/* ---- documents ---- */

static void expose(const struct admin_view *view, enum exposition_form form, struct buffer *out)
{
    struct metrics_facts facts;

    view->refresh(view->owner);
    facts = view_facts(view);
    exposition_write(view->facts.book, &facts, form, out);
}

static void prometheus_v1(const struct admin_view *view, struct buffer *out)
{
    expose(view, EXPOSITION_V1, out);
}

static void prometheus_v2(const struct admin_view *view, struct buffer *out)
{
    expose(view, EXPOSITION_V2, out);
}

static void metric_lines(const struct admin_view *view, struct buffer *out)
{
    expose(view, EXPOSITION_LINES, out);
}

/* ---- answers ---- */

/* Without Health_Check there is no such path. */
static void answer_health_v1(const struct admin_view *view, const char *method, struct page *page)
{
    bool is_good = admin_view_is_well(view);

    (void)method;
    if (!view->facts.has_health_check) {
        page->status = 404;
        page->type = NULL;
        return;
    }
    page->status = is_good ? 200 : 500;
    page->fixed = is_good ? SLICE("ok\n") : SLICE("error\n");
}

static void answer_health_v2(const struct admin_view *view, const char *method, struct page *page)
{
    (void)method;
    page->status = admin_view_is_well(view) ? 200 : 500;
    api_health(view, &page->body);
}

static void answer_live(const struct admin_view *view, const char *method, struct page *page)
{
    (void)method;
    page->status = admin_view_is_alive(view) ? 200 : 500;
    api_live(view, &page->body);
}

static void answer_reload_state(const struct admin_view *view, enum reload_state state,
                                struct page *page)
{
    switch (state) {
    case RELOAD_WAITING:
        page->is_waiting = true;
        return;
    case RELOAD_DONE:
        page->fixed = SLICE("{\"reload\":\"done\",\"status\":0}");
        return;
    case RELOAD_DISABLED:
        page->fixed = SLICE("{\"reload\":\"not enabled\",\"status\":-1}");
        return;
    case RELOAD_BUSY:
        page->status = 400;
        page->fixed = SLICE("{\"reload\":\"in progress\",\"status\":-2}");
        return;
    case RELOAD_REFUSED:
        page->status = 400;
        api_reload_mistakes(view, &page->body);
    }
}

static void answer_reload(const struct admin_view *view, const char *method, struct page *page)
{
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) {
        api_reload_count(view, &page->body);
    } else if (strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0) {
        answer_reload_state(
            view, view->reload != NULL ? view->reload(view->owner) : RELOAD_DISABLED, page);
    } else {
        page->status = 405;
        page->type = NULL;
        page->allow = "GET, POST, PUT";
    }
}

void pages_outcome(const struct admin_view *view, struct page *page)
{
    struct slice words;

    page->status = 200;
    page->type = TYPE_JSON;
    answer_reload_state(view, view->reload_outcome(view->owner, &words), page);
}

static void answer_ui(const struct admin_view *view, const char *method, struct page *page)
{
    (void)view;
    (void)method;
    page->fixed = slice_make(ui_html, ui_html_bytes);
    policy_of(page->fixed, page->policy);
}

static const struct route routes[] = {
    {"/", TYPE_JSON, api_about, NULL},
    {"/api/v1/uptime", TYPE_JSON, api_uptime, NULL},
    {"/api/v1/metrics", TYPE_JSON, api_metrics, NULL},
    {"/api/v1/metrics/prometheus", TYPE_PROMETHEUS, prometheus_v1, NULL},
    {"/api/v1/storage", TYPE_JSON, api_storage, NULL},
    {"/api/v1/plugins", TYPE_JSON, api_plugins, NULL},
    {"/api/v1/health", TYPE_TEXT, NULL, answer_health_v1},
    {"/api/v2/metrics", TYPE_TEXT, metric_lines, NULL},
    {"/api/v2/metrics/prometheus", TYPE_PROMETHEUS, prometheus_v2, NULL},
    {"/api/v2/health", TYPE_JSON, NULL, answer_health_v2},
    {"/api/v2/reload", TYPE_JSON, NULL, answer_reload},
    {"/api/tailrace/live", TYPE_JSON, NULL, answer_live},
    {"/api/tailrace/status", TYPE_JSON, status_write, NULL},
    {"/ui", TYPE_HTML, NULL, answer_ui},
};

static const struct route *route_find(const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(routes); i++)
        if (strcmp(routes[i].path, path) == 0)
            return &routes[i];
    return NULL;
}

void pages_answer(const struct admin_view *view, const char *method, const char *path,
                  struct page *page)
{
    const struct route *route = route_find(path);

    if (route == NULL) {
        page->status = 404;
        return;
    }
    CHECK((route->document != NULL) != (route->answer != NULL));
    page->status = 200;
    page->type = route->type;
    if (route->document != NULL)
        route->document(view, &page->body);
    else
        route->answer(view, method, page);
}

void page_fini(struct page *page)
{
    buffer_fini(&page->body);
}

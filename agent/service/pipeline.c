#include "service/pipeline.h"

#include "base/clock.h"
#include "filter/chain.h"
#include "filter/route.h"
#include "line/multiline_book.h"
#include "plugin/multiline_section.h"
#include "plugin/parser_section.h"
#include "record/parser_book.h"
#include "service/census.h"
#include "service/instance.h"
#include "service/refuse.h"

#include <errno.h>
#include <inttypes.h>

/*
 * Stopping, step by step:
 *
 *   pipeline_stop     inputs stop; what is open is sealed; outputs try what waits
 *   on_drain_check    looks whether all is delivered
 *   pipeline_hurry    Grace is over, or somebody asked twice: outputs let go
 *   on_drain_check    ends it, once nothing is under way, or a worker does not come back
 */

#define DRAIN_CHECK_MS 10

/* Workers that are not done so long after the outputs let go are stuck. */
#define STUCK_AFTER_MS 1000

struct pipeline {
    struct loop *loop;
    struct service_keys service;
    struct budget memory;
    struct metrics_book book;
    struct parser_book *parsers;
    struct multiline_book *multilines;
    struct filter_chain *chain;
    struct route_table *routes;
    struct intake *intake;
    struct input_instance *inputs;
    struct filter_instance *filters;
    struct output_instance *outputs;
    size_t input_count, filter_count, output_count;
    size_t started_output_count; /* the first of them */
    pipeline_fn *exit_wanted;
    void *exit_owner;
    pipeline_fn *stopped;
    void *stop_owner;
    struct timer *drain_timer;
    uint64_t drain_until_ms;
    uint64_t stuck_at_ms; /* UINT64_MAX: the outputs have not let go */
    bool is_started, is_stopping, is_stuck;
};

static size_t count_sections(const struct config *config, enum config_kind kind)
{
    size_t count = 0;

    for (const struct section *s = config_first(config, kind); s != NULL;
         s = config_next(config, s))
        count++;
    return count;
}

/* ---- making ---- */

static bool parsers_add(struct pipeline *p, const struct config *config, struct report *report)
{
    bool is_well = true;

    for (const struct section *s = config_first(config, CONFIG_PARSER); s != NULL;
         s = config_next(config, s)) {
        struct property_list properties = section_properties(s, "parser");

        is_well &= parser_section_add(p->parsers, &properties, report) == 0;
    }
    return is_well;
}

static bool multiline_add(struct pipeline *p, const struct section *s, struct report *report)
{
    struct property_list properties = section_properties(s, "multiline_parser");
    struct property_list *rules;
    struct multiline_section section = {.properties = &properties};
    size_t max = 0;
    bool is_well;

    for (const struct section *g = section_group(s, "rules", NULL); g != NULL;
         g = section_group(s, "rules", g))
        max++;
    rules = mem_zalloc(max, sizeof *rules);
    for (const struct section *g = section_group(s, "rules", NULL); g != NULL;
         g = section_group(s, "rules", g))
        rules[section.rule_count++] = section_properties(g, "rule of a multiline_parser");
    section.rules = rules;
    is_well = multiline_section_add(p->multilines, &section, report) == 0;
    mem_free(rules);
    return is_well;
}

static bool multilines_add(struct pipeline *p, const struct config *config, struct report *report)
{
    bool is_well = true;

    p->multilines = multiline_book_new(p->parsers);
    for (const struct section *s = config_first(config, CONFIG_MULTILINE_PARSER); s != NULL;
         s = config_next(config, s))
        is_well &= multiline_add(p, s, report);
    return is_well;
}

static bool inputs_add(struct pipeline *p, const struct instance_shop *shop)
{
    size_t max = count_sections(shop->config, CONFIG_INPUT);
    bool is_well = true;

    p->inputs = mem_zalloc(max, sizeof *p->inputs);
    for (const struct section *s = config_first(shop->config, CONFIG_INPUT); s != NULL;
         s = config_next(shop->config, s)) {
        struct input_instance *i = &p->inputs[p->input_count];

        i->pipeline = p;
        is_well &= input_instance_init(i, s, (unsigned)p->input_count++, shop);
        if (i->self == NULL)
            continue;
        budget_init(&i->budget, &p->memory, i->keys.mem_buf_limit);
        i->budget.turned = input_instance_turned;
        i->input.loop = p->loop;
        i->input.budget = &i->budget;
        metrics_add_input(&p->book, &i->input.metrics);
    }
    return is_well;
}

static bool filters_add(struct pipeline *p, const struct instance_shop *shop)
{
    size_t max = count_sections(shop->config, CONFIG_FILTER);
    bool is_well = true;

    p->filters = mem_zalloc(max, sizeof *p->filters);
    for (const struct section *s = config_first(shop->config, CONFIG_FILTER); s != NULL;
         s = config_next(shop->config, s)) {
        struct filter_instance *f = &p->filters[p->filter_count];
        struct tag_match *match;

        if (section_is_inactive(s))
            continue;
        is_well &= filter_instance_init(f, s, (unsigned)p->filter_count++, shop);
        if (f->self == NULL)
            continue;
        if (f->keys.match == NULL && f->keys.match_regex == NULL)
            report_warn(shop->report, s->place, "filter %s has no match, so it sees no record",
                        f->name);
        match = tag_match_new(f->keys.match, f->keys.match_regex, shop->report, s->place);
        is_well &= match != NULL;
        if (match == NULL)
            match = tag_match_new(NULL, NULL, shop->report, s->place);
        filter_chain_add(p->chain, f->plugin, f->self, match, &f->metrics);
        metrics_add_filter(&p->book, &f->metrics);
    }
    return is_well;
}

static bool outputs_add(struct pipeline *p, const struct instance_shop *shop)
{
    size_t max = count_sections(shop->config, CONFIG_OUTPUT);
    bool is_well = true;

    p->outputs = mem_zalloc(max, sizeof *p->outputs);
    for (const struct section *s = config_first(shop->config, CONFIG_OUTPUT); s != NULL;
         s = config_next(shop->config, s)) {
        struct output_instance *o = &p->outputs[p->output_count];

        is_well &= output_instance_init(o, s, (unsigned)p->output_count++, shop);
    }
    return is_well;
}

static bool routes_add(struct pipeline *p, struct report *report)
{
    struct route_rule *rules = mem_zalloc(p->output_count, sizeof *rules);

    for (size_t i = 0; i < p->output_count; i++) {
        const struct output_instance *o = &p->outputs[i];

        rules[i] = (struct route_rule){
            .output = o->component,
            .match = o->self != NULL ? o->keys.match : "*", /* else more is wrong than its match */
            .match_regex = o->keys.match_regex,
            .place = o->place,
        };
    }
    p->routes = route_table_new(rules, p->output_count, p->input_count, report);
    mem_free(rules);
    return p->routes != NULL;
}

struct pipeline *pipeline_new(struct loop *loop, const struct config *config, struct report *report,
                              int *status)
{
    struct pipeline *p = mem_zalloc(1, sizeof *p);
    struct instance_shop shop;
    bool is_well;

    p->loop = loop;
    metrics_book_init(&p->book);
    p->parsers = parser_book_new();
    p->chain = filter_chain_new();
    is_well = !refuse_sections(config, report);
    is_well &= service_keys_bind(&p->service, config, report);
    budget_init(&p->memory, NULL, p->service.memory_bytes);
    is_well &= parsers_add(p, config, report);
    is_well &= multilines_add(p, config, report);
    shop = (struct instance_shop){.config = config,
                                  .service = &p->service,
                                  .report = report,
                                  .parsers = p->parsers,
                                  .multilines = p->multilines};
    is_well &= inputs_add(p, &shop);
    is_well &= filters_add(p, &shop);
    is_well &= outputs_add(p, &shop);
    is_well &= routes_add(p, report);
    *status = is_well ? 0 : -EINVAL;
    return p;
}

void pipeline_free(struct pipeline **address)
{
    struct pipeline *p = *address;

    *address = NULL;
    if (p == NULL)
        return;
    CHECK(!p->is_started && !p->is_stuck);
    for (size_t i = 0; i < p->input_count; i++) {
        input_instance_fini(&p->inputs[i]);
        if (p->inputs[i].input.budget != NULL)
            budget_fini(&p->inputs[i].budget);
    }
    filter_chain_free(&p->chain);
    for (size_t i = 0; i < p->filter_count; i++)
        filter_instance_fini(&p->filters[i]);
    for (size_t i = 0; i < p->output_count; i++)
        output_instance_fini(&p->outputs[i]);
    route_table_free(&p->routes);
    multiline_book_free(&p->multilines);
    parser_book_free(&p->parsers);
    timer_free(&p->drain_timer);
    budget_fini(&p->memory);
    options_fini(service_options, &p->service);
    mem_free(p->inputs);
    mem_free(p->filters);
    mem_free(p->outputs);
    mem_free(p);
}

/* ---- running ---- */

static void on_sealed(void *owner, struct chunk *chunk)
{
    struct pipeline *p = owner;

    CHECK(chunk->is_sealed && chunk->outputs >> (p->output_count - 1) >> 1 == 0);
    for (size_t i = 0; i < p->output_count; i++)
        if (chunk->outputs >> i & 1)
            output_offer(p->outputs[i].output, chunk);
    chunk_unref(&chunk);
}

static void on_exit_wanted(struct input *input)
{
    struct input_instance *i = CONTAINER_OF(input, struct input_instance, input);

    if (!i->pipeline->is_stopping)
        i->pipeline->exit_wanted(i->pipeline->exit_owner);
}

static int output_start(struct pipeline *p, size_t index, struct report *report)
{
    struct output_instance *o = &p->outputs[index];
    int64_t workers = o->keys.workers > 0 ? o->keys.workers : (int64_t)o->plugin->default_workers;
    char why[256] = "";
    struct output_config config = {
        .plugin = o->plugin,
        .self = o->self,
        .name = o->name,
        .component = o->component,
        .index = (unsigned)index,
        .workers = o->plugin->encode != NULL && workers > 0 ? (unsigned)workers : 1,
        .retry = o->retry,
        .budget = &p->memory,
    };

    o->output = output_new(p->loop, &config, why);
    if (o->output == NULL) {
        report_error(report, o->place, "output %s cannot start: %s", o->name, why);
        return -EINVAL;
    }
    metrics_add_output(&p->book, output_metrics(o->output));
    p->started_output_count++;
    return 0;
}

static int input_start(struct pipeline *p, struct input_instance *i, struct report *report)
{
    int rc;

    i->input.intake = p->intake;
    i->input.exit_wanted = on_exit_wanted;
    rc = i->plugin->start(i->self, &i->input, report);
    if (rc < 0) {
        report_error(report, (struct place){0}, "input %s cannot start", i->name);
        return rc;
    }
    i->is_started = true;
    return 0;
}

int pipeline_start(struct pipeline *p, struct report *report, pipeline_fn *exit_wanted, void *owner)
{
    int rc = 0;

    p->exit_wanted = exit_wanted;
    p->exit_owner = owner;
    p->intake = intake_new(p->loop, p->chain, p->routes, (uint64_t)(p->service.flush_s * 1000));
    intake_on_sealed(p->intake, on_sealed, p);
    p->is_started = true;
    for (size_t i = 0; i < p->output_count && rc == 0; i++)
        rc = output_start(p, i, report);
    for (size_t i = 0; i < p->input_count && rc == 0; i++)
        rc = input_start(p, &p->inputs[i], report);
    return rc;
}

/* ---- stopping ---- */

static bool outputs_are_idle(const struct pipeline *p)
{
    for (size_t i = 0; i < p->started_output_count; i++)
        if (!output_is_idle(p->outputs[i].output))
            return false;
    return true;
}

static void on_drain_check(void *owner)
{
    struct pipeline *p = owner;

    if (!outputs_are_idle(p)) {
        if (clock_ms() >= p->drain_until_ms)
            pipeline_hurry(p);
        if (clock_ms() < p->stuck_at_ms)
            return;
        p->is_stuck = !outputs_are_idle(p);
    }
    timer_free(&p->drain_timer);
    intake_free(&p->intake);
    p->is_started = false;
    p->stopped(p->stop_owner);
}

void pipeline_stop(struct pipeline *p, pipeline_fn *stopped, void *owner)
{
    CHECK(p->is_started && !p->is_stopping);
    p->is_stopping = true;
    p->stopped = stopped;
    p->stop_owner = owner;
    for (size_t i = 0; i < p->input_count; i++)
        if (p->inputs[i].is_started)
            p->inputs[i].plugin->stop(p->inputs[i].self);
    intake_flush(p->intake);
    for (size_t i = 0; i < p->started_output_count; i++)
        output_stop(p->outputs[i].output);
    p->drain_until_ms =
        clock_ms() + (uint64_t)(p->service.grace_s > 0 ? p->service.grace_s : 0) * 1000;
    p->stuck_at_ms = UINT64_MAX;
    p->drain_timer = timer_new(p->loop, on_drain_check, p);
    timer_repeat(p->drain_timer, DRAIN_CHECK_MS);
}

void pipeline_hurry(struct pipeline *p)
{
    if (p->stuck_at_ms == UINT64_MAX)
        p->stuck_at_ms = clock_ms() + STUCK_AFTER_MS;
    for (size_t i = 0; i < p->started_output_count; i++)
        output_let_go(p->outputs[i].output);
}

bool pipeline_is_stuck(const struct pipeline *p)
{
    return p->is_stuck;
}

void pipeline_leave(struct pipeline *p)
{
    CHECK(p->is_stuck);
    for (size_t i = 0; i < p->input_count; i++)
        input_instance_fini(&p->inputs[i]);
}

/* ---- looking in ---- */

const struct service_keys *pipeline_service(const struct pipeline *p)
{
    return &p->service;
}

struct metrics_book *pipeline_metrics(struct pipeline *p)
{
    return &p->book;
}

const struct budget *pipeline_memory(const struct pipeline *p)
{
    return &p->memory;
}

size_t pipeline_output_count(const struct pipeline *p)
{
    return p->started_output_count;
}

struct output *pipeline_output(const struct pipeline *p, size_t index)
{
    CHECK(index < p->started_output_count);
    return p->outputs[index].output;
}

void pipeline_refresh(struct pipeline *p)
{
    for (size_t i = 0; i < p->started_output_count; i++)
        (void)output_metrics(p->outputs[i].output);
    for (size_t i = 0; i < p->input_count; i++) {
        struct input_instance *in = &p->inputs[i];

        in->input.metrics.memory_bytes = in->budget.used_bytes;
        in->input.metrics.memory_limit_bytes = in->budget.limit_bytes;
        in->input.metrics.is_paused = in->budget.is_full || p->memory.is_full;
        if (in->is_started && in->plugin->refresh != NULL)
            in->plugin->refresh(in->self);
    }
    census_take(&p->book);
}

void pipeline_describe_inputs(const struct pipeline *p, struct buffer *out)
{
    bool is_first = true;

    buffer_append_byte(out, '[');
    for (size_t i = 0; i < p->input_count; i++) {
        if (!p->inputs[i].is_started || p->inputs[i].plugin->describe == NULL)
            continue;
        if (!is_first)
            buffer_append_byte(out, ',');
        is_first = false;
        p->inputs[i].plugin->describe(p->inputs[i].self, out);
    }
    buffer_append_byte(out, ']');
}

void pipeline_summary(struct pipeline *p, struct buffer *out)
{
    uint64_t unread = 0;

    pipeline_refresh(p);
    for (size_t i = 0; i < p->input_count; i++)
        unread += p->inputs[i].input.metrics.unread_bytes;
    for (size_t i = 0; i < p->started_output_count; i++) {
        const struct output_metrics *m = output_metrics(p->outputs[i].output);

        buffer_append_format(out,
                             "%s: read %" PRIu64 " = delivered %" PRIu64 " + set aside %" PRIu64
                             " + dropped %" PRIu64 " + in flight %" PRIu64 " records; ",
                             m->name, m->read_records, m->proc_records, m->set_aside_records,
                             m->given_up_records, m->in_flight_records);
    }
    buffer_append_format(out, "still unread: %" PRIu64 " bytes", unread);
}

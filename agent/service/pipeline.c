#include "service/pipeline_self.h"

#include "line/multiline_book.h"
#include "plugin/multiline_section.h"
#include "plugin/parser_section.h"
#include "record/parser_book.h"
#include "service/reach.h"
#include "service/refuse.h"

#include <errno.h>

static size_t count_sections(const struct config *config, enum config_kind kind)
{
    size_t count = 0;

    for (const struct section *s = config_first(config, kind); s != NULL;
         s = config_next(config, s))
        count++;
    return count;
}

static bool parsers_add(struct pipeline *p, const struct config *config, struct report *report)
{
    bool is_well = true;

    for (const struct section *s = config_first(config, CONFIG_PARSER); s != NULL;
         s = config_next(config, s)) {
        struct property_list properties = section_properties(s, "parser");

        is_well &= parser_section_add(p->path.parsers, &properties, report) == 0;
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
    is_well = multiline_section_add(p->path.multilines, &section, report) == 0;
    mem_free(rules);
    return is_well;
}

static bool multilines_add(struct pipeline *p, const struct config *config, struct report *report)
{
    bool is_well = true;

    p->path.multilines = multiline_book_new(p->path.parsers);
    for (const struct section *s = config_first(config, CONFIG_MULTILINE_PARSER); s != NULL;
         s = config_next(config, s))
        is_well &= multiline_add(p, s, report);
    return is_well;
}

static bool inputs_add(struct pipeline *p, const struct instance_shop *shop)
{
    size_t max = count_sections(shop->config, CONFIG_INPUT);
    bool is_well = true;

    p->made.inputs = mem_zalloc(max, sizeof *p->made.inputs);
    for (const struct section *s = config_first(shop->config, CONFIG_INPUT); s != NULL;
         s = config_next(shop->config, s)) {
        struct input_instance *i = &p->made.inputs[p->made.input_count];

        i->pipeline = p;
        is_well &= input_instance_init(i, s, (unsigned)p->made.input_count++, shop);
        if (i->self == NULL)
            continue;
        budget_init(&i->budget, &p->room.memory, i->keys.mem_buf_limit);
        i->budget.turned = input_instance_turned;
        i->input.loop = p->loop;
        i->input.budget = &i->budget;
        i->input.may_be_replaced = p->service.reload.is_on;
        i->input.held = &p->room.held;
        metrics_add_input(&p->book, &i->input.metrics);
    }
    CHECK(p->made.input_count == max);
    return is_well;
}

/* `otherwise` is the match of a filter that names none, or NULL. */
static bool filter_add(struct pipeline *p, const struct section *s, unsigned number,
                       const char *otherwise, const struct instance_shop *shop)
{
    struct filter_instance *f = &p->made.filters[p->made.filter_count++];
    bool is_well = filter_instance_init(f, s, number, shop);
    struct tag_match *match;

    if (f->self == NULL)
        return false;
    if (f->keys.match != NULL || f->keys.match_regex != NULL)
        otherwise = f->keys.match;
    else if (otherwise == NULL)
        report_warn(shop->report, s->place, "filter %s has no match, so it sees no record",
                    f->name);
    match = tag_match_new(otherwise, f->keys.match_regex, shop->report,
                          section_place(s, "match_regex"));
    is_well &= match != NULL;
    if (match == NULL)
        match = tag_match_new(NULL, NULL, shop->report, s->place);
    filter_chain_add(p->path.chain, f->plugin, f->self, match, &f->metrics);
    metrics_add_filter(&p->book, &f->metrics);
    return is_well;
}

/* The processors of one input; those that are no filters here are refused with the input. */
static bool processors_add(struct pipeline *p, const struct input_instance *input,
                           const struct section *s, struct instance_shop shop)
{
    const struct section *group = NULL;
    unsigned number = 0;
    bool is_well = true;

    shop.owner = input->name;
    while ((group = section_group(s, "processors", group)) != NULL)
        LIST_FOR (it, &group->groups) {
            const struct section *processor = CONTAINER_OF(it, struct section, link);

            if (!processor_is_filter(processor))
                continue;
            is_well &= filter_add(p, processor, number++, "*", &shop);
            if (p->made.filters[p->made.filter_count - 1].self != NULL)
                filter_chain_keep_to(p->path.chain, &input->input.metrics);
        }
    return is_well;
}

static size_t processors_count(const struct config *config)
{
    const struct section *group = NULL;
    size_t count = 0;

    for (const struct section *s = config_first(config, CONFIG_INPUT); s != NULL;
         s = config_next(config, s))
        while ((group = section_group(s, "processors", group)) != NULL)
            LIST_FOR (it, &group->groups)
                count += processor_is_filter(CONTAINER_OF(it, struct section, link));
    return count;
}

static bool filters_add(struct pipeline *p, const struct instance_shop *shop)
{
    size_t max = count_sections(shop->config, CONFIG_FILTER) + processors_count(shop->config);
    const struct input_instance *input = p->made.inputs;
    unsigned number = 0;
    bool is_well = true;

    p->made.filters = mem_zalloc(max, sizeof *p->made.filters);
    for (const struct section *s = config_first(shop->config, CONFIG_INPUT); s != NULL;
         s = config_next(shop->config, s), input++)
        is_well &= input->self == NULL || processors_add(p, input, s, *shop);
    for (const struct section *s = config_first(shop->config, CONFIG_FILTER); s != NULL;
         s = config_next(shop->config, s), number++)
        if (!section_is_inactive(s))
            is_well &= filter_add(p, s, number, NULL, shop);
    CHECK(p->made.filter_count <= max);
    return is_well;
}

static bool output_add(struct pipeline *p, struct output_instance *o, const struct section *s,
                       const struct instance_shop *shop)
{
    if (output_instance_init(o, s, (unsigned)p->made.output_count++, shop))
        return output_can_reach(p->loop, o, s, shop->report);
    output_look_for_more(o, s, shop->report);
    return false;
}

static bool outputs_add(struct pipeline *p, const struct instance_shop *shop)
{
    size_t max = count_sections(shop->config, CONFIG_OUTPUT);
    bool is_well = true;

    p->made.outputs = mem_zalloc(max, sizeof *p->made.outputs);
    for (const struct section *s = config_first(shop->config, CONFIG_OUTPUT); s != NULL;
         s = config_next(shop->config, s)) {
        struct output_instance *o = &p->made.outputs[p->made.output_count];

        is_well &= output_add(p, o, s, shop);
    }
    CHECK(p->made.output_count == max);
    return is_well;
}

/* What is counted by pairs of an input and an output. */
static void route_metrics_add(struct pipeline *p)
{
    for (size_t i = 0; i < p->made.input_count; i++)
        p->made.inputs[i].input.metrics.routes =
            mem_zalloc(p->made.output_count, sizeof(struct route_metrics));
}

static bool routes_add(struct pipeline *p, struct report *report)
{
    struct route_rule *rules = mem_zalloc(p->made.output_count, sizeof *rules);

    for (size_t i = 0; i < p->made.output_count; i++) {
        const struct output_instance *o = &p->made.outputs[i];

        rules[i] = (struct route_rule){
            .output = o->component,
            .match = o->self != NULL ? o->keys.match : "*", /* else more is wrong than its match */
            .match_regex = o->keys.match_regex,
            .place = o->match_place,
        };
    }
    p->path.routes = route_table_new(rules, p->made.output_count, p->made.input_count, report);
    mem_free(rules);
    return p->path.routes != NULL;
}

struct pipeline *pipeline_new(struct loop *loop, const struct config *config, struct report *report,
                              int *status)
{
    struct pipeline *p = mem_zalloc(1, sizeof *p);
    struct instance_shop shop;
    bool is_well;

    p->loop = loop;
    metrics_book_init(&p->book);
    p->path.parsers = parser_book_new();
    p->path.chain = filter_chain_new();
    is_well = !refuse_sections(config, report);
    is_well &= service_keys_bind(&p->service, config, report);
    budget_init(&p->room.memory, NULL, service_records_bytes(&p->service));
    held_init(&p->room.held, p->service.memory.held_bytes);
    p->refused.letters = letters_new(loop, &p->service, config, &p->book.letters);
    is_well &= parsers_add(p, config, report);
    is_well &= multilines_add(p, config, report);
    shop = (struct instance_shop){.config = config,
                                  .service = &p->service,
                                  .report = report,
                                  .parsers = p->path.parsers,
                                  .multilines = p->path.multilines};
    is_well &= inputs_add(p, &shop);
    is_well &= filters_add(p, &shop);
    is_well &= outputs_add(p, &shop);
    route_metrics_add(p);
    p->lanes = lane_driver_new(p);
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
    CHECK(!p->made.is_started && !p->stopping.is_stuck);
    CHECK(p->path.intake == NULL);
    CHECK(p->standstill.timer == NULL && p->room.pressure.timer == NULL);
    for (size_t i = 0; i < p->made.input_count; i++) {
        input_instance_fini(&p->made.inputs[i]);
        if (p->made.inputs[i].input.budget != NULL)
            budget_fini(&p->made.inputs[i].budget);
    }
    filter_chain_free(&p->path.chain);
    for (size_t i = 0; i < p->made.filter_count; i++)
        filter_instance_fini(&p->made.filters[i]);
    for (size_t i = 0; i < p->made.output_count; i++)
        output_instance_fini(&p->made.outputs[i]);
    letter_store_free(&p->refused.letters);
    route_table_free(&p->path.routes);
    multiline_book_free(&p->path.multilines);
    parser_book_free(&p->path.parsers);
    lane_driver_free(&p->lanes);
    timer_free(&p->stopping.timer);
    for (size_t i = 0; i < p->made.input_count; i++)
        mem_free(p->made.inputs[i].input.metrics.routes);
    budget_fini(&p->room.memory);
    options_fini(service_options, &p->service);
    mem_free(p->made.inputs);
    mem_free(p->made.filters);
    mem_free(p->made.outputs);
    mem_free(p);
}

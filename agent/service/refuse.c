#include "service/refuse.h"

#include "config/files.h"
#include "plugin/plugin.h"
#include "service/known.h"

#define FILTERS_MAX 64

static bool is_filter_here(const char *name)
{
    for (size_t i = 0; filter_plugins[i] != NULL; i++)
        if (slice_is_nocase(slice_of(name), filter_plugins[i]->name))
            return true;
    return false;
}

static const char *nearest_filter(const char *wrong)
{
    const char *names[FILTERS_MAX + 1] = {NULL};

    for (size_t i = 0; filter_plugins[i] != NULL; i++) {
        CHECK(i < FILTERS_MAX);
        names[i] = filter_plugins[i]->name;
    }
    return report_nearest(wrong, names);
}

static void explain_unknown(const struct section *processor, const char *name,
                            struct report *report)
{
    const char *nearest = nearest_filter(name);

    if (nearest != NULL)
        report_error(report, section_place(processor, "name"),
                     "there is no processor \"%s\"; did you mean \"%s\"?", name, nearest);
    else
        report_error(report, section_place(processor, "name"),
                     "the processor \"%s\" is not part of this version; of processors there are "
                     "the filters",
                     name);
}

bool processor_is_filter(const struct section *processor)
{
    const char *name = section_get(processor, "name");

    return name != NULL && strcasecmp(processor->name, "logs") == 0 && is_filter_here(name) &&
           section_group(processor, "condition", NULL) == NULL;
}

static void refuse_processor_of_input(const struct section *processor, const char *name,
                                      struct report *report)
{
    if (processor_is_filter(processor))
        return;
    if (strcasecmp(processor->name, "logs") != 0)
        report_warn(report, processor->place,
                    "the processor \"%s\" is left out: there are no %s here", name,
                    processor->name);
    else if (is_filter_here(name))
        report_error(report, processor->place,
                     "the processor \"%s\": conditions are not part of this version", name);
    else
        explain_unknown(processor, name, report);
}

static void refuse_processor(const struct section *s, const struct section *processor,
                             struct report *report)
{
    const char *name = section_get(processor, "name");

    if (name == NULL)
        return;
    if (s->kind == CONFIG_INPUT)
        refuse_processor_of_input(processor, name, report);
    else
        report_error(report, processor->place,
                     "the processor \"%s\": an output has no processors in this version%s", name,
                     is_filter_here(name) ? "; write it as a filter, or into the input" : "");
}

/* Of a filter the grammar has refused them. */
static void refuse_processors(const struct section *s, const struct section *group,
                              struct report *report)
{
    if (s->kind == CONFIG_FILTER)
        return;
    LIST_FOR (it, &group->groups) {
        refuse_processor(s, CONTAINER_OF(it, struct section, link), report);
    }
}

bool refuse_groups(const struct section *s, struct report *report)
{
    unsigned errors_before = report->error_count;

    LIST_FOR (it, &s->groups) {
        const struct section *group = CONTAINER_OF(it, struct section, link);
        struct slice name = slice_of(group->name);

        if (slice_is_nocase(name, "processors"))
            refuse_processors(s, group, report);
        else if (slice_is_nocase(name, "routes"))
            report_error(report, group->place,
                         "routes are not part of this version; outputs choose by match");
        else if (s->kind != CONFIG_OUTPUT || !slice_is_nocase(name, "nodes"))
            report_warn(report, group->place, "the group '%s' means nothing here and is left out",
                        group->name);
    }
    return report->error_count > errors_before;
}

static void refuse_customs(const struct config *config, struct report *report)
{
    const struct section *s = config_first(config, CONFIG_CUSTOM);

    for (; s != NULL; s = config_next(config, s))
        report_error(report, s->place, "custom plugins are not part of this version");
}

static void refuse_tasks(const struct config *config, struct report *report)
{
    const struct section *s = config_first(config, CONFIG_STREAM_TASK);

    for (; s != NULL; s = config_next(config, s))
        report_warn(report, s->place,
                    "stream processing is not part of tailrace; this task is left out");
}

/* Of the Go plugins around Fluent Bit nothing is said: the outputs that use them are told. */
static void refuse_objects(const struct config *config, struct report *report)
{
    const struct section *s = config_first(config, CONFIG_PLUGINS);
    const struct property *p = NULL;

    for (; s != NULL; s = config_next(config, s))
        while ((p = section_find(s, "path", p)) != NULL)
            if (path_go_plugin(p->value) == NULL)
                report_warn(report, p->place, "'%s' is not loaded; every plugin is built in",
                            p->value);
}

/* Inputs may stand in what could not be read, which was said: then nothing is said of them. */
bool refuse_sections(const struct config *config, struct report *report)
{
    unsigned errors_before = report->error_count;
    const struct section *input = config_first(config, CONFIG_INPUT);

    refuse_customs(config, report);
    refuse_tasks(config, report);
    refuse_objects(config, report);
    if (input == NULL && errors_before == 0)
        report_error(report, (struct place){0}, "there is no input; nothing would ever be read");
    else if (input != NULL && config_first(config, CONFIG_OUTPUT) == NULL)
        report_warn(report, input->place, "there is no output; what is read goes nowhere");
    return input == NULL || report->error_count > errors_before;
}

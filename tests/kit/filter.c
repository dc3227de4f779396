#include "kit/filter.h"

#include "base/memory.h"

#include <check.h>

struct parser_book *kit_filter_parsers;

static void keys_take(struct kit_filter *f, const char *const *keys)
{
    for (; *keys != NULL; keys += 2) {
        ck_assert_uint_lt(f->property_count, KIT_KEYS_MAX);
        f->properties[f->property_count] = (struct property){
            .key = keys[0],
            .value = keys[1],
            .place = {.file = "filter.conf", .line = (unsigned)f->property_count + 2},
        };
        f->property_count++;
    }
}

static bool options_take(struct kit_filter *f)
{
    struct option_target target = {.options = f->plugin->options, .self = f->self};
    struct property_list list = {
        .items = f->properties,
        .count = f->property_count,
        .owner = f->plugin->name,
        .place = {.file = "filter.conf", .line = 1},
    };

    return options_bind(&target, 1, &list, &f->report) == 0;
}

bool kit_filter_try(struct kit_filter *f, const struct filter_plugin *plugin,
                    const char *const *keys)
{
    struct plugin_setup setup = {
        .name = plugin->name,
        .component = plugin->name,
        .place = {.file = "filter.conf", .line = 1},
        .report = &f->report,
        .parsers = kit_filter_parsers,
    };

    *f = (struct kit_filter){.plugin = plugin, .tag = SLICE("test")};
    options_check(plugin->options);
    report_init(&f->report);
    record_init(&f->record);
    json_scanner_init(&f->json);
    f->self = mem_zalloc(1, plugin->self_bytes);
    keys_take(f, keys);
    setup.properties = f->properties;
    setup.property_count = f->property_count;
    if (!options_take(f))
        return false;
    f->is_open = true;
    return plugin->init == NULL || plugin->init(f->self, &setup) == 0;
}

void kit_filter_close(struct kit_filter *f)
{
    if (f->is_open && f->plugin->fini != NULL)
        f->plugin->fini(f->self);
    options_fini(f->plugin->options, f->self);
    MEM_FREE(&f->self);
    json_scanner_fini(&f->json);
    record_fini(&f->record);
    report_fini(&f->report);
}

void kit_filter_open(struct kit_filter *f, const struct filter_plugin *plugin,
                     const char *const *keys)
{
    bool is_accepted = kit_filter_try(f, plugin, keys);

    ck_assert_msg(is_accepted, "%s", buffer_text(&f->report.text));
    ck_assert_uint_eq(f->report.error_count, 0);
}

void kit_filter_refuses(const struct filter_plugin *plugin, const char *const *keys,
                        const char *what)
{
    struct kit_filter f;
    bool is_accepted = kit_filter_try(&f, plugin, keys);
    const char *said = buffer_text(&f.report.text);

    ck_assert_msg(!is_accepted, "accepted, instead of: %s", what);
    ck_assert_msg(f.report.error_count == 1, "%s", said);
    ck_assert_msg(strstr(said, what) != NULL, "'%s' is not in: %s", what, said);
    ck_assert_msg(strstr(said, "filter.conf:") != NULL, "no place: %s", said);
    kit_filter_close(&f);
}

const char *kit_filter_run(struct kit_filter *f)
{
    struct filter_run run = {.tag = f->tag, .json = &f->json};

    if (f->plugin->apply(f->self, &f->record, &run) == FILTER_DROP)
        return NULL;
    return kit_record_text(&f->record);
}

const char *kit_filter_apply(struct kit_filter *f, const char *json)
{
    kit_record_fill(&f->record, json);
    return kit_filter_run(f);
}

static void expect(struct kit_filter *f, const char *json, const char *expected)
{
    const char *result = kit_filter_run(f);

    if (expected == NULL)
        ck_assert_msg(result == NULL, "%s is kept as %s", json, result);
    else
        ck_assert_msg(result != NULL && strcmp(result, expected) == 0,
                      "%s becomes %s instead of %s", json, result ? result : "nothing", expected);
}

void kit_filter_expect(struct kit_filter *f, const char *json, const char *expected)
{
    kit_record_fill(&f->record, json);
    expect(f, json, expected);
    kit_record_fill_fields(&f->record, json);
    expect(f, json, expected);
}

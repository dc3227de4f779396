#include "service/instance.h"

#include "service/known.h"
#include "service/lanes.h"
#include "service/refuse.h"

#include <errno.h>

#define PAUSE_INTERVAL_MS 10000

/* A plugin's first members are the same in all three kinds; these walk the tables by name. */
typedef const char *name_at_fn(size_t index);

static const char *input_name_at(size_t i)
{
    return input_plugins[i] ? input_plugins[i]->name : NULL;
}

static const char *filter_name_at(size_t i)
{
    return filter_plugins[i] ? filter_plugins[i]->name : NULL;
}

static const char *output_name_at(size_t i)
{
    return output_plugins[i] ? output_plugins[i]->name : NULL;
}

static void plugin_missing(const struct section *s, const char *name, struct report *report)
{
    struct buffer why = {0};

    known_explain(s->kind, name, &why);
    report_error(report, section_place(s, "name"), "%s", buffer_text(&why));
    buffer_fini(&why);
}

/* The place of the plugin that the section names in its table, or -1 and an error; without a name
 * the loader has said so. */
static int plugin_index(const struct section *s, name_at_fn *name_at, struct report *report)
{
    const char *name = section_get(s, "name");

    if (name == NULL || name[0] == '\0')
        return -1;
    for (size_t i = 0; name_at(i) != NULL; i++)
        if (slice_is_nocase(slice_of(name), name_at(i)))
            return (int)i;
    plugin_missing(s, name, report);
    return -1;
}

static int output_index(const struct section *s, struct report *report)
{
    const char *name = section_get(s, "name");

    for (int i = 0; name != NULL && output_plugins[i] != NULL; i++)
        if (output_plugins[i]->alias != NULL &&
            slice_is_nocase(slice_of(name), output_plugins[i]->alias))
            return i;
    return plugin_index(s, output_name_at, report);
}

/* One plugin's options, the kind's common ones, and the section. -ENODATA: the plugin lacks what it
 * must have, so it is not made; -EINVAL: something else is wrong, and it can look for more. */
static int keys_bind(const struct section *s, const struct option_target targets[2],
                     const char *owner, struct report *report)
{
    struct property_list properties = section_properties(s, owner);
    bool has_refused = refuse_groups(s, report);
    int rc = options_bind(targets, 2, &properties, report);

    return rc == 0 && has_refused ? -EINVAL : rc;
}

static char *instance_name(const char *alias, const char *plugin, unsigned number)
{
    return alias != NULL ? mem_text(alias) : mem_format("%s.%u", plugin, number);
}

static struct plugin_setup setup_of(const struct section *s, const char *name,
                                    const char *component, const struct instance_shop *shop)
{
    return (struct plugin_setup){
        .name = name,
        .component = component,
        .place = s->place,
        .report = shop->report,
        .parsers = shop->parsers,
        .multilines = shop->multilines,
        .config_dir = shop->config->root,
        .escape_unicode = shop->service->escape_unicode,
        .multiline_bytes_max = (size_t)shop->service->multiline_bytes_max,
        .properties = s->properties,
        .property_count = s->property_count,
    };
}

bool section_is_inactive(const struct section *s)
{
    const char *active = section_get(s, "active");

    return active != NULL && (slice_is_nocase(slice_of(active), "false") ||
                              slice_is_nocase(slice_of(active), "off") ||
                              slice_is_nocase(slice_of(active), "no") || strcmp(active, "0") == 0);
}

/* ---- inputs ---- */

bool input_instance_init(struct input_instance *i, const struct section *s, unsigned number,
                         const struct instance_shop *shop)
{
    int index = plugin_index(s, input_name_at, shop->report);
    struct plugin_setup setup;
    bool is_well;
    int rc;

    if (index < 0)
        return false;
    i->plugin = input_plugins[index];
    CHECK(i->self == NULL && i->plugin->start != NULL && i->plugin->stop != NULL);
    i->self = mem_zalloc(1, i->plugin->self_bytes);
    rc = keys_bind(
        s, (struct option_target[2]){{i->plugin->options, i->self}, {input_options, &i->keys}},
        i->plugin->name, shop->report);
    is_well = rc == 0;
    i->name = instance_name(i->keys.alias, i->plugin->name, number);
    i->component = mem_format("input:%s:%s", i->plugin->name, i->name);
    setup = setup_of(s, i->name, i->component, shop);
    if (rc != -ENODATA && i->plugin->init != NULL && i->plugin->init(i->self, &setup) < 0)
        is_well = false;
    i->input.name = i->name;
    i->input.component = i->component;
    i->input.tag = i->keys.tag != NULL ? i->keys.tag : i->name;
    i->input.metrics.name = i->name;
    i->input.metrics.plugin = i->plugin->name;
    list_init(&i->input.metrics.link);
    return is_well;
}

void input_instance_fini(struct input_instance *i)
{
    if (i->self != NULL) {
        if (i->plugin->fini != NULL)
            i->plugin->fini(i->self);
        list_remove(&i->input.metrics.link);
        options_fini(i->plugin->options, i->self);
    }
    options_fini(input_options, &i->keys);
    mem_free(i->self);
    mem_free(i->name);
    mem_free(i->component);
}

/* In the words that scripts look for. */
void input_instance_turned(struct budget *b)
{
    struct input_instance *i = CONTAINER_OF(b, struct input_instance, budget);
    uint64_t held;

    if (b->is_full)
        lanes_wake(i->pipeline);
    if (!b->is_full && i->pause_was_said) {
        i->pause_was_said = false;
        log_info("input", "%s resume (mem buf overlimit)", i->name);
    } else if (b->is_full && log_brake_open(&i->pauses, PAUSE_INTERVAL_MS, &held)) {
        i->pause_was_said = true;
        log_warn("input", "%s paused (mem buf overlimit)", i->name);
    }
}

/* ---- filters ---- */

static char *filter_name(const struct filter_instance *f, unsigned number,
                         const struct instance_shop *shop)
{
    if (f->keys.alias == NULL && shop->owner != NULL)
        return mem_format("%s.%s.%u", shop->owner, f->plugin->name, number);
    return instance_name(f->keys.alias, f->plugin->name, number);
}

bool filter_instance_init(struct filter_instance *f, const struct section *s, unsigned number,
                          const struct instance_shop *shop)
{
    int index = plugin_index(s, filter_name_at, shop->report);
    struct plugin_setup setup;
    bool is_well;
    int rc;

    if (index < 0)
        return false;
    f->plugin = filter_plugins[index];
    CHECK(f->self == NULL && f->plugin->apply != NULL);
    f->self = mem_zalloc(1, f->plugin->self_bytes);
    rc = keys_bind(
        s, (struct option_target[2]){{f->plugin->options, f->self}, {filter_options, &f->keys}},
        f->plugin->name, shop->report);
    is_well = rc == 0;
    f->name = filter_name(f, number, shop);
    f->component = mem_format("filter:%s:%s", f->plugin->name, f->name);
    setup = setup_of(s, f->name, f->component, shop);
    if (rc != -ENODATA && f->plugin->init != NULL && f->plugin->init(f->self, &setup) < 0)
        is_well = false;
    f->metrics.name = f->name;
    f->metrics.plugin = f->plugin->name;
    list_init(&f->metrics.link);
    return is_well;
}

void filter_instance_fini(struct filter_instance *f)
{
    if (f->self != NULL) {
        list_remove(&f->metrics.link);
        options_fini(f->plugin->options, f->self);
    }
    options_fini(filter_options, &f->keys);
    mem_free(f->self);
    mem_free(f->name);
    mem_free(f->component);
}

/* ---- outputs ---- */

/* Some files have `Host 10.0.0.1 # why`, which leads nowhere with Fluent Bit. */
static void host_clean(struct output_instance *o, const struct section *s, struct report *report)
{
    struct slice host = slice_of(o->keys.host);
    size_t len = slice_find(host, ' ');
    char *clean;

    if (len == host.len)
        return;
    clean = mem_text_n(host.data, len);
    report_warn(report, section_place(s, "host"), "%s: no host is called '%s'; '%s' is taken",
                o->plugin->name, o->keys.host, clean);
    mem_free(o->keys.host);
    o->keys.host = clean;
}

static bool output_keys_check(struct output_instance *o, const struct section *s,
                              const struct instance_shop *shop)
{
    bool is_well = true;

    if (retry_limit_parse(o->keys.retry_limit, &o->retry.attempts_max) < 0) {
        report_error(shop->report, section_place(s, "retry_limit"),
                     "retry_limit is \"%s\"; give a number, no_limits or no_retries",
                     o->keys.retry_limit);
        is_well = false;
    }
    if (o->keys.port < 0 || o->keys.port > UINT16_MAX) {
        report_error(shop->report, section_place(s, "port"),
                     "port is %lld; ports go from 1 to 65535", (long long)o->keys.port);
        is_well = false;
    }
    o->retry.base_ms = (uint64_t)(shop->service->retry.base_s * 1000);
    o->retry.cap_ms = (uint64_t)(shop->service->retry.cap_s * 1000);
    return is_well;
}

bool output_instance_init(struct output_instance *o, const struct section *s, unsigned number,
                          const struct instance_shop *shop)
{
    int index = output_index(s, shop->report);
    struct plugin_setup setup;
    bool is_well;
    int rc;

    if (index < 0)
        return false;
    o->plugin = output_plugins[index];
    CHECK(o->self == NULL && o->output == NULL);
    CHECK((o->plugin->encode != NULL) == (o->plugin->judge != NULL));
    CHECK((o->plugin->encode != NULL) != (o->plugin->write != NULL));
    o->self = mem_zalloc(1, o->plugin->self_bytes);
    o->place = s->place;
    o->match_place = section_place(s, "match_regex");
    rc = keys_bind(
        s, (struct option_target[2]){{o->plugin->options, o->self}, {output_options, &o->keys}},
        o->plugin->name, shop->report);
    is_well = rc == 0;
    o->name = instance_name(o->keys.alias, o->plugin->name, number);
    o->component = mem_format("output:%s:%s", o->plugin->name, o->name);
    host_clean(o, s, shop->report);
    is_well &= output_keys_check(o, s, shop);
    o->http = output_http(&o->keys, o->component, o->plugin->default_port);
    setup = setup_of(s, o->name, o->component, shop);
    setup.http = &o->http;
    setup.tls = &o->keys.tls.made;
    if (rc != -ENODATA && o->plugin->init != NULL && o->plugin->init(o->self, &setup) < 0)
        is_well = false;
    if (is_well && o->plugin->settings != NULL)
        is_well = upstream_bind(&o->upstream, s, o->plugin, &setup, o->plugin->settings(o->self));
    return is_well;
}

void output_instance_fini(struct output_instance *o)
{
    output_free(&o->output);
    if (o->self != NULL) {
        if (o->plugin->fini != NULL)
            o->plugin->fini(o->self);
        options_fini(o->plugin->options, o->self);
    }
    upstream_fini(&o->upstream);
    options_fini(output_options, &o->keys);
    mem_free(o->self);
    mem_free(o->name);
    mem_free(o->component);
}

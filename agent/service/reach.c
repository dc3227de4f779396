#include "service/reach.h"

#include <stdio.h>

#define TLS_PREFIX "tls."
#define KEY_BYTES_MAX 32

/* One destination, and the section that its keys stand in: the output's, or a node's. */
struct reach {
    const struct output_instance *o;
    const struct section *section;
    struct report *report;
};

static void tell_tls_fault(void *owner, const struct http_tls_fault *fault)
{
    const struct reach *reach = owner;
    char key[KEY_BYTES_MAX];

    snprintf(key, sizeof key, TLS_PREFIX "%s", fault->key);
    report_error(reach->report, section_place(reach->section, key),
                 "output %s cannot start: [tls] error: %s '%s': %s", reach->o->name, fault->key,
                 fault->value, fault->trouble);
}

static bool is_ignored(const char *key)
{
    const struct option *option = option_find(output_options, key);

    return option == NULL || (option->flags & OPTION_NO_MEANING) != 0;
}

/* Who writes them means TLS, and would send in the clear. Where `tls` is said, that was meant. */
static void warn_of_unused(const struct reach *reach)
{
    const struct section *s = reach->section;

    if (section_get(s, "tls") != NULL)
        return;
    for (size_t i = 0; i < s->property_count; i++) {
        const struct property *p = &s->properties[i];

        if (strncasecmp(p->key, TLS_PREFIX, strlen(TLS_PREFIX)) != 0 || is_ignored(p->key))
            continue;
        report_warn(reach->report, p->place,
                    "output %s: %s does nothing, as TLS is off; write \"tls On\" too",
                    reach->o->name, p->key);
        return;
    }
}

static unsigned tls_faults(struct reach *reach, const struct http_tls *tls)
{
    return tls != NULL ? http_tls_faults(tls, tell_tls_fault, reach) : 0;
}

static bool can_reach(struct loop *loop, struct reach *reach, struct http_settings settings)
{
    struct http_client *client;
    unsigned faults = tls_faults(reach, settings.tls);
    char why[256];

    if (settings.tls == NULL)
        warn_of_unused(reach);
    if (faults > 0)
        settings.tls = NULL;
    client = http_client_new(loop, &settings, why);
    if (client == NULL) {
        report_error(reach->report, reach->section->place, "output %s cannot start: %s",
                     reach->o->name, why);
        return false;
    }
    http_client_free(&client);
    return faults == 0;
}

bool output_can_reach(struct loop *loop, const struct output_instance *o, const struct section *s,
                      struct report *report)
{
    struct reach reach = {.o = o, .section = s, .report = report};
    const struct section *node = NULL;
    bool is_well = true;
    size_t at = 0;

    if (o->plugin->settings == NULL)
        return true;
    if (o->upstream.count == 0)
        return can_reach(loop, &reach, *o->plugin->settings(o->self));
    while ((node = section_group(s, "nodes", node)) != NULL) {
        CHECK(at < o->upstream.count);
        reach.section = node;
        is_well &= can_reach(loop, &reach, o->upstream.settings[at++]);
    }
    CHECK(at == o->upstream.count);
    return is_well;
}

void output_look_for_more(const struct output_instance *o, const struct section *s,
                          struct report *report)
{
    struct reach reach = {.o = o, .section = s, .report = report};
    const struct section *node = NULL;
    size_t at = 0;

    if (o->self == NULL || o->plugin->settings == NULL)
        return;
    if (o->upstream.count == 0)
        (void)tls_faults(&reach, o->http.tls);
    while (at < o->upstream.count && (node = section_group(s, "nodes", node)) != NULL) {
        reach.section = node;
        (void)tls_faults(&reach, o->upstream.settings[at++].tls);
    }
}

#include "plugins/filter_kubernetes/kubernetes.h"

#include "plugins/filter_kubernetes/apply.h"
#include "plugins/filter_kubernetes/trust.h"

#include <errno.h>

static void on_pods_changed(void *owner, const struct pod *pod)
{
    struct filter_kubernetes *k = owner;

    (void)pod;
    k->asking.epoch++;
    kubernetes_waiting_stir(&k->waiting);
}

static void on_services_changed(void *owner)
{
    struct filter_kubernetes *k = owner;

    streams_outdate(&k->streams);
}

void kubernetes_use(struct filter_kubernetes *k, struct pods *pods)
{
    CHECK(k->asking.pods == NULL);
    k->asking.pods = pods;
    k->asking.listener = (struct pods_listener){.changed = on_pods_changed, .owner = k};
    pods_listen(pods, &k->asking.listener);
}

struct pod_query kubernetes_query(const struct filter_kubernetes *k, const struct identity *id)
{
    return k->form.is_namespace_only ? pod_query_of_space(id->query.namespace_name) : id->query;
}

static bool wants_namespaces(const struct filter_kubernetes *k)
{
    return k->form.namespace_labels || k->form.namespace_annotations;
}

static bool asks_anybody(const struct filter_kubernetes *k)
{
    return !k->naming.use_tag && !k->naming.use_dummy &&
           (!k->form.is_namespace_only || wants_namespaces(k));
}

static bool hears_pods(const struct filter_kubernetes *k)
{
    return k->heeds.parser || k->heeds.exclude || wishes_are_heard(&k->heeds.wishes);
}

/* Nobody asks for pods then, so that none can be shown or heard. */
static void namespaces_alone(struct filter_kubernetes *k, struct plugin_setup *setup)
{
    if (hears_pods(k))
        report_warn(setup->report, setup_place(setup, "namespace_metadata_only"),
                    "%s: what pods' annotations ask for has no effect with "
                    "namespace_metadata_only, which asks for no pods",
                    setup->name);
    k->form.labels = k->form.annotations = k->form.owners = false;
    k->heeds.parser = k->heeds.exclude = false;
    k->heeds.wishes.honours_multiline = k->heeds.wishes.honours_rate = false;
    k->settings.association.is_on = k->settings.association.is_on_too = false;
}

static void wants_tell(struct filter_kubernetes *k)
{
    k->settings.wants = (struct source_wants){
        .labels = k->form.labels,
        .annotations = k->form.annotations,
        .owners = k->form.owners || association_is_on(&k->settings.association),
        .namespace_labels = k->form.namespace_labels,
        .namespace_annotations = k->form.namespace_annotations,
        .no_pods = k->form.is_namespace_only,
        .annotation_prefixes = hears_pods(k) ? control_prefixes : NULL,
    };
}

static int naming_init(struct filter_kubernetes *k, struct plugin_setup *setup)
{
    if (k->naming.regex_parser == NULL)
        return 0;
    if (setup->parsers != NULL)
        k->naming.parser = parser_book_find(setup->parsers, k->naming.regex_parser);
    if (k->naming.parser != NULL)
        return 0;
    report_error(setup->report, setup_place(setup, "regex_parser"),
                 "%s: there is no parser \"%s\"; define it in a Parsers_File", setup->name,
                 k->naming.regex_parser);
    return -EINVAL;
}

static void association_tell(const struct filter_kubernetes *k, struct plugin_setup *setup)
{
    if (association_is_on(&k->settings.association) &&
        (k->form.is_namespace_only || !asks_anybody(k)))
        report_warn(setup->report, setup->place,
                    "%s: use_pod_association has no effect with use_tag_for_meta, dummy_meta or "
                    "namespace_metadata_only, which ask for no pods",
                    setup->name);
}

/* The words of source_check begin with the key. */
static void source_refused(const char *why, const struct plugin_setup *setup)
{
    char *key = mem_text_n(why, strcspn(why, " "));

    report_error(setup->report, setup_place(setup, key), "%s: %s", setup->name, why);
    mem_free(key);
}

static int kubernetes_init(void *self, struct plugin_setup *setup)
{
    struct filter_kubernetes *k = self;
    char why[256] = "";

    k->component = setup->component;
    k->settings.component = setup->component;
    k->heeds.parsers = setup->parsers;
    k->asking.epoch = 1;
    wishes_init(&k->heeds.wishes, setup->multilines, setup->component);
    streams_init(&k->streams);
    kubernetes_waiting_init(&k->waiting);
    merge_init(&k->merge, setup);
    association_tell(k, setup);
    if (k->form.is_namespace_only)
        namespaces_alone(k, setup);
    wants_tell(k);
    if (naming_init(k, setup) < 0)
        return -EINVAL;
    if (!asks_anybody(k))
        return 0;
    trust_tell(&k->settings, setup);
    if (source_check(&k->settings, why) == 0)
        return 0;
    source_refused(why, setup);
    return -EINVAL;
}

static void services_listen(struct filter_kubernetes *k)
{
    struct association *association = source_association(k->asking.source);

    k->asking.services = (struct association_listener){.changed = on_services_changed, .owner = k};
    if (association != NULL)
        association_listen(association, &k->asking.services);
}

static int kubernetes_start(void *self, const struct filter_host *host, struct report *report)
{
    struct filter_kubernetes *k = self;
    char why[256] = "";

    CHECK(k->asking.source == NULL);
    k->metrics = host->metrics;
    if (!asks_anybody(k))
        return 0;
    k->asking.source = source_take(host->loop, &k->settings, why);
    if (k->asking.source == NULL) {
        report_error(report, (struct place){0}, "filter kubernetes: %s", why);
        return -EINVAL;
    }
    kubernetes_use(k, source_pods(k->asking.source));
    services_listen(k);
    kubernetes_waiting_start(&k->waiting, host->loop);
    return 0;
}

static void kubernetes_fini(void *self)
{
    struct filter_kubernetes *k = self;

    if (k->asking.pods != NULL)
        pods_unlisten(&k->asking.listener);
    if (k->asking.services.link.next != NULL)
        association_unlisten(&k->asking.services);
    kubernetes_waiting_fini(&k->waiting);
    streams_fini(&k->streams);
    if (k->asking.source != NULL)
        source_release(&k->asking.source);
    merge_fini(&k->merge);
}

/* Only while it runs: before that there is nothing to say. */
static void kubernetes_refresh(void *self)
{
    struct filter_kubernetes *k = self;

    if (k->asking.source != NULL)
        source_tell(k->asking.source, &k->metrics->kubernetes);
}

static void kubernetes_describe(const void *self, struct buffer *out)
{
    const struct filter_kubernetes *k = self;

    if (k->asking.source != NULL)
        source_describe(k->asking.source, out);
    else
        buffer_append_text(out, "null");
}

const struct filter_plugin filter_kubernetes = {
    .name = "kubernetes",
    .summary = "Adds what is known of a container's pod, and merges its JSON lines.",
    .self_bytes = sizeof(struct filter_kubernetes),
    .options = kubernetes_options,
    .init = kubernetes_init,
    .start = kubernetes_start,
    .ready = kubernetes_ready,
    .apply = kubernetes_apply,
    .apply_plain = kubernetes_apply_plain,
    .refresh = kubernetes_refresh,
    .describe = kubernetes_describe,
    .fini = kubernetes_fini,
};

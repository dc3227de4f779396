#include "plugins/filter_kubernetes/kubernetes.h"

#include "plugins/filter_kubernetes/trust.h"

#include <errno.h>

/* How often trouble that comes with many lines is said. */
#define NOTE_INTERVAL_MS (10 * 60 * 1000)

enum brake {
    BRAKE_PARSER,
    BRAKE_LEFT_OUT,
    BRAKE_TOO_MANY,
};

/* ---- which container ---- */

bool kubernetes_identify(struct filter_kubernetes *k, const struct filter_run *run,
                         struct identity *id)
{
    size_t skip = strlen(k->naming.tag_prefix);
    bool is_found;

    k->merge.run.json = run->json;
    if (k->naming_parser != NULL)
        is_found =
            identity_from_parser(id, slice_skip(run->tag, skip), k->naming_parser, &k->merge.run);
    else
        is_found = identity_from_tag(id, run->tag, skip);
    if (run->origin != NULL)
        is_found |= identity_from_file(id, slice_of(origin_file(run->origin)),
                                       slice_of(origin_real_file(run->origin)));
    return is_found;
}

static bool journal_identify(struct filter_kubernetes *k, struct record *record, struct slice name,
                             struct identity *id)
{
    struct value value;
    struct slice text;

    if (k->naming_parser != NULL ? !identity_from_parser(id, name, k->naming_parser, &k->merge.run)
                                 : !identity_from_journal(id, name))
        return false;
    if (record_find(record, SLICE("CONTAINER_ID_FULL"), &value) &&
        value_as_text(&value, &record->arena, &text))
        identity_add_id(id, text);
    return true;
}

/* ---- what is made of its pod ---- */

static const struct parser *parser_wanted(struct filter_kubernetes *k, struct slice name)
{
    const struct parser *parser = NULL;
    char text[128];
    uint64_t held;

    if (name.len > 0 && name.len < sizeof text && k->parsers != NULL) {
        memcpy(text, name.data, name.len);
        text[name.len] = '\0';
        parser = parser_book_find(k->parsers, text);
    }
    if (name.len > 0 && parser == NULL &&
        log_brake_open(&k->brakes[BRAKE_PARSER], NOTE_INTERVAL_MS, &held))
        log_warn(k->component, "a pod's annotation names the parser \"%.*s\", which is not there",
                 SLICE_ARG(name));
    return parser;
}

static void rules_make(struct filter_kubernetes *k, struct stream *s)
{
    struct arena arena = {0};
    struct controls controls =
        controls_read(s->pod->annotations, s->identity.query.container, &arena);
    struct stream_rules *rules = &s->rules;

    for (int i = 0; i < CONTROL_STREAMS; i++) {
        const struct parser *parser =
            k->honours_parser ? parser_wanted(k, controls.parser[i]) : NULL;

        rules->is_excluded[i] = k->honours_exclude && controls.is_excluded[i];
        rules->has_exclusion |= rules->is_excluded[i];
        rules->has_plans |= parser != NULL;
        if (parser != NULL)
            merge_plan_init(&k->merge, &rules->plans[i], parser);
        else
            rules->plans[i] = k->merge.plan;
    }
    arena_fini(&arena);
}

static void block_renew(struct filter_kubernetes *k, struct stream *s, struct json_scanner *json)
{
    struct block_source source = {
        .form = &k->form,
        .identity = &s->identity,
        .pod = s->pod,
        .is_partial = s->is_partial,
    };
    struct association *association = k->source != NULL ? source_association(k->source) : NULL;
    struct block_entity entity;
    uint32_t left_out = 0;
    uint64_t held;

    if (association != NULL) {
        association_entity(association, s->identity.query.name, s->pod, &entity);
        source.entity = &entity;
    }
    if (k->naming.use_dummy)
        s->block = block_make_dummy(clock_wall_ns(), json);
    else if (!s->is_partial || k->wait.missing == KUBE_MISSING_TAG)
        s->block = block_make(&source, json, &left_out);
    if (left_out > 0 && log_brake_open(&k->brakes[BRAKE_LEFT_OUT], NOTE_INTERVAL_MS, &held))
        log_warn(k->component,
                 "%u labels and annotations of pod %.*s are left out, as label_fields_max and "
                 "annotation_bytes_max say",
                 left_out, SLICE_ARG(s->identity.query.name));
}

/* The reference is kept for as long as the stream is asked for, also when the pod is deleted. */
static void pod_look(struct filter_kubernetes *k, struct stream *s)
{
    const struct pod *pod = NULL;

    if (s->pod != NULL || k->pods == NULL)
        return;
    if (pods_find(k->pods, &s->identity.query, &pod) == POD_NOT_YET && k->source != NULL &&
        source_look(k->source))
        (void)pods_find(k->pods, &s->identity.query, &pod);
    if (pod != NULL)
        s->pod = pod_ref(pod);
}

static void stream_make(struct filter_kubernetes *k, struct stream *s, struct json_scanner *json)
{
    stream_unmake(s);
    s->epoch = k->epoch;
    pod_look(k, s);
    s->is_partial = s->pod == NULL && k->pods != NULL;
    s->version = s->pod != NULL ? s->pod->version : 0;
    block_renew(k, s, json);
    if (s->pod != NULL && (k->honours_parser || k->honours_exclude))
        rules_make(k, s);
    s->is_made = true;
}

static inline bool is_current(const struct filter_kubernetes *k, const struct stream *s)
{
    return s->is_made &&
           (LIKELY(s->pod != NULL) ? s->pod->version == s->version : s->epoch == k->epoch);
}

/* NULL: no container's. */
static inline struct stream *stream_ready(struct filter_kubernetes *k, struct stream *s,
                                          struct json_scanner *json)
{
    if (UNLIKELY(!s->is_container))
        return NULL;
    if (UNLIKELY(!is_current(k, s)))
        stream_make(k, s, json);
    return s;
}

static struct stream *stream_of_run(struct filter_kubernetes *k, const struct filter_run *run)
{
    uint64_t origin_id = run->origin != NULL ? run->origin->id : 0;
    bool is_new;
    struct stream *s = streams_find(&k->streams, origin_id, run->tag, &is_new);

    if (UNLIKELY(is_new))
        s->is_container = k->naming.use_dummy || kubernetes_identify(k, run, &s->identity);
    return stream_ready(k, s, run->json);
}

static struct stream *stream_of_journal(struct filter_kubernetes *k, struct record *record,
                                        const struct filter_run *run)
{
    struct value value;
    struct slice name;
    struct stream *s;
    bool is_new;

    if (!record_find(record, SLICE("CONTAINER_NAME"), &value) ||
        !value_as_text(&value, &record->arena, &name))
        return NULL;
    s = streams_find(&k->streams, 0, name, &is_new);
    k->merge.run.json = run->json;
    if (is_new)
        s->is_container = journal_identify(k, record, name, &s->identity);
    return stream_ready(k, s, run->json);
}

/* ---- records ---- */

/* CONTROL_STREAMS: neither. */
static enum control_stream stream_number(struct slice text)
{
    if (slice_is(text, "stdout"))
        return CONTROL_STDOUT;
    return slice_is(text, "stderr") ? CONTROL_STDERR : CONTROL_STREAMS;
}

/* Lines of no stream go only where those of both do. */
static bool is_excluded(const struct stream_rules *rules, enum control_stream stream)
{
    if (stream != CONTROL_STREAMS)
        return rules->is_excluded[stream];
    return rules->is_excluded[CONTROL_STDOUT] && rules->is_excluded[CONTROL_STDERR];
}

static const struct merge_plan *plan_of(const struct filter_kubernetes *k,
                                        const struct stream_rules *rules,
                                        enum control_stream stream)
{
    const struct merge_plan *plans = rules->plans;

    if (LIKELY(!rules->has_plans))
        return &k->merge.plan;
    if (stream != CONTROL_STREAMS)
        return &plans[stream];
    return plans[CONTROL_STDOUT].parser == plans[CONTROL_STDERR].parser ? &plans[CONTROL_STDOUT]
                                                                        : &k->merge.plan;
}

static inline bool asks_for_stream(const struct stream_rules *rules)
{
    return UNLIKELY(rules->has_exclusion || rules->has_plans);
}

static void say_too_many(struct filter_kubernetes *k)
{
    uint64_t held;

    if (log_brake_open(&k->brakes[BRAKE_TOO_MANY], NOTE_INTERVAL_MS, &held))
        log_warn(k->component,
                 "lines have more than merge_fields_max members and stay text (%llu so far)",
                 (unsigned long long)k->merge.too_many);
}

static enum control_stream record_stream(struct record *record)
{
    struct value value;
    struct slice text;

    if (!record_find(record, SLICE("stream"), &value) ||
        !value_as_text(&value, &record->arena, &text))
        return CONTROL_STREAMS;
    return stream_number(text);
}

static enum filter_verdict kubernetes_apply(void *self, struct record *record,
                                            struct filter_run *run)
{
    struct filter_kubernetes *k = self;
    struct stream *s =
        UNLIKELY(k->naming.use_journal) ? stream_of_journal(k, record, run) : stream_of_run(k, run);
    enum control_stream stream = CONTROL_STREAMS;
    uint64_t too_many = k->merge.too_many;

    if (UNLIKELY(s == NULL))
        return FILTER_KEEP;
    if (asks_for_stream(&s->rules))
        stream = record_stream(record);
    if (s->rules.has_exclusion && is_excluded(&s->rules, stream))
        return FILTER_DROP;
    if (k->merge.is_on)
        merge_record(&k->merge, plan_of(k, &s->rules, stream), record, run->json);
    if (UNLIKELY(k->merge.too_many > too_many))
        say_too_many(k);
    if (UNLIKELY(s->is_partial))
        k->metrics->unlabelled_records++;
    if (s->block != NULL)
        record_add_shared(record, s->block);
    return FILTER_KEEP;
}

/* The same, the short way. */
static enum plain_verdict kubernetes_apply_plain(void *self, struct plain_record *plain,
                                                 struct filter_run *run)
{
    struct filter_kubernetes *k = self;
    enum control_stream stream = CONTROL_STREAMS;
    struct stream *s;
    struct slice text;

    if (UNLIKELY(k->naming.use_journal))
        return PLAIN_FILL;
    s = stream_of_run(k, run);
    if (UNLIKELY(s == NULL))
        return PLAIN_KEEP;
    if (asks_for_stream(&s->rules) && plain_find(plain, SLICE("stream"), &text))
        stream = stream_number(text);
    if (UNLIKELY(s->rules.has_exclusion) && is_excluded(&s->rules, stream))
        return PLAIN_DROP;
    if (LIKELY(k->merge.is_on) &&
        UNLIKELY(!merge_plain(&k->merge, plan_of(k, &s->rules, stream), plain, run->json)))
        return PLAIN_FILL;
    if (s->block != NULL && UNLIKELY(!plain_share(plain, s->block))) {
        plain_fold_back(plain);
        return PLAIN_FILL;
    }
    if (UNLIKELY(s->is_partial))
        k->metrics->unlabelled_records++;
    return PLAIN_KEEP;
}

/* ---- its life ---- */

static void on_pods_changed(void *owner, const struct pod *pod)
{
    struct filter_kubernetes *k = owner;

    (void)pod;
    k->epoch++;
    kubernetes_waiting_stir(&k->waiting);
}

static void on_services_changed(void *owner)
{
    struct filter_kubernetes *k = owner;

    streams_outdate(&k->streams);
}

void kubernetes_use(struct filter_kubernetes *k, struct pods *pods)
{
    CHECK(k->pods == NULL);
    k->pods = pods;
    k->listener = (struct pods_listener){.changed = on_pods_changed, .owner = k};
    pods_listen(pods, &k->listener);
}

static bool asks_for_pods(const struct filter_kubernetes *k)
{
    return !k->naming.use_tag && !k->naming.use_dummy;
}

static bool hears_pods(const struct filter_kubernetes *k)
{
    return k->honours_parser || k->honours_exclude || wishes_are_heard(&k->wishes);
}

static void wants_tell(struct filter_kubernetes *k)
{
    bool has_pod = !k->form.is_namespace_only;

    k->form.labels &= has_pod;
    k->form.annotations &= has_pod;
    k->settings.wants = (struct source_wants){
        .labels = k->form.labels,
        .annotations = k->form.annotations,
        .owners = (k->form.owners || association_is_on(&k->settings.association)) && has_pod,
        .namespace_labels = k->form.namespace_labels,
        .namespace_annotations = k->form.namespace_annotations,
        .annotation_prefixes = hears_pods(k) ? control_prefixes : NULL,
    };
}

static int naming_init(struct filter_kubernetes *k, struct plugin_setup *setup)
{
    if (k->naming.regex_parser == NULL)
        return 0;
    if (setup->parsers != NULL)
        k->naming_parser = parser_book_find(setup->parsers, k->naming.regex_parser);
    if (k->naming_parser != NULL)
        return 0;
    report_error(setup->report, setup_place(setup, "regex_parser"),
                 "%s: there is no parser \"%s\"; define it in a Parsers_File", setup->name,
                 k->naming.regex_parser);
    return -EINVAL;
}

static void association_tell(const struct filter_kubernetes *k, struct plugin_setup *setup)
{
    if (association_is_on(&k->settings.association) && !asks_for_pods(k))
        report_warn(setup->report, setup->place,
                    "%s: use_pod_association has no effect with use_tag_for_meta or dummy_meta, "
                    "which ask nobody",
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
    k->parsers = setup->parsers;
    k->epoch = 1;
    wishes_init(&k->wishes, setup->multilines, setup->component);
    streams_init(&k->streams);
    kubernetes_waiting_init(&k->waiting);
    merge_init(&k->merge, setup);
    wants_tell(k);
    association_tell(k, setup);
    if (naming_init(k, setup) < 0)
        return -EINVAL;
    if (!asks_for_pods(k))
        return 0;
    trust_tell(&k->settings, setup);
    if (source_check(&k->settings, why) == 0)
        return 0;
    source_refused(why, setup);
    return -EINVAL;
}

static void services_listen(struct filter_kubernetes *k)
{
    struct association *association = source_association(k->source);

    k->services = (struct association_listener){.changed = on_services_changed, .owner = k};
    if (association != NULL)
        association_listen(association, &k->services);
}

static int kubernetes_start(void *self, const struct filter_host *host, struct report *report)
{
    struct filter_kubernetes *k = self;
    char why[256] = "";

    k->metrics = host->metrics;
    if (!asks_for_pods(k))
        return 0;
    k->source = source_take(host->loop, &k->settings, why);
    if (k->source == NULL) {
        report_error(report, (struct place){0}, "filter kubernetes: %s", why);
        return -EINVAL;
    }
    kubernetes_use(k, source_pods(k->source));
    services_listen(k);
    kubernetes_waiting_start(&k->waiting, host->loop);
    return 0;
}

static void kubernetes_fini(void *self)
{
    struct filter_kubernetes *k = self;

    if (k->pods != NULL)
        pods_unlisten(&k->listener);
    if (k->services.link.next != NULL)
        association_unlisten(&k->services);
    kubernetes_waiting_fini(&k->waiting);
    streams_fini(&k->streams);
    if (k->source != NULL)
        source_release(&k->source);
    merge_fini(&k->merge);
}

/* Only while it runs: before that there is nothing to say. */
static void kubernetes_refresh(void *self)
{
    struct filter_kubernetes *k = self;

    if (k->source != NULL)
        source_tell(k->source, &k->metrics->kubernetes);
}

static void kubernetes_describe(const void *self, struct buffer *out)
{
    const struct filter_kubernetes *k = self;

    if (k->source != NULL)
        source_describe(k->source, out);
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

#include "plugins/filter_kubernetes/apply.h"

/*
 * What becomes of a record, on the path of every byte.
 *
 *   stream_of_run     the stream that it comes from (stream.h): whose line it is
 *   stream_make       what is made of that pod, anew when it changed
 *   kubernetes_apply  the record is left out, or its text merged, and the pod's block is added
 */

/* How often trouble that comes with many lines is said. */
#define NOTE_INTERVAL_MS (10 * 60 * 1000)

/* ---- which container ---- */

bool kubernetes_identify(struct filter_kubernetes *k, const struct filter_run *run,
                         struct identity *id)
{
    size_t skip = strlen(k->naming.tag_prefix);
    bool is_found;

    k->merge.run.json = run->json;
    if (k->naming.parser != NULL)
        is_found =
            identity_from_parser(id, slice_skip(run->tag, skip), k->naming.parser, &k->merge.run);
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

    if (k->naming.parser != NULL ? !identity_from_parser(id, name, k->naming.parser, &k->merge.run)
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

    if (name.len > 0 && name.len < sizeof text && k->heeds.parsers != NULL) {
        memcpy(text, name.data, name.len);
        text[name.len] = '\0';
        parser = parser_book_find(k->heeds.parsers, text);
    }
    if (name.len > 0 && parser == NULL &&
        log_brake_open(&k->brakes.parser, NOTE_INTERVAL_MS, &held))
        log_warn(k->component, "a pod's annotation names the parser \"%.*s\", which is not there",
                 SLICE_ARG(name));
    return parser;
}

static void rules_make(struct filter_kubernetes *k, struct stream *s)
{
    struct arena arena = {0};
    struct controls controls =
        controls_read(s->pod->annotations, s->identity.query.container, &arena);
    struct stream_rules *rules = &s->made.rules;

    CHECK(s->pod != NULL && !rules->has_exclusion && !rules->has_plans);
    for (int i = 0; i < CONTROL_STREAMS; i++) {
        const struct parser *parser = k->heeds.parser ? parser_wanted(k, controls.parser[i]) : NULL;

        rules->is_excluded[i] = k->heeds.exclude && controls.is_excluded[i];
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
        .is_partial = s->made.is_partial,
    };
    struct association *association =
        k->asking.source != NULL ? source_association(k->asking.source) : NULL;
    struct block_entity entity;
    uint32_t left_out = 0;
    uint64_t held;

    if (association != NULL) {
        association_entity(association, s->identity.query.name, s->pod, &entity);
        source.entity = &entity;
    }
    if (k->naming.use_dummy)
        s->made.block = block_make_dummy(clock_wall_ns(), json);
    else if (!s->made.is_partial || k->wait.missing == KUBE_MISSING_TAG)
        s->made.block = block_make(&source, json, &left_out);
    if (left_out > 0 && log_brake_open(&k->brakes.left_out, NOTE_INTERVAL_MS, &held))
        log_warn(k->component,
                 "%u labels and annotations of pod %.*s are left out, as label_fields_max and "
                 "annotation_bytes_max say",
                 left_out, SLICE_ARG(s->identity.query.name));
}

/* The reference is kept for as long as the stream is asked for, also when the pod is deleted. */
static void pod_look(struct filter_kubernetes *k, struct stream *s)
{
    struct pod_query query = kubernetes_query(k, &s->identity);
    const struct pod *pod = NULL;

    if (s->pod != NULL || k->asking.pods == NULL)
        return;
    if (pods_find(k->asking.pods, &query, &pod) == POD_NOT_YET && k->asking.source != NULL &&
        source_look(k->asking.source))
        (void)pods_find(k->asking.pods, &query, &pod);
    if (pod != NULL)
        s->pod = pod_ref(pod);
}

static void stream_make(struct filter_kubernetes *k, struct stream *s, struct json_scanner *json)
{
    stream_unmake(s);
    s->made.epoch = k->asking.epoch;
    pod_look(k, s);
    s->made.is_partial = s->pod == NULL && k->asking.pods != NULL;
    s->made.version = s->pod != NULL ? s->pod->version : 0;
    block_renew(k, s, json);
    if (s->pod != NULL && (k->heeds.parser || k->heeds.exclude))
        rules_make(k, s);
    s->made.is_valid = true;
}

static inline bool is_current(const struct filter_kubernetes *k, const struct stream *s)
{
    return s->made.is_valid && (LIKELY(s->pod != NULL) ? s->pod->version == s->made.version
                                                       : s->made.epoch == k->asking.epoch);
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

    if (log_brake_open(&k->brakes.too_many, NOTE_INTERVAL_MS, &held))
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

enum filter_verdict kubernetes_apply(void *self, struct record *record, struct filter_run *run)
{
    struct filter_kubernetes *k = self;
    struct stream *s =
        UNLIKELY(k->naming.use_journal) ? stream_of_journal(k, record, run) : stream_of_run(k, run);
    enum control_stream stream = CONTROL_STREAMS;
    uint64_t too_many = k->merge.too_many;

    if (UNLIKELY(s == NULL))
        return FILTER_KEEP;
    if (asks_for_stream(&s->made.rules))
        stream = record_stream(record);
    if (s->made.rules.has_exclusion && is_excluded(&s->made.rules, stream))
        return FILTER_DROP;
    if (k->merge.is_on)
        merge_record(&k->merge, plan_of(k, &s->made.rules, stream), record, run->json);
    if (UNLIKELY(k->merge.too_many > too_many))
        say_too_many(k);
    if (UNLIKELY(s->made.is_partial))
        k->metrics->unlabelled_records++;
    if (s->made.block != NULL)
        record_add_shared(record, s->made.block);
    return FILTER_KEEP;
}

/* The same, the short way. */
enum plain_verdict kubernetes_apply_plain(void *self, struct plain_record *plain,
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
    if (asks_for_stream(&s->made.rules) && plain_find(plain, SLICE("stream"), &text))
        stream = stream_number(text);
    if (UNLIKELY(s->made.rules.has_exclusion) && is_excluded(&s->made.rules, stream))
        return PLAIN_DROP;
    if (LIKELY(k->merge.is_on) &&
        UNLIKELY(!merge_plain(&k->merge, plan_of(k, &s->made.rules, stream), plain, run->json)))
        return PLAIN_FILL;
    if (s->made.block != NULL && UNLIKELY(!plain_share(plain, s->made.block))) {
        plain_fold_back(plain);
        return PLAIN_FILL;
    }
    if (UNLIKELY(s->made.is_partial))
        k->metrics->unlabelled_records++;
    return PLAIN_KEEP;
}

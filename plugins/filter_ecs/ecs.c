#include "plugins/filter_ecs/agent.h"

#include <errno.h>

/*
 * The filter ecs: what a record gets of its container's task, or of the cluster. The members are
 * encoded once for each container.
 */

struct filter_ecs {
    const char *component;
    struct {
        struct text_list add;
        char *tag_prefix, *host;
        int64_t port, tries;
        uint64_t ttl_ms, wait_ms;
        bool is_cluster_only;
    } options;
    struct ecs_form form;
    struct ecs_agent *agent; /* NULL: it does not run, or adds nothing */
    struct list waiters;
    struct slice prefix;
    struct buffer tag; /* that was looked at last */
    struct slice id;   /* in it */
    bool was_tag_said;
    struct filter_metrics *metrics;
};

#define F struct filter_ecs
#define TRIES_MAX 100

static const struct option options[] = {
    OPTION_WORDS(
        F, options.add, "add", NULL, OPTION_REPEAT,
        "KEY TEMPLATE: add this key; in the template stand $ClusterName, $TaskID and so on."),
    OPTION_TEXT(F, options.tag_prefix, "ecs_tag_prefix", "", 0,
                "What the tag begins with, before the container's id."),
    OPTION_BOOL(F, options.is_cluster_only, "cluster_metadata_only", "false", 0,
                "Ask for the cluster and for no task: for logs that are no container's."),
    OPTION_TIME(F, options.ttl_ms, "ecs_meta_cache_ttl", "3600", 0,
                "How long a container is remembered that has no lines, or no task."),
    OPTION_TEXT(F, options.host, "ecs_meta_host", "127.0.0.1", 0, "Where the ECS agent is."),
    OPTION_INT(F, options.port, "ecs_meta_port", "51678", 0, "Its introspection port."),
    OPTION_INT(F, options.tries, "agent_endpoint_retries", "2", 0,
               "How often it is asked for a container that it knows no task of."),
    OPTION_TIME(F, options.wait_ms, "metadata_wait", "5s", 0,
                "Ours: a log is not read until its task is known, or so long; 0: at once."),
    OPTION_END,
};

/* ---- who waits ---- */

static void on_changed(void *owner)
{
    struct filter_ecs *f = owner;
    struct list woken;

    /* Whoever still has to wait is linked again, behind these. */
    list_init(&woken);
    while (!list_is_empty(&f->waiters))
        list_add_tail(&woken, list_take_first(&f->waiters));
    while (!list_is_empty(&woken)) {
        struct filter_waiter *waiter =
            CONTAINER_OF(list_take_first(&woken), struct filter_waiter, link);

        waiter->wake(waiter->owner);
    }
}

static void say_tag(struct filter_ecs *f, struct slice tag)
{
    if (f->was_tag_said)
        return;
    log_warn(f->component,
             "the tag %.*s is not ecs_tag_prefix (\"%.*s\") and the id of a container; such "
             "records get the cluster's metadata. Where that is meant, set cluster_metadata_only",
             SLICE_ARG(tag), SLICE_ARG(f->prefix));
    f->was_tag_said = true;
}

/* Most records have the tag of the one before. */
static inline struct slice id_of(struct filter_ecs *f, struct slice tag)
{
    if (f->options.is_cluster_only)
        return (struct slice){0};
    if (LIKELY(slice_equal(buffer_view(&f->tag), tag)))
        return f->id;
    buffer_clear(&f->tag);
    buffer_append(&f->tag, tag);
    f->id = ecs_id_of_tag(buffer_view(&f->tag), f->prefix);
    if (f->id.len == 0)
        say_tag(f, tag);
    return f->id;
}

static uint64_t ecs_ready(void *self, const struct filter_run *run, struct filter_waiter *waiter)
{
    struct filter_ecs *f = self;
    struct shared_object *block;

    if (f->agent == NULL || f->options.wait_ms == 0 || ecs_agent_is_in_trouble(f->agent) ||
        ecs_agent_find(f->agent, id_of(f, run->tag), &block) != ECS_NOT_YET)
        return 0;
    list_remove(&waiter->link);
    list_add_tail(&f->waiters, &waiter->link);
    return f->options.wait_ms;
}

/* ---- records ---- */

/* Counts those that have to go without. */
static inline struct shared_object *block_of(struct filter_ecs *f, struct slice tag)
{
    struct shared_object *block = NULL;

    if (UNLIKELY(f->agent == NULL))
        return NULL;
    if (UNLIKELY(ecs_agent_find(f->agent, id_of(f, tag), &block) == ECS_NOT_YET))
        f->metrics->unlabelled_records++;
    return block;
}

static enum filter_verdict ecs_apply(void *self, struct record *record, struct filter_run *run)
{
    struct shared_object *block = block_of(self, run->tag);

    if (LIKELY(block != NULL))
        record_add_shared(record, block);
    return FILTER_KEEP;
}

static enum plain_verdict ecs_apply_plain(void *self, struct plain_record *plain,
                                          struct filter_run *run)
{
    struct shared_object *block = block_of(self, run->tag);

    return block != NULL && UNLIKELY(!plain_share(plain, block)) ? PLAIN_FILL : PLAIN_KEEP;
}

/* ---- the templates ---- */

static bool is_fact(struct slice name)
{
    for (size_t i = 0; i < ECS_FACT_COUNT; i++)
        if (slice_is(name, ecs_fact_names[i]))
            return true;
    return false;
}

/* A name that nothing has stays empty text, as in Fluent Bit; nobody means that. */
static void names_check(const struct accessor *template, struct report *report, struct place place)
{
    for (size_t i = 0; i < accessor_part_count(template); i++) {
        const struct accessor_part *part = accessor_part(template, i);
        struct slice name = part->kind == ACCESSOR_FIELD ? part->steps[0].key : part->text;
        char text[64] = "";
        const char *nearest;

        if (part->kind == ACCESSOR_TEXT || (part->kind == ACCESSOR_FIELD && is_fact(name)))
            continue;
        memcpy(text, name.data, name.len < sizeof text ? name.len : sizeof text - 1);
        nearest = report_nearest(text, ecs_fact_names);
        report_warn(report, place, "filter ecs: $%s is nothing that ECS says, and stays empty%s%s",
                    part->kind == ACCESSOR_FIELD ? text : "TAG or $0",
                    nearest != NULL ? "; did you mean $" : "", nearest != NULL ? nearest : "");
    }
}

/* One that needs no escape: it is written once, and shared by records. */
static bool is_key(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '"' || *text == '\\' || (unsigned char)*text < ' ')
            return false;
    return true;
}

static int addition_init(struct ecs_addition *addition, const char *text, struct report *report,
                         struct place place)
{
    struct text_list words = {0};
    int rc = setting_words(text, 1, &words);

    if (rc == 0 && words.count < 2) {
        report_error(report, place,
                     "filter ecs: add has '%s'; give a key and a template, such as task $TaskID",
                     text);
        rc = -EINVAL;
    } else if (rc < 0) {
        report_error(report, place, "filter ecs: add: a quote is not closed in '%s'", text);
    } else if (!is_key(words.items[0])) {
        report_error(
            report, place,
            "filter ecs: add: the key '%s' has a quote, a backslash or a control character",
            words.items[0]);
        rc = -EINVAL;
    } else {
        addition->key = mem_text(words.items[0]);
        addition->template = accessor_new(words.items[1], report, place);
        rc = addition->template != NULL ? 0 : -EINVAL;
    }
    if (rc == 0)
        names_check(addition->template, report, place);
    text_list_fini(&words);
    return rc;
}

static int form_init(struct filter_ecs *f, struct plugin_setup *setup)
{
    const struct text_list *add = &f->options.add;
    int rc = 0;

    f->form.additions = mem_zalloc(add->count + 1, sizeof *f->form.additions);
    f->form.count = add->count;
    for (size_t i = 0; i < add->count; i++)
        if (addition_init(&f->form.additions[i], add->items[i], setup->report, add->places[i]) < 0)
            rc = -EINVAL;
    if (add->count == 0)
        report_warn(setup->report, setup->place, "filter ecs: has no add, and adds nothing");
    return rc;
}

/* ---- its life ---- */

static int range_check(struct plugin_setup *setup, const char *key, int64_t value, int64_t least,
                       int64_t most)
{
    if (value >= least && value <= most)
        return 0;
    report_error(setup->report, setup_place(setup, key),
                 "filter ecs: %s is %lld; give a number from %lld to %lld", key, (long long)value,
                 (long long)least, (long long)most);
    return -EINVAL;
}

static int ecs_init(void *self, struct plugin_setup *setup)
{
    struct filter_ecs *f = self;

    f->component = setup->component;
    list_init(&f->waiters);
    f->prefix = slice_of(f->options.tag_prefix);
    if (range_check(setup, "ecs_meta_port", f->options.port, 1, UINT16_MAX) < 0 ||
        range_check(setup, "agent_endpoint_retries", f->options.tries, 0, TRIES_MAX) < 0)
        return -EINVAL;
    return form_init(f, setup);
}

static int ecs_start(void *self, const struct filter_host *host, struct report *report)
{
    struct filter_ecs *f = self;
    struct ecs_settings settings = {
        .component = f->component,
        .host = f->options.host,
        .port = (uint16_t)f->options.port,
        .ttl_ms = f->options.ttl_ms,
        .tries = f->options.tries > 0 ? (unsigned)f->options.tries : 1,
        .form = &f->form,
        .changed = on_changed,
        .owner = f,
    };

    (void)report;
    CHECK(f->agent == NULL);
    f->metrics = host->metrics;
    if (f->form.count > 0)
        f->agent = ecs_agent_new(host->loop, &settings);
    return 0;
}

static void ecs_fini(void *self)
{
    struct filter_ecs *f = self;

    while (f->waiters.next != NULL && list_take_first(&f->waiters) != NULL)
        continue;
    ecs_agent_free(&f->agent);
    buffer_fini(&f->tag);
    for (size_t i = 0; i < f->form.count; i++) {
        MEM_FREE(&f->form.additions[i].key);
        accessor_free(&f->form.additions[i].template);
    }
    MEM_FREE(&f->form.additions);
    f->form.count = 0;
}

static void ecs_describe(const void *self, struct buffer *out)
{
    const struct filter_ecs *f = self;

    if (f->agent != NULL)
        ecs_agent_describe(f->agent, out);
    else
        buffer_append_text(out, "null");
}

const struct filter_plugin filter_ecs = {
    .name = "ecs",
    .summary = "Adds what is known of a container's ECS task, and of the cluster.",
    .self_bytes = sizeof(struct filter_ecs),
    .options = options,
    .init = ecs_init,
    .start = ecs_start,
    .ready = ecs_ready,
    .apply = ecs_apply,
    .apply_plain = ecs_apply_plain,
    .describe = ecs_describe,
    .fini = ecs_fini,
};

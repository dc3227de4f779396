#include "plugins/filter_aws/aws.h"

#include <errno.h>

#define F struct filter_aws
#define RETRY_S_MAX (7 * 24 * 3600)

static const struct option options[] = {
    OPTION_CHOICE(F, asking.version, "imds_version", "v2", 0, "v1|v2",
                  "v2 asks with a token; v1 without, unless the instance wants one."),
    OPTION_BOOL(F, form.has[FACT_AZ], "az", "true", 0, "Add the availability zone."),
    OPTION_BOOL(F, form.has[FACT_INSTANCE_ID], "ec2_instance_id", "true", 0,
                "Add the instance's id."),
    OPTION_BOOL(F, form.has[FACT_INSTANCE_TYPE], "ec2_instance_type", "false", 0,
                "Add the instance's type."),
    OPTION_BOOL(F, form.has[FACT_PRIVATE_IP], "private_ip", "false", 0,
                "Add its private IPv4 address."),
    OPTION_BOOL(F, form.has[FACT_VPC_ID], "vpc_id", "false", 0, "Add the id of its VPC."),
    OPTION_BOOL(F, form.has[FACT_AMI_ID], "ami_id", "false", 0, "Add the id of its image."),
    OPTION_BOOL(F, form.has[FACT_ACCOUNT_ID], "account_id", "false", 0,
                "Add the account's number."),
    OPTION_BOOL(F, form.has[FACT_HOSTNAME], "hostname", "false", 0, "Add its host name."),
    OPTION_BOOL(F, form.has_tags, "tags_enabled", "false", 0,
                "Add the instance's tags, each under its own name."),
    OPTION_LIST(F, asking.include, "tags_include", NULL, 0, "Only these tags."),
    OPTION_LIST(F, asking.exclude, "tags_exclude", NULL, 0, "All tags but these."),
    OPTION_INT(F, asking.retry_s, "retry_interval_s", "300", 0,
               "The longest time, in seconds, until what is not known is asked for again."),
    OPTION_BOOL(F, form.has_entity, "enable_entity", "false", 0,
                "Add aws_entity_ec2_instance_id and aws_entity_account_id."),
    OPTION_TIME(
        F, asking.wait_ms, "metadata_wait", "5s", 0,
        "Ours: a file is not read until the metadata was asked for, or so long; 0: at once."),
    OPTION_END,
};

static bool wants_anything(const struct filter_aws *f)
{
    for (unsigned i = 0; i < FACT_COUNT; i++)
        if (f->form.has[i])
            return true;
    return f->form.has_tags || f->form.has_entity;
}

/* ---- who waits ---- */

/* Whoever is woken may ask again, and is not linked then. */
static void waiters_wake(struct filter_aws *f)
{
    struct list *link;

    while ((link = list_take_first(&f->waiters)) != NULL) {
        struct filter_waiter *waiter = CONTAINER_OF(link, struct filter_waiter, link);

        waiter->wake(waiter->owner);
    }
}

static uint64_t aws_ready(void *self, const struct filter_run *run, struct filter_waiter *waiter)
{
    struct filter_aws *f = self;

    (void)run;
    if (f->instance == NULL || instance_was_asked(f->instance) || f->asking.wait_ms == 0)
        return 0;
    CHECK(waiter->wake != NULL);
    list_remove(&waiter->link);
    list_add_tail(&f->waiters, &waiter->link);
    return f->asking.wait_ms;
}

/* ---- what is known ---- */

static void block_renew(struct filter_aws *f)
{
    const struct facts *facts = instance_facts(f->instance);

    shared_unref(&f->block);
    f->block = facts_block(facts, &f->form);
    f->is_partial = !facts_are_answered(facts);
}

static void on_changed(void *owner)
{
    struct filter_aws *f = owner;

    block_renew(f);
    if (instance_was_asked(f->instance))
        waiters_wake(f);
}

/* ---- records ---- */

static enum filter_verdict aws_apply(void *self, struct record *record, struct filter_run *run)
{
    struct filter_aws *f = self;

    (void)run;
    if (UNLIKELY(f->is_partial))
        f->metrics->unlabelled_records++;
    if (LIKELY(f->block != NULL))
        record_add_shared(record, f->block);
    return FILTER_KEEP;
}

static enum plain_verdict aws_apply_plain(void *self, struct plain_record *plain,
                                          struct filter_run *run)
{
    struct filter_aws *f = self;

    (void)run;
    if (f->block != NULL && UNLIKELY(!plain_share(plain, f->block)))
        return PLAIN_FILL;
    if (UNLIKELY(f->is_partial))
        f->metrics->unlabelled_records++;
    return PLAIN_KEEP;
}

/* ---- its life ---- */

static int tags_check(const struct filter_aws *f, struct plugin_setup *setup)
{
    bool is_included = f->asking.include.count > 0, is_excluded = f->asking.exclude.count > 0;

    if (is_included && is_excluded) {
        report_error(setup->report, setup_place(setup, "tags_exclude"),
                     "filter aws: tags_include and tags_exclude are both given; keep one of them");
        return -EINVAL;
    }
    if (!f->form.has_tags && (is_included || is_excluded))
        report_warn(setup->report,
                    setup_place(setup, is_included ? "tags_include" : "tags_exclude"),
                    "filter aws: no tags are added while tags_enabled is off");
    return 0;
}

static int aws_init(void *self, struct plugin_setup *setup)
{
    struct filter_aws *f = self;

    f->component = setup->component;
    list_init(&f->waiters);
    if (f->asking.retry_s < 0 || f->asking.retry_s > RETRY_S_MAX) {
        report_error(setup->report, setup_place(setup, "retry_interval_s"),
                     "filter aws: retry_interval_s is %lld; give seconds from 1 to %d",
                     (long long)f->asking.retry_s, RETRY_S_MAX);
        return -EINVAL;
    }
    if (!wants_anything(f))
        report_warn(setup->report, setup->place, "filter aws: all is off, it adds nothing");
    return tags_check(f, setup);
}

static struct facts_wish wish_of(const struct filter_aws *f)
{
    struct facts_wish wish = {.wants_tags = f->form.has_tags,
                              .include = &f->asking.include,
                              .exclude = &f->asking.exclude};

    memcpy(wish.wants, f->form.has, sizeof wish.wants);
    wish.wants[FACT_INSTANCE_ID] |= f->form.has_entity;
    wish.wants[FACT_ACCOUNT_ID] |= f->form.has_entity;
    return wish;
}

static int aws_start(void *self, const struct filter_host *host, struct report *report)
{
    struct filter_aws *f = self;
    struct instance_settings settings = {
        .component = f->component,
        .is_v1 = f->asking.version == 0,
        .retry_ms = (uint64_t)(f->asking.retry_s > 0 ? f->asking.retry_s : 1) * 1000,
        .wish = wish_of(f)};

    (void)report;
    CHECK(f->instance == NULL);
    f->metrics = host->metrics;
    if (!wants_anything(f))
        return 0;
    f->instance = instance_take(host->loop, &settings);
    f->listener = (struct instance_listener){.changed = on_changed, .owner = f};
    instance_listen(f->instance, &f->listener);
    block_renew(f);
    return 0;
}

static void aws_fini(void *self)
{
    struct filter_aws *f = self;

    while (f->waiters.next != NULL && list_take_first(&f->waiters) != NULL)
        continue;
    if (f->instance != NULL) {
        instance_unlisten(&f->listener);
        instance_release(&f->instance);
    }
    shared_unref(&f->block);
}

static void aws_describe(const void *self, struct buffer *out)
{
    const struct filter_aws *f = self;

    if (f->instance != NULL)
        instance_describe(f->instance, out);
    else
        buffer_append_text(out, "null");
}

const struct filter_plugin filter_aws = {
    .name = "aws",
    .summary = "Adds what is known of the EC2 instance that the agent runs on.",
    .self_bytes = sizeof(struct filter_aws),
    .options = options,
    .init = aws_init,
    .start = aws_start,
    .ready = aws_ready,
    .apply = aws_apply,
    .apply_plain = aws_apply_plain,
    .describe = aws_describe,
    .fini = aws_fini,
};

#include "plugins/filter_aws/facts_take.h"

#include <ctype.h>
#include <stdio.h>

#define META "/latest/meta-data/"
#define TAGS_PATH META "tags/instance"

struct fact_kind {
    const char *key;
    const char *path;
};

static const struct fact_kind kinds[FACT_COUNT] = {
    [FACT_AZ] = {"az", META "placement/availability-zone"},
    [FACT_INSTANCE_ID] = {"ec2_instance_id", META "instance-id"},
    [FACT_INSTANCE_TYPE] = {"ec2_instance_type", META "instance-type"},
    [FACT_PRIVATE_IP] = {"private_ip", META "local-ipv4"},
    [FACT_VPC_ID] = {"vpc_id", META "network/interfaces/macs/"},
    [FACT_AMI_ID] = {"ami_id", META "ami-id"},
    [FACT_ACCOUNT_ID] = {"account_id", "/latest/dynamic/instance-identity/document"},
    [FACT_HOSTNAME] = {"hostname", META "hostname"},
};

static void facts_check(const struct facts *f)
{
    CHECK(f->tag_count <= TAGS_MAX && f->round.step <= FACTS_OVER);
    CHECK(f->round.step != FACTS_TAG || f->round.at < f->tag_count);
    CHECK(f->round.step != FACTS_ONE || f->round.at < FACT_COUNT);
}

/* ---- which is next ---- */

static void path_set(struct facts *f, const char *path)
{
    CHECK(strlen(path) < sizeof f->round.path);
    snprintf(f->round.path, sizeof f->round.path, "%s", path);
}

/* A tag's name stands in a path; what AWS lets stand there needs no %XX. */
static void tag_path_set(struct facts *f, const char *key)
{
    struct buffer path = {0};

    buffer_append_text(&path, TAGS_PATH "/");
    for (; *key != '\0'; key++)
        if (strchr("+-=.,_:@", *key) != NULL || isalnum((unsigned char)*key))
            buffer_append_byte(&path, *key);
        else
            buffer_append_format(&path, "%%%02X", (unsigned char)*key);
    path_set(f, buffer_text(&path));
    buffer_fini(&path);
}

static void step_to(struct facts *f, enum facts_step step, unsigned at)
{
    f->round.step = step;
    f->round.at = at;
    switch (step) {
    case FACTS_ONE:
        path_set(f, kinds[at].path);
        if (at == FACT_VPC_ID)
            snprintf(f->round.path, sizeof f->round.path, "%s%s/vpc-id", kinds[at].path, f->mac);
        break;
    case FACTS_MAC:
        path_set(f, META "mac");
        break;
    case FACTS_TAGS:
        path_set(f, TAGS_PATH);
        break;
    case FACTS_TAG:
        tag_path_set(f, f->tags[at].key);
        break;
    case FACTS_OVER:
        break;
    }
    facts_check(f);
}

static void step_to_tag(struct facts *f, unsigned from)
{
    for (unsigned at = from; at < f->tag_count; at++)
        if (f->tags[at].value == NULL) {
            step_to(f, FACTS_TAG, at);
            return;
        }
    step_to(f, FACTS_OVER, 0);
}

static void step_to_tags(struct facts *f)
{
    if (!f->wish.wants_tags)
        step_to(f, FACTS_OVER, 0);
    else if (f->tags_state == FACT_KNOWN)
        step_to_tag(f, 0);
    else
        step_to(f, FACTS_TAGS, 0);
}

static void step_to_fact(struct facts *f, unsigned from)
{
    for (unsigned at = from; at < FACT_COUNT; at++)
        if (f->wish.wants[at] && f->states[at] != FACT_KNOWN) {
            bool lacks_mac = at == FACT_VPC_ID && f->mac[0] == '\0';

            step_to(f, lacks_mac ? FACTS_MAC : FACTS_ONE, at);
            return;
        }
    step_to_tags(f);
}

static void step_on(struct facts *f)
{
    switch (f->round.step) {
    case FACTS_ONE:
    case FACTS_MAC:
        step_to_fact(f, f->round.at + 1);
        return;
    case FACTS_TAGS:
        step_to_tag(f, 0);
        return;
    case FACTS_TAG:
        step_to_tag(f, f->round.at + 1);
        return;
    case FACTS_OVER:
        CHECK(false);
    }
}

/* ---- what came ---- */

bool facts_hear(struct facts *f, int status, struct slice body, char why[256])
{
    bool is_well = true;

    CHECK(f->round.step != FACTS_OVER);
    if (status == 404) {
        facts_take_absence(f);
    } else if (status != 200) {
        snprintf(why, 256, "instance metadata: status %d for %.180s", status, f->round.path);
        is_well = false;
    } else if (!facts_take(f, body)) {
        snprintf(why, 256, "instance metadata: what came for %.120s is something else",
                 f->round.path);
        is_well = false;
    }
    if (f->round.step == FACTS_MAC && status == 200 && is_well)
        step_to(f, FACTS_ONE, FACT_VPC_ID);
    else
        step_on(f);
    return is_well;
}

/* ---- the whole ---- */

void facts_init(struct facts *f, const struct facts_wish *wish)
{
    *f = (struct facts){.wish = *wish, .round.step = FACTS_OVER};
}

void facts_fini(struct facts *f)
{
    arena_fini(&f->texts);
    MEM_FREE(&f->tags);
    *f = (struct facts){.round.step = FACTS_OVER};
}

void facts_begin(struct facts *f)
{
    CHECK(f->round.step == FACTS_OVER);
    step_to_fact(f, 0);
}

void facts_stop(struct facts *f)
{
    step_to(f, FACTS_OVER, 0);
}

const char *facts_path(const struct facts *f)
{
    return f->round.step != FACTS_OVER ? f->round.path : NULL;
}

bool facts_are_answered(const struct facts *f)
{
    bool are_answered = !f->wish.wants_tags || f->tags_state != FACT_UNKNOWN;

    for (unsigned i = 0; i < FACT_COUNT; i++)
        are_answered &= !f->wish.wants[i] || f->states[i] != FACT_UNKNOWN;
    for (uint32_t i = 0; i < f->tag_count; i++)
        are_answered &= f->tags[i].value != NULL || f->tags[i].is_absent;
    return are_answered;
}

void facts_absent(const struct facts *f, struct buffer *out)
{
    size_t from = out->len;

    for (unsigned i = 0; i < FACT_COUNT; i++)
        if (f->wish.wants[i] && f->states[i] == FACT_ABSENT)
            buffer_append_format(out, "%s%s", out->len > from ? ", " : "", kinds[i].key);
    if (f->wish.wants_tags && f->tags_state == FACT_ABSENT)
        buffer_append_format(out, "%stags", out->len > from ? ", " : "");
}

/* ---- what records get ---- */

static void put(struct buffer *out, const char *key, const char *value)
{
    buffer_append_byte(out, out->len > 0 ? ',' : '{');
    json_write_text(out, slice_of(key));
    buffer_append_byte(out, ':');
    json_write_text(out, slice_of(value));
}

static void put_tags(struct buffer *out, const struct facts *f)
{
    for (uint32_t i = 0; i < f->tag_count; i++)
        if (f->tags[i].value != NULL)
            put(out, f->tags[i].key, f->tags[i].value);
}

static void put_entity(struct buffer *out, const struct facts *f)
{
    if (f->states[FACT_INSTANCE_ID] != FACT_KNOWN || f->states[FACT_ACCOUNT_ID] != FACT_KNOWN)
        return;
    put(out, "aws_entity_ec2_instance_id", f->values[FACT_INSTANCE_ID]);
    put(out, "aws_entity_account_id", f->values[FACT_ACCOUNT_ID]);
}

struct shared_object *facts_block(const struct facts *f, const struct facts_form *form)
{
    struct shared_object *block = NULL;
    struct json_scanner json;
    struct buffer text = {0};

    for (unsigned i = 0; i < FACT_COUNT; i++)
        if (form->has[i] && f->states[i] == FACT_KNOWN)
            put(&text, kinds[i].key, f->values[i]);
    if (form->has_tags)
        put_tags(&text, f);
    if (form->has_entity)
        put_entity(&text, f);
    if (text.len > 0) {
        buffer_append_byte(&text, '}');
        json_scanner_init(&json);
        block = shared_new(buffer_view(&text), &json);
        CHECK(block != NULL);
        json_scanner_fini(&json);
    }
    buffer_fini(&text);
    return block;
}

#include "plugins/out_cloudwatch_logs/entity.h"

#define PREFIX SLICE("aws_entity_")

/* ---- what the record says ---- */

/* Data NULL where it is not there, empty or no text. */
struct facts {
    struct slice name, environment, account;
    struct slice platform, cluster, space, node, workload, instance, source;
};

static struct slice text_in(const struct value *value, struct arena *arena)
{
    struct slice text;

    if (!value_as_text(value, arena, &text) || text.len == 0)
        return (struct slice){0};
    text.len = utf8_cut(text, CW_ENTITY_VALUE_BYTES_MAX);
    return text;
}

static struct slice text_at(const struct value *map, const char *key, struct arena *arena)
{
    struct value value;

    return value_at_key(map, slice_of(key), &value) ? text_in(&value, arena) : (struct slice){0};
}

static struct slice text_at_top(const struct accessor_scope *scope, const char *key)
{
    struct value value;

    return scope->find(scope->owner, slice_of(key), &value) ? text_in(&value, scope->arena)
                                                            : (struct slice){0};
}

/* The workload that the pod belongs to, by the record's owners: of a ReplicaSet its Deployment,
 * whose name it has with a hash behind. */
static struct slice workload_of_owner(const struct value *pod, struct arena *arena)
{
    struct value owners, owner;
    struct slice name;

    if (!value_at_key(pod, SLICE("ownerReferences"), &owners) ||
        !value_at_index(&owners, 0, &owner) || !value_is_map(&owner))
        return (struct slice){0};
    name = text_at(&owner, "name", arena);
    if (!slice_is(text_at(&owner, "kind", arena), "ReplicaSet"))
        return name;
    for (size_t i = name.len; i > 1; i--)
        if (name.data[i - 1] == '-')
            return slice_make(name.data, i - 1);
    return name;
}

static void facts_read(const struct accessor_scope *scope, struct facts *f)
{
    struct arena *arena = scope->arena;
    struct value pod;

    *f = (struct facts){.account = text_at_top(scope, "aws_entity_account_id"),
                        .instance = text_at_top(scope, "aws_entity_ec2_instance_id")};
    if (f->account.len == 0 || !scope->find(scope->owner, SLICE("kubernetes"), &pod) ||
        !value_is_map(&pod))
        return;
    f->name = text_at(&pod, "aws_entity_service_name", arena);
    f->environment = text_at(&pod, "aws_entity_environment", arena);
    f->platform = text_at(&pod, "aws_entity_platform", arena);
    f->cluster = text_at(&pod, "aws_entity_cluster", arena);
    f->space = text_at(&pod, "namespace_name", arena);
    f->node = text_at(&pod, "host", arena);
    f->workload = text_at(&pod, "aws_entity_workload", arena);
    f->source = text_at(&pod, "aws_entity_name_source", arena);
    if (f->workload.len == 0)
        f->workload = workload_of_owner(&pod, arena);
}

/* What stands for what is not said. */
static void facts_complete(struct facts *f, struct arena *arena)
{
    if (f->name.len == 0 && f->source.len == 0 && f->workload.len > 0) {
        f->name = f->workload;
        f->source = SLICE("K8sWorkload");
    }
    if (f->environment.len == 0 && f->platform.len > 0 && f->cluster.len > 0 && f->space.len > 0)
        f->environment = arena_format(arena, "%.*s:%.*s/%.*s", SLICE_ARG(f->platform),
                                      SLICE_ARG(f->cluster), SLICE_ARG(f->space));
    f->environment.len = utf8_cut(f->environment, CW_ENTITY_VALUE_BYTES_MAX);
}

/* ---- writing ---- */

static void put(struct buffer *out, const char *key, struct slice value)
{
    CHECK(out->len > 0 && value.len <= CW_ENTITY_VALUE_BYTES_MAX);
    if (value.len == 0)
        return;
    buffer_append_format(out, "%s\"%s\":", out->data[out->len - 1] == '{' ? "" : ",", key);
    json_write_text(out, value);
}

static void platform_put(const struct facts *f, struct buffer *out)
{
    bool is_eks = slice_is(f->platform, "eks"), is_k8s = slice_is(f->platform, "k8s");

    put(out, "PlatformType", is_eks ? SLICE("AWS::EKS") : is_k8s ? SLICE("K8s") : SLICE("Generic"));
    if (is_eks || is_k8s)
        put(out, is_eks ? "EKS.Cluster" : "K8s.Cluster", f->cluster);
}

bool cw_entity_write(const struct accessor_scope *scope, struct buffer *out)
{
    struct facts f;

    CHECK(scope->arena != NULL && scope->find != NULL);
    facts_read(scope, &f);
    facts_complete(&f, scope->arena);
    if (f.name.len == 0 || f.account.len == 0)
        return false;
    buffer_append_text(out, "{\"keyAttributes\":{\"Type\":\"Service\"");
    put(out, "Name", f.name);
    put(out, "Environment", f.environment);
    put(out, "AwsAccountId", f.account);
    buffer_append_text(out, "},\"attributes\":{");
    platform_put(&f, out);
    put(out, "K8s.Namespace", f.space);
    put(out, "K8s.Node", f.node);
    put(out, "K8s.Workload", f.workload);
    put(out, "EC2.InstanceId", f.instance);
    put(out, "AWS.ServiceNameSource", f.source);
    buffer_append_text(out, "}}");
    return true;
}

/* ---- messages ---- */

static void key_write(struct slice key, struct buffer *out)
{
    CHECK(out->len > 0);
    buffer_append_text(out, out->data[out->len - 1] == '{' ? "" : ",");
    json_write_text(out, key);
    buffer_append_byte(out, ':');
}

static void value_write(const struct chunk_field *field, struct buffer *out)
{
    if (field->kind == CHUNK_VALUE_JSON)
        buffer_append(out, field->value);
    else if (field->kind == CHUNK_VALUE_TEXT)
        json_write_text(out, field->value);
    else
        json_write_msgpack(out, field->value);
}

/* An object's text, without what begins with the prefix. Keys stay as they are written. */
static void object_strip(struct slice text, struct buffer *out)
{
    struct slice key, value;

    CHECK(text.len >= 2 && text.data[text.len - 1] == '}');
    buffer_append_byte(out, '{');
    while (json_next(&text, &key, &value)) {
        if (slice_begins(key, PREFIX))
            continue;
        buffer_append_text(out, out->data[out->len - 1] == '{' ? "\"" : ",\"");
        buffer_append(out, key);
        buffer_append_text(out, "\":");
        buffer_append(out, value);
    }
    buffer_append_byte(out, '}');
}

static void pod_strip(const struct chunk_field *field, struct arena *scratch, struct buffer *out)
{
    struct buffer text = {0};
    struct slice object;

    value_write(field, &text);
    object = arena_copy(scratch, buffer_view(&text));
    buffer_fini(&text);
    if (object.data[0] == '{')
        object_strip(object, out);
    else
        buffer_append(out, object);
}

void cw_entity_strip(const struct chunk_record *record, struct arena *scratch, struct buffer *out)
{
    struct chunk_field field;
    struct field_walk walk;

    buffer_append_byte(out, '{');
    field_walk_begin(&walk, record);
    while (field_walk_next(&walk, scratch, &field)) {
        if (slice_begins(field.key, PREFIX))
            continue;
        key_write(field.key, out);
        if (slice_is(field.key, "kubernetes"))
            pod_strip(&field, scratch, out);
        else
            value_write(&field, out);
    }
    buffer_append_byte(out, '}');
}

#include "plugins/filter_kubernetes/block.h"

#include <stdio.h>
#include <time.h>

/* What is written, and how much more may be. */
struct writer {
    const struct block_form *form;
    struct buffer *out;
    int64_t fields; /* labels and annotations so far */
    uint32_t left_out;
};

static void put_separator(struct writer *w)
{
    if (w->out->data[w->out->len - 1] != '{' && w->out->data[w->out->len - 1] != '[')
        buffer_append_byte(w->out, ',');
}

static void put_key(struct writer *w, const char *key)
{
    put_separator(w);
    buffer_append_format(w->out, "\"%s\":", key);
}

/* Nothing where the text is empty. */
static void put_text(struct writer *w, const char *key, struct slice text)
{
    if (text.len == 0)
        return;
    put_key(w, key);
    json_write_text(w->out, text);
}

/* ---- labels and annotations ---- */

static void put_dotless(struct writer *w, struct slice key)
{
    size_t from = w->out->len;

    buffer_append(w->out, key);
    for (size_t at = from; at < w->out->len; at++)
        if (w->out->data[at] == '.')
            w->out->data[at] = '_';
}

/* Both are as they are written in JSON text, the value with its quotes. */
static void put_pair(struct writer *w, struct slice key, struct slice value)
{
    put_separator(w);
    buffer_append_byte(w->out, '"');
    if (w->form->keys == BLOCK_KEYS_FLAT) {
        bool is_text = value.data[0] == '"';

        buffer_append(w->out, key);
        buffer_append_byte(w->out, '=');
        buffer_append(w->out, is_text ? slice_make(value.data + 1, value.len - 2) : value);
        buffer_append_byte(w->out, '"');
        return;
    }
    if (w->form->keys == BLOCK_KEYS_DOTLESS)
        put_dotless(w, key);
    else
        buffer_append(w->out, key);
    buffer_append(w->out, SLICE("\":"));
    buffer_append(w->out, value);
}

static bool has_room(const struct writer *w, struct slice value)
{
    return value.len <= w->form->value_bytes_max &&
           (w->form->fields_max <= 0 || w->fields < w->form->fields_max);
}

/* An object of texts. One without members, or with none that there is room for, is left out. */
static void put_pairs(struct writer *w, const char *name, struct slice object)
{
    bool is_flat = w->form->keys == BLOCK_KEYS_FLAT;
    size_t before = w->out->len, from;
    struct slice rest = object, key, value;

    put_key(w, name);
    buffer_append_byte(w->out, is_flat ? '[' : '{');
    from = w->out->len;
    while (object.len > 0 && json_next(&rest, &key, &value)) {
        if (!has_room(w, value)) {
            w->left_out++;
            continue;
        }
        w->fields++;
        put_pair(w, key, value);
    }
    if (w->out->len == from)
        w->out->len = before;
    else
        buffer_append_byte(w->out, is_flat ? ']' : '}');
}

/* ---- the pod ---- */

static void put_container(struct writer *w, const struct block_source *source)
{
    const struct pod_query *q = &source->identity->query;
    const struct pod_container *c = source->pod != NULL ? pod_container_find(source->pod, q) : NULL;
    struct slice id = q->container_id, hash = source->identity->container_hash;

    if (c != NULL && id.len == 0)
        id = c->id;
    if (c != NULL && c->hash.len > 0)
        hash = c->hash;
    put_text(w, "container_name", q->container.len > 0 || c == NULL ? q->container : c->name);
    put_text(w, "docker_id", id);
    put_text(w, "container_hash", hash);
    if (c != NULL)
        put_text(w, "container_image", c->image);
}

static void put_pod(struct writer *w, const struct pod *pod)
{
    put_text(w, "pod_id", pod->uid);
    if (w->form->labels)
        put_pairs(w, "labels", pod->labels);
    if (w->form->annotations)
        put_pairs(w, "annotations", pod->annotations);
    if (w->form->owners && pod->owners.len > 0) {
        put_key(w, "ownerReferences");
        buffer_append(w->out, pod->owners);
    }
    put_text(w, "host", pod->node);
    put_text(w, "pod_ip", pod->pod_ip);
}

static void put_entity(struct writer *w, const struct block_entity *entity)
{
    put_text(w, "aws_entity_service_name", entity->name);
    put_text(w, "aws_entity_environment", entity->environment);
    put_text(w, "aws_entity_name_source", entity->name_source);
    put_text(w, "aws_entity_platform", entity->platform);
    put_text(w, "aws_entity_cluster", entity->cluster);
    put_text(w, "aws_entity_workload", entity->workload);
}

static void put_kubernetes(struct writer *w, const struct block_source *source)
{
    const struct pod_query *q = &source->identity->query;
    const struct pod *pod = source->pod;

    put_key(w, "kubernetes");
    buffer_append_byte(w->out, '{');
    put_text(w, "pod_name", pod != NULL ? pod->name : q->name);
    put_text(w, "namespace_name", pod != NULL ? pod->namespace_name : q->namespace_name);
    if (source->entity != NULL)
        put_entity(w, source->entity);
    if (pod != NULL)
        put_pod(w, pod);
    else
        put_text(w, "pod_id", q->uid);
    put_container(w, source);
    if (source->is_partial)
        put_text(w, "metadata", SLICE("partial"));
    buffer_append_byte(w->out, '}');
}

static void put_namespace(struct writer *w, const struct pod_namespace *space)
{
    put_key(w, "kubernetes_namespace");
    buffer_append_byte(w->out, '{');
    put_text(w, "name", space->name);
    if (w->form->namespace_labels)
        put_pairs(w, "labels", space->labels);
    if (w->form->namespace_annotations)
        put_pairs(w, "annotations", space->annotations);
    buffer_append_byte(w->out, '}');
}

struct shared_object *block_make(const struct block_source *source, struct json_scanner *json,
                                 uint32_t *left_out)
{
    const struct block_form *form = source->form;
    struct buffer text = {0};
    struct writer w = {.form = form, .out = &text};
    struct shared_object *block;

    buffer_append_byte(&text, '{');
    if (!form->is_namespace_only)
        put_kubernetes(&w, source);
    if ((form->namespace_labels || form->namespace_annotations) && source->pod != NULL &&
        source->pod->space != NULL)
        put_namespace(&w, source->pod->space);
    buffer_append_byte(&text, '}');
    block = shared_new(buffer_view(&text), json);
    buffer_fini(&text);
    *left_out = w.left_out;
    return block;
}

struct shared_object *block_make_dummy(int64_t wall_ns, struct json_scanner *json)
{
    time_t seconds = (time_t)(wall_ns / 1000000000);
    char words[64], text[128];
    struct tm tm;
    int len;

    CHECK(gmtime_r(&seconds, &tm) != NULL);
    CHECK(strftime(words, sizeof words, "%a %b %e %H:%M:%S %Y", &tm) > 0);
    len = snprintf(text, sizeof text, "{\"kubernetes\":{\"dummy\":\"%s\"}}", words);
    CHECK(len > 0 && (size_t)len < sizeof text);
    return shared_new(slice_make(text, (size_t)len), json);
}

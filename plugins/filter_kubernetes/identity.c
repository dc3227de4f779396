#include "plugins/filter_kubernetes/identity.h"

#include <unistd.h>

#define CONTAINER_ID_LEN 64
#define LOG_SUFFIX SLICE(".log")

/* A UID is 36 bytes; that of a static pod is a hash. */
#define UID_LEN_MIN 16

void identity_init(struct identity *id)
{
    *id = (struct identity){0};
}

static void drop(struct slice *place)
{
    mem_free((char *)place->data);
    *place = (struct slice){0};
}

void identity_fini(struct identity *id)
{
    drop(&id->query.namespace_name);
    drop(&id->query.name);
    drop(&id->query.uid);
    drop(&id->query.container);
    drop(&id->query.container_id);
    drop(&id->container_hash);
}

static void keep(struct slice *place, struct slice text)
{
    if (text.len == 0 || slice_equal(*place, text))
        return;
    drop(place);
    *place = slice_make(mem_text_n(text.data, text.len), text.len);
}

static bool is_lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_all(struct slice text, bool (*fits)(char))
{
    for (size_t i = 0; i < text.len; i++)
        if (!fits(text.data[i]))
            return false;
    return text.len > 0;
}

static struct slice head(struct slice text, size_t len)
{
    return slice_make(text.data, len);
}

/* What stands behind the last such byte; the whole where there is none. */
static struct slice tail(struct slice text, char byte)
{
    size_t at = text.len;

    while (at > 0 && text.data[at - 1] != byte)
        at--;
    return slice_skip(text, at);
}

/* Without `part`, which ends it, and the byte before that. */
static struct slice before(struct slice text, struct slice part)
{
    CHECK(text.len > part.len);
    return head(text, text.len - part.len - 1);
}

/* ---- pods' names ---- */

static bool is_name_byte(char c)
{
    return is_lower_alnum(c) || c == '-';
}

/*
 * The name that ends a text: labels of letters, digits and dashes, with dots between. It may begin
 * anywhere, but no label begins or ends with a dash; so what stands before it does not count.
 */
static struct slice name_at_end(struct slice text)
{
    size_t from = text.len, at = text.len;
    bool is_end = true; /* of a label */

    while (at > 0) {
        char c = text.data[at - 1];

        if (c == '.' ? is_end || from != at : !is_name_byte(c) || (is_end && c == '-'))
            break;
        at--;
        is_end = c == '.';
        if (is_lower_alnum(c))
            from = at;
    }
    return slice_skip(text, from);
}

/* ---- tags ---- */

/* NAME-ID.log -> NAME, ID */
static bool container_split(struct slice text, struct slice *name, struct slice *container_id)
{
    if (!slice_ends(text, LOG_SUFFIX))
        return false;
    text = head(text, text.len - LOG_SUFFIX.len);
    if (text.len < CONTAINER_ID_LEN + 2)
        return false;
    *container_id = slice_skip(text, text.len - CONTAINER_ID_LEN);
    *name = before(text, *container_id);
    return name->data[name->len] == '-' && is_all(*container_id, is_lower_alnum);
}

/* POD_NAMESPACE_CONTAINER; the container's name may have underscores. */
static bool names_split(struct slice text, struct pod_query *q)
{
    for (size_t at = slice_find(text, '_'); at < text.len;) {
        struct slice rest = slice_skip(text, at + 1);
        size_t end = slice_find(rest, '_');

        q->name = name_at_end(head(text, at));
        q->namespace_name = head(rest, end);
        if (end + 1 < rest.len && end > 0 && q->name.len > 0) {
            q->container = slice_skip(rest, end + 1);
            return true;
        }
        at += 1 + end;
    }
    return false;
}

static void query_keep(struct identity *id, const struct pod_query *q)
{
    keep(&id->query.namespace_name, q->namespace_name);
    keep(&id->query.name, q->name);
    keep(&id->query.uid, q->uid);
    keep(&id->query.container, q->container);
    keep(&id->query.container_id, q->container_id);
}

/* N.log, and N.log.20260102-030405 of a generation before. */
static bool is_restart_log(struct slice text)
{
    size_t digits = 0;

    while (digits < text.len && is_digit(text.data[digits]))
        digits++;
    return digits > 0 && slice_begins(slice_skip(text, digits), LOG_SUFFIX);
}

static bool is_uid_byte(char c)
{
    return is_lower_alnum(c) || c == '-';
}

/* NAMESPACE_POD_UID */
static bool folder_split(struct slice text, struct pod_query *q)
{
    struct slice names;

    q->uid = tail(text, '_');
    if (q->uid.len < UID_LEN_MIN || q->uid.len + 1 >= text.len || !is_all(q->uid, is_uid_byte))
        return false;
    names = before(text, q->uid);
    q->name = tail(names, '_');
    if (q->name.len == 0 || q->name.len + 1 >= names.len)
        return false;
    q->namespace_name = before(names, q->name);
    return true;
}

/* ABOVE.FOLDER.CONTAINER.N.log: neither a namespace nor a UID has dots. */
static bool pods_tag_split(struct slice text, struct pod_query *q)
{
    size_t under = text.len, dot;
    struct slice rest, number;

    while (under > 0 && text.data[under - 1] != '_')
        under--;
    rest = slice_skip(text, under);
    dot = slice_find(rest, '.');
    if (under == 0 || dot == rest.len || !folder_split(head(text, under + dot), q))
        return false;
    rest = slice_skip(rest, dot + 1);
    dot = slice_find(rest, '.');
    number = slice_skip(rest, dot < rest.len ? dot + 1 : dot);
    q->container = head(rest, dot);
    q->namespace_name = tail(q->namespace_name, '.');
    return dot > 0 && is_restart_log(number);
}

bool identity_from_tag(struct identity *id, struct slice tag, size_t skip)
{
    struct pod_query q = {0};
    struct slice text, names;

    if (tag.len <= skip || tag.len > IDENTITY_BYTES_MAX)
        return false;
    text = slice_skip(tag, skip);
    if (container_split(text, &names, &q.container_id) && names_split(names, &q)) {
        query_keep(id, &q);
        return true;
    }
    q = (struct pod_query){0};
    if (!pods_tag_split(tag, &q) || q.namespace_name.len == 0)
        return false;
    query_keep(id, &q);
    return true;
}

/* ---- paths ---- */

/* Names in a tag may be cut short, or be those of a file beside it. */
static bool is_cut_of(struct slice cut, struct slice whole)
{
    return cut.len == 0 || slice_begins(whole, cut);
}

static bool is_same_pod(const struct pod_query *known, const struct pod_query *found)
{
    return (known->namespace_name.len == 0 ||
            slice_equal(known->namespace_name, found->namespace_name)) &&
           is_cut_of(known->name, found->name) && is_cut_of(known->container, found->container);
}

bool identity_from_path(struct identity *id, struct slice path)
{
    struct slice file = tail(path, '/'), container, folder, rest;
    struct pod_query q = {0};

    if (path.len > IDENTITY_BYTES_MAX || file.len + 1 >= path.len || !is_restart_log(file))
        return false;
    rest = before(path, file);
    container = tail(rest, '/');
    if (container.len == 0 || container.len + 1 >= rest.len)
        return false;
    folder = tail(before(rest, container), '/');
    if (!folder_split(folder, &q))
        return false;
    q.container = container;
    if (!is_same_pod(&id->query, &q))
        return false;
    query_keep(id, &q);
    return true;
}

void identity_add_id(struct identity *id, struct slice container_id)
{
    if (id->query.container_id.len == 0 && container_id.len <= IDENTITY_BYTES_MAX)
        keep(&id->query.container_id, container_id);
}

/* The id at the end of a name that was not cut. */
static void id_of_name(struct identity *id, struct slice path)
{
    struct slice name, container_id;

    if (id->query.container_id.len == 0 && container_split(tail(path, '/'), &name, &container_id))
        keep(&id->query.container_id, container_id);
}

/* Docker's logs lie elsewhere, but the first link leads below /var/log/pods. */
static bool identity_from_link(struct identity *id, struct slice path)
{
    char name[IDENTITY_BYTES_MAX + 1], target[IDENTITY_BYTES_MAX];
    ssize_t len;

    if (path.len == 0 || path.len > IDENTITY_BYTES_MAX)
        return false;
    memcpy(name, path.data, path.len);
    name[path.len] = '\0';
    len = readlink(name, target, sizeof target);
    return len > 0 && identity_from_path(id, slice_make(target, (size_t)len));
}

bool identity_from_file(struct identity *id, struct slice path, struct slice real_path)
{
    if (identity_from_path(id, path))
        return true;
    if (!identity_from_path(id, real_path) && !identity_from_link(id, path))
        return false;
    id_of_name(id, path);
    return true;
}

/* ---- the journal ---- */

/* The part before the next underscore; false where there is none. */
static bool part_next(struct slice *rest, struct slice *part)
{
    size_t at = slice_find(*rest, '_');

    if (at == 0 || at >= rest->len)
        return false;
    *part = head(*rest, at);
    *rest = slice_skip(*rest, at + 1);
    return true;
}

bool identity_from_journal(struct identity *id, struct slice name)
{
    struct slice rest = name, prefix, container;
    struct pod_query q = {0};
    size_t dot;

    if (name.len > IDENTITY_BYTES_MAX || !part_next(&rest, &prefix) ||
        !part_next(&rest, &container) || !part_next(&rest, &q.name) ||
        !part_next(&rest, &q.namespace_name) || !part_next(&rest, &q.uid) || rest.len == 0)
        return false;
    dot = slice_find(container, '.');
    q.container = head(container, dot);
    if (q.container.len == 0)
        return false;
    query_keep(id, &q);
    keep(&id->container_hash, slice_skip(container, dot < container.len ? dot + 1 : container.len));
    return true;
}

/* ---- a parser of the user's ---- */

static struct slice field_text(struct record *found, const char *name)
{
    struct slice text = {0};
    struct value value;

    if (record_find(found, slice_of(name), &value) && value_as_text(&value, &found->arena, &text))
        return text;
    return (struct slice){0};
}

static void fields_keep(struct identity *id, struct record *found)
{
    keep(&id->query.name, field_text(found, "pod_name"));
    keep(&id->query.namespace_name, field_text(found, "namespace_name"));
    keep(&id->query.uid, field_text(found, "pod_uid"));
    keep(&id->query.container, field_text(found, "container_name"));
    keep(&id->query.container_id, field_text(found, "docker_id"));
    keep(&id->container_hash, field_text(found, "container_hash"));
}

bool identity_from_parser(struct identity *id, struct slice text, const struct parser *parser,
                          struct parser_run *run)
{
    struct record found;
    bool is_pod;

    if (text.len > IDENTITY_BYTES_MAX)
        return false;
    record_init(&found);
    is_pod = parser_apply(parser, text, run, &found) >= 0 &&
             field_text(&found, "pod_name").len > 0 && field_text(&found, "namespace_name").len > 0;
    if (is_pod)
        fields_keep(id, &found);
    record_fini(&found);
    return is_pod;
}

#include "plugins/filter_kubernetes/source_self.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <uv.h>

/*
 * Files of Kube_Meta_Preload_Cache_Dir: NAMESPACE_POD.meta has a pod, NAMESPACE.namespace_meta a
 * namespace, as the API server would send them. They take the place of asking it: who put a file there
 * says by its name whose it is, so that a container which the file does not know is that pod's too.
 * One that cannot be used is said with its name, and the server is asked. Where only namespaces are
 * asked for, only their files are looked for, and the pod that stands for one is there at once.
 */

struct preload {
    struct source *source;
    struct facts_reader reader;
    const struct pod_query *query;
    bool is_space;
    const char *wrong; /* NULL: it was taken */
};

static bool has_container(const struct pod *pod, struct slice id)
{
    for (uint32_t i = 0; i < pod->container_count; i++)
        if (slice_equal(pod->containers[i].id, id) || slice_equal(pod->containers[i].last_id, id))
            return true;
    return false;
}

/* The container that is asked for becomes one of the pod's, unless it is told by its UID. */
static void container_adopt(struct preload *p, struct pod *pod)
{
    const struct pod_query *query = p->query;
    struct pod_container *containers;
    uint32_t at = 0;

    if (query->uid.len > 0 || query->container_id.len == 0 ||
        has_container(pod, query->container_id))
        return;
    containers =
        arena_alloc(&p->reader.arena, (pod->container_count + 1) * sizeof *pod->containers);
    for (uint32_t i = 0; i < pod->container_count; i++)
        containers[i] = pod->containers[i];
    while (at < pod->container_count && !slice_equal(containers[at].name, query->container))
        at++;
    if (at == pod->container_count)
        containers[pod->container_count++] = (struct pod_container){.name = query->container};
    containers[at].id = query->container_id;
    pod->containers = containers;
}

static const char *take_space(struct preload *p, struct slice object)
{
    struct pod_namespace space;

    if (facts_read_space(&p->reader, object, &space) < 0)
        return "it has no metadata.name";
    if (!slice_equal(space.name, p->query->namespace_name))
        return "it is of another namespace";
    pods_space_put(p->source->pods, &space);
    return NULL;
}

static const char *take_pod(struct preload *p, struct slice object)
{
    struct pod_facts facts;

    if (facts_read_pod(&p->reader, object, &facts) < 0)
        return "it has no metadata.name and metadata.namespace";
    if (!slice_equal(facts.pod.name, p->query->name) ||
        !slice_equal(facts.pod.namespace_name, p->query->namespace_name))
        return "it is of another pod";
    container_adopt(p, &facts.pod);
    return pods_put(p->source->pods, &facts) ? NULL : "there is no room for it";
}

static bool on_piece(void *owner, enum cut_piece piece, struct slice text)
{
    struct preload *p = owner;
    struct facts facts;

    if (piece != CUT_WHOLE)
        p->wrong = "it is a list";
    else if (facts_read(&p->reader, text, &facts) < 0)
        p->wrong = "it is no JSON";
    else
        p->wrong = p->is_space ? take_space(p, facts.object) : take_pod(p, facts.object);
    return false;
}

/* 0, or why it cannot be read. */
static int feed(struct preload *p, int fd)
{
    struct cut *cut = cut_new(facts_shape, on_piece, p);
    char *bytes = mem_alloc(65536);
    ssize_t count;
    int rc = 0;

    p->wrong = "it is empty or cut short";
    do {
        count = read(fd, bytes, 65536);
        if (count > 0)
            rc = cut_feed(cut, slice_make(bytes, (size_t)count));
    } while (count > 0 && rc == 0);
    if (rc == UV_EINVAL)
        p->wrong = "it is no JSON object";
    rc = count < 0 ? -errno : 0;
    mem_free(bytes);
    cut_free(&cut);
    return rc;
}

/* Where there is such a file, it is used or said to be none. */
static void load(struct source *source, const char *path, const struct pod_query *query,
                 bool is_space)
{
    struct preload p = {.source = source, .query = query, .is_space = is_space};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int rc = fd < 0 ? -errno : 0;

    if (rc == -ENOENT)
        return;
    if (rc == 0) {
        facts_reader_init(&p.reader, &source->settings.wants);
        rc = feed(&p, fd);
        facts_reader_fini(&p.reader);
        close(fd);
    }
    if (rc < 0)
        p.wrong = strerror(-rc);
    if (p.wrong != NULL)
        log_warn(source->settings.component, "%s is not used: %s; the server is asked instead",
                 path, p.wrong);
}

/* The pod that stands for its namespace, in the place of those that nobody asked for in a long time. */
static void put_names(struct source *source, const struct pod_query *query)
{
    struct pod_facts facts = {
        .pod = {.namespace_name = query->namespace_name, .name = query->name}};
    uint64_t now_ms = clock_ms();

    pods_remove_idle(source->pods, now_ms > SINGLES_IDLE_MS ? now_ms - SINGLES_IDLE_MS : 0);
    (void)pods_put(source->pods, &facts);
}

static bool is_file_name(struct slice part)
{
    return part.len > 0 && part.len <= 253 && slice_find(part, '/') == part.len &&
           part.data[0] != '.';
}

static void load_space(struct source *source, const struct pod_query *query)
{
    char *path = mem_format("%s/%.*s.namespace_meta", source->settings.keeping.preload_dir,
                            SLICE_ARG(query->namespace_name));

    load(source, path, query, true);
    mem_free(path);
}

static void load_pod(struct source *source, const struct pod_query *query)
{
    char *path = mem_format("%s/%.*s_%.*s.meta", source->settings.keeping.preload_dir,
                            SLICE_ARG(query->namespace_name), SLICE_ARG(query->name));

    load(source, path, query, false);
    mem_free(path);
}

static void look_for(struct source *source, const struct pod_query *query)
{
    bool has_folder = source->settings.keeping.preload_dir != NULL;

    if (!is_file_name(query->namespace_name) || !is_file_name(query->name))
        return;
    if (has_folder && source->syncs.wants_spaces)
        load_space(source, query);
    if (source->settings.wants.no_pods)
        put_names(source, query);
    else if (has_folder)
        load_pod(source, query);
}

static struct wish *wish_to_look_for(struct source *source)
{
    LIST_FOR (it, pods_wishes(source->pods)) {
        struct wish *wish = CONTAINER_OF(it, struct wish, link);

        if (!wish->was_looked_for)
            return wish;
    }
    return NULL;
}

/* Who is told of a pod that came may change the wishes: so one at a time. */
bool source_look(struct source *source)
{
    struct wish *wish;
    bool was_any = false;

    if (source->settings.keeping.preload_dir == NULL && !source->settings.wants.no_pods)
        return false;
    while ((wish = wish_to_look_for(source)) != NULL) {
        struct pod_query query = wish->query;

        wish->was_looked_for = true;
        look_for(source, &query);
        was_any = true;
    }
    return was_any;
}

#include "plugins/filter_kubernetes/source_self.h"

#include <fcntl.h>
#include <unistd.h>

/* Files of Kube_Meta_Preload_Cache_Dir: NAMESPACE_POD.meta has a pod, NAMESPACE.namespace_meta a
 * namespace, as the API server would send them. They take the place of asking it. */

struct preload {
    struct source *source;
    struct facts_reader reader;
    bool is_space;
};

static bool on_piece(void *owner, enum cut_piece piece, struct slice text)
{
    struct preload *p = owner;
    struct pod_namespace space;
    struct pod_facts pod;
    struct facts facts;

    if (piece != CUT_WHOLE || facts_read(&p->reader, text, &facts) < 0)
        return false;
    if (p->is_space && facts_read_space(&p->reader, facts.object, &space) == 0)
        pods_space_put(p->source->pods, &space);
    if (!p->is_space && facts_read_pod(&p->reader, facts.object, &pod) == 0)
        (void)pods_put(p->source->pods, &pod);
    return false;
}

static void feed(int fd, struct cut *cut)
{
    char *bytes = mem_alloc(65536);
    ssize_t count;

    do {
        count = read(fd, bytes, 65536);
    } while (count > 0 && cut_feed(cut, slice_make(bytes, (size_t)count)) == 0);
    mem_free(bytes);
}

static void load(struct source *source, const char *path, bool is_space)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct preload p = {.source = source, .is_space = is_space};
    struct cut *cut;

    if (fd < 0)
        return;
    facts_reader_init(&p.reader, &source->settings.wants);
    cut = cut_new(facts_shape, on_piece, &p);
    feed(fd, cut);
    cut_free(&cut);
    facts_reader_fini(&p.reader);
    close(fd);
}

static bool is_file_name(struct slice part)
{
    return part.len > 0 && part.len <= 253 && slice_find(part, '/') == part.len &&
           part.data[0] != '.';
}

static void load_pod(struct source *source, const struct pod_query *query)
{
    const char *folder = source->settings.keeping.preload_dir;
    char *path;

    if (!is_file_name(query->namespace_name) || !is_file_name(query->name))
        return;
    path = mem_format("%s/%.*s.namespace_meta", folder, SLICE_ARG(query->namespace_name));
    if (source->wants_spaces)
        load(source, path, true);
    mem_free(path);
    path = mem_format("%s/%.*s_%.*s.meta", folder, SLICE_ARG(query->namespace_name),
                      SLICE_ARG(query->name));
    load(source, path, false);
    mem_free(path);
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
void preload_wishes(struct source *source)
{
    struct wish *wish;

    if (source->settings.keeping.preload_dir == NULL)
        return;
    while ((wish = wish_to_look_for(source)) != NULL) {
        struct pod_query query = wish->query;

        wish->was_looked_for = true;
        load_pod(source, &query);
    }
}

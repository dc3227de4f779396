#include "plugins/filter_kubernetes/source_self.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/*
 *   source_take     what was kept is there at once; the first request is drawn over a few seconds
 *   on_wished       a pod is asked for that is not there: looked at when the loop turns
 *   on_turn         files of the preload folder, a sooner list, single requests
 *   source_sync.c   the server's words go into the pods
 *   source_release  the last holder's: what is known is kept for the next start
 */

/* Those that run; sources with equal settings are one. */
static struct list sources;

/* ---- this node ---- */

static bool is_node_name(const char *name)
{
    for (const char *p = name; *p != '\0'; p++)
        if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') && !(*p >= '0' && *p <= '9') &&
            *p != '-' && *p != '.')
            return false;
    return name[0] != '\0' && strlen(name) <= 253;
}

const char *source_node_name(void)
{
    static const char *const names[] = {"NODE_NAME",    "K8S_NODE_NAME", "KUBE_NODE_NAME",
                                        "MY_NODE_NAME", "HOST_NAME",     "NODENAME"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *name = getenv(names[i]);

        if (name != NULL && is_node_name(name))
            return name;
    }
    return NULL;
}

/* A pod that has files here runs here: so its node is ours. */
static void on_single(void *owner, const struct pod *pod)
{
    struct source *source = owner;
    char *node;

    keep_wish(source->keep);
    if (source->syncs.has_pods || pod->node.len == 0)
        return;
    node = mem_text_n(pod->node.data, pod->node.len);
    if (is_node_name(node)) {
        log_info(source->settings.component, "this node is %s, as its first pod says", node);
        source->node = node;
        source_sync_pods(source, SLICE(""));
    } else {
        mem_free(node);
    }
}

/* ---- what is asked for ---- */

static void turn_set(struct source *source, uint64_t at_ms)
{
    uint64_t now_ms = clock_ms();

    if (at_ms != UINT64_MAX)
        timer_start_sooner(source->turn, at_ms > now_ms ? at_ms - now_ms : 0);
}

static void on_wished(void *owner)
{
    struct source *source = owner;

    if (source->turn != NULL)
        turn_set(source, clock_ms());
}

static void on_turn(void *owner)
{
    struct source *source = owner;
    uint64_t next_ms;

    CHECK(source->refs > 0);
    (void)source_look(source);
    next_ms = pods_tick(source->pods);
    sync_wish(&source->syncs.pods, source_is_wished(source));
    singles_poke(&source->singles);
    turn_set(source, next_ms);
}

static void on_token(void *owner)
{
    struct source *source = owner;

    sync_go_on(&source->syncs.pods);
    sync_go_on(&source->syncs.spaces);
    singles_poke(&source->singles);
}

/* ---- life ---- */

int source_check(const struct source_settings *settings, char why[256])
{
    const struct source_server *server = &settings->server;
    struct kube_url url;

    why[0] = '\0';
    if (settings->node_name != NULL && !is_node_name(settings->node_name)) {
        snprintf(why, 256, "Kube_Node_Name '%.100s' is no name of a node", settings->node_name);
        return -EINVAL;
    }
    if (association_is_on(&settings->association) &&
        association_check(&settings->association, why) < 0)
        return -EINVAL;
    return server->use_kubelet ? kubelet_address(server, &url, why)
                               : kube_url_parse(server->url, &url, why);
}

/* What the last run kept, if it was of the same node. */
static void begin_kept(struct source *source, const char *node, struct buffer *version)
{
    const char *path = source->settings.keeping.keep_file;
    struct keep_head head = {.print = settings_print(&source->settings), .node = slice_of(node)};
    struct keep_what what = {.pods = source->pods,
                             .version = &source->syncs.pods.version,
                             .node = &source->node,
                             .print = head.print};
    int rc;

    if (path == NULL || path[0] == '\0')
        return;
    rc = keep_load(path, &head, source->pods);
    if (rc == -EPERM)
        log_warn(source->settings.component,
                 "%s is not read: it belongs to another user, or all may write to it", path);
    if (rc == 0) {
        if (source->node == NULL && head.node.len > 0)
            source->node = mem_text_n(head.node.data, head.node.len);
        if (keep_is_fresh(&head, clock_wall_ns()))
            buffer_append(version, head.version);
    }
    keep_head_fini(&head);
    source->keep = keep_new(source->loop, source->settings.component, path, &what);
}

static void begin_pods(struct source *source, struct slice version)
{
    if (source->settings.server.use_kubelet || source->node != NULL)
        source_sync_pods(source, version);
    else
        log_info(source->settings.component,
                 "this node's name is not known (NODE_NAME of the downward API tells it): pods are "
                 "asked for one by one until one of them says it");
}

static void begin(struct source *source)
{
    struct buffer version = {0};
    const char *node =
        source->settings.node_name != NULL ? source->settings.node_name : source_node_name();

    source->node = node != NULL ? mem_text(node) : NULL;
    begin_kept(source, node, &version);
    source->turn = timer_new(source->loop, on_turn, source);
    if (!source->settings.wants.no_pods)
        begin_pods(source, buffer_view(&version));
    if (source->syncs.wants_spaces)
        source_sync_spaces(source);
    buffer_fini(&version);
    source_way_set(source);
}

static struct source *source_new(struct loop *loop, const struct source_settings *settings)
{
    struct source *source = mem_zalloc(1, sizeof *source);
    const struct source_wants *wants = &settings->wants;

    source->loop = loop;
    source->refs = 1;
    CHECK(!wants->no_pods || wants->namespace_labels || wants->namespace_annotations);
    source->settings = settings_copied(settings);
    source->syncs.wants_spaces = wants->namespace_labels || wants->namespace_annotations;
    source->pods = pods_new(source->syncs.wants_spaces, on_wished, source);
    wire_open(&source->wire, loop, &source->settings);
    source->wire.login.came = on_token;
    source->wire.login.owner = source;
    sync_init(&source->syncs.pods, &source->wire, &source->settings.wants);
    sync_init(&source->syncs.spaces, &source->wire, &source->settings.wants);
    if (association_is_on(&source->settings.association))
        source->association = association_new(&source->wire, &source->settings.association);
    singles_init(&source->singles, &source->wire, &source->settings, source->pods);
    source->singles.came = on_single;
    source->singles.owner = source;
    begin(source);
    return source;
}

static void source_free(struct source *source)
{
    CHECK(source->refs == 0 && !list_is_linked(&source->link));
    timer_free(&source->turn);
    keep_free(&source->keep);
    singles_fini(&source->singles);
    sync_stop(&source->syncs.pods);
    sync_stop(&source->syncs.spaces);
    association_free(&source->association);
    wire_close(&source->wire);
    pods_free(&source->pods);
    settings_free_copied(&source->settings);
    mem_free(source->syncs.selector);
    mem_free(source->node);
    mem_free(source);
}

struct source *source_take(struct loop *loop, const struct source_settings *settings, char why[256])
{
    struct source *source;

    if (source_check(settings, why) < 0)
        return NULL;
    if (sources.next == NULL)
        list_init(&sources);
    LIST_FOR (it, &sources) {
        source = CONTAINER_OF(it, struct source, link);
        if (source->loop != loop || !settings_are(&source->settings, settings))
            continue;
        source->refs++;
        return source;
    }
    source = source_new(loop, settings);
    list_add_tail(&sources, &source->link);
    return source;
}

void source_release(struct source **address)
{
    struct source *source = *address;

    *address = NULL;
    if (source == NULL)
        return;
    CHECK(source->refs > 0);
    if (--source->refs > 0)
        return;
    list_remove(&source->link);
    source_free(source);
}

struct pods *source_pods(struct source *source)
{
    return source->pods;
}

struct association *source_association(struct source *source)
{
    return source->association;
}

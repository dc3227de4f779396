#include "service/upstream.h"

#include "plugin/plugin.h"

#include <strings.h>

#define OF_FORWARD "It belongs to the forward protocol."

#define S struct output_keys
static const struct option node_options[] = {
    OPTION_TEXT(S, alias, "name", NULL, 0, "What the node is called."),
    OPTION_TEXT(S, host, "host", NULL, OPTION_REQUIRED, "Name or address of the node."),
    OPTION_INT(S, port, "port", NULL, OPTION_REQUIRED, "Its port."),
    OPTION_BOOL(S, tls.is_on, "tls", "off", 0, "Speak TLS."),
    OPTION_BOOL(S, tls.made.verify, "tls.verify", "on", 0, "Verify the node's certificate."),
    OPTION_BOOL(S, tls.made.verify_hostname, "tls.verify_hostname", "on", 0, "And its name."),
    OPTION_TEXT(S, tls.vhost, "tls.vhost", NULL, 0, "Name to ask for and to verify instead."),
    OPTION_TEXT(S, tls.ca_file, "tls.ca_file", NULL, 0, "Certificates to trust."),
    OPTION_TEXT(S, tls.ca_path, "tls.ca_path", NULL, 0, "Folder of certificates to trust."),
    OPTION_TEXT(S, tls.crt_file, "tls.crt_file", NULL, 0, "Our own certificate."),
    OPTION_TEXT(S, tls.key_file, "tls.key_file", NULL, 0, "Its key."),
    OPTION_TEXT(S, tls.key_passwd, "tls.key_passwd", NULL, OPTION_SECRET, "The key's password."),
    OPTION_IGNORED("tls.debug", "Set Log_Level to debug."),
    OPTION_IGNORED("shared_key", OF_FORWARD),
    OPTION_IGNORED("username", OF_FORWARD),
    OPTION_IGNORED("password", OF_FORWARD),
    OPTION_END,
};
#undef S

/* ---- the keys of the plugin that a node has ---- */

/* What is a node's key and the output's alike is the node's place; what stands in for nodes is no
 * node's. */
static bool is_own(const struct output_plugin *plugin, const char *key)
{
    static const char *const outputs[] = {"upstream", "cloud_id"};

    for (size_t i = 0; i < ARRAY_LEN(outputs); i++)
        if (slice_is_nocase(slice_of(key), outputs[i]))
            return false;
    return option_find(node_options, key) == NULL && option_find(plugin->options, key) != NULL;
}

/* All nodes are signed for alike. */
static bool owns_check(const struct section *node, const struct output_plugin *plugin,
                       struct report *report)
{
    bool is_well = true;

    for (size_t i = 0; i < node->property_count; i++) {
        const struct property *p = &node->properties[i];

        if (!is_own(plugin, p->key) || strncasecmp(p->key, "aws_", 4) != 0)
            continue;
        report_error(report, p->place, "'%s' cannot be one node's: set it in the output", p->key);
        is_well = false;
    }
    return is_well;
}

/* Those properties of a node that are the plugin's, or those that are not. */
static struct property *node_share(const struct section *node, const struct output_plugin *plugin,
                                   bool of_plugin, size_t *count_out)
{
    struct property *share = mem_zalloc(node->property_count + 1, sizeof *share);

    *count_out = 0;
    for (size_t i = 0; i < node->property_count; i++)
        if (is_own(plugin, node->properties[i].key) == of_plugin)
            share[(*count_out)++] = node->properties[i];
    return share;
}

/* What a variable leaves empty is not given by the node, either. */
static bool is_said(const struct section *node, const char *key, const struct option *option)
{
    const struct property *p = section_find(node, key, NULL);

    return p != NULL && (p->value[0] != '\0' || !(option->flags & OPTION_NOT_EMPTY));
}

/* What means nothing was said when the output was made. */
static bool is_for_node(const struct section *node, const char *key,
                        const struct output_plugin *plugin)
{
    const struct option *option = option_find(plugin->options, key);

    return option != NULL && !(option->flags & OPTION_NO_MEANING) && !is_said(node, key, option);
}

/* And the output's behind them, where the node does not say otherwise. */
static struct property *with_outputs(struct property *own, const struct section *node,
                                     const struct section *output,
                                     const struct output_plugin *plugin, size_t *count)
{
    own = mem_resize(own, *count + output->property_count + 1, sizeof *own);
    for (size_t i = 0; i < output->property_count; i++)
        if (is_for_node(node, output->properties[i].key, plugin))
            own[(*count)++] = output->properties[i];
    return own;
}

static bool self_init(struct upstream *u, size_t at, const struct property_list *keys,
                      const struct plugin_setup *setup)
{
    struct option_target target = {u->plugin->options, NULL};
    struct plugin_setup own = *setup;

    u->selves[at] = mem_zalloc(1, u->plugin->self_bytes);
    u->has_selves = true;
    target.self = u->selves[at];
    own.place = keys->place;
    own.properties = keys->items;
    own.property_count = keys->count;
    own.http = &u->settings[at];
    own.tls = &u->keys[at].tls.made;
    if (options_bind(&target, 1, keys, setup->report) < 0)
        return false;
    return u->plugin->init == NULL || u->plugin->init(u->selves[at], &own) == 0;
}

static bool self_bind(struct upstream *u, size_t at, const struct section *node,
                      const struct section *output, const struct plugin_setup *setup)
{
    struct property_list keys = {.owner = u->plugin->name, .place = node->place};
    struct property *items = node_share(node, u->plugin, true, &keys.count);
    bool is_well = owns_check(node, u->plugin, setup->report);

    if (keys.count > 0 && is_well) {
        items = with_outputs(items, node, output, u->plugin, &keys.count);
        keys.items = items;
        is_well = self_init(u, at, &keys, setup);
    }
    mem_free(items);
    return is_well;
}

/* ---- nodes ---- */

static bool place_bind(struct output_keys *keys, const struct section *node,
                       const struct output_plugin *plugin, struct report *report)
{
    struct option_target target = {node_options, keys};
    struct property_list properties = section_properties(node, "this node");
    struct property *share = node_share(node, plugin, false, &properties.count);
    int rc;

    properties.items = share;
    properties.is_lenient = true;
    rc = options_bind(&target, 1, &properties, report);
    mem_free(share);
    if (rc < 0)
        return false;
    if (keys->port >= 1 && keys->port <= UINT16_MAX)
        return true;
    report_error(report, section_place(node, "port"), "port is %lld; ports go from 1 to 65535",
                 (long long)keys->port);
    return false;
}

static size_t nodes_count(const struct section *output)
{
    const struct section *node = NULL;
    size_t count = 0;

    while ((node = section_group(output, "nodes", node)) != NULL)
        count++;
    return count;
}

static struct http_settings settings_of(struct output_keys *keys,
                                        const struct http_settings *in_common)
{
    struct http_settings settings = *in_common,
                         own = output_http(keys, in_common->component, in_common->port);

    settings.host = own.host;
    settings.port = own.port;
    settings.tls = own.tls;
    return settings;
}

bool upstream_bind(struct upstream *u, const struct section *output,
                   const struct output_plugin *plugin, const struct plugin_setup *setup,
                   const struct http_settings *in_common)
{
    size_t count = nodes_count(output);
    const struct section *node = NULL;
    bool is_well = true;

    CHECK(u->count == 0);
    if (count > UPSTREAM_NODES_MAX) {
        report_error(setup->report, section_place(output, "upstream"),
                     "an upstream has %d nodes at most", UPSTREAM_NODES_MAX);
        return false;
    }
    if (count == 0)
        return true;
    u->plugin = plugin;
    u->keys = mem_zalloc(count, sizeof *u->keys);
    u->settings = mem_zalloc(count, sizeof *u->settings);
    u->selves = mem_zalloc(count, sizeof *u->selves);
    while ((node = section_group(output, "nodes", node)) != NULL) {
        size_t at = u->count++;

        is_well &= place_bind(&u->keys[at], node, plugin, setup->report);
        u->settings[at] = settings_of(&u->keys[at], in_common);
        is_well &= self_bind(u, at, node, output, setup);
    }
    CHECK(u->count == count);
    return is_well;
}

static void self_free(const struct output_plugin *plugin, void *self)
{
    if (self == NULL)
        return;
    if (plugin->fini != NULL)
        plugin->fini(self);
    options_fini(plugin->options, self);
    mem_free(self);
}

void upstream_fini(struct upstream *upstream)
{
    for (size_t i = 0; i < upstream->count; i++) {
        self_free(upstream->plugin, upstream->selves[i]);
        options_fini(node_options, &upstream->keys[i]);
    }
    mem_free(upstream->keys);
    mem_free(upstream->settings);
    mem_free(upstream->selves);
    *upstream = (struct upstream){0};
}

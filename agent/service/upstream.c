#include "service/upstream.h"

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

static bool node_bind(struct output_keys *keys, const struct section *node, struct report *report)
{
    struct option_target target = {node_options, keys};
    struct property_list properties = section_properties(node, "this node");

    if (options_bind(&target, 1, &properties, report) < 0)
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

bool upstream_bind(struct upstream *upstream, const struct section *output,
                   const struct http_settings *in_common, struct report *report)
{
    size_t count = nodes_count(output);
    const struct section *node = NULL;
    bool is_well = true;

    CHECK(upstream->count == 0);
    if (count > UPSTREAM_NODES_MAX) {
        report_error(report, section_place(output, "upstream"), "an upstream has %d nodes at most",
                     UPSTREAM_NODES_MAX);
        return false;
    }
    if (count == 0)
        return true;
    upstream->keys = mem_zalloc(count, sizeof *upstream->keys);
    upstream->settings = mem_zalloc(count, sizeof *upstream->settings);
    while ((node = section_group(output, "nodes", node)) != NULL) {
        size_t at = upstream->count++;

        is_well &= node_bind(&upstream->keys[at], node, report);
        upstream->settings[at] = settings_of(&upstream->keys[at], in_common);
    }
    CHECK(upstream->count == count);
    return is_well;
}

void upstream_fini(struct upstream *upstream)
{
    for (size_t i = 0; i < upstream->count; i++)
        options_fini(node_options, &upstream->keys[i]);
    mem_free(upstream->keys);
    mem_free(upstream->settings);
    *upstream = (struct upstream){0};
}

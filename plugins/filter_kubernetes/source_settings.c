#include "plugins/filter_kubernetes/source_self.h"

/* ---- texts ---- */

static const size_t texts[] = {
    offsetof(struct source_settings, node_name),
    offsetof(struct source_settings, server.url),
    offsetof(struct source_settings, server.ca_file),
    offsetof(struct source_settings, server.ca_path),
    offsetof(struct source_settings, server.vhost),
    offsetof(struct source_settings, server.kubelet_host),
    offsetof(struct source_settings, login.token_file),
    offsetof(struct source_settings, login.token_command),
    offsetof(struct source_settings, keeping.preload_dir),
    offsetof(struct source_settings, keeping.keep_file),
    offsetof(struct source_settings, association.host),
    offsetof(struct source_settings, association.path),
    offsetof(struct source_settings, association.preload),
    offsetof(struct source_settings, association.ca_file),
    offsetof(struct source_settings, association.crt_file),
    offsetof(struct source_settings, association.key_file),
    offsetof(struct source_settings, association.platform),
};

static char **text_at(struct source_settings *settings, size_t i)
{
    return (char **)(void *)((char *)settings + texts[i]);
}

static char *const *text_in(const struct source_settings *settings, size_t i)
{
    return (char *const *)(const void *)((const char *)settings + texts[i]);
}

struct source_settings settings_copied(const struct source_settings *settings)
{
    struct source_settings copy = *settings;

    copy.component = mem_text(settings->component);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (*text_at(&copy, i) != NULL)
            *text_at(&copy, i) = mem_text(*text_at(&copy, i));
    return copy;
}

void settings_free_copied(struct source_settings *settings)
{
    mem_free((void *)(uintptr_t)settings->component);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        mem_free(*text_at(settings, i));
}

/* ---- equal settings ---- */

static bool text_is(const char *a, const char *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

static bool wants_are(const struct source_wants *a, const struct source_wants *b)
{
    return a->labels == b->labels && a->annotations == b->annotations && a->owners == b->owners &&
           a->namespace_labels == b->namespace_labels &&
           a->namespace_annotations == b->namespace_annotations && a->no_pods == b->no_pods &&
           a->annotation_prefixes == b->annotation_prefixes;
}

static bool server_is(const struct source_server *a, const struct source_server *b)
{
    return a->verify == b->verify && a->verify_hostname == b->verify_hostname &&
           a->dns_retries == b->dns_retries && a->dns_wait_ms == b->dns_wait_ms &&
           a->use_kubelet == b->use_kubelet && a->kubelet_port == b->kubelet_port;
}

static bool association_is(const struct association_settings *a,
                           const struct association_settings *b)
{
    return association_is_on(a) == association_is_on(b) && a->port == b->port &&
           a->every_s == b->every_s && a->ttl_s == b->ttl_s && a->verify == b->verify;
}

bool settings_are(const struct source_settings *a, const struct source_settings *b)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (!text_is(*text_in(a, i), *text_in(b, i)))
            return false;
    return wants_are(&a->wants, &b->wants) && server_is(&a->server, &b->server) &&
           association_is(&a->association, &b->association) &&
           a->login.token_ttl_ms == b->login.token_ttl_ms &&
           a->keeping.pod_ttl_ms == b->keeping.pod_ttl_ms &&
           a->keeping.namespace_ttl_ms == b->keeping.namespace_ttl_ms;
}

uint64_t settings_print(const struct source_settings *settings)
{
    const struct source_wants *wants = &settings->wants;
    struct buffer text = {0};
    uint64_t print;

    buffer_append_format(&text, "%s %d%d%d%d%d%d",
                         settings->server.use_kubelet ? settings->server.kubelet_host
                                                      : settings->server.url,
                         settings->server.use_kubelet, wants->labels, wants->annotations,
                         wants->owners, wants->namespace_labels, wants->namespace_annotations);
    if (wants->no_pods)
        buffer_append_text(&text, " names");
    for (const char *const *p = wants->annotation_prefixes; p != NULL && *p != NULL; p++)
        buffer_append_format(&text, " %s", *p);
    print = slice_hash(buffer_view(&text));
    buffer_fini(&text);
    return print;
}

#include "plugins/filter_kubernetes/trust.h"

#include "plugins/filter_kubernetes/url.h"

struct trust {
    const struct plugin_setup *setup;
    const char *const (*names)[2]; /* of http_tls, and of the section; ends with NULL */
};

static const char *const server_names[][2] = {
    {"ca_file", "kube_ca_file"},
    {"ca_path", "kube_ca_path"},
    {NULL, NULL},
};

static const char *const association_names[][2] = {
    {"ca_file", "aws_pod_association_host_server_ca_file"},
    {"crt_file", "aws_pod_association_host_client_cert_file"},
    {"key_file", "aws_pod_association_host_client_key_file"},
    {NULL, NULL},
};

static void tell(void *owner, const struct http_tls_fault *fault)
{
    const struct trust *trust = owner;
    const char *const(*name)[2] = trust->names;

    while ((*name)[0] != NULL && strcmp((*name)[0], fault->key) != 0)
        name++;
    CHECK((*name)[0] != NULL);
    report_warn(trust->setup->report, setup_place(trust->setup, (*name)[1]),
                "%s: %s '%s': %s; until that is mended nothing is asked with it",
                trust->setup->name, (*name)[1], fault->value, fault->trouble);
}

/* What the section gives; a default is where it is only in a pod. */
static const char *given(const struct plugin_setup *setup, const char *key, const char *value)
{
    bool is_empty = value == NULL || value[0] == '\0';

    if (is_empty || strcmp(value, TRUST_OWN_CA_FILE) == 0)
        return NULL;
    for (size_t i = 0; i < setup->property_count; i++)
        if (slice_is_nocase(slice_of(setup->properties[i].key), key))
            return value;
    return NULL;
}

static void server_tell(const struct source_server *server, const struct plugin_setup *setup)
{
    struct trust trust = {setup, server_names};
    struct http_tls tls = {
        .verify = server->verify,
        .ca_file = given(setup, "kube_ca_file", server->ca_file),
        .ca_path = given(setup, "kube_ca_path", server->ca_path),
    };
    struct kube_url url;
    char why[256];
    int rc = server->use_kubelet ? kubelet_address(server, &url, why)
                                 : kube_url_parse(server->url, &url, why);

    if (rc == 0 && url.is_tls)
        (void)http_tls_faults(&tls, tell, &trust);
}

static void association_tell(const struct association_settings *a, const struct plugin_setup *setup)
{
    struct trust trust = {setup, association_names};
    struct http_tls tls = {
        .verify = a->verify,
        .ca_file = given(setup, association_names[0][1], a->ca_file),
        .crt_file = given(setup, association_names[1][1], a->crt_file),
        .key_file = given(setup, association_names[2][1], a->key_file),
    };

    /* One of the two may be the default, which is not looked at. */
    if (tls.crt_file == NULL || tls.key_file == NULL)
        tls.crt_file = tls.key_file = NULL;
    (void)http_tls_faults(&tls, tell, &trust);
}

void trust_tell(const struct source_settings *settings, const struct plugin_setup *setup)
{
    server_tell(&settings->server, setup);
    if (association_is_on(&settings->association))
        association_tell(&settings->association, setup);
}

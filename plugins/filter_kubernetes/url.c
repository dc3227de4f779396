#include "plugins/filter_kubernetes/url.h"

#include <errno.h>
#include <stdio.h>

static int refuse(const char *text, const char *reason, char why[256])
{
    snprintf(why, 256, "Kube_URL %.100s: %s", text, reason);
    return -EINVAL;
}

static bool take_scheme(struct slice *rest, bool *is_tls)
{
    static const struct slice https = {"https://", 8}, http = {"http://", 7};

    *is_tls = slice_begins(*rest, https);
    if (!*is_tls && !slice_begins(*rest, http))
        return false;
    *rest = slice_skip(*rest, *is_tls ? https.len : http.len);
    return true;
}

/* "[2001:db8::1]:443" or "name:443"; `rest` goes on at the colon. */
static struct slice take_host(struct slice *rest)
{
    bool is_bracketed = rest->len > 0 && rest->data[0] == '[';
    struct slice host = is_bracketed ? slice_skip(*rest, 1) : *rest;

    host.len = slice_find(host, is_bracketed ? ']' : ':');
    *rest = slice_skip(*rest, host.len + (is_bracketed ? 2 : 0));
    return host;
}

static bool take_port(struct slice text, uint16_t *port)
{
    unsigned long number = 0;

    if (text.len == 0)
        return true;
    if (text.data[0] != ':' || text.len < 2 || text.len > 6)
        return false;
    for (size_t i = 1; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        number = number * 10 + (unsigned long)(text.data[i] - '0');
    }
    *port = (uint16_t)number;
    return number > 0 && number <= UINT16_MAX;
}

int kubelet_address(const struct source_server *server, struct kube_url *out, char why[256])
{
    struct slice host = slice_of(server->kubelet_host);
    bool is_plain = slice_begins(host, SLICE("http://"));

    host = slice_skip(host, is_plain ? strlen("http://") : 0);
    *out = (struct kube_url){.port = (uint16_t)server->kubelet_port, .is_tls = !is_plain};
    if (host.len == 0 || host.len >= sizeof out->host) {
        snprintf(why, 256, "Kubelet_Host '%.100s' is no host", server->kubelet_host);
        return -EINVAL;
    }
    if (server->kubelet_port <= 0 || server->kubelet_port > UINT16_MAX) {
        snprintf(why, 256, "Kubelet_Port is no port");
        return -EINVAL;
    }
    memcpy(out->host, host.data, host.len);
    return 0;
}

int kube_url_parse(const char *text, struct kube_url *out, char why[256])
{
    struct slice rest = slice_trim(slice_of(text)), host, port;

    *out = (struct kube_url){0};
    if (!take_scheme(&rest, &out->is_tls))
        return refuse(text, "it begins neither with https:// nor with http://", why);
    if (slice_ends(rest, SLICE("/")))
        rest.len--;
    if (slice_find(rest, '/') != rest.len)
        return refuse(text, "a path is not supported", why);
    port = rest;
    host = take_host(&port);
    if (host.len == 0 || host.len >= sizeof out->host)
        return refuse(text, "there is no host", why);
    memcpy(out->host, host.data, host.len);
    out->port = out->is_tls ? 443 : 80;
    if (!take_port(port, &out->port))
        return refuse(text, "the port is none", why);
    return 0;
}

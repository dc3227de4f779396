/*
 * Whether requests to a host go through a proxy, and through which. Inside of http/. Pure but for
 * the environment.
 *
 *   settings.proxy            always
 *   proxy_env_ignore          never
 *   NO_PROXY has the host     not
 *   plain                     http_proxy, HTTP_PROXY
 *   TLS                       https_proxy, HTTPS_PROXY, http_proxy, HTTP_PROXY
 *
 * The first that is set and not empty counts. NO_PROXY (or no_proxy) lists, between commas or
 * blanks: * for all, names, which stand for their subdomains too, addresses, and networks such as
 * 10.0.0.0/8. A name or an address may end in :port and then is meant for this port only.
 */
#ifndef TAILRACE_HTTP_PROXY_H
#define TAILRACE_HTTP_PROXY_H

#include "http/http.h"

struct proxy {
    char *url;  /* with a port; "" for none */
    char *host; /* NULL for none */
    uint16_t port;
};

/* -EINVAL with `why`, without the proxy's password, when what is set is no proxy. */
MUST_USE int proxy_find(const struct http_settings *s, struct proxy *proxy, char why[256]);
void proxy_fini(struct proxy *proxy);

bool proxy_is_excepted(const char *no_proxy, const char *host, uint16_t port);

#endif

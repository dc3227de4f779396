/*
 * A client's own copy of its settings, and whether they can be used. Inside of http/.
 *
 * Life     settings_copy -> settings_free. Thread: the loop.
 */
#ifndef TAILRACE_HTTP_SETTINGS_H
#define TAILRACE_HTTP_SETTINGS_H

#include "http/http.h"
#include "http/limits.h"

struct http_own_settings {
    struct http_settings s; /* its tls points to the one below, or is NULL */
    struct http_tls tls;
    struct call_limits limits;
};

/* Every text is copied; what is 0 becomes its default. */
void settings_copy(struct http_own_settings *own, const struct http_settings *from);
void settings_free(struct http_own_settings *own);

/* -EINVAL with `why` in words: a host, a port or an address that is none, or files of TLS that
 * cannot be used. Reads the files. */
MUST_USE int settings_check(const struct http_settings *s, char why[256]);

#endif

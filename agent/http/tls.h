/*
 * TLS as configured: whether it can be used, and how curl is told. Inside of http/.
 *
 * The chain is verified against ca_file or ca_path, or against the system's authorities where
 * neither is given, never against both; the name is verified unless told otherwise. TLS 1.2 is the
 * least, unless min_version says less. curl reads the files again for new connections, authorities
 * every few minutes, so renewed ones need no restart.
 */
#ifndef TAILRACE_HTTP_TLS_H
#define TAILRACE_HTTP_TLS_H

#include "http/http.h"

/* Reads the files. -EINVAL with `why` when a version is unknown or a file cannot be used. */
MUST_USE int tls_check(const struct http_tls *tls, char why[256]);

/* Sets the options of a handle of curl's; the settings were checked. */
void tls_apply(const struct http_tls *tls, void *easy);

#endif

/*
 * Values of the Authorization header, and the Elastic Cloud's way of naming a host. Pure. What
 * these functions write is secret: it goes into a request, never into the log.
 */
#ifndef TAILRACE_HTTP_AUTH_H
#define TAILRACE_HTTP_AUTH_H

#include "base/buffer.h"

/* Each appends a value. A password of NULL is an empty one. */
void http_auth_basic(struct buffer *out, const char *user, const char *password);
void http_auth_basic_pair(struct buffer *out, const char *user_colon_password);
void http_auth_bearer(struct buffer *out, const char *token);

/* The key as Elasticsearch hands it out: encoded, or "id:api_key", which is encoded here. */
void http_auth_api_key(struct buffer *out, const char *key);

/* "name:base64(host[:port]$elasticsearch[:port]$kibana)": fills the host, to be freed, and the
 * port, 443 where none is said. -EINVAL when it is not like that; nothing is filled then. */
MUST_USE int http_cloud_id_decode(const char *cloud_id, char **host_out, uint16_t *port_out);

#endif

/*
 * Inside of the es and opensearch outputs, which are one plugin in two flavours.
 *
 *   es.c         the options, and what is made of them at start
 *   es_login.c   what is made of those that say who we are
 *   es_encode.c  bodies
 *   es_action.c  the line before each document
 *   es_id.c      its id
 *   es_dots.c    Replace_Dots
 *   es_text.c    what was refused, as text
 *   es_judge.c   answers
 *
 * All of struct out_es is constant once init has run, so encodes may overlap.
 */
#ifndef TAILRACE_PLUGINS_OUT_ES_H
#define TAILRACE_PLUGINS_OUT_ES_H

#include "plugin/plugin.h"

enum es_operation {
    ES_CREATE,
    ES_INDEX,
    ES_UPDATE,
    ES_UPSERT,
    ES_OPERATIONS, /* how many */
};

/* Where a document goes. */
struct es_index {
    char *name; /* Index: a text, with strftime's directives or accessors */
    bool is_logstash;
    char *prefix;
    char *prefix_separator;
    char *prefix_key;
    char *date_format;
    bool is_current_time;
    struct accessor *name_accessor; /* NULL where the name has no $ */
    struct accessor *prefix_accessor;
};

/* What stands in a document besides the record. */
struct es_document {
    char *time_key;
    char *time_format;
    bool has_nanos;
    bool has_tag;
    char *tag_key;
    bool replace_dots;
    bool is_iso; /* time_format is the default, which is rendered faster */
};

/* Which id it gets. */
struct es_identity {
    bool is_stable; /* from the file and the offset */
    bool is_generated;
    char *key;
    struct accessor *key_accessor;
};

/* What becomes of a document that was refused for its content. */
struct es_refused {
    bool is_sent_as_text;
    char *text_key;
    char *reason_key;
};

struct es_login {
    char *user;
    char *password;
    char *api_key;
    char *bearer_token;
    char *cloud_id;
    char *cloud_auth;
    struct buffer authorization; /* the header's value, or empty */
};

/* Requests that are signed for AWS. */
struct es_signing {
    bool is_on;
    char *region;
    char *service; /* es, aoss */
    char *role_arn;
    char *external_id;
    char *sts_endpoint;
    char *profile;
    char *host_region; /* that the host's name says */
    struct aws_signer_settings settings;
};

/* What stands before each document, and in the request's address. */
struct es_bulk {
    int operation; /* enum es_operation */
    char *type;
    bool suppress_type;
    char *pipeline;
};

/* Where requests go, and how they are packed. */
struct es_sending {
    char *host;     /* of the Cloud_ID */
    char *upstream; /* the service reads it */
    char *path;
    char *url; /* path and query of the bulk request */
    char *compress;
    bool is_gzip;
    struct http_settings http;
};

struct out_es {
    struct es_index index;
    struct es_document document;
    struct es_identity identity;
    struct es_refused refused;
    struct es_bulk bulk;
    struct es_sending sending;
    struct es_login login;
    struct es_signing signing;
    const char *component;
    bool trace_error;
    bool trace_output;
};

/* Takes what was bound apart; negative: the report says what is wrong. */
MUST_USE int es_login_init(struct out_es *es, struct plugin_setup *setup);
void es_login_fini(struct out_es *es);

/* Whether bodies are compressed as they are written, and never whole in memory. */
bool es_is_packed(const void *self);

MUST_USE int es_encode(const void *self, struct batch *batch, struct http_request *request);

enum verdict es_judge(void *self, const struct http_reply *reply, struct verdicts *verdicts,
                      char why[256]);

#endif

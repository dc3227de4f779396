/*
 * Where keys are to be had: decided from the configuration, the environment and AWS's shared files,
 * before anybody is asked. Pure.
 *
 * The first of these that is configured is the base:
 *
 *   configuration       an address that answers as a container's does (credentials_url)
 *   environment         AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; one without the other is a mistake
 *   profile             of the shared files: role_arn with source_profile, credential_source or
 *                       web_identity_token_file; keys; credential_process
 *   web identity        AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN (EKS: IRSA)
 *   container           AWS_CONTAINER_CREDENTIALS_RELATIVE_URI (ECS) or _FULL_URI (EKS Pod Identity)
 *   instance metadata   unless AWS_EC2_METADATA_DISABLED is true
 *
 * What is configured and fails is tried again; nothing below it is asked instead, so that nobody logs
 * in as somebody else because a file was missing for a moment. On the base stand hops: roles that are
 * assumed one after the other, those of profiles first, the configuration's last.
 *
 * Source: how AWS's SDKs look for credentials (the common run-time's order, which is Fluent Bit's).
 */
#ifndef TAILRACE_AWS_PLAN_H
#define TAILRACE_AWS_PLAN_H

#include "aws/endpoint.h"
#include "aws/keys.h"
#include "aws/profile.h"
#include "base/arena.h"

#define AWS_HOPS_MAX 5

enum aws_base {
    AWS_BASE_KEYS, /* at hand */
    AWS_BASE_PROCESS,
    AWS_BASE_WEB_IDENTITY,
    AWS_BASE_CONTAINER,
    AWS_BASE_METADATA,
};

/* What the configuration says; NULL where it does not. */
struct aws_wish {
    const char *profile;
    const char *region;
    const char *role_arn;
    const char *external_id;
    const char *sts_endpoint;
    const char *credentials_url; /* asked for keys instead of whatever else there is */
};

struct aws_known {
    struct aws_wish wish;
    aws_env_fn *env;
    struct aws_files files;
};

/* A role to be assumed with the keys so far. */
struct aws_hop {
    const char *role_arn;
    const char *external_id; /* NULL: none */
    const char *session_name;
};

struct aws_container {
    const char *url;
    const char *token;      /* the value of Authorization; NULL: none */
    const char *token_file; /* read anew each time; goes before the token */
};

struct aws_metadata {
    const char *url; /* without a path */
    bool may_be_v1;  /* ask without a token where it knows none */
};

/* What a base is made of; of one the others are empty. */
struct aws_base_parts {
    struct aws_keys_text keys;
    const char *command;
    const char *token_file; /* of a web identity; its role is the first hop */
    struct aws_container container;
};

struct aws_plan {
    struct arena arena; /* holds the texts, but for those of keys and tokens, which are lent */
    enum aws_base base;
    struct aws_base_parts parts;
    struct aws_metadata metadata; /* for the region too */
    bool has_metadata;
    const char *origin; /* in words */
    struct aws_hop hops[AWS_HOPS_MAX];
    unsigned hop_count;
    unsigned profile_depth; /* while it is made */
    const char *region;     /* NULL: ask the metadata */
    const char *sts_endpoint;
    struct aws_flavour flavour;
};

/* Texts of `known` are lent until aws_plan_fini. -EINVAL with `why` where what is configured cannot
 * be, or where there is nothing. aws_plan_fini also after a failure. */
MUST_USE int aws_plan_make(struct aws_plan *plan, const struct aws_known *known, char why[256]);
void aws_plan_fini(struct aws_plan *plan);

/* Where the instance's metadata is, by the environment; false: AWS_EC2_METADATA_DISABLED forbids to
 * ask. The texts are lent by the environment. */
bool aws_metadata_find(aws_env_fn *env, struct aws_metadata *out);

/* The profile that is meant: the configuration's, AWS_PROFILE, AWS_DEFAULT_PROFILE, or "default". */
const char *aws_profile_name(const struct aws_wish *wish, aws_env_fn *env);

/* Whether a container's credentials may be asked for at this address without TLS: only on this machine
 * or where AWS's agents are. */
bool aws_container_may_ask(const struct aws_address *address);

#endif

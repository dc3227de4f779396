#include "aws/plan.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <strings.h>

#define ECS_HOST "http://169.254.170.2"
#define METADATA_IPV4 "http://169.254.169.254"
#define METADATA_IPV6 "http://[fd00:ec2::254]"
#define SESSION_NAME "tailrace"
#define SESSION_NAME_BYTES_MAX 64

/* 1: this is the base. 0: not configured, look on. Negative: configured, and wrong. */
typedef int base_fn(struct aws_plan *plan, const struct aws_known *known, char why[256]);

/* ---- reading what is known ---- */

/* A variable that is empty is one that is not set. */
static const char *env_of(const struct aws_known *known, const char *name)
{
    const char *value = known->env(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool env_is_true(const struct aws_known *known, const char *name)
{
    const char *value = env_of(known, name);

    return value != NULL && strcasecmp(value, "true") == 0;
}

static const char *first_of(const char *a, const char *b)
{
    return a != NULL && a[0] != '\0' ? a : b;
}

const char *aws_profile_name(const struct aws_wish *wish, aws_env_fn *env)
{
    return first_of(wish->profile,
                    first_of(env("AWS_PROFILE"), first_of(env("AWS_DEFAULT_PROFILE"), "default")));
}

static struct slice profile_slice(const struct aws_known *known, const char *profile,
                                  const char *key)
{
    return aws_profile_get(&known->files, slice_of(profile), key);
}

/* A copy in the plan's arena; NULL where the profile has no such key. */
static const char *profile_text(struct aws_plan *plan, const struct aws_known *known,
                                const char *profile, const char *key)
{
    struct slice value = profile_slice(known, profile, key);

    return value.len > 0 ? arena_copy(&plan->arena, value).data : NULL;
}

static int mistake(char why[256], const char *format, const char *what)
{
    char text[512];

    snprintf(text, sizeof text, format, what);
    snprintf(why, 256, "%.255s", text);
    return -EINVAL;
}

/* ---- hops ---- */

static const char *session_name(const char *name)
{
    size_t len = name != NULL ? strlen(name) : 0;

    return len >= 2 && len <= SESSION_NAME_BYTES_MAX ? name : SESSION_NAME;
}

static int hop_add(struct aws_plan *plan, struct aws_hop hop, char why[256])
{
    CHECK(plan->hop_count <= AWS_HOPS_MAX);
    if (plan->hop_count == AWS_HOPS_MAX)
        return mistake(why, "more than %s roles are assumed one after the other", "five");
    hop.session_name = session_name(hop.session_name);
    plan->hops[plan->hop_count++] = hop;
    return 0;
}

/* ---- the environment ---- */

static int env_keys(struct aws_plan *plan, const struct aws_known *known, char why[256])
{
    const char *id = env_of(known, "AWS_ACCESS_KEY_ID");
    const char *secret = env_of(known, "AWS_SECRET_ACCESS_KEY");

    if (id == NULL && secret == NULL)
        return 0;
    if (id == NULL || secret == NULL)
        return mistake(why, "%s is not set, but the other half of the pair is",
                       id == NULL ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY");
    plan->base = AWS_BASE_KEYS;
    plan->origin = "the environment";
    plan->parts.keys = (struct aws_keys_text){
        .id = slice_trim(slice_of(id)),
        .secret = slice_trim(slice_of(secret)),
        .token = slice_trim(slice_of(env_of(known, "AWS_SESSION_TOKEN"))),
    };
    return 1;
}

static int env_web_identity(struct aws_plan *plan, const struct aws_known *known, char why[256])
{
    const char *file = env_of(known, "AWS_WEB_IDENTITY_TOKEN_FILE");
    struct aws_hop hop = {.role_arn = env_of(known, "AWS_ROLE_ARN"),
                          .session_name = env_of(known, "AWS_ROLE_SESSION_NAME")};

    if (file == NULL)
        return 0;
    if (hop.role_arn == NULL)
        return mistake(why, "%s is set, but AWS_ROLE_ARN is not", "AWS_WEB_IDENTITY_TOKEN_FILE");
    plan->base = AWS_BASE_WEB_IDENTITY;
    plan->origin = "the web identity of the environment";
    plan->parts.token_file = file;
    return hop_add(plan, hop, why) < 0 ? -EINVAL : 1;
}

/* ---- containers ---- */

bool aws_container_may_ask(const struct aws_address *address)
{
    static const char *const agents[] = {"169.254.170.2", "169.254.170.23", "fd00:ec2::23", "::1",
                                         "localhost"};
    struct in_addr ip;

    if (address->has_tls)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(agents); i++)
        if (strcmp(address->host, agents[i]) == 0)
            return true;
    return inet_pton(AF_INET, address->host, &ip) == 1 && ntohl(ip.s_addr) >> 24 == 127;
}

static int container_check(const char *url, char why[256])
{
    struct aws_address address;
    int rc = 0;

    if (aws_address_parse(url, &address) < 0)
        return mistake(why, "AWS_CONTAINER_CREDENTIALS_FULL_URI is no address: %.100s", url);
    if (!aws_container_may_ask(&address))
        rc = mistake(why,
                     "AWS_CONTAINER_CREDENTIALS_FULL_URI names %.100s: without TLS only this "
                     "machine's and AWS's own agents are asked",
                     address.host);
    aws_address_fini(&address);
    return rc;
}

static int env_container(struct aws_plan *plan, const struct aws_known *known, char why[256])
{
    const char *path = env_of(known, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *url = env_of(known, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    struct aws_container *c = &plan->parts.container;

    if (path == NULL && url == NULL)
        return 0;
    if (path != NULL)
        url = arena_format(&plan->arena, ECS_HOST "%s%s", path[0] == '/' ? "" : "/", path).data;
    if (container_check(url, why) < 0)
        return -EINVAL;
    plan->base = AWS_BASE_CONTAINER;
    plan->origin = "the container's credentials";
    c->url = url;
    c->token = env_of(known, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    c->token_file = env_of(known, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    return 1;
}

/* Who configures it vouches for it: any host may be asked. */
static int wished_container(struct aws_plan *plan, const struct aws_known *known, char why[256])
{
    struct aws_address address;

    if (first_of(known->wish.credentials_url, NULL) == NULL)
        return 0;
    if (aws_address_parse(known->wish.credentials_url, &address) < 0)
        return mistake(why, "credentials_endpoint is no address: %.100s",
                       known->wish.credentials_url);
    aws_address_fini(&address);
    plan->base = AWS_BASE_CONTAINER;
    plan->origin = "credentials_endpoint";
    plan->parts.container.url = known->wish.credentials_url;
    return 1;
}

/* ---- instance metadata ---- */

bool aws_metadata_find(aws_env_fn *env, struct aws_metadata *out)
{
    const struct aws_known known = {.env = env};
    const char *mode = env_of(&known, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    const char *url = env_of(&known, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    const char *no_v1 = env_of(&known, "AWS_EC2_METADATA_V1_DISABLED");
    bool is_ipv6 = mode != NULL && strcasecmp(mode, "IPv6") == 0;

    out->url = first_of(url, is_ipv6 ? METADATA_IPV6 : METADATA_IPV4);
    out->may_be_v1 = no_v1 != NULL && strcasecmp(no_v1, "false") == 0;
    return !env_is_true(&known, "AWS_EC2_METADATA_DISABLED");
}

static int metadata_keys(struct aws_plan *plan, const struct aws_known *known, char why[256])
{
    (void)known;
    if (!plan->has_metadata)
        return mistake(why,
                       "no credentials: neither the environment nor a profile, a web identity "
                       "or a container has any, and %s forbids to ask the instance",
                       "AWS_EC2_METADATA_DISABLED");
    plan->base = AWS_BASE_METADATA;
    plan->origin = "the instance's metadata";
    return 1;
}

/* ---- profiles ---- */

static int profile_base(struct aws_plan *plan, const struct aws_known *known, const char *profile,
                        char why[256]);

static bool profile_keys(struct aws_plan *plan, const struct aws_known *known, const char *profile)
{
    struct aws_keys_text keys = {
        .id = profile_slice(known, profile, "aws_access_key_id"),
        .secret = profile_slice(known, profile, "aws_secret_access_key"),
        .token = profile_slice(known, profile, "aws_session_token"),
    };

    if (keys.id.len == 0 && keys.secret.len == 0)
        return false;
    plan->base = AWS_BASE_KEYS;
    plan->parts.keys = keys;
    plan->origin = arena_format(&plan->arena, "profile %s", profile).data;
    return true;
}

static int credential_source(struct aws_plan *plan, const struct aws_known *known,
                             const char *source, char why[256])
{
    int rc;

    if (strcmp(source, "Environment") == 0)
        rc = env_keys(plan, known, why);
    else if (strcmp(source, "EcsContainer") == 0)
        rc = env_container(plan, known, why);
    else if (strcmp(source, "Ec2InstanceMetadata") == 0)
        rc = metadata_keys(plan, known, why);
    else
        return mistake(why,
                       "credential_source %.60s is none of Environment, EcsContainer and "
                       "Ec2InstanceMetadata",
                       source);
    return rc != 0 ? rc : mistake(why, "credential_source is %s, which has none", source);
}

/* What the role of a profile is assumed with. */
static int role_base(struct aws_plan *plan, const struct aws_known *known, const char *profile,
                     char why[256])
{
    const char *file = profile_text(plan, known, profile, "web_identity_token_file");
    const char *from = profile_text(plan, known, profile, "source_profile");
    const char *source = profile_text(plan, known, profile, "credential_source");

    if (file != NULL) {
        plan->base = AWS_BASE_WEB_IDENTITY;
        plan->parts.token_file = file;
        plan->origin = arena_format(&plan->arena, "the web identity of profile %s", profile).data;
        return 1;
    }
    if (from != NULL && strcmp(from, profile) == 0)
        return profile_keys(plan, known, profile)
                   ? 1
                   : mistake(why, "profile %.60s is its own source, and has no keys", profile);
    if (from != NULL)
        return profile_base(plan, known, from, why);
    if (source != NULL)
        return credential_source(plan, known, source, why);
    return mistake(why,
                   "profile %.60s has a role_arn, but no source_profile, credential_source or "
                   "web_identity_token_file",
                   profile);
}

static int profile_role(struct aws_plan *plan, const struct aws_known *known, const char *profile,
                        char why[256])
{
    struct aws_hop hop = {
        .role_arn = profile_text(plan, known, profile, "role_arn"),
        .external_id = profile_text(plan, known, profile, "external_id"),
        .session_name = profile_text(plan, known, profile, "role_session_name"),
    };
    int rc = role_base(plan, known, profile, why);

    if (rc == 0)
        return mistake(why, "profile %.60s is assumed from one that has no credentials", profile);
    if (rc < 0)
        return rc;
    return hop_add(plan, hop, why) < 0 ? -EINVAL : 1;
}

static int profile_process(struct aws_plan *plan, const struct aws_known *known,
                           const char *profile)
{
    plan->base = AWS_BASE_PROCESS;
    plan->parts.command = profile_text(plan, known, profile, "credential_process");
    plan->origin = arena_format(&plan->arena, "the credential_process of profile %s", profile).data;
    return 1;
}

static bool has(const struct aws_known *known, const char *profile, const char *key)
{
    return profile_slice(known, profile, key).len > 0;
}

/* Profiles that lead from one to the next are followed so far. */
#define PROFILE_DEPTH_MAX 8

static int profile_base(struct aws_plan *plan, const struct aws_known *known, const char *profile,
                        char why[256])
{
    if (++plan->profile_depth > PROFILE_DEPTH_MAX)
        return mistake(why, "profile %.60s: the source_profiles lead in a circle", profile);
    if (!aws_profile_exists(&known->files, slice_of(profile)))
        return mistake(why, "there is no profile %.60s in AWS's shared files", profile);
    if (has(known, profile, "role_arn"))
        return profile_role(plan, known, profile, why);
    if (profile_keys(plan, known, profile))
        return 1;
    if (has(known, profile, "credential_process"))
        return profile_process(plan, known, profile);
    if (has(known, profile, "sso_session") || has(known, profile, "sso_start_url"))
        return mistake(why,
                       "profile %.60s logs in by SSO, which only a person can; a "
                       "credential_process can bring its keys",
                       profile);
    return 0;
}

/* A profile that somebody named must be there; "default" need not. */
static int profile_chosen(struct aws_plan *plan, const struct aws_known *known, char why[256])
{
    const char *profile = aws_profile_name(&known->wish, known->env);

    if (strcmp(profile, "default") == 0 && !aws_profile_exists(&known->files, SLICE("default")))
        return 0;
    return profile_base(plan, known, profile, why);
}

/* ---- the plan ---- */

static bool profile_is_true(const struct aws_known *known, const char *profile, const char *key)
{
    return slice_is_nocase(profile_slice(known, profile, key), "true");
}

static int surroundings_set(struct aws_plan *plan, const struct aws_known *known, char why[256])
{
    const char *profile = aws_profile_name(&known->wish, known->env);

    plan->region = first_of(known->wish.region,
                            first_of(env_of(known, "AWS_REGION"),
                                     first_of(env_of(known, "AWS_DEFAULT_REGION"),
                                              profile_text(plan, known, profile, "region"))));
    plan->sts_endpoint = first_of(known->wish.sts_endpoint, aws_endpoint_of_env(known->env, "STS"));
    plan->flavour.is_fips = env_is_true(known, "AWS_USE_FIPS_ENDPOINT") ||
                            profile_is_true(known, profile, "use_fips_endpoint");
    plan->flavour.is_dual_stack = env_is_true(known, "AWS_USE_DUALSTACK_ENDPOINT") ||
                                  profile_is_true(known, profile, "use_dualstack_endpoint");
    plan->has_metadata = aws_metadata_find(known->env, &plan->metadata);
    if (plan->region != NULL && !aws_region_is_valid(slice_of(plan->region)))
        return mistake(why, "'%.80s' is no region", plan->region);
    if (plan->region == NULL && !plan->has_metadata)
        return mistake(why, "no region: set it, or %s", "AWS_REGION");
    return 0;
}

static int roles_add(struct aws_plan *plan, const struct aws_known *known, char why[256])
{
    struct aws_hop pod = {.role_arn = env_of(known, "EKS_POD_EXECUTION_ROLE")};
    struct aws_hop wished = {.role_arn = first_of(known->wish.role_arn, NULL),
                             .external_id = first_of(known->wish.external_id, NULL)};

    if (pod.role_arn != NULL && hop_add(plan, pod, why) < 0)
        return -EINVAL;
    return wished.role_arn != NULL ? hop_add(plan, wished, why) : 0;
}

int aws_plan_make(struct aws_plan *plan, const struct aws_known *known, char why[256])
{
    static base_fn *const bases[] = {wished_container, env_keys,      profile_chosen,
                                     env_web_identity, env_container, metadata_keys};
    int rc = 0;

    *plan = (struct aws_plan){0};
    why[0] = '\0';
    if (surroundings_set(plan, known, why) < 0)
        return -EINVAL;
    for (size_t i = 0; i < ARRAY_LEN(bases) && rc == 0; i++)
        rc = bases[i](plan, known, why);
    CHECK(rc != 0); /* the last of them is one, or says why not */
    return rc < 0 ? -EINVAL : roles_add(plan, known, why);
}

void aws_plan_fini(struct aws_plan *plan)
{
    arena_fini(&plan->arena);
    *plan = (struct aws_plan){0};
}

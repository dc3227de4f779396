#include "aws/endpoint.h"

#include "base/memory.h"

#include <errno.h>
#include <stdio.h>

#define HTTPS_PORT 443
#define HTTP_PORT 80

/* ---- partitions ---- */

struct partition {
    struct slice prefix; /* of its regions */
    const char *domain;
    const char *dual_domain;
};

static const struct partition partitions[] = {
    {SLICE("cn-"), "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {SLICE("eusc-"), "amazonaws.eu", "api.amazonwebservices.eu"},
    {SLICE("us-iso-"), "c2s.ic.gov", "api.aws.ic.gov"},
    {SLICE("us-isob-"), "sc2s.sgov.gov", "api.aws.scloud"},
    {SLICE("us-isof-"), "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    {SLICE("eu-isoe-"), "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {SLICE(""), "amazonaws.com", "api.aws"},
};

static const struct partition *partition_of(struct slice region)
{
    const struct partition *p = partitions;

    while (!slice_begins(region, p->prefix))
        p++;
    CHECK(p < partitions + ARRAY_LEN(partitions));
    return p;
}

void aws_host(struct buffer *out, const char *service, const char *region,
              struct aws_flavour flavour)
{
    const struct partition *p = partition_of(slice_of(region));
    bool is_plain_fips = slice_begins(slice_of(region), SLICE("us-gov-")) && !flavour.is_dual_stack;

    buffer_append_format(out, "%s%s.%s.%s", service,
                         flavour.is_fips && !is_plain_fips ? "-fips" : "", region,
                         flavour.is_dual_stack ? p->dual_domain : p->domain);
}

bool aws_region_is_valid(struct slice region)
{
    for (size_t i = 0; i < region.len; i++) {
        char c = region.data[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return region.len > 0 && region.len <= AWS_REGION_BYTES_MAX;
}

struct slice aws_region_of_host(struct slice host)
{
    struct slice rest = host, part, before = {0};

    while (slice_next(&rest, '.', &part)) {
        bool is_service = slice_is(part, "es") || slice_is(part, "aoss");

        if (is_service && slice_begins(rest, SLICE("amazonaws.")) && aws_region_is_valid(before))
            return before;
        before = part;
    }
    return (struct slice){0};
}

/* ---- addresses ---- */

static bool port_read(struct slice digits, uint16_t *port)
{
    unsigned number = 0;

    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        number = number * 10 + (unsigned)(digits.data[i] - '0');
        if (number > UINT16_MAX)
            return false;
    }
    *port = (uint16_t)number;
    return number > 0;
}

static bool scheme_take(struct slice *rest, bool *has_tls)
{
    static const struct slice https = SLICE("https://"), http = SLICE("http://");

    *has_tls = true;
    if (slice_begins(*rest, https)) {
        *rest = slice_skip(*rest, https.len);
    } else if (slice_begins(*rest, http)) {
        *has_tls = false;
        *rest = slice_skip(*rest, http.len);
    }
    return rest->len > 0 && memmem(rest->data, rest->len, "://", 3) == NULL;
}

/* "[fd00:ec2::23]:80" or "host:80" to both halves. */
static bool authority_split(struct slice text, struct slice *host, struct slice *port)
{
    bool has_brackets = text.len > 0 && text.data[0] == '[';
    size_t end = slice_find(text, has_brackets ? ']' : ':');
    struct slice rest = slice_skip(text, has_brackets ? end + 1 : end);

    *host = has_brackets ? slice_make(text.data + 1, end - 1) : slice_make(text.data, end);
    *port = slice_skip(rest, 1);
    if (has_brackets && end == text.len)
        return false;
    return rest.len == 0 || (rest.data[0] == ':' && port->len > 0);
}

/* What the client takes as a host; it says no to the rest again, with reasons. */
static bool is_host(struct slice host)
{
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.data[i];

        if (c <= ' ' || c >= 0x7f || strchr("?#@[]\\%/", c) != NULL)
            return false;
    }
    return host.len > 0;
}

int aws_address_parse(const char *text, struct aws_address *out)
{
    struct slice rest = slice_trim(slice_of(text)), authority, host, port;
    struct aws_address address = {0};
    size_t slash;

    if (!scheme_take(&rest, &address.has_tls))
        return -EINVAL;
    slash = slice_find(rest, '/');
    authority = slice_make(rest.data, slash);
    rest = slice_skip(rest, slash);
    address.port = address.has_tls ? HTTPS_PORT : HTTP_PORT;
    if (!authority_split(authority, &host, &port) || !is_host(host) ||
        (port.len > 0 && !port_read(port, &address.port)))
        return -EINVAL;
    address.host = mem_text_n(host.data, host.len);
    address.path = rest.len > 0 ? mem_text_n(rest.data, rest.len) : mem_text("/");
    *out = address;
    return 0;
}

void aws_address_fini(struct aws_address *address)
{
    MEM_FREE(&address->host);
    MEM_FREE(&address->path);
}

void aws_host_header(struct buffer *out, const char *host, uint16_t port, bool has_tls)
{
    buffer_append_format(out, strchr(host, ':') != NULL ? "[%s]" : "%s", host);
    if (port != (has_tls ? HTTPS_PORT : HTTP_PORT))
        buffer_append_format(out, ":%u", (unsigned)port);
}

static const char *env_text(aws_env_fn *env, const char *name)
{
    const char *value = env(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

const char *aws_endpoint_of_env(aws_env_fn *env, const char *service)
{
    const char *ignored = env_text(env, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), *url;
    char name[64];

    if (ignored != NULL && slice_is_nocase(slice_of(ignored), "true"))
        return NULL;
    CHECK(strlen(service) < sizeof name - sizeof "AWS_ENDPOINT_URL_");
    snprintf(name, sizeof name, "AWS_ENDPOINT_URL_%s", service);
    url = env_text(env, name);
    return url != NULL ? url : env_text(env, "AWS_ENDPOINT_URL");
}

const char *aws_ca_of_env(aws_env_fn *env)
{
    return env_text(env, "AWS_CA_BUNDLE");
}

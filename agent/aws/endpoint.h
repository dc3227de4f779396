/*
 * Where AWS's services are: the name of a host by service, region and partition, and addresses as
 * people write them. Pure.
 *
 * A region belongs to a partition, and that has a domain, and one more for hosts that speak IPv6 too:
 *
 *   us-gov-* and all others   amazonaws.com       api.aws
 *   cn-*                      amazonaws.com.cn    api.amazonwebservices.com.cn
 *   eusc-*                    amazonaws.eu        api.amazonwebservices.eu
 *   us-iso-*, us-isob-*, us-isof-*, eu-isoe-*     theirs
 *
 * FIPS hosts have "-fips" behind the service; in GovCloud the plain names of logs and sts are FIPS.
 */
#ifndef TAILRACE_AWS_ENDPOINT_H
#define TAILRACE_AWS_ENDPOINT_H

#include "base/buffer.h"

#define AWS_REGION_BYTES_MAX 63

/* Where to ask: a URL taken apart. Texts are its own; address_fini frees them. */
struct aws_address {
    bool has_tls;
    uint16_t port;
    char *host; /* without brackets */
    char *path; /* with its query; "/" at least */
};

/* "https://host[:port][/path]", "http://…", or a host alone, which means TLS. -EINVAL when it is not
 * like that; nothing is filled then. */
MUST_USE int aws_address_parse(const char *text, struct aws_address *out);
void aws_address_fini(struct aws_address *address);

/* Appends the host as the Host header has it: with brackets where it is an IPv6 address, with the port
 * where it is not the usual one. */
void aws_host_header(struct buffer *out, const char *host, uint16_t port, bool has_tls);

/* Which of a service's hosts. */
struct aws_flavour {
    bool is_fips;
    bool is_dual_stack;
};

/* Appends the host of "logs" or "sts" in the region. */
void aws_host(struct buffer *out, const char *service, const char *region,
              struct aws_flavour flavour);

/* The value of a variable, or NULL. */
typedef const char *aws_env_fn(const char *name);

/* Where the environment says that a service is, "LOGS" or "STS": AWS_ENDPOINT_URL_LOGS, or
 * AWS_ENDPOINT_URL for all. NULL where it does not, or AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true. */
const char *aws_endpoint_of_env(aws_env_fn *env, const char *service);

/* AWS_CA_BUNDLE: the file of certificates to trust instead of the system's. NULL where it is not set. */
const char *aws_ca_of_env(aws_env_fn *env);

/* Letters, digits and hyphens, not too many. */
bool aws_region_is_valid(struct slice region);

/* The region in the name of an OpenSearch domain or collection, "x.eu-west-1.es.amazonaws.com"; empty
 * where there is none. */
struct slice aws_region_of_host(struct slice host);

#endif

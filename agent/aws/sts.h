/*
 * What STS is asked, which gives keys for a role: to who has keys already (AssumeRole), or to who has a
 * token that somebody else has signed (AssumeRoleWithWebIdentity). Pure; its answers are read with
 * aws_keys_from_xml.
 */
#ifndef TAILRACE_AWS_STS_H
#define TAILRACE_AWS_STS_H

#include "aws/plan.h"
#include "http/http.h"

#define STS_WEB_TOKEN_BYTES_MAX 20000

/* The request, without a signature: the first needs one, the second has none. */
void sts_assume(const struct aws_hop *hop, struct http_request *out);
void sts_assume_with_token(const struct aws_hop *hop, struct slice token, struct http_request *out);

/* Appends where STS is for this plan: its sts_endpoint, or "https://sts.REGION.…". */
void sts_url(const struct aws_plan *plan, const char *region, struct buffer *out);

#endif

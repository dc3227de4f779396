#include "admin/policy.h"

#include <openssl/evp.h>
#include <stdio.h>

#define DIGEST_BYTES 32
#define DIGEST_TEXT_BYTES 45 /* base64, with its NUL */

/* The text between two marks, both of which are there. */
static struct slice text_between(struct slice html, struct slice begin, struct slice end)
{
    const char *from = memmem(html.data, html.len, begin.data, begin.len);
    const char *to;

    CHECK(from != NULL);
    from += begin.len;
    to = memmem(from, html.len - (size_t)(from - html.data), end.data, end.len);
    CHECK(to != NULL);
    return slice_make(from, (size_t)(to - from));
}

static void digest_text(struct slice text, char out[DIGEST_TEXT_BYTES])
{
    unsigned char digest[DIGEST_BYTES];

    CHECK(EVP_Digest(text.data, text.len, digest, NULL, EVP_sha256(), NULL) == 1);
    CHECK(EVP_EncodeBlock((unsigned char *)out, digest, DIGEST_BYTES) == DIGEST_TEXT_BYTES - 1);
}

void policy_of(struct slice html, char policy[POLICY_BYTES_MAX])
{
    char script[DIGEST_TEXT_BYTES], style[DIGEST_TEXT_BYTES];
    int len;

    digest_text(text_between(html, SLICE("<script>"), SLICE("</script>")), script);
    digest_text(text_between(html, SLICE("<style>"), SLICE("</style>")), style);
    len = snprintf(policy, POLICY_BYTES_MAX,
                   "default-src 'none'; script-src 'sha256-%s'; style-src 'sha256-%s'; "
                   "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
                   "frame-ancestors 'none'",
                   script, style);
    CHECK(len > 0 && len < POLICY_BYTES_MAX);
}

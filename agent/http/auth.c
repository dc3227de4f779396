#include "http/auth.h"

#include "base/memory.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#define CLOUD_PORT 443
#define CLOUD_ID_BYTES_MAX 1024

static void append_base64(struct buffer *out, struct slice plain)
{
    size_t text_bytes = (plain.len + 2) / 3 * 4;
    char *text = buffer_reserve(out, text_bytes + 1); /* OpenSSL closes with NUL */
    int written =
        EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)plain.data, (int)plain.len);

    CHECK(written >= 0 && (size_t)written == text_bytes);
    buffer_commit(out, text_bytes);
}

void http_auth_basic_pair(struct buffer *out, const char *user_colon_password)
{
    buffer_append_text(out, "Basic ");
    append_base64(out, slice_of(user_colon_password));
}

void http_auth_basic(struct buffer *out, const char *user, const char *password)
{
    char *pair = mem_format("%s:%s", user, password != NULL ? password : "");

    http_auth_basic_pair(out, pair);
    OPENSSL_cleanse(pair, strlen(pair));
    mem_free(pair);
}

void http_auth_bearer(struct buffer *out, const char *token)
{
    buffer_append_text(out, "Bearer ");
    buffer_append(out, slice_trim(slice_of(token)));
}

void http_auth_api_key(struct buffer *out, const char *key)
{
    struct slice text = slice_trim(slice_of(key));

    buffer_append_text(out, "ApiKey ");
    if (slice_find(text, ':') < text.len)
        append_base64(out, text);
    else
        buffer_append(out, text);
}

static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* Padding may lack: people cut it off. */
static int base64_decode(struct slice text, struct buffer *out)
{
    uint32_t bits = 0;
    unsigned bit_count = 0;

    while (text.len > 0 && text.data[text.len - 1] == '=')
        text.len--;
    for (size_t i = 0; i < text.len; i++) {
        int six = sextet(text.data[i]);

        if (six < 0)
            return -EINVAL;
        bits = bits << 6 | (uint32_t)six;
        bit_count += 6;
        if (bit_count < 8)
            continue;
        bit_count -= 8;
        buffer_append_byte(out, (char)(bits >> bit_count & 0xff));
    }
    return 0;
}

/* Cuts ":port" off the host. False when what follows the colon is no port. */
static bool port_take(struct slice *host, uint16_t *port)
{
    size_t colon = slice_find(*host, ':');
    struct slice digits = slice_skip(*host, colon + 1);
    unsigned number = 0;

    if (colon == host->len)
        return true;
    host->len = colon;
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

static bool is_host(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (sextet(c) < 0 && c != '.')
            return false;
        if (c == '+' || c == '/')
            return false;
    }
    return text.len > 0;
}

static int cloud_parts(struct slice parts, char **host_out, uint16_t *port_out)
{
    uint16_t port = CLOUD_PORT;
    struct slice domain, server;

    if (!slice_next(&parts, '$', &domain) || !slice_next(&parts, '$', &server))
        return -EINVAL;
    if (!port_take(&domain, &port) || !port_take(&server, &port))
        return -EINVAL;
    if (!is_host(domain) || !is_host(server))
        return -EINVAL;
    *host_out = mem_format("%.*s.%.*s", SLICE_ARG(server), SLICE_ARG(domain));
    *port_out = port;
    return 0;
}

int http_cloud_id_decode(const char *cloud_id, char **host_out, uint16_t *port_out)
{
    struct slice text = slice_trim(slice_of(cloud_id));
    size_t colon = slice_find(text, ':');
    struct buffer plain = {0};
    int rc;

    if (colon == text.len || text.len > CLOUD_ID_BYTES_MAX)
        return -EINVAL;
    rc = base64_decode(slice_skip(text, colon + 1), &plain);
    if (rc == 0)
        rc = cloud_parts(buffer_view(&plain), host_out, port_out);
    buffer_fini(&plain);
    return rc;
}

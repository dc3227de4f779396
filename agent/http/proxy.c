#include "http/proxy.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* ---- NO_PROXY ---- */

static bool number_parse(struct slice digits, unsigned most, unsigned *out)
{
    unsigned number = 0;

    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        number = number * 10 + (unsigned)(digits.data[i] - '0');
        if (number > most)
            return false;
    }
    *out = number;
    return digits.len > 0;
}

/* An address in 4 or 16 bytes; how many, or 0 where it is none. */
static size_t address_parse(struct slice text, unsigned char bytes[16])
{
    char copy[64];

    if (text.len > 1 && text.data[0] == '[' && text.data[text.len - 1] == ']')
        text = slice_make(text.data + 1, text.len - 2);
    if (text.len >= sizeof copy)
        return 0;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, bytes) == 1)
        return 4;
    return inet_pton(AF_INET6, copy, bytes) == 1 ? 16 : 0;
}

static bool bits_equal(const unsigned char *a, const unsigned char *b, unsigned bit_count)
{
    unsigned rest = bit_count % 8;

    CHECK(bit_count <= 128);
    if (memcmp(a, b, bit_count / 8) != 0)
        return false;
    return rest == 0 || (a[bit_count / 8] ^ b[bit_count / 8]) >> (8 - rest) == 0;
}

/* "10.0.0.0/8", or an address alone. */
static bool network_has(struct slice network, struct slice host)
{
    size_t slash = slice_find(network, '/');
    unsigned char from[16], address[16];
    size_t from_bytes = address_parse(slice_make(network.data, slash), from);
    size_t address_bytes = address_parse(host, address);
    unsigned bit_count = (unsigned)from_bytes * 8;

    if (from_bytes == 0 || from_bytes != address_bytes)
        return false;
    if (slash < network.len && !number_parse(slice_skip(network, slash + 1), bit_count, &bit_count))
        return false;
    return bits_equal(from, address, bit_count);
}

/* Cuts ":port" off; false when it is another port. An IPv6 address without brackets has none. */
static bool port_fits(struct slice *entry, uint16_t port)
{
    size_t end = entry->len;
    unsigned number;

    while (end > 0 && entry->data[end - 1] >= '0' && entry->data[end - 1] <= '9')
        end--;
    if (end == 0 || end == entry->len || entry->data[end - 1] != ':')
        return true;
    if (entry->data[0] != '[' && slice_find(*entry, ':') != end - 1)
        return true;
    if (!number_parse(slice_skip(*entry, end), UINT16_MAX, &number) || number != port)
        return false;
    entry->len = end - 1;
    return true;
}

/* "example.com" and ".example.com" stand for the name itself and for what ends in it. */
static bool name_has(struct slice name, struct slice host)
{
    if (name.len > 0 && name.data[0] == '.')
        name = slice_skip(name, 1);
    if (host.len > 0 && host.data[host.len - 1] == '.')
        host.len--;
    if (name.len == 0 || host.len < name.len)
        return false;
    if (strncasecmp(host.data + host.len - name.len, name.data, name.len) != 0)
        return false;
    return host.len == name.len || host.data[host.len - name.len - 1] == '.';
}

static bool entry_has(struct slice entry, struct slice host, uint16_t port)
{
    unsigned char bytes[16];

    if (slice_equal(entry, SLICE("*")))
        return true;
    if (!port_fits(&entry, port))
        return false;
    if (address_parse(host, bytes) > 0)
        return network_has(entry, host);
    return name_has(entry, host);
}

bool proxy_is_excepted(const char *no_proxy, const char *host, uint16_t port)
{
    const char *at = no_proxy;

    while (*at != '\0') {
        size_t len = strcspn(at, ", \t");

        if (len > 0 && entry_has(slice_make(at, len), slice_of(host), port))
            return true;
        at += len;
        at += strspn(at, ", \t");
    }
    return false;
}

/* ---- which ---- */

static const char *env_first(const char *const *names)
{
    for (; *names != NULL; names++) {
        const char *value = getenv(*names);

        if (value != NULL && value[0] != '\0')
            return value;
    }
    return NULL;
}

static const char *env_proxy(const struct http_settings *s)
{
    static const char *const plain[] = {"http_proxy", "HTTP_PROXY", NULL};
    static const char *const tls[] = {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY",
                                      NULL};
    static const char *const none[] = {"no_proxy", "NO_PROXY", NULL};
    const char *excepted = env_first(none);

    if (excepted != NULL && proxy_is_excepted(excepted, s->host, s->port))
        return NULL;
    return env_first(s->tls != NULL ? tls : plain);
}

static bool is_proxy_scheme(const char *scheme)
{
    return strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0;
}

/* Fills the proxy from a parsed URL; false where it is not one of a proxy. */
static bool proxy_fill(struct proxy *proxy, CURLU *parsed)
{
    char *scheme = NULL, *url = NULL, *host = NULL, *port = NULL;
    struct slice name;
    unsigned number = 0;
    bool is_good = curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                   is_proxy_scheme(scheme) &&
                   curl_url_get(parsed, CURLUPART_URL, &url, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                   curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                   curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                   number_parse(slice_of(port), UINT16_MAX, &number) && number > 0;

    if (is_good) {
        name = slice_of(host);
        if (name.len > 2 && name.data[0] == '[')
            name = slice_make(name.data + 1, name.len - 2);
        proxy->url = mem_text(url);
        proxy->host = mem_text_n(name.data, name.len);
        proxy->port = (uint16_t)number;
    }
    curl_free(scheme);
    curl_free(url);
    curl_free(host);
    curl_free(port);
    return is_good;
}

int proxy_find(const struct http_settings *s, struct proxy *proxy, char why[256])
{
    const char *text = s->proxy;
    CURLU *parsed;
    bool is_good;

    *proxy = (struct proxy){0};
    if (text == NULL && !s->proxy_env_ignore)
        text = env_proxy(s);
    if (text == NULL || text[0] == '\0') {
        proxy->url = mem_text("");
        return 0;
    }
    parsed = curl_url();
    CHECK(parsed != NULL);
    is_good = curl_url_set(parsed, CURLUPART_URL, text, CURLU_GUESS_SCHEME) == CURLUE_OK &&
              proxy_fill(proxy, parsed);
    curl_url_cleanup(parsed);
    if (is_good)
        return 0;
    snprintf(why, 256, "%s is no proxy: http://host:port is wanted",
             s->proxy != NULL ? "the setting" : "what the environment says");
    return -EINVAL;
}

void proxy_fini(struct proxy *proxy)
{
    MEM_FREE(&proxy->url);
    MEM_FREE(&proxy->host);
}

#include "http/settings.h"

#include "base/memory.h"
#include "http/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#define HOST_BYTES_MAX 253
#define MS_PER_S UINT64_C(1000)

static const size_t own_texts[] = {
    offsetof(struct http_own_settings, s.component),
    offsetof(struct http_own_settings, s.host),
    offsetof(struct http_own_settings, s.proxy),
    offsetof(struct http_own_settings, s.source_address),
    offsetof(struct http_own_settings, tls.ca_file),
    offsetof(struct http_own_settings, tls.ca_path),
    offsetof(struct http_own_settings, tls.crt_file),
    offsetof(struct http_own_settings, tls.key_file),
    offsetof(struct http_own_settings, tls.key_passwd),
    offsetof(struct http_own_settings, tls.vhost),
    offsetof(struct http_own_settings, tls.min_version),
    offsetof(struct http_own_settings, tls.max_version),
    offsetof(struct http_own_settings, tls.ciphers),
};

static char **own_text(struct http_own_settings *own, size_t index)
{
    return (char **)(void *)((char *)own + own_texts[index]);
}

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
    return value != 0 ? value : otherwise;
}

static void set_limits(struct http_own_settings *own)
{
    struct http_settings *s = &own->s;

    s->connect_timeout_s = or_default(s->connect_timeout_s, HTTP_CONNECT_TIMEOUT_S);
    s->io_timeout_s = or_default(s->io_timeout_s, HTTP_IO_TIMEOUT_S);
    s->response_timeout_s = or_default(s->response_timeout_s, HTTP_RESPONSE_TIMEOUT_S);
    s->keepalive_idle_s = or_default(s->keepalive_idle_s, HTTP_KEEPALIVE_IDLE_S);
    if (s->reply_bytes_max == 0 || s->reply_bytes_max > HTTP_REPLY_BYTES_MAX)
        s->reply_bytes_max = HTTP_REPLY_BYTES_MAX;
    own->limits = (struct call_limits){
        .connect_ms = s->connect_timeout_s * MS_PER_S,
        .io_ms = s->io_timeout_s * MS_PER_S,
        .response_ms = s->response_timeout_s * MS_PER_S,
    };
}

void settings_copy(struct http_own_settings *own, const struct http_settings *from)
{
    *own = (struct http_own_settings){.s = *from};
    if (from->tls != NULL) {
        own->tls = *from->tls;
        own->s.tls = &own->tls;
    }
    for (size_t i = 0; i < ARRAY_LEN(own_texts); i++) {
        char **text = own_text(own, i);

        *text = *text != NULL ? mem_text(*text) : NULL;
    }
    set_limits(own);
}

void settings_free(struct http_own_settings *own)
{
    for (size_t i = 0; i < ARRAY_LEN(own_texts); i++)
        MEM_FREE(own_text(own, i));
}

/* What may stand in a name or an address; anything else would end the host in a URL. */
static bool is_host(const char *host)
{
    size_t len = host != NULL ? strlen(host) : 0;

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)host[i];

        if (c <= ' ' || c == 0x7f || strchr("/?#@[]\\%", c) != NULL)
            return false;
    }
    return len > 0 && len <= HOST_BYTES_MAX;
}

static bool is_address(const char *text)
{
    unsigned char bytes[16];

    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

int settings_check(const struct http_settings *s, char why[256])
{
    if (!is_host(s->host)) {
        snprintf(why, 256, "'%s' is no host: a name or an address is wanted",
                 s->host != NULL ? s->host : "");
        return -EINVAL;
    }
    if (strchr(s->host, ':') != NULL && !is_address(s->host)) {
        snprintf(why, 256, "'%s' is no host: a port is said apart from it", s->host);
        return -EINVAL;
    }
    if (s->port == 0) {
        snprintf(why, 256, "port 0 cannot be reached");
        return -EINVAL;
    }
    if (s->source_address != NULL && !is_address(s->source_address)) {
        snprintf(why, 256, "source_address '%s' is no address", s->source_address);
        return -EINVAL;
    }
    return s->tls != NULL ? tls_check(s->tls, why) : 0;
}

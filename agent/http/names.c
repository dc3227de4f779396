#include "http/names.h"

#include "base/clock.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <uv.h>

static bool is_address(const char *host)
{
    unsigned char bytes[16];

    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

void names_init(struct names *names, struct loop *loop, const char *host, uint16_t port)
{
    *names = (struct names){
        .loop = loop,
        .host = mem_text(host),
        .port = port,
        .is_literal = is_address(host),
    };
}

void names_fini(struct names *names)
{
    resolve_free(&names->asking);
    buffer_fini(&names->addresses);
    MEM_FREE(&names->host);
}

enum names_move names_next(const struct names *names, uint64_t now_ms)
{
    uint64_t age_ms = now_ms - names->answered_ms;

    if (names->is_literal)
        return NAMES_GO;
    if (names->addresses.len == 0 || names->is_suspect || age_ms >= 2 * NAMES_TTL_MS)
        return NAMES_WAIT;
    return age_ms < NAMES_TTL_MS ? NAMES_GO : NAMES_GO_AND_ASK;
}

static bool is_ipv6(const char *address)
{
    return strchr(address, ':') != NULL;
}

/* curl tries IPv6 first whatever the order, so a preference leaves the other family out, unless
 * there is nothing else. */
static bool is_wanted(const struct names *names, const struct resolve_answer *answer, unsigned at)
{
    bool want_ipv6 = names->only_ipv6;

    if (!names->only_ipv4 && !names->only_ipv6)
        return true;
    if (is_ipv6(answer->addresses[at]) == want_ipv6)
        return true;
    for (unsigned i = 0; i < answer->count; i++)
        if (is_ipv6(answer->addresses[i]) == want_ipv6)
            return false;
    return true;
}

static void answer_keep(struct names *names, const struct resolve_answer *answer)
{
    buffer_clear(&names->addresses);
    for (unsigned i = 0; i < answer->count; i++) {
        const char *address = answer->addresses[i];

        if (!is_wanted(names, answer, i))
            continue;
        if (names->addresses.len > 0)
            buffer_append_byte(&names->addresses, ',');
        buffer_append_format(&names->addresses, is_ipv6(address) ? "[%s]" : "%s", address);
    }
}

static void answer_came(void *owner, int error, const struct resolve_answer *answer)
{
    struct names *names = owner;
    char why[256] = "";

    names->asking = NULL;
    names->is_suspect = false;
    if (error == 0) {
        answer_keep(names, answer);
        names->answered_ms = clock_ms();
    } else if (names->addresses.len > 0) {
        /* The old answer has to do; it counts as just old enough to be asked for again. */
        names->answered_ms = clock_ms() - NAMES_TTL_MS;
        error = 0;
    } else {
        snprintf(why, sizeof why, "cannot resolve '%s': %s", names->host, uv_strerror(error));
    }
    names->came(names->owner, error, why);
}

static void ask(struct names *names)
{
    if (names->asking == NULL)
        names->asking = resolve_start(names->loop, names->host, answer_came, names);
}

bool names_ready(struct names *names)
{
    enum names_move move = names_next(names, clock_ms());

    if (move != NAMES_GO)
        ask(names);
    return move != NAMES_WAIT;
}

void names_doubt(struct names *names)
{
    names->is_suspect = true;
}

char *names_entry(const struct names *names)
{
    if (names->is_literal)
        return NULL;
    CHECK(names->addresses.len > 0);
    return mem_format("%s:%u:%.*s", names->host, (unsigned)names->port,
                      SLICE_ARG(buffer_view(&names->addresses)));
}

size_t names_address_bytes(const union names_address *address)
{
    return address->any.sa_family == AF_INET6 ? sizeof address->ipv6 : sizeof address->ipv4;
}

bool names_address_read(struct slice text, uint16_t port, union names_address *address)
{
    char figures[RESOLVE_ADDRESS_BYTES];

    if (text.len >= sizeof figures)
        return false;
    memcpy(figures, text.data, text.len);
    figures[text.len] = '\0';
    *address = (union names_address){.ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)}};
    if (inet_pton(AF_INET6, figures, &address->ipv6.sin6_addr) == 1)
        return true;
    *address = (union names_address){.ipv4 = {.sin_family = AF_INET, .sin_port = htons(port)}};
    return inet_pton(AF_INET, figures, &address->ipv4.sin_addr) == 1;
}

unsigned names_addresses(const struct names *names,
                         union names_address addresses[RESOLVE_ADDRESSES_MAX])
{
    struct slice rest = names->is_literal ? slice_of(names->host) : buffer_view(&names->addresses);
    struct slice text;
    unsigned count = 0;

    while (count < RESOLVE_ADDRESSES_MAX && slice_next(&rest, ',', &text)) {
        if (slice_begins(text, SLICE("[")) && slice_ends(text, SLICE("]")))
            text = slice_make(text.data + 1, text.len - 2);
        if (names_address_read(text, names->port, &addresses[count]))
            count++;
    }
    CHECK(count > 0);
    return count;
}

#include "loop/resolve.h"

#include "base/memory.h"

#include <uv.h>

#include <string.h>

struct resolve {
    uv_getaddrinfo_t uv;
    struct timer *refused; /* the question was refused at once; told from the loop */
    int error;
    resolve_fn *came; /* NULL: nobody waits any more */
    void *owner;
};

static void resolve_tell(struct resolve *r, int error, const struct resolve_answer *answer)
{
    resolve_fn *came = r->came;
    void *owner = r->owner;

    CHECK(came == NULL || (error == 0) == (answer != NULL));
    timer_free(&r->refused);
    mem_free(r);
    if (came != NULL)
        came(owner, error, answer);
}

static void resolve_refused(void *owner)
{
    struct resolve *r = owner;

    resolve_tell(r, r->error, NULL);
}

static void answer_add(struct resolve_answer *answer, const struct sockaddr *address)
{
    char text[RESOLVE_ADDRESS_BYTES];
    int rc = UV_EAFNOSUPPORT;

    CHECK(answer->count < RESOLVE_ADDRESSES_MAX);
    if (address->sa_family == AF_INET)
        rc = uv_ip4_name((const struct sockaddr_in *)(const void *)address, text, sizeof text);
    else if (address->sa_family == AF_INET6)
        rc = uv_ip6_name((const struct sockaddr_in6 *)(const void *)address, text, sizeof text);
    if (rc == 0)
        memcpy(answer->addresses[answer->count++], text, sizeof text);
}

static void resolve_came(uv_getaddrinfo_t *uv, int status, struct addrinfo *found)
{
    struct resolve *r = CONTAINER_OF(uv, struct resolve, uv);
    struct resolve_answer answer = {0};

    for (struct addrinfo *a = found; a != NULL && answer.count < RESOLVE_ADDRESSES_MAX;
         a = a->ai_next)
        answer_add(&answer, a->ai_addr);
    uv_freeaddrinfo(found);
    if (status == 0 && answer.count == 0)
        status = UV_EAI_NODATA;
    resolve_tell(r, status, status == 0 ? &answer : NULL);
}

struct resolve *resolve_start(struct loop *loop, const char *host, resolve_fn *came, void *owner)
{
    struct resolve *r = mem_zalloc(1, sizeof *r);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};

    CHECK(came != NULL);
    r->came = came;
    r->owner = owner;
    r->error = uv_getaddrinfo(loop_uv(loop), &r->uv, resolve_came, host, NULL, &hints);
    if (r->error < 0) {
        r->refused = timer_new(loop, resolve_refused, r);
        timer_start(r->refused, 0);
    }
    return r;
}

void resolve_free(struct resolve **address)
{
    struct resolve *r = *address;

    *address = NULL;
    if (r == NULL)
        return;
    r->came = NULL;
    if (r->refused != NULL)
        resolve_tell(r, 0, NULL);
    else
        uv_cancel((uv_req_t *)&r->uv);
}

/*
 * One call with curl.
 *
 *   carry         the handle is told what is wanted, and curl has it
 *   curl_finish   curl is done: an answer, or trouble
 *   leave         the handle is taken back
 *
 * A kept connection that turns out to be dead: curl sends once more by itself, but for a send that
 * fails in the middle of a body; that is repeat's.
 */
#include "http/curl_internal.h"

#include "base/memory.h"

/* ---- the client's side ---- */

/* A host as it stands in a URL. */
static char *bracketed(const char *host)
{
    return mem_format(strchr(host, ':') != NULL ? "[%s]" : "%s", host);
}

/* With a vhost, the URL names it, so that it is what TLS asks for and verifies; curl is told where
 * it is in truth. */
static void origin_set(struct curl_side *side, const struct http_settings *s)
{
    const char *vhost = s->tls != NULL ? s->tls->vhost : NULL;
    char *host = bracketed(s->host);
    char *name = bracketed(vhost != NULL ? vhost : s->host);

    side->origin =
        mem_format("%s://%s:%u", s->tls != NULL ? "https" : "http", name, (unsigned)s->port);
    if (vhost != NULL) {
        side->reach = mem_format("%s:%u:%s:%u", name, (unsigned)s->port, host, (unsigned)s->port);
        side->host_header = mem_format("Host: %s:%u", host, (unsigned)s->port);
    }
    mem_free(host);
    mem_free(name);
}

static void curl_open(struct http_client *client)
{
    client->curl = mem_zalloc(1, sizeof *client->curl);
    list_init(&client->curl->connections);
    origin_set(client->curl, &client->own.s);
    sockets_open(client);
}

static void curl_close(struct http_client *client)
{
    struct curl_side *side = client->curl;

    for (unsigned i = 0; i < SPARE_MAX; i++)
        curl_easy_cleanup(side->spare[i]);
    sockets_close(client);
    MEM_FREE(&side->origin);
    MEM_FREE(&side->reach);
    MEM_FREE(&side->host_header);
    MEM_FREE(&client->curl);
}

/* ---- a call ---- */

static void carry(struct http_call *call)
{
    call->curl = mem_zalloc(1, sizeof *call->curl);
    call->curl->easy = easy_take(call->client);
    easy_arm(call);
    CHECK(curl_multi_add_handle(call->client->curl->multi, call->curl->easy) == CURLM_OK);
}

static void leave(struct http_call *call)
{
    struct curl_trip *trip = call->curl;

    if (trip == NULL)
        return;
    if (trip->easy != NULL) {
        curl_multi_remove_handle(call->client->curl->multi, trip->easy);
        sockets_leave(call);
        easy_give_back(call->client, trip->easy);
    }
    curl_slist_free_all(trip->head);
    curl_slist_free_all(trip->addresses);
    curl_slist_free_all(trip->reach);
    MEM_FREE(&call->curl);
}

static bool has_sent(const struct http_call *call)
{
    curl_off_t sent = 0;

    if (call->curl == NULL || call->curl->easy == NULL)
        return false;
    curl_easy_getinfo(call->curl->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    return (uint64_t)sent >= call->request.body.len;
}

/* ---- curl is done ---- */

static bool is_answered(const struct http_call *call, CURLcode result)
{
    if (result == CURLE_OK)
        return true;
    if (result != CURLE_SEND_ERROR && result != CURLE_RECV_ERROR && result != CURLE_PARTIAL_FILE &&
        !call->intake.is_too_large)
        return false;
    return reply_is_refusal(call);
}

static bool is_worth_repeating(const struct http_call *call, CURLcode result, long made)
{
    if (result != CURLE_SEND_ERROR && result != CURLE_RECV_ERROR && result != CURLE_GOT_NOTHING)
        return false;
    return made == 0 && call->reply.status == 0 && !call->sending.is_repeated;
}

/* The time limits go on. */
static void repeat(struct http_call *call)
{
    CURLM *multi = call->client->curl->multi;
    CURL *easy = call->curl->easy;

    call->sending.is_repeated = true;
    call->sending.was_resent |= has_sent(call);
    CHECK(curl_multi_remove_handle(multi, easy) == CURLM_OK);
    CHECK(curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK);
    CHECK(curl_multi_add_handle(multi, easy) == CURLM_OK);
}

void curl_finish(struct http_call *call, CURLcode result)
{
    char why[256];
    long made = 0;

    curl_easy_getinfo(call->curl->easy, CURLINFO_NUM_CONNECTS, &made);
    if (is_worth_repeating(call, result, made)) {
        repeat(call);
        return;
    }
    if (call->clock.is_connected)
        call->client->connections_made += (uint64_t)made;
    if (is_answered(call, result)) {
        call_end(call, 0, "");
        return;
    }
    if (result == CURLE_COULDNT_CONNECT)
        names_doubt(&call->client->names);
    call_end(call, curl_why(call, result, why), why);
}

const struct carrier carrier_curl = {
    .open = curl_open,
    .close = curl_close,
    .carry = carry,
    .leave = leave,
    .has_sent = has_sent,
};

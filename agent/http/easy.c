#include "http/curl_internal.h"

#include "base/memory.h"
#include "http/tls.h"

#include <strings.h>

/* An option that curl does not take is a wrong build or a bug. */
#define SET(easy, option, value) CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK)

/* Zero would make curl fall back on its own five minutes; ours come first (see limits.h). */
#define NEVER_MS (24L * 60 * 60 * 1000)

static int on_connected(void *owner, char *remote, char *local, int remote_port, int local_port)
{
    struct http_call *call = owner;

    (void)remote;
    (void)local;
    (void)remote_port;
    call_connected(call);
    if (sockets_use(call, local_port))
        SET(call->curl->easy, CURLOPT_FORBID_REUSE, 1L);
    return CURL_PREREQFUNC_OK;
}

static int on_progress(void *owner, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    struct http_call *call = owner;

    (void)down_total;
    (void)up_total;
    if (down + up != call->curl->moved_bytes) {
        call->curl->moved_bytes = down + up;
        call_moved(call);
    }
    return 0;
}

static void set_connection(CURL *easy, const struct http_client *client)
{
    const struct http_settings *s = &client->own.s;

    SET(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(easy, CURLOPT_NOSIGNAL, 1L);
    SET(easy, CURLOPT_TCP_NODELAY, 1L);
    SET(easy, CURLOPT_CONNECTTIMEOUT_MS, NEVER_MS);
    SET(easy, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BUFFER_BYTES);
    SET(easy, CURLOPT_BUFFERSIZE, REPLY_BUFFER_BYTES);
    SET(easy, CURLOPT_MAXAGE_CONN, (long)s->keepalive_idle_s);
    SET(easy, CURLOPT_MAXLIFETIME_CONN, (long)CONNECTION_LIFE_S);
    SET(easy, CURLOPT_PROXY, client->proxy.url);
    SET(easy, CURLOPT_NOPROXY, "");
    SET(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

static void set_source(CURL *easy, const char *address)
{
    char *text = address != NULL ? mem_format("host!%s", address) : NULL;

    SET(easy, CURLOPT_INTERFACE, text);
    mem_free(text);
}

static CURL *easy_new(struct http_client *client)
{
    CURL *easy = curl_easy_init();

    CHECK(easy != NULL);
    set_connection(easy, client);
    set_source(easy, client->own.s.source_address);
    if (client->own.s.tls != NULL)
        tls_apply(client->own.s.tls, easy);
    sockets_attach(client, easy);
    SET(easy, CURLOPT_PATH_AS_IS, 1L);
    SET(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    SET(easy, CURLOPT_NOPROGRESS, 0L);
    SET(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(easy, CURLOPT_PREREQFUNCTION, on_connected);
    return easy;
}

CURL *easy_take(struct http_client *client)
{
    for (unsigned i = 0; i < SPARE_MAX; i++) {
        CURL *easy = client->curl->spare[i];

        client->curl->spare[i] = NULL;
        if (easy != NULL)
            return easy;
    }
    return easy_new(client);
}

void easy_give_back(struct http_client *client, CURL *easy)
{
    /* Setting the size anew gives the upload buffer back. */
    SET(easy, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BUFFER_BYTES / 2);
    SET(easy, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BUFFER_BYTES);
    for (unsigned i = 0; i < SPARE_MAX; i++) {
        if (client->curl->spare[i] == NULL) {
            client->curl->spare[i] = easy;
            return;
        }
    }
    curl_easy_cleanup(easy);
}

static void list_append(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);

    CHECK(longer != NULL);
    *list = longer;
}

/* The request's headers, without those that curl would add: Expect makes it wait for a second,
 * and it takes every body for a form. */
static void arm_head(struct http_call *call)
{
    const struct buffer *head = &call->request.head;
    const char *host = call->client->curl->host_header;
    bool has_type = false, has_host = host == NULL;

    for (size_t at = 0; at < head->len; at += strlen(head->data + at) + 1) {
        const char *line = head->data + at;

        has_host = has_host || strncasecmp(line, "Host:", 5) == 0;
        has_type = has_type || strncasecmp(line, "Content-Type:", 13) == 0;
        list_append(&call->curl->head, line);
    }
    if (!has_type)
        list_append(&call->curl->head, "Content-Type:");
    if (!has_host)
        list_append(&call->curl->head, host);
    list_append(&call->curl->head, "Expect:");
    SET(call->curl->easy, CURLOPT_HTTPHEADER, call->curl->head);
}

/* The body is lent: the call owns it until its end, so curl can begin again without a copy. */
static void arm_post(struct http_call *call)
{
    const struct http_request *request = &call->request;
    CURL *easy = call->curl->easy;

    SET(easy, CURLOPT_POST, 1L);
    SET(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    SET(easy, CURLOPT_POSTFIELDS, request->body.len > 0 ? request->body.data : "");
}

static void arm_body(struct http_call *call)
{
    const struct http_request *request = &call->request;
    CURL *easy = call->curl->easy;
    bool is_post = strcmp(request->method, "POST") == 0 || strcmp(request->method, "PUT") == 0;

    SET(easy, CURLOPT_NOBODY, 0L);
    SET(easy, CURLOPT_CUSTOMREQUEST, NULL);
    SET(easy, CURLOPT_HTTPGET, 1L);
    if (is_post || request->body.len > 0)
        arm_post(call);
    else if (strcmp(request->method, "HEAD") == 0)
        SET(easy, CURLOPT_NOBODY, 1L);
    SET(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void arm_addresses(struct http_call *call)
{
    char *entry = names_entry(&call->client->names);

    if (entry != NULL)
        list_append(&call->curl->addresses, entry);
    mem_free(entry);
    SET(call->curl->easy, CURLOPT_RESOLVE, call->curl->addresses);
    if (call->client->curl->reach != NULL)
        list_append(&call->curl->reach, call->client->curl->reach);
    SET(call->curl->easy, CURLOPT_CONNECT_TO, call->curl->reach);
}

/* ---- what comes back ---- */

static size_t on_header(char *data, size_t size, size_t count, void *owner)
{
    struct http_call *call = owner;
    struct slice line = slice_make(data, size * count);

    reply_line(call, line);
    return slice_trim(line).len > 0 || reply_head(call) ? line.len : 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *owner)
{
    size_t bytes = size * count;

    return reply_body(owner, slice_make(data, bytes)) ? bytes : 0;
}

static void arm_reply(struct http_call *call)
{
    SET(call->curl->easy, CURLOPT_HEADERFUNCTION, on_header);
    SET(call->curl->easy, CURLOPT_HEADERDATA, call);
    SET(call->curl->easy, CURLOPT_WRITEFUNCTION, on_body);
    SET(call->curl->easy, CURLOPT_WRITEDATA, call);
}

void easy_arm(struct http_call *call)
{
    struct http_client *client = call->client;
    char *url = mem_format("%s%s", client->curl->origin, buffer_text(&call->request.path));

    SET(call->curl->easy, CURLOPT_URL, url);
    mem_free(url);
    SET(call->curl->easy, CURLOPT_PRIVATE, call);
    SET(call->curl->easy, CURLOPT_ERRORBUFFER, call->curl->words);
    SET(call->curl->easy, CURLOPT_XFERINFODATA, call);
    SET(call->curl->easy, CURLOPT_PREREQDATA, call);
    SET(call->curl->easy, CURLOPT_FRESH_CONNECT, 0L);
    SET(call->curl->easy, CURLOPT_FORBID_REUSE, client->own.s.keepalive ? 0L : 1L);
    arm_head(call);
    arm_body(call);
    arm_addresses(call);
    arm_reply(call);
}

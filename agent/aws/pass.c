#include "aws/pass.h"

#include "aws/sigv4.h"
#include "aws/uri.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/secret.h"

/* For the headers that are added, but for the token. */
#define HEAD_ROOM 1536

struct aws_pass {
    unsigned refs;
    struct aws_keys *keys;
    char *region;
    char *service;
    char *host;
    int64_t skew_s;
    bool has_hash;
    char day[SIGV4_DAY_LEN]; /* that the key is for */
    uint8_t key[SIGV4_KEY_BYTES];
};

static struct sigv4_scope scope_of(const struct aws_pass *pass)
{
    struct sigv4_scope scope = {.region = slice_of(pass->region),
                                .service = slice_of(pass->service)};

    sigv4_stamp(clock_wall_ns() / NS_PER_S + pass->skew_s, scope.stamp);
    return scope;
}

struct aws_pass *aws_pass_new(const struct aws_pass_wish *wish)
{
    struct aws_pass *pass = secret_alloc(sizeof *pass);
    struct sigv4_scope scope;

    CHECK(wish->region != NULL && wish->service != NULL && wish->host != NULL);
    pass->refs = 1;
    pass->keys = aws_keys_ref(wish->keys);
    pass->region = mem_text(wish->region);
    pass->service = mem_text(wish->service);
    pass->host = mem_text(wish->host);
    pass->skew_s = wish->skew_s;
    pass->has_hash = wish->has_hash;
    scope = scope_of(pass);
    memcpy(pass->day, scope.stamp, sizeof pass->day);
    sigv4_key(&scope, pass->keys->secret, pass->key);
    return pass;
}

struct aws_pass *aws_pass_ref(struct aws_pass *pass)
{
    CHECK(pass->refs > 0);
    pass->refs++;
    return pass;
}

void aws_pass_unref(struct aws_pass **address)
{
    struct aws_pass *pass = *address;

    *address = NULL;
    if (pass == NULL)
        return;
    CHECK(pass->refs > 0);
    if (--pass->refs > 0)
        return;
    aws_keys_unref(&pass->keys);
    MEM_FREE(&pass->region);
    MEM_FREE(&pass->service);
    MEM_FREE(&pass->host);
    secret_free(pass);
}

const struct aws_keys *aws_pass_keys(const struct aws_pass *pass)
{
    return pass->keys;
}

int64_t aws_pass_skew_s(const struct aws_pass *pass)
{
    return pass->skew_s;
}

/* ---- a request ---- */

static void path_rewrite(struct http_request *request)
{
    struct buffer path = {0};

    uri_wire(&path, buffer_view(&request->path));
    buffer_fini(&request->path);
    request->path = path;
}

static void headers_add(const struct aws_pass *pass, struct http_request *request,
                        const struct sigv4_scope *scope, const char *hash)
{
    /* All the room at once: what moves leaves its bytes behind. */
    (void)buffer_reserve(&request->head, pass->keys->token.len + HEAD_ROOM);
    http_request_header(request, "Host", slice_of(pass->host));
    http_request_header(request, "X-Amz-Date", slice_of(scope->stamp));
    if (pass->has_hash)
        http_request_header(request, "X-Amz-Content-Sha256", slice_of(hash));
    if (pass->keys->token.len > 0)
        http_request_header(request, "X-Amz-Security-Token", pass->keys->token);
}

static void authorization_add(const struct aws_pass *pass, struct http_request *request,
                              const struct sigv4_scope *scope, const struct sigv4_message *message)
{
    struct buffer value = {0};
    uint8_t key[SIGV4_KEY_BYTES];

    if (memcmp(pass->day, scope->stamp, sizeof pass->day) == 0)
        memcpy(key, pass->key, sizeof key);
    else
        sigv4_key(scope, pass->keys->secret, key);
    sigv4_authorize(scope, message, pass->keys->id, key, &value);
    http_request_header(request, "Authorization", buffer_view(&value));
    secret_wipe(key, sizeof key);
    buffer_fini(&value);
}

void aws_pass_sign(const struct aws_pass *pass, struct http_request *request)
{
    struct sigv4_scope scope = scope_of(pass);
    char hash[SIGV4_HEX_BYTES];
    struct slice path;
    size_t question;

    sigv4_hash(buffer_view(&request->body), hash);
    path_rewrite(request);
    headers_add(pass, request, &scope, hash);
    path = buffer_view(&request->path);
    question = slice_find(path, '?');
    authorization_add(pass, request, &scope,
                      &(struct sigv4_message){
                          .method = slice_of(request->method),
                          .path = slice_make(path.data, question),
                          .query = slice_skip(path, question + 1),
                          .head = buffer_view(&request->head),
                          .body_hash = hash,
                      });
}

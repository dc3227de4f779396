#include "plugins/filter_kubernetes/fetch.h"

#include <stdio.h>
#include <uv.h>

static bool on_cut(void *owner, enum cut_piece piece, struct slice text);

void fetch_init(struct fetch *fetch, struct wire *wire, const struct source_wants *wants,
                const struct fetch_ops *ops, void *owner)
{
    *fetch = (struct fetch){.wire = wire, .ops = ops, .owner = owner};
    facts_reader_init(&fetch->reader, wants);
    fetch->cut = cut_new(facts_shape, on_cut, fetch);
}

void fetch_fini(struct fetch *fetch)
{
    http_call_cancel(&fetch->call);
    cut_free(&fetch->cut);
    facts_reader_fini(&fetch->reader);
}

bool fetch_is_busy(const struct fetch *fetch)
{
    return fetch->call != NULL;
}

/* ---- pieces ---- */

#define SAY_INTERVAL_MS UINT64_C(600000)

static uint64_t left_out_since(struct fetch *fetch)
{
    uint64_t count = cut_left_out(fetch->cut) - fetch->left_out;

    fetch->left_out += count;
    fetch->wire->counts.left_out += count;
    return count;
}

static void say_left_out(struct fetch *fetch, const struct facts *facts)
{
    const struct source_wants *wants = fetch->reader.wants;
    struct pod_facts pod;
    uint64_t held;

    if (LIKELY(left_out_since(fetch) == 0) || !wants->annotations ||
        facts_read_pod(&fetch->reader, facts->object, &pod) < 0 ||
        !log_brake_open(&fetch->brake, SAY_INTERVAL_MS, &held))
        return;
    log_warn(
        fetch->wire->component,
        "pod %.*s/%.*s has an annotation that is too long to be added to every line: it is left "
        "out, and so are others like it",
        SLICE_ARG(pod.pod.namespace_name), SLICE_ARG(pod.pod.name));
}

static bool on_cut(void *owner, enum cut_piece piece, struct slice text)
{
    struct fetch *fetch = owner;
    struct facts facts;

    if (facts_read(&fetch->reader, text, &facts) < 0) {
        fetch->is_broken = true;
        return false;
    }
    if (slice_is(facts.event, "ERROR")) {
        fetch->error_code = facts.code != 0 ? facts.code : 500;
        snprintf(fetch->why, sizeof fetch->why, "%.*s", SLICE_ARG(facts.message));
        return false;
    }
    say_left_out(fetch, &facts);
    fetch->ops->piece(fetch->owner, piece, &facts);
    return true;
}

static bool on_body(void *owner, struct http_call *call, struct slice bytes)
{
    struct fetch *fetch = owner;
    int rc;

    CHECK(fetch->call == call);
    if (bytes.len == 0) {
        if (fetch->ops->head != NULL)
            fetch->ops->head(fetch->owner);
        return true;
    }
    rc = cut_feed(fetch->cut, bytes);
    fetch->is_broken = fetch->is_broken || rc == UV_EINVAL;
    return rc == 0;
}

/* ---- the end ---- */

static enum sync_end end_of_status(int status)
{
    if (status >= 200 && status < 300)
        return SYNC_DONE;
    switch (status) {
    case 401:
        return SYNC_LOGIN;
    case 403:
        return SYNC_DENIED;
    case 410:
        return SYNC_GONE;
    default:
        return SYNC_FAILED;
    }
}

/* "403: pods is forbidden: User ... cannot list resource ..." */
static void words_of_status(struct fetch *fetch, const struct http_reply *reply)
{
    struct facts facts;

    if (facts_read(&fetch->reader, buffer_view(&reply->body), &facts) == 0 && facts.message.len > 0)
        snprintf(fetch->why, sizeof fetch->why, "%d: %.*s", reply->status,
                 (int)(facts.message.len < 200 ? facts.message.len : 200), facts.message.data);
    else
        snprintf(fetch->why, sizeof fetch->why, "status %d", reply->status);
}

static struct fetch_end judge(struct fetch *fetch, const struct http_reply *reply, int error,
                              const char *why)
{
    struct fetch_end end = {.end = SYNC_FAILED, .status = reply->status, .why = fetch->why};

    if (fetch->error_code != 0) {
        end.end = end_of_status(fetch->error_code);
        end.status = fetch->error_code;
        if (end.end == SYNC_DONE)
            end.end = SYNC_FAILED;
    } else if (fetch->is_broken) {
        snprintf(fetch->why, sizeof fetch->why, "the answer is not what an API server says");
    } else if (error < 0) {
        end.error = error;
        end.status = 0;
        wire_words(error, why, "Kube_CA_File", fetch->why);
    } else {
        end.end = end_of_status(reply->status);
        end.asked_ms = reply->retry_after_ms;
        if (end.end != SYNC_DONE)
            words_of_status(fetch, reply);
    }
    return end;
}

static void on_done(void *owner, struct http_call *call, int error, const char *why)
{
    struct fetch *fetch = owner;
    struct fetch_end end = judge(fetch, http_call_reply(call), error, why);

    CHECK(fetch->call == call);
    fetch->call = NULL;
    if (end.end == SYNC_DONE && !cut_is_between(fetch->cut)) {
        end.end = SYNC_FAILED;
        snprintf(fetch->why, sizeof fetch->why, "the answer ended in the middle of an object");
    }
    wire_count(fetch->wire, end.status);
    if (end.end == SYNC_LOGIN)
        login_doubt(&fetch->wire->login);
    (void)left_out_since(fetch);
    cut_free(&fetch->cut);
    fetch->cut = cut_new(facts_shape, on_cut, fetch);
    fetch->left_out = 0;
    fetch->ops->ended(fetch->owner, &end);
}

int fetch_start(struct fetch *fetch, enum wire_kind kind, const char *path)
{
    struct wire_ask ask = {
        .kind = kind, .path = path, .body = on_body, .done = on_done, .owner = fetch};

    CHECK(fetch->call == NULL);
    fetch->error_code = 0;
    fetch->is_broken = false;
    fetch->why[0] = '\0';
    cut_reset(fetch->cut);
    fetch->call = wire_get(fetch->wire, &ask, fetch->why);
    return fetch->call != NULL ? 0 : UV_EINVAL;
}

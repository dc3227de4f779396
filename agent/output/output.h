/*
 * What an output plugin is: it makes a body of a batch and says what became of it. Everything
 * else - queueing, time, retries, halving, acks, counting - is deliver's.
 *
 * Life     the agent zeroes self_bytes, binds the options and calls init; encode or write run for
 *          every batch; fini at the end. init runs at --dry-run too: it opens nothing.
 * Thread   init, judge and fini on the loop. encode and write on a worker, never two at once for
 *          a write; encodes of one output may overlap, so `self` is const there. encode on the loop
 *          where is_light says so.
 *
 * An output either has `encode` and `judge` (it sends requests) or `write` (it has its own way).
 */
#ifndef TAILRACE_OUTPUT_OUTPUT_H
#define TAILRACE_OUTPUT_OUTPUT_H

#include "aws/signer.h"
#include "chunk/parcel.h"
#include "http/http.h"
#include "http/judge.h"
#include "output/batch.h"
#include "output/pace.h"

struct option;
struct plugin_setup;

#define AGAIN_MAX 100

/* What became of each record of a batch, where the answer has items. deliver hands in one with
 * every record delivered; judge marks the others. Indices count the batch's records. Memory is
 * taken when the first one is marked: nearly always all went well. */
struct item_verdict {
    uint8_t verdict; /* enum verdict */
    uint16_t status;
    bool was_there;   /* delivered, and the back-end had it already */
    bool may_be_text; /* refused, but encode has a way to write it as text (batch_refusal) */
    char *reason;     /* why it was refused or must wait; freed by deliver; may be NULL */
};

struct verdicts {
    struct item_verdict *items; /* NULL: all were delivered */
    uint32_t count;
    void *note;   /* that encode left in the batch; NULL: none */
    bool is_busy; /* judge: it asks for fewer requests, whatever the status was */
    uint64_t
        wait_ms; /* judge, with VERDICT_AGAIN: this one not before; others have its place meanwhile */
};

/* One of them, to be marked; good until verdicts_fini. */
struct item_verdict *verdicts_item(struct verdicts *verdicts, uint32_t index);
void verdicts_fini(struct verdicts *verdicts);

/*
 * An output is one of these. Where its upstream has nodes with keys of their own there is one more for
 * each of them: encode, is_light and judge get that of the node that the request goes to, all others the
 * output's.
 */
struct output_plugin {
    const char *name;
    const char *alias; /* another name in configurations, or NULL */
    const char *summary;
    size_t self_bytes;
    const struct option *options;

    /* Compiles what the options say; reports every mistake. Negative when there was one. */
    MUST_USE int (*init)(void *self, struct plugin_setup *setup);
    void (*fini)(void *self);

    /* Makes the request for the batch. A negative code when the batch cannot be encoded at all:
     * it is set aside. Records that have no place in the body (an update without an id) are
     * reported with batch_skip and count as set aside; what is for another request, with batch_hold. */
    MUST_USE int (*encode)(const void *self, struct batch *batch, struct http_request *request);

    /* With encode: whether it compresses as it writes (http_request_pack_some), so that what many
     * documents share costs a request no memory. NULL: it does not. */
    bool (*is_packed)(const void *self);

    /* With encode: whether it hardly does more than copy text, so that half a mebibyte of records takes
     * it no longer than handing them to a worker and back does; the loop encodes then, unless the
     * request is to be signed. NULL: it is not. */
    bool (*is_light)(const void *self);

    /* The answer came, with a status. The whole's verdict; for VERDICT_DELIVERED the items that
     * fared otherwise are marked in `verdicts`. `why` is filled in words unless delivered.
     * VERDICT_AGAIN: the same records are encoded once more at once, as something had to be asked
     * first, or when wait_ms are over; past AGAIN_MAX times at once without a record being settled,
     * it is a retry. */
    enum verdict (*judge)(void *self, const struct http_reply *reply, struct verdicts *verdicts,
                          char why[256]);

    /* With encode: the pace of the call that this note of encode's leads to; of the first one of a
     * batch for NULL, for which all deliveries of the output wait together. On the loop. NULL, or an
     * answer of NULL: calls go as they come. */
    struct call_lane *(*lane)(void *self, const void *note);

    /* Instead of both: writes the batch. `why` as above. */
    enum verdict (*write)(void *self, struct batch *batch, char why[256]);

    /* For outputs with encode: where requests go. */
    const struct http_settings *(*settings)(const void *self);

    /* Likewise, where requests are signed for AWS: with what. NULL, or an answer of NULL: they are not.
     * Component, host, port and TLS need not be filled. */
    const struct aws_signer_settings *(*aws)(const void *self);

    /* For outputs whose calls go to one destination each: how chunks are cut for them. NULL: as for
     * all others. */
    const struct parcel_kind *parcels;

    unsigned default_port;
    unsigned default_workers; /* requests in flight at once, when Workers does not say */
};

#endif

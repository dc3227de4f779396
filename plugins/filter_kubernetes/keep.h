/*
 * What is kept of the pods for the next start, so that an API server that is down then does not keep
 * labels from lines: one file, written anew within KEEP_DELAY_MS of a change, and once in KEEP_EVERY_MS
 * while the version of the watch moves on.
 *
 *   file  := "TRpods\0\1" hash:u64 payload                          little endian
 *   payload := print:u64 saved_ns:i64 node version pods:u32 spaces:u32 pod* space*
 *   text  := length:u32 byte[length];   a pod is its texts and its containers, a space its three texts
 *
 * The hash is of the payload, the print of the settings that decide what is kept. A file that does not
 * match in both, or that is longer than KEEP_BYTES_MAX, or that ends early, is as if it were not there.
 *
 * A watch goes on from a file's version when that is younger than KEEP_FRESH_MS: the server remembers
 * about five minutes, and else a list is needed anyway.
 *
 * Life     keep_load; keep_new -> keep_wish* -> keep_free, which writes at once what is not written.
 * Thread   the loop; files are written by a worker, but for the last.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_KEEP_H
#define TAILRACE_FILTER_KUBERNETES_KEEP_H

#include "plugins/filter_kubernetes/pods_fill.h"

#define KEEP_DELAY_MS UINT64_C(5000)
#define KEEP_EVERY_MS UINT64_C(60000)
#define KEEP_FRESH_MS INT64_C(240000)
#define KEEP_BYTES_MAX ((size_t)24 << 20)

struct keep_head {
    uint64_t print;
    int64_t saved_ns;     /* wall clock */
    struct slice node;    /* empty: not known */
    struct slice version; /* of the watch; empty: none */
    char *bytes;          /* what the slices of a head that was read are lent by */
};

/* ---- the format; pure ---- */

void keep_write(struct buffer *out, const struct keep_head *head, const struct pods *pods);

/* Fills the pods and the head, whose slices are lent by the bytes. -EBADMSG: it is none, or damaged;
 * -ESTALE: of other settings, or of another node than `head` names. Nothing is put then. */
MUST_USE int keep_read(struct slice bytes, struct keep_head *head, struct pods *pods);

bool keep_is_fresh(const struct keep_head *head, int64_t now_ns);
void keep_head_fini(struct keep_head *head);

/* ---- the file ---- */

/* keep_read of a file. `head->node` may be empty: any. -EPERM: it belongs to another user, or all may
 * write to it, or it is no file. */
MUST_USE int keep_load(const char *path, struct keep_head *head, struct pods *pods);

struct keep;

/* What is kept: all lent for the keep's life. */
struct keep_what {
    const struct pods *pods;
    struct buffer *version;
    char *const *node;
    uint64_t print;
};

struct keep *keep_new(struct loop *loop, const char *component, const char *path,
                      const struct keep_what *what);
void keep_free(struct keep **keep);

/* Something changed. NULL is fine. */
void keep_wish(struct keep *keep);

#endif

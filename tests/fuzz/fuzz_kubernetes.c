/*
 * Any bytes as what an API server says, in pieces of a length that the first byte gives: however
 * they are parted, the same comes out, and what comes out is read, put among pods, kept, and read
 * back.
 */
#include "plugins/filter_kubernetes/keep.h"

#include <stdlib.h>

static const struct source_wants wants = {.labels = true,
                                          .annotations = true,
                                          .owners = true,
                                          .namespace_labels = true,
                                          .namespace_annotations = true};

struct taking {
    struct facts_reader reader;
    struct pods *pods;
    struct buffer all; /* of what came */
};

static void on_wished(void *owner)
{
    (void)owner;
}

static bool on_piece(void *owner, enum cut_piece piece, struct slice text)
{
    struct taking *t = owner;
    struct pod_namespace space;
    struct pod_facts pod;
    struct facts facts;

    buffer_append_byte(&t->all, (char)('0' + (int)piece));
    buffer_append(&t->all, text);
    if (facts_read(&t->reader, text, &facts) < 0)
        return true;
    if (facts_read_space(&t->reader, facts.object, &space) == 0)
        pods_space_put(t->pods, &space);
    if (facts_read_pod(&t->reader, facts.object, &pod) == 0)
        (void)pods_put(t->pods, &pod);
    return true;
}

static void take(struct taking *t, struct slice bytes, size_t piece)
{
    struct cut *cut = cut_new(facts_shape, on_piece, t);

    while (bytes.len > 0) {
        if (cut_feed(cut, slice_make(bytes.data, bytes.len < piece ? bytes.len : piece)) < 0)
            break;
        bytes = slice_skip(bytes, piece);
    }
    cut_free(&cut);
}

static void keep_and_read_back(const struct pods *pods)
{
    struct pods *again = pods_new(true, on_wished, NULL);
    struct keep_head head = {.print = 1, .version = SLICE("7")};
    struct buffer bytes = {0};

    keep_write(&bytes, &head, pods);
    CHECK(keep_read(buffer_view(&bytes), &head, again) == 0);
    CHECK(pods_counts(again).live == pods_counts(pods).live);
    pods_free(&again);
    buffer_fini(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = slice_make((const char *)data + 1, size - 1);
    struct taking parted = {0}, whole = {0};
    struct taking *const both[] = {&parted, &whole};

    if (size < 2)
        return 0;
    for (unsigned i = 0; i < 2; i++) {
        facts_reader_init(&both[i]->reader, &wants);
        both[i]->pods = pods_new(true, on_wished, NULL);
        take(both[i], bytes, i == 0 ? 1U + data[0] % 16 : bytes.len);
    }
    CHECK(slice_equal(buffer_view(&parted.all), buffer_view(&whole.all)));
    keep_and_read_back(whole.pods);
    for (unsigned i = 0; i < 2; i++) {
        pods_free(&both[i]->pods);
        facts_reader_fini(&both[i]->reader);
        buffer_fini(&both[i]->all);
    }
    return 0;
}

/*
 * A plain record is an instant and a few texts that nobody has taken apart: what most lines are when
 * they are read. One of the texts may turn out to be a JSON object, and then its members are fields of
 * the record, before or behind the texts, or stand under a key; and behind all that may come what the
 * records of a stream share.
 *
 * It is what a struct record can be, and no more, on the way from an input to a chunk: whoever sees
 * something unusual gives up and fills a record. So it needs no arena and no room to grow, and nothing
 * in it is moved.
 *
 * Life     plain_init -> plain_add* -> chunk. Everything is lent.
 * Thread   its owner's.
 * Limits   PLAIN_FIELDS_MAX texts; more are a bug of the caller.
 */
#ifndef TAILRACE_RECORD_PLAIN_H
#define TAILRACE_RECORD_PLAIN_H

#include "record/copy.h"
#include "record/shared.h"

#define PLAIN_FIELDS_MAX 8

/* `unfolded` of a record whose fields are all texts. */
#define PLAIN_NOT_UNFOLDED PLAIN_FIELDS_MAX

struct plain_field {
    struct slice key;  /* as it should read, not escaped */
    struct slice json; /* padded: ,"key":" where key and text need no escapes, ,"key":"text" where
                        * it is known, or empty: nobody knows */
    struct slice text;
    bool is_known;    /* `json` is all of it */
    uint64_t initial; /* json_initial() of the key */
    uint64_t bit;     /* json_key_bit() of it */
};

/* What becomes of the text under `key` when it is an object. Lent as long as the record. */
struct plain_fold {
    struct slice key;
    struct slice stop;       /* of an object with this key nothing becomes here; empty: any */
    struct slice under;      /* the key that the object goes under; empty: its members are fields */
    struct slice under_json; /* ,"key": of that; it needs no escapes */
    bool is_last;            /* it comes behind the texts; only so it may go under a key */
    bool is_text_kept;
};

struct plain_record {
    int64_t time_ns;
    uint64_t offset;
    size_t bytes;      /* of all keys and texts */
    uint64_t initials; /* json_initial() of all keys, or-ed */
    bool may_repeat;   /* two keys have the same initial */
    uint32_t count;
    uint32_t unfolded; /* the text that `object` is */
    const struct plain_fold *fold;
    struct shared_object *shared; /* whose members come last; lent; NULL: none */
    struct plain_field fields[PLAIN_FIELDS_MAX];
    struct json_object object;
};

static inline void plain_init(struct plain_record *p, int64_t time_ns)
{
    p->time_ns = time_ns;
    p->offset = RECORD_NO_OFFSET;
    p->bytes = 0;
    p->initials = 0;
    p->may_repeat = false;
    p->count = 0;
    p->unfolded = PLAIN_NOT_UNFOLDED;
    p->shared = NULL;
}

static inline void plain_add_field(struct plain_record *p, struct plain_field field)
{
    CHECK(p->count < PLAIN_FIELDS_MAX);
    field.initial = json_initial(field.key);
    field.bit = json_key_bit(field.key);
    p->may_repeat |= (p->initials & field.initial) != 0;
    p->initials |= field.initial;
    p->bytes += field.key.len + field.text.len;
    p->fields[p->count++] = field;
}

static inline void plain_add(struct plain_record *p, struct slice key, struct slice text)
{
    plain_add_field(p, (struct plain_field){.key = key, .text = text});
}

/* The same under a literal, for a text that may stand inside a JSON string as it is. */
#define PLAIN_ADD_CLEAN(p, name, value)                             \
    plain_add_field(p, (struct plain_field){                        \
                           .key = SLICE(name),                      \
                           .json = COPY_PADDED(",\"" name "\":\""), \
                           .text = value,                           \
                       })

/* The same for a text that is a literal, too. */
#define PLAIN_ADD_KNOWN(p, name, value)                                        \
    plain_add_field(p, (struct plain_field){                                   \
                           .key = SLICE(name),                                 \
                           .json = COPY_PADDED(",\"" name "\":\"" value "\""), \
                           .text = SLICE(value),                               \
                           .is_known = true,                                   \
                       })

/* Makes the object that the last text of this name is stand where it shall; where there is no such
 * text, or it is no object, nothing. False: the record is not plain, because the object has to be
 * rewritten, is empty, has the key `stop`, or one of the record's; then nothing was done. What it finds
 * is lent by the scanner. */
MUST_USE bool plain_unfold(struct plain_record *p, const struct plain_fold *fold,
                           struct json_scanner *json);

/* Takes it back: the texts are as they were. */
static inline void plain_fold_back(struct plain_record *p)
{
    p->unfolded = PLAIN_NOT_UNFOLDED;
}

/* Makes its members stand behind all others. False: one of them is there already; then nothing was
 * done. */
MUST_USE bool plain_share(struct plain_record *p, struct shared_object *shared);

/* The last text of this name; false where there is none. */
bool plain_find(const struct plain_record *p, struct slice key, struct slice *text);

/* The same as a record, which is empty; of one that is only texts. */
void record_fill_plain(struct record *r, const struct plain_record *p);

#endif

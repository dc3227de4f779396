/*
 * What is known of the instance, what is asked next, and what an answer means. Pure; who asks is
 * plugins/filter_aws/instance.c.
 *
 * A round asks for what is wanted and not known yet, one thing after the other, and the values of
 * tags after their names. A thing that the metadata does not have (404) is absent: that is an
 * answer too. One that came as something else, or with another status, stays unknown, and the next
 * round asks again.
 *
 * Life     facts_init -> (facts_begin -> (facts_path, facts_hear)* -> facts_path is NULL)* -> facts_fini.
 * Thread   the loop.
 * Limits   FACT_BYTES_MAX of a fact, TAGS_MAX tags, TAG_VALUE_BYTES_MAX of one: AWS's are below that.
 *          What is longer is left out.
 */
#ifndef TAILRACE_FILTER_AWS_FACTS_H
#define TAILRACE_FILTER_AWS_FACTS_H

#include "plugin/plugin.h"

#define FACT_BYTES_MAX 256
#define TAGS_MAX 100
#define TAG_KEY_BYTES_MAX 512
#define TAG_VALUE_BYTES_MAX 1024

/* In the order in which records get them. */
enum fact {
    FACT_AZ,
    FACT_INSTANCE_ID,
    FACT_INSTANCE_TYPE,
    FACT_PRIVATE_IP,
    FACT_VPC_ID,
    FACT_AMI_ID,
    FACT_ACCOUNT_ID,
    FACT_HOSTNAME,
    FACT_COUNT,
};

/* What is wanted. The lists are lent as long as the facts. */
struct facts_wish {
    bool wants[FACT_COUNT];
    bool wants_tags;
    const struct text_list *include; /* tags, and no others; empty: all */
    const struct text_list *exclude; /* but these */
};

enum fact_state {
    FACT_UNKNOWN,
    FACT_KNOWN,
    FACT_ABSENT,
};

struct facts_tag {
    const char *key;
    const char *value; /* NULL: not known yet */
    bool is_absent;
};

/* Where a round is. */
enum facts_step {
    FACTS_ONE,  /* of enum fact, `at` */
    FACTS_MAC,  /* which the path of the VPC's id has in it */
    FACTS_TAGS, /* their names */
    FACTS_TAG,  /* a value, of the tag `at` */
    FACTS_OVER,
};

struct facts_round {
    enum facts_step step;
    unsigned at;
    char path[sizeof "/latest/meta-data/tags/instance/" + TAG_KEY_BYTES_MAX * 3];
};

struct facts {
    struct facts_wish wish;
    struct arena texts;
    enum fact_state states[FACT_COUNT];
    const char *values[FACT_COUNT];
    enum fact_state tags_state; /* of their names */
    struct facts_tag *tags;
    uint32_t tag_count;
    char mac[FACT_BYTES_MAX];
    struct facts_round round;
};

void facts_init(struct facts *facts, const struct facts_wish *wish);
void facts_fini(struct facts *facts);

/* Begins a round. */
void facts_begin(struct facts *facts);

/* Ends it before its time. */
void facts_stop(struct facts *facts);

/* What to ask next; NULL: the round is over. Lent until the next call. */
const char *facts_path(const struct facts *facts);

/* The answer to that, and on to the next. `why` is filled when it is neither the thing nor 404: what
 * came, in words. False then. */
bool facts_hear(struct facts *facts, int status, struct slice body, char why[256]);

/* Everything wanted has been answered, be it by 404. */
bool facts_are_answered(const struct facts *facts);

/* Appends what is absent, in words: "vpc_id, tags"; nothing: all is there. */
void facts_absent(const struct facts *facts, struct buffer *out);

/* What of it a filter's records get. */
struct facts_form {
    bool has[FACT_COUNT];
    bool has_tags;
    bool has_entity; /* instance and account once more, under aws_entity_*, where both are known */
};

/* The members that records get, one reference; NULL: there are none. */
struct shared_object *facts_block(const struct facts *facts, const struct facts_form *form);

#endif

/*
 * CloudWatch Logs by its rules, on 127.0.0.1: groups and streams must be there, an event must be no
 * longer, a call no larger and in no other order than the service takes them. Whatever breaks a rule
 * is answered as the service does, and noted in `broken`.
 *
 * Life     cloud_open -> the fields -> cloud_close. Thread: the test's, while no call is under way.
 */
#ifndef TAILRACE_SCENARIO_PIPELINE_CLOUD_H
#define TAILRACE_SCENARIO_PIPELINE_CLOUD_H

#include "base/buffer.h"
#include "base/map.h"
#include "scenario/pipeline/kit.h"

#define CLOUD_TIMES_MAX 1024

/* Configurations: an output to it, and the logs of a folder, a tag each. */
#define CLOUD_OUTPUT                                                 \
    "[OUTPUT]\n Name cloudwatch_logs\n Match *\n Region eu-west-1\n" \
    " Log_Group_Name /app/logs\n Endpoint http://127.0.0.1:${CLOUD}\n Log_Key log\n"
#define CLOUD_BY_FILE                                                                 \
    SERVICE "[INPUT]\n Name tail\n Tag k.*\n Path ${DIR}/*.log\n Read_from_Head on\n" \
            " DB ${DIR}/state/positions.db\n"

/* When calls of one kind came, and which were throttled. */
struct cloud_times {
    uint64_t ms[CLOUD_TIMES_MAX];
    bool was_throttled[CLOUD_TIMES_MAX];
    unsigned count;
};

struct cloud {
    struct kit_server *server;
    bool has_group;
    bool has_no_gzip;              /* refuses what is compressed, as if it were wrongly signed */
    bool has_no_id;                /* answers without a request id */
    bool has_no_trust;             /* refuses every signature */
    bool has_no_retention;         /* nobody may set one */
    const char *retention_trouble; /* PutRetentionPolicy is answered so; NULL: as it should be */
    bool has_all_groups;           /* every group is this one */
    unsigned throttled;            /* so many calls, from now on */
    unsigned unseen;               /* so many of PutRetentionPolicy do not find the group */
    unsigned lost_makes;           /* so many of CreateLogStream end without an answer */
    unsigned lost; /* so many calls are taken, and the connection closed without an answer */
    int64_t
        ahead_s; /* its clock is so far before ours; what is signed five minutes off is refused */
    unsigned refused_events;        /* of the next call, from its front: too old */
    struct map streams;             /* by name */
    struct buffer calls;            /* "PutLogEvents CreateLogStream " */
    struct buffer taken;            /* "stream: message\n" */
    struct buffer broken;           /* which rule, in words; empty: none */
    struct buffer body;             /* of the answer */
    struct buffer made;             /* the body of the last CreateLogGroup */
    char date[128];                 /* header lines with its date */
    int64_t days;                   /* of the last PutRetentionPolicy */
    uint64_t largest;               /* the most bytes of a call, as the service counts them */
    struct cloud_times puts, makes; /* PutLogEvents; CreateLogStream */
};

/* With a kit whose agent finds keys in its environment, no files of AWS's, and the service at ${CLOUD}.
 * At the end nothing was asked that the service would not take. */
struct kit *cloud_open(struct cloud *cloud);
void cloud_close(struct cloud *cloud, struct kit **kit);

/* The most that came within any second. */
unsigned cloud_most_in_a_second(const struct cloud_times *times);

/* The shortest time from a call that was throttled to the next one, behind those that may have been
 * under way with it. */
uint64_t cloud_shortest_hold_ms(const struct cloud_times *times, unsigned under_way);

/* How many events were taken. */
unsigned cloud_taken(const struct cloud *cloud);

/* The group is gone, with its streams. */
void cloud_forget(struct cloud *cloud);

#endif

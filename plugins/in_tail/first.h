/*
 * What the first read of a file waits for: its row, by which it is known after a crash whatever became
 * of it, and whatever else somebody gives as a reason. The file is held open meanwhile; who knows that
 * a reason is over wakes it.
 *
 * Life     with its tail_file. Thread the loop. Limits one bit for each reason; one time for all that
 *          are over by themselves.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_FIRST_H
#define TAILRACE_PLUGINS_IN_TAIL_FIRST_H

#include "plugin/follow.h"

struct tail_file;

/* Why nothing is read of a file yet: bits. */
enum tail_wait {
    TAIL_WAIT_ROW = 1 << 0, /* its row, with its id, is on the way to the disk */
    TAIL_WAIT_POD = 1 << 1, /* a filter does not know its pod yet */
};

/* What its first read waits for; first.c. */
struct tail_first {
    unsigned waits;    /* of enum tail_wait; 0: it may be read */
    unsigned timed;    /* those of them that are over by themselves */
    uint64_t until_ms; /* at this time */
    struct positions_waiter written;
    uint64_t id;       /* that the last row had whose write was waited for, */
    uint32_t head_len; /* and how much of its first bytes, */
    bool is_first;     /* and whether a line may go on in it */
    bool is_asked;     /* whether the filters are ready for it; while not, they have: */
    struct filter_waiter waiter;
};

/* The file is not read until it is woken for each reason that was given; where `wait_ms` is not 0, that
 * is over by then at the latest. Before anything of it was read. */
void tail_file_wait(struct tail_file *file, enum tail_wait reason, uint64_t wait_ms);

/* These reasons are over; where there were no others, the file is read soon. Nothing when it does not
 * wait for them. */
void tail_file_wake(struct tail_file *file, unsigned reasons);

/* Whether it is not to be read yet. */
bool tail_file_waits(struct tail_file *file);

/* Its first turn, when its row is still on the way: it was looked at when it was opened, and only the
 * filters have to be asked. What they and the row say wakes it. */
bool tail_first_is_told(struct tail_file *file);

/* Before it is read up to `size`, to its last byte when `is_last`: where no row tells it from
 * others yet it gets one. True: it is not to be read before it is woken. */
bool tail_first_introduce(struct tail_file *file, uint64_t size, bool is_last);

/* A row that is to tell it from others was set. */
void tail_first_saved(struct tail_file *file);
void tail_first_init(struct tail_file *file);

/* It is closed. */
void tail_first_end(struct tail_file *file);

#endif

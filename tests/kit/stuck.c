#include "kit/stuck.h"

#include <check.h>
#include <semaphore.h>

static sem_t stuck;

static void be_stuck(void *owner)
{
    (void)owner;
    while (sem_wait(&stuck) < 0)
        continue;
}

static void on_free(void *owner)
{
    (void)owner;
}

void workers_stick(struct loop *loop)
{
    ck_assert_int_eq(sem_init(&stuck, 0, 0), 0);
    for (unsigned i = 0; i < STUCK_JOBS; i++)
        job_start(loop, be_stuck, on_free, NULL);
}

void workers_free(struct loop *loop)
{
    for (unsigned i = 0; i < STUCK_JOBS; i++)
        ck_assert_int_eq(sem_post(&stuck), 0);
    while (job_count(loop) > 0)
        loop_turn(loop, true);
    ck_assert_int_eq(sem_destroy(&stuck), 0);
}

#include "base/log.h"
#include "sim/fake_database.h"
#include "sim/story.h"
#include "sim/truth.h"
#include "sim/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* sim [FIRST_SEED [COUNT]]: runs so many histories. With SIM_ALOUD they are told as they happen,
 * with SIM_LOG the agent's own words come between. */
int main(int count, char **arguments)
{
    uint64_t first = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
    uint64_t histories = count > 2 ? strtoull(arguments[2], NULL, 10) : 1;
    struct world_sum sum = {0};

    log_level_set(getenv("SIM_LOG") != NULL ? LOG_DEBUG : LOG_OFF);
    story_guard();
    if (getenv("SIM_ALOUD") != NULL)
        story_aloud();
    for (uint64_t i = 0; i < histories; i++)
        world_run(first + i, &sum);
    story_end();
    truth_end();
    fake_disk_end();
    printf("%" PRIu64 " histories from seed %" PRIu64 ": %" PRIu64 " steps, %" PRIu64
           " lines, %" PRIu64 " of them destroyed unread, %" PRIu64 " hours passed\n",
           sum.histories, first, sum.steps, sum.lines, sum.excused, sum.simulated_ms / 3600000);
    return 0;
}

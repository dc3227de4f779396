#include "base/random.h"

#include "base/clock.h"

#include <uv.h>

uint64_t random_number(void)
{
    uint64_t number = 0;

    if (uv_random(NULL, NULL, &number, sizeof number, 0, NULL) < 0)
        number = (uint64_t)clock_wall_ns();
    return number;
}

#include "sim/dice.h"

#include <stdarg.h>
#include <uv.h>

static uint64_t state;

void dice_seed(uint64_t seed)
{
    state = seed;
}

/* Steele and others' SplitMix64: any seed will do, small ones too. */
uint64_t dice_throw(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t dice_below(uint64_t count)
{
    CHECK(count > 0);
    return dice_throw() % count;
}

uint64_t dice_between(uint64_t least, uint64_t most)
{
    return least + dice_below(most - least + 1);
}

bool dice_one_in(uint64_t count)
{
    return dice_below(count) == 0;
}

/* The agent's dice. The two arguments that count are the third and the fourth. */
int __wrap_uv_random(uv_loop_t *loop, uv_random_t *request, ...);

int __wrap_uv_random(uv_loop_t *loop, uv_random_t *request, ...)
{
    va_list arguments;
    size_t len;
    char *to;

    CHECK(loop == NULL && request == NULL);
    va_start(arguments, request);
    to = va_arg(arguments, char *);
    len = va_arg(arguments, size_t);
    va_end(arguments);
    for (size_t at = 0; at < len; at++)
        to[at] = (char)dice_throw();
    return 0;
}

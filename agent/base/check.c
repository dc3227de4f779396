#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *file, int line, const char *expression)
{
    fprintf(stderr, "tailrace: %s:%d: broken promise: %s\n", file, line, expression);
    abort();
}

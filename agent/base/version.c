#include "base/version.h"

#ifndef TAILRACE_COMMIT
#define TAILRACE_COMMIT "unknown"
#endif

const char *version_commit(void)
{
    return TAILRACE_COMMIT;
}

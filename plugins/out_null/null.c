#include "plugin/plugin.h"

/* Takes every record and keeps none: for measuring what the rest of the agent costs. */

struct out_null {
    int unused;
};

#define NOTHING "Nothing is written."

static const struct option options[] = {
    OPTION_IGNORED("format", NOTHING),
    OPTION_IGNORED("json_date_format", NOTHING),
    OPTION_IGNORED("json_date_key", NOTHING),
    OPTION_END,
};

static int null_init(void *self, struct plugin_setup *setup)
{
    (void)self, (void)setup;
    return 0;
}

static void null_fini(void *self)
{
    (void)self;
}

static enum verdict null_write(void *self, struct batch *batch, char why[256])
{
    (void)self, (void)batch, (void)why;
    return VERDICT_DELIVERED;
}

const struct output_plugin out_null = {
    .name = "null",
    .summary = "Throws records away.",
    .self_bytes = sizeof(struct out_null),
    .options = options,
    .init = null_init,
    .fini = null_fini,
    .write = null_write,
    .default_workers = 1,
};

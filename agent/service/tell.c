#include "service/tell.h"

#include "base/version.h"
#include "service/catalog.h"
#include "service/known.h"

#include <errno.h>

/* Scripts read the first two lines. */
static void tell_version(struct buffer *out)
{
    buffer_append_format(out, "Fluent Bit v%s\nGit commit: %s\n", VERSION_COMPATIBLE,
                         version_commit());
    buffer_append_format(out, "tailrace %s, compatible with the above\n", VERSION_TAILRACE);
}

static int tell_plugin(const struct section *plugin, struct buffer *out)
{
    const char *name = section_get(plugin, "name");
    struct catalog_entry entry;

    if (!catalog_find(plugin->kind, name, &entry)) {
        known_explain(plugin->kind, name, out);
        buffer_append_text(out, "\nThese are built in:\n");
        catalog_list(out);
        return -ENOENT;
    }
    catalog_describe(plugin->kind, &entry, out);
    return 0;
}

static void tell_help(const char *program, struct buffer *out)
{
    arguments_help(program, out);
    buffer_append_byte(out, '\n');
    catalog_list(out);
}

int tell(const struct arguments *a, const char *program, struct buffer *out)
{
    switch (a->task) {
    case TASK_VERSION:
        tell_version(out);
        return 0;
    case TASK_SCHEMA:
        catalog_json(out);
        return 0;
    case TASK_HELP:
        if (a->last != NULL)
            return tell_plugin(a->last, out);
        tell_help(program, out);
        return 0;
    case TASK_RUN:
    case TASK_DRY_RUN:
    case TASK_SUPPORT_INFO:
        break;
    }
    return -ENOTSUP;
}

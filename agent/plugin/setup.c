#include "plugin/plugin.h"

#include <errno.h>
#include <unistd.h>

struct place setup_place(const struct plugin_setup *setup, const char *key)
{
    return property_place(setup->properties, setup->property_count, key, setup->place);
}

void setup_warn_of_folder(const struct plugin_setup *setup, const char *key, const char *path)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    char *folder;

    if (slash == NULL)
        return;
    folder = mem_text_n(path, slash == path ? 1 : (size_t)(slash - path));
    if (access(folder, W_OK | X_OK) < 0)
        report_warn(setup->report, setup_place(setup, key),
                    "%s: nothing can be written to the folder of %s %s: %s", setup->name, key, path,
                    strerror(errno));
    mem_free(folder);
}

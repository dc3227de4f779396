#include "plugins/in_systemd/library.h"

#include "plugin/plugin.h"

#include <dlfcn.h>
#include <string.h>

static struct journal_library of_system;
static const struct journal_library *library; /* NULL: not loaded yet */

static const struct symbol {
    const char *name;
    const char *older; /* what it was called before, or NULL */
    size_t offset;
} symbols[] = {
#define SYMBOL(member)                                                        \
    {                                                                         \
        "sd_journal_" #member, NULL, offsetof(struct journal_library, member) \
    }
    {"sd_journal_enumerate_available_data", "sd_journal_enumerate_data",
     offsetof(struct journal_library, enumerate_data)},
    SYMBOL(open),
    SYMBOL(open_directory),
    SYMBOL(close),
    SYMBOL(add_match),
    SYMBOL(add_disjunction),
    SYMBOL(add_conjunction),
    SYMBOL(set_data_threshold),
    SYMBOL(seek_head),
    SYMBOL(seek_tail),
    SYMBOL(seek_cursor),
    SYMBOL(seek_realtime_usec),
    SYMBOL(next),
    SYMBOL(previous),
    SYMBOL(test_cursor),
    SYMBOL(get_cursor),
    SYMBOL(get_realtime_usec),
    SYMBOL(restart_data),
    SYMBOL(get_fd),
    SYMBOL(get_events),
    SYMBOL(reliable_fd),
    SYMBOL(process),
#undef SYMBOL
};

const struct journal_library *journal_library_load(const char **why)
{
    void *handle;

    if (library != NULL)
        return library;
    handle = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        *why = dlerror();
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_LEN(symbols); i++) {
        void *function = dlsym(handle, symbols[i].name);

        if (function == NULL && symbols[i].older != NULL)
            function = dlsym(handle, symbols[i].older);
        if (function == NULL) {
            *why = "libsystemd.so.0 lacks a function; it is too old";
            dlclose(handle);
            return NULL;
        }
        memcpy((char *)&of_system + symbols[i].offset, &function, sizeof function);
    }
    return library = &of_system;
}

void journal_library_replace(const struct journal_library *replacement)
{
    library = replacement;
}

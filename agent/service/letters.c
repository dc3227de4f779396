#include "service/letters.h"

#include "base/memory.h"

#include <errno.h>

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static const char *database_of(const struct config *config)
{
    for (const struct section *s = config_first(config, CONFIG_INPUT); s != NULL;
         s = config_next(config, s))
        if (is_given(section_get(s, "db")))
            return section_get(s, "db");
    return NULL;
}

static char *below(const char *folder, const char *name)
{
    bool has_slash = slice_ends(slice_of(folder), SLICE("/"));

    return mem_format("%s%s%s", folder, has_slash ? "" : "/", name);
}

char *letters_path(const struct service_keys *keys, const struct config *config)
{
    const char *database = database_of(config);

    if (is_given(keys->rejected.path) &&
        (keys->rejected.path[0] == '/' || !is_given(keys->rejected.storage_path)))
        return mem_text(keys->rejected.path);
    if (is_given(keys->rejected.storage_path))
        return below(keys->rejected.storage_path,
                     is_given(keys->rejected.path) ? keys->rejected.path : "dead-letters");
    if (database != NULL)
        return mem_format("%s.dead-letters", database);
    return mem_text(LETTERS_PATH_DEFAULT);
}

struct letter_store *letters_new(struct loop *loop, const struct service_keys *keys,
                                 const struct config *config, struct letter_metrics *metrics)
{
    struct letter_store *store;
    char *path;

    if (!keys->rejected.are_kept)
        return NULL;
    path = letters_path(keys, config);
    store = letter_store_new(loop, path, keys->rejected.bytes_max, metrics);
    mem_free(path);
    return store;
}

int letters_start(struct letter_store *store, const struct service_keys *keys,
                  struct report *report)
{
    char why[256];

    if (store == NULL || !is_given(keys->rejected.path))
        return 0;
    if (letter_store_open(store, why) != -EBUSY)
        return 0;
    report_error(report, (struct place){0}, "storage.rejected.path: %s", why);
    return -EBUSY;
}

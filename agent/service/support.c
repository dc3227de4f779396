#include "service/support.h"

#include "base/version.h"
#include "service/catalog.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

/* What the tables do not know: other programs' keys, and names and passwords inside URLs. */
static bool property_is_secret(const struct property *p)
{
    static const char *const parts[] = {"passw",  "secret",     "token",      "cloud_auth",
                                        "header", "access_key", "shared_key", "api_key"};

    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (strcasestr(p->key, parts[i]) != NULL)
            return true;
    return strstr(p->value, "://") != NULL && strchr(p->value, '@') != NULL;
}

static bool option_is_secret(const struct section *s, const char *key)
{
    const char *name = section_get(s, "name");
    const struct option *option;
    struct catalog_entry e;

    if (name == NULL || !catalog_find(s->kind, name, &e))
        return false;
    option = option_find(e.options, key);
    if (option == NULL)
        option = option_find(e.common, key);
    return option != NULL && option->flags & OPTION_SECRET;
}

static void machine_write(struct buffer *out)
{
    struct utsname machine = {0};
    struct rlimit files = {0};

    (void)uname(&machine);
    (void)getrlimit(RLIMIT_NOFILE, &files);
    buffer_append_format(out, "tailrace\n    version      %s, compatible with Fluent Bit %s\n",
                         VERSION_TAILRACE, VERSION_COMPATIBLE);
    buffer_append_format(out, "    commit       %s\n", version_commit());
    buffer_append_format(out, "machine\n    system       %s %s %s\n", machine.sysname,
                         machine.release, machine.machine);
    buffer_append_format(out, "    processors   %ld\n", sysconf(_SC_NPROCESSORS_ONLN));
    buffer_append_format(out, "    open files   %llu at most\n",
                         (unsigned long long)files.rlim_cur);
}

static void section_write(const struct section *s, unsigned depth, struct buffer *out)
{
    int indent = (int)(depth * 4);

    buffer_append_format(out, "%*s%s\n", indent, "",
                         s->kind == CONFIG_GROUP ? s->name : config_kind_name(s->kind));
    for (size_t i = 0; i < s->property_count; i++) {
        const struct property *p = &s->properties[i];
        bool is_secret = property_is_secret(p) || option_is_secret(s, p->key);

        buffer_append_format(out, "%*s%-24s %s\n", indent + 4, "", p->key,
                             is_secret ? "(not shown)" : p->value);
    }
    LIST_FOR (it, &s->groups)
        section_write(CONTAINER_OF(it, struct section, link), depth + 1, out);
}

/* Parsers are left out: there are many, and they are seldom the matter. */
void support_write(const struct config *config, struct buffer *out)
{
    machine_write(out);
    LIST_FOR (it, &config->sections) {
        const struct section *s = CONTAINER_OF(it, struct section, link);

        if (s->kind != CONFIG_PARSER && s->kind != CONFIG_MULTILINE_PARSER)
            section_write(s, 0, out);
    }
}

#include "plugin/option_field.h"

#include "base/log.h"
#include "base/memory.h"

#include <errno.h>

/*
 * A section's properties go into the structs that options are of: the defaults first, then each
 * property, and in the end it is seen what is not there.
 */

#define HIDDEN "(hidden)"

/* One run of options_bind. `is_given` has an entry for each option of each target, in order. */
struct binding {
    const struct option_target *targets;
    size_t target_count;
    const struct property_list *properties;
    struct report *report;
    bool *is_given;
};

/* Where an option is: in which target, and which entry of `is_given` is its own. */
struct found {
    const struct option *option;
    void *self;
    size_t given_at;
};

static size_t option_count(const struct option *options)
{
    size_t count = 0;

    while (options[count].type != OPTION_TYPE_END)
        count++;
    return count;
}

static void default_set(const struct option *o, void *self)
{
    struct property p = {.key = o->name, .value = o->fallback};
    const char *note;

    if (o->fallback != NULL)
        CHECK(option_set(o, self, &p, &note) == 0);
}

static void defaults_set(const struct option_target *target)
{
    for (const struct option *o = target->options; o->type != OPTION_TYPE_END; o++)
        default_set(o, target->self);
}

/* The option that a key means: exact names of all targets first, then the prefixes. */
static bool binding_find(const struct binding *b, const char *key, struct found *found)
{
    const struct option *(*const finders[])(const struct option *,
                                            const char *) = {option_find_exact, option_find_prefix};

    for (size_t f = 0; f < ARRAY_LEN(finders); f++) {
        size_t given_at = 0;

        for (size_t i = 0; i < b->target_count; i++) {
            const struct option *options = b->targets[i].options;
            const struct option *o = finders[f](options, key);

            if (o != NULL) {
                *found = (struct found){o, b->targets[i].self, given_at + (size_t)(o - options)};
                return true;
            }
            given_at += option_count(options);
        }
    }
    return false;
}

static size_t binding_option_count(const struct binding *b)
{
    size_t count = 0;

    for (size_t i = 0; i < b->target_count; i++)
        count += option_count(b->targets[i].options);
    return count;
}

/* The name that is spelt most like a key, or NULL. */
static const char *nearest_name(const struct binding *b, const char *key)
{
    const char **names = mem_zalloc(binding_option_count(b) + 1, sizeof *names);
    const char *nearest;
    size_t count = 0;

    for (size_t i = 0; i < b->target_count; i++)
        for (const struct option *o = b->targets[i].options; o->type != OPTION_TYPE_END; o++)
            names[count++] = o->name;
    CHECK(count == binding_option_count(b));
    nearest = report_nearest(key, names);
    mem_free(names);
    return nearest;
}

static void report_unknown(const struct binding *b, const struct property *p)
{
    void (*say)(struct report *, struct place, const char *, ...) PRINTF_LIKE(3, 4) =
        b->properties->is_lenient ? report_warn : report_error;
    const char *nearest = nearest_name(b, p->key);

    if (nearest != NULL)
        say(b->report, p->place, "%s: unknown configuration property '%s'; did you mean '%s'?",
            b->properties->owner, p->key, nearest);
    else
        say(b->report, p->place, "%s: unknown configuration property '%s'", b->properties->owner,
            p->key);
}

/* Whether one more of what was already given adds to it instead of replacing it. */
static bool adds_up(const struct option *o, const struct property *p)
{
    if (o->flags & OPTION_REPEAT || option_is_pair_list(o))
        return true;
    return p->is_list_item && o->type == OPTION_TYPE_LIST;
}

static void prepare_field(const struct binding *b, const struct found *f, const struct property *p)
{
    bool is_again;

    CHECK(f->given_at < binding_option_count(b));
    is_again = b->is_given[f->given_at];
    if (is_again && !adds_up(f->option, p))
        report_warn(b->report, p->place, "%s: '%s' is given again; the last one counts",
                    b->properties->owner, p->key);
    if (is_again ? !adds_up(f->option, p) : f->option->fallback != NULL)
        option_clear(f->option, f->self);
    if (f->option->flags & OPTION_NO_MEANING && !is_again)
        log_info("config", "%s: '%s' has no meaning here: %s", b->properties->owner, p->key,
                 f->option->help);
    b->is_given[f->given_at] = true;
}

/* What a variable that is not set leaves behind: nothing that a number or a word could be read
 * from. Most texts may be empty. */
static bool is_left_empty(const struct option *o, const struct property *p)
{
    bool has_reading = o->type == OPTION_TYPE_BOOL || o->type == OPTION_TYPE_INT ||
                       o->type == OPTION_TYPE_DOUBLE || o->type == OPTION_TYPE_SIZE ||
                       o->type == OPTION_TYPE_TIME || o->type == OPTION_TYPE_CHOICE ||
                       o->flags & OPTION_NOT_EMPTY;

    return has_reading && p->value[0] == '\0';
}

static void bind_one(const struct binding *b, const struct property *p)
{
    const char *shown, *note;
    struct found f;
    int rc;

    if (!binding_find(b, p->key, &f)) {
        report_unknown(b, p);
        return;
    }
    if (is_left_empty(f.option, p)) {
        report_warn(b->report, p->place, "%s: '%s' is empty; the default counts",
                    b->properties->owner, p->key);
        return;
    }
    prepare_field(b, &f, p);
    shown = f.option->flags & OPTION_SECRET ? HIDDEN : p->value;
    rc = option_set(f.option, f.self, p, &note);
    if (rc == -E2BIG)
        note = "these are more entries than one list can hold";
    CHECK(rc == 0 || note != NULL);
    if (rc < 0) {
        report_error(b->report, p->place, "%s: '%s' cannot be '%s'; what fits: %s",
                     b->properties->owner, p->key, shown, note);
        if (!adds_up(f.option, p)) { /* who looks on finds no fault that is none */
            option_clear(f.option, f.self);
            default_set(f.option, f.self);
        }
    } else if (note != NULL) {
        report_warn(b->report, p->place, "%s: '%s %s': %s", b->properties->owner, p->key, shown,
                    note);
    }
}

/* Whether all are there. */
static bool check_required(const struct binding *b)
{
    size_t at = 0;
    bool is_whole = true;

    for (size_t i = 0; i < b->target_count; i++)
        for (const struct option *o = b->targets[i].options; o->type != OPTION_TYPE_END; o++, at++)
            if (o->flags & OPTION_REQUIRED && !b->is_given[at]) {
                report_error(b->report, b->properties->place, "%s: '%s' must be set: %s",
                             b->properties->owner, o->name, o->help);
                is_whole = false;
            }
    CHECK(at == binding_option_count(b));
    return is_whole;
}

int options_bind(const struct option_target *targets, size_t target_count,
                 const struct property_list *properties, struct report *report)
{
    struct binding b = {targets, target_count, properties, report, NULL};
    unsigned errors_before = report->error_count;
    bool is_whole;

    CHECK(target_count > 0 && properties->owner != NULL);
    b.is_given = mem_zalloc(binding_option_count(&b) + 1, sizeof *b.is_given);
    for (size_t i = 0; i < target_count; i++)
        defaults_set(&targets[i]);
    for (size_t i = 0; i < properties->count; i++)
        bind_one(&b, &properties->items[i]);
    is_whole = check_required(&b);
    mem_free(b.is_given);
    if (!is_whole)
        return -ENODATA;
    return report->error_count > errors_before ? -EINVAL : 0;
}

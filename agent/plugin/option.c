#include "plugin/option.h"

#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <strings.h>

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

static void *option_field(const struct option *o, void *self)
{
    return (char *)self + o->offset;
}

static const struct option *find_exact(const struct option *options, const char *key)
{
    for (; options->type != OPTION_TYPE_END; options++)
        if (options->type != OPTION_TYPE_PREFIX && strcasecmp(options->name, key) == 0)
            return options;
    return NULL;
}

/* "net.*" of an ignored option stands for every key that begins with "net.". */
static bool begins_as(const struct option *o, const char *key)
{
    struct slice name = slice_of(o->name);

    if (o->type == OPTION_TYPE_IGNORED && slice_ends(name, SLICE("*")))
        name.len--;
    else if (o->type != OPTION_TYPE_PREFIX)
        return false;
    return strncasecmp(name.data, key, name.len) == 0;
}

static const struct option *find_prefix(const struct option *options, const char *key)
{
    for (; options->type != OPTION_TYPE_END; options++)
        if (begins_as(options, key))
            return options;
    return NULL;
}

const struct option *option_find(const struct option *options, const char *key)
{
    const struct option *exact = find_exact(options, key);

    return exact != NULL ? exact : find_prefix(options, key);
}

static int choice_set(const struct option *o, int *field, const char *value, const char **note)
{
    struct slice rest = slice_of(o->choices), choice;

    CHECK(o->type == OPTION_TYPE_CHOICE && o->choices != NULL);
    for (int i = 0; slice_next(&rest, '|', &choice); i++) {
        if (slice_is_nocase(choice, value)) {
            *field = i;
            return 0;
        }
    }
    *note = o->choices;
    return -EINVAL;
}

static int size_set(const struct option *o, uint64_t *field, const char *value, const char **note)
{
    if (o->flags & OPTION_BINARY_SIZE)
        return setting_size_binary(value, field, note);
    return setting_size(value, field, note);
}

static int text_set(char **field, const char *value)
{
    mem_free(*field);
    *field = mem_text(value);
    return 0;
}

/* Converts one property into its field; lists grow by it. */
static int field_set(const struct option *o, void *self, const struct property *p,
                     const char **note)
{
    CHECK(o->type != OPTION_TYPE_END);
    void *field = option_field(o, self);

    *note = NULL;
    switch (o->type) {
    case OPTION_TYPE_BOOL:
        return setting_bool(p->value, field, note);
    case OPTION_TYPE_INT:
        return setting_int(p->value, field, note);
    case OPTION_TYPE_DOUBLE:
        return setting_double(p->value, field, note);
    case OPTION_TYPE_SIZE:
        return size_set(o, field, p->value, note);
    case OPTION_TYPE_TIME:
        return setting_time(p->value, field, note);
    case OPTION_TYPE_TEXT:
        return text_set(field, p->value);
    case OPTION_TYPE_CHOICE:
        return choice_set(o, field, p->value, note);
    case OPTION_TYPE_LIST:
        return text_list_split(field, p->value, p->place);
    case OPTION_TYPE_WORDS:
        return text_list_add(field, slice_of(p->value), p->place);
    case OPTION_TYPE_PAIR:
        return pair_list_add(field, o->name, p->value, p->place);
    case OPTION_TYPE_PREFIX:
        return pair_list_add(field, p->key, p->value, p->place);
    case OPTION_TYPE_IGNORED:
    case OPTION_TYPE_END:
        break;
    }
    return 0;
}

static bool is_text_list(const struct option *o)
{
    return o->type == OPTION_TYPE_LIST || o->type == OPTION_TYPE_WORDS;
}

static bool is_pair_list(const struct option *o)
{
    return o->type == OPTION_TYPE_PAIR || o->type == OPTION_TYPE_PREFIX;
}

static void field_clear(const struct option *o, void *self)
{
    if (is_text_list(o))
        text_list_fini(option_field(o, self));
    else if (is_pair_list(o))
        pair_list_fini(option_field(o, self));
    else if (o->type == OPTION_TYPE_TEXT)
        MEM_FREE((char **)option_field(o, self));
}

void options_fini(const struct option *options, void *self)
{
    for (; options->type != OPTION_TYPE_END; options++)
        field_clear(options, self);
}

static void defaults_set(const struct option_target *target)
{
    for (const struct option *o = target->options; o->type != OPTION_TYPE_END; o++) {
        struct property p = {.key = o->name, .value = o->fallback};
        const char *note;

        if (o->fallback != NULL)
            CHECK(field_set(o, target->self, &p, &note) == 0);
    }
}

/* The option that a key means: exact names of all targets first, then the prefixes. */
static bool binding_find(const struct binding *b, const char *key, struct found *found)
{
    const struct option *(*const finders[])(const struct option *, const char *) = {find_exact,
                                                                                    find_prefix};

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
    if (o->flags & OPTION_REPEAT || is_pair_list(o))
        return true;
    return p->is_list_item && o->type == OPTION_TYPE_LIST;
}

static void prepare_field(const struct binding *b, const struct found *f, const struct property *p)
{
    bool is_again = b->is_given[f->given_at];

    CHECK(f->given_at < binding_option_count(b));
    if (is_again && !adds_up(f->option, p))
        report_warn(b->report, p->place, "%s: '%s' is given again; the last one counts",
                    b->properties->owner, p->key);
    if (is_again ? !adds_up(f->option, p) : f->option->fallback != NULL)
        field_clear(f->option, f->self);
    if (f->option->flags & OPTION_NO_MEANING && !is_again)
        log_info("config", "%s: '%s' has no meaning here: %s", b->properties->owner, p->key,
                 f->option->help);
    b->is_given[f->given_at] = true;
}

/* What a variable that is not set leaves behind: nothing that a number or a word could be read
 * from. Texts may be empty. */
static bool is_left_empty(const struct option *o, const struct property *p)
{
    bool has_reading = o->type == OPTION_TYPE_BOOL || o->type == OPTION_TYPE_INT ||
                       o->type == OPTION_TYPE_DOUBLE || o->type == OPTION_TYPE_SIZE ||
                       o->type == OPTION_TYPE_TIME || o->type == OPTION_TYPE_CHOICE;

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
    rc = field_set(f.option, f.self, p, &note);
    if (rc == -E2BIG)
        note = "these are more entries than one list can hold";
    if (rc < 0)
        report_error(b->report, p->place, "%s: '%s' cannot be '%s'; what fits: %s",
                     b->properties->owner, p->key, shown, note);
    else if (note != NULL)
        report_warn(b->report, p->place, "%s: '%s %s': %s", b->properties->owner, p->key, shown,
                    note);
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

static void option_check(const struct option *o)
{
    union {
        struct text_list texts;
        struct pair_list pairs;
        uint64_t number;
    } scratch = {0};
    struct option in_scratch = *o;
    struct property p = {.key = o->name, .value = o->fallback};
    const char *note = NULL;

    CHECK(o->name != NULL && o->name[0] != '\0');
    CHECK(o->help != NULL && slice_ends(slice_of(o->help), SLICE(".")));
    CHECK(!(o->flags & OPTION_REQUIRED) || o->fallback == NULL);
    CHECK((o->type == OPTION_TYPE_CHOICE) == (o->choices != NULL));
    CHECK(!is_pair_list(o) || o->fallback == NULL);
    if (o->flags & OPTION_REPEAT)
        CHECK(is_text_list(o) || is_pair_list(o) || o->type == OPTION_TYPE_IGNORED);

    in_scratch.offset = 0;
    if (o->fallback != NULL)
        CHECK(field_set(&in_scratch, &scratch, &p, &note) == 0 && note == NULL);
    field_clear(&in_scratch, &scratch);
}

void options_check(const struct option *options)
{
    for (const struct option *o = options; o->type != OPTION_TYPE_END; o++) {
        option_check(o);
        for (const struct option *other = o + 1; other->type != OPTION_TYPE_END; other++)
            CHECK(strcasecmp(o->name, other->name) != 0);
    }
}

struct place property_place(const struct property *items, size_t count, const char *key,
                            struct place otherwise)
{
    for (size_t i = count; i > 0; i--)
        if (strcasecmp(items[i - 1].key, key) == 0)
            return items[i - 1].place;
    return otherwise;
}

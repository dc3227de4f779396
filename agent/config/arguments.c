#include "config/arguments.h"

#include "base/memory.h"
#include "config/address.h"
#include "config/flag.h"
#include "config/load.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define FLAGS_MAX 64
#define HELP_LINE_CHARS 68

static const struct place command_line;

/* ---- parsing ---- */

/* One pass over argv. */
struct walk {
    struct arguments *arguments;
    char *const *next;
    struct report *report;
    bool is_past_options; /* "--" was there */
};

static bool task_ends(enum arguments_task task)
{
    return task == TASK_HELP || task == TASK_VERSION || task == TASK_SCHEMA;
}

/* `value` is what stands in the same word, or NULL: then the next word is it. */
static void flag_take(struct walk *w, const struct flag *f, const char *value)
{
    if (f->value != NULL && value == NULL && *w->next != NULL)
        value = *w->next++;
    if (f->value != NULL && value == NULL)
        report_error(w->report, command_line, "--%s needs a value: --%s %s", f->name, f->name,
                     f->value);
    else
        flag_obey(f, &(struct flag_use){w->arguments, value, w->report});
}

static void name_unknown(struct walk *w, struct slice name)
{
    const char *names[FLAGS_MAX] = {0}, *nearest;
    char *wrong = mem_text_n(name.data, name.len);

    for (size_t i = 0; flags[i].name != NULL && i + 1 < FLAGS_MAX; i++)
        names[i] = flags[i].name;
    nearest = report_nearest(wrong, names);
    if (nearest != NULL)
        report_error(w->report, command_line, "there is no option '--%s'; did you mean '--%s'?",
                     wrong, nearest);
    else
        report_error(w->report, command_line, "there is no option '--%s'; --help lists them",
                     wrong);
    mem_free(wrong);
    /* What follows may be its value. */
    if (*w->next != NULL && (*w->next)[0] != '-')
        w->next++;
}

/* The option of a name, or the only one that begins with it; NULL otherwise. */
static const struct flag *flag_by_name(struct slice name)
{
    const struct flag *found = NULL;
    size_t count = 0;

    for (const struct flag *f = flags; f->name != NULL; f++) {
        if (slice_is(name, f->name))
            return f;
        if (slice_begins(slice_of(f->name), name)) {
            found = f;
            count++;
        }
    }
    return count == 1 ? found : NULL;
}

static void long_take(struct walk *w, const char *word)
{
    struct slice rest = slice_of(word);
    size_t name_len = slice_find(rest, '=');
    const struct flag *f = flag_by_name(slice_make(word, name_len));
    const char *value = name_len < rest.len ? word + name_len + 1 : NULL;

    if (f == NULL)
        name_unknown(w, slice_make(word, name_len));
    else if (f->value == NULL && value != NULL)
        report_error(w->report, command_line, "--%s takes no value", f->name);
    else
        flag_take(w, f, value);
}

static const struct flag *flag_by_letter(char letter)
{
    for (const struct flag *f = flags; f->name != NULL; f++)
        if (f->letter != 0 && f->letter == letter)
            return f;
    return NULL;
}

/* "-vv", "-f5", "-dc" with the file in the next word. */
static void letters_take(struct walk *w, const char *letters)
{
    for (; *letters != '\0' && !task_ends(w->arguments->task); letters++) {
        const struct flag *f = flag_by_letter(*letters);

        if (f == NULL) {
            report_error(w->report, command_line, "there is no option '-%c'; -h lists them",
                         *letters);
        } else if (f->value != NULL) {
            flag_take(w, f, letters[1] != '\0' ? letters + 1 : NULL);
            return;
        } else {
            flag_take(w, f, NULL);
        }
    }
}

static void word_take(struct walk *w, const char *word)
{
    bool may_be_option = word[0] == '-' && !w->is_past_options;

    if (may_be_option && strcmp(word, "--") == 0)
        w->is_past_options = true;
    else if (may_be_option && word[1] == '-')
        long_take(w, word + 2);
    else if (may_be_option && word[1] != '\0')
        letters_take(w, word + 1);
    else
        report_error(w->report, command_line, "'%s' is no option; a configuration goes with -c",
                     word);
}

/* Set at the end, so that -q and -v mean the same in any order. */
static void log_level_choose(struct arguments *a)
{
    const char *level = a->is_quiet         ? "off"
                        : a->verbosity >= 2 ? "trace"
                        : a->verbosity == 1 ? "debug"
                                            : NULL;

    if (level != NULL)
        arguments_service_set(a, "log_level", level);
}

int arguments_parse(struct arguments *a, char *const *argv, struct report *report)
{
    struct walk w = {.arguments = a, .next = argv, .report = report};
    unsigned errors_before = report->error_count;

    CHECK(a->config == NULL);
    a->config = config_new();
    if (*w.next != NULL)
        w.next++;
    while (*w.next != NULL && !task_ends(a->task))
        word_take(&w, *w.next++);
    log_level_choose(a);
    return report->error_count > errors_before ? -EINVAL : 0;
}

void arguments_fini(struct arguments *a)
{
    config_free(&a->config);
}

/* ---- the configuration ---- */

/* The arguments win over the file. Replaced in place: given twice would be a warning. */
static void service_override(struct config *c, struct section *service, struct property p)
{
    bool is_given = false;

    for (size_t i = 0; i < service->property_count; i++) {
        if (slice_is_nocase(slice_of(service->properties[i].key), p.key)) {
            service->properties[i].value = arena_text(&c->arena, p.value);
            is_given = true;
        }
    }
    if (!is_given)
        section_add(c, service, p);
}

static void section_merge(struct config *c, const struct section *from, struct report *report)
{
    struct section *to = config_add(c, from->kind, from->name, from->place);

    for (size_t i = 0; i < from->property_count; i++) {
        struct property p = from->properties[i];

        p.value = env_expand(&c->env, &c->arena, p.value, p.place, report);
        if (from->kind == CONFIG_SERVICE)
            service_override(c, to, p);
        else
            section_add(c, to, p);
    }
    if (to->kind == CONFIG_OUTPUT)
        config_load_upstream(c, to, report);
}

int arguments_config(const struct arguments *a, struct report *report, struct config **config_out)
{
    unsigned errors_before = report->error_count;

    if (a->config_path == NULL)
        *config_out = config_new();
    else if (config_load(a->config_path, report, config_out) < 0)
        CHECK(report->error_count > errors_before);
    CHECK(*config_out != NULL);
    LIST_FOR (it, &a->config->sections)
        section_merge(*config_out, CONTAINER_OF(it, struct section, link), report);
    for (size_t i = 0; i < a->parsers_file_count; i++)
        if (config_load_parsers(*config_out, a->parsers_files[i], command_line, report) < 0)
            continue; /* the report has it */
    addresses_spread(*config_out, report);
    return report->error_count > errors_before ? -EINVAL : 0;
}

const char *arguments_default_path(const char *const *paths)
{
    while (*paths != NULL && access(*paths, R_OK) != 0)
        paths++;
    return *paths;
}

/* ---- help ---- */

static void help_line(const struct flag *f, struct buffer *out)
{
    char name[64];

    (void)snprintf(name, sizeof name, "--%s%s%s", f->name, f->value != NULL ? "=" : "",
                   f->value != NULL ? f->value : "");
    buffer_append_format(out, "  -%c, %-24s %s\n", f->letter, name, f->help);
}

/* The names of the options that have no line of their own. */
static void help_rest(struct buffer *out)
{
    size_t line_at = out->len;

    for (const struct flag *f = flags; f->name != NULL; f++) {
        if (f->help != NULL)
            continue;
        if (out->len - line_at + strlen(f->name) > HELP_LINE_CHARS) {
            buffer_append_byte(out, '\n');
            line_at = out->len;
        }
        if (f->letter != 0)
            buffer_append_format(out, "  -%c, --%s", f->letter, f->name);
        else
            buffer_append_format(out, "  --%s", f->name);
    }
    buffer_append_byte(out, '\n');
}

void arguments_help(const char *program, struct buffer *out)
{
    buffer_append_format(out,
                         "Usage: %s [OPTION]\n       %s dlq --help\n\n"
                         "Ships logs. Takes Fluent Bit's options and configurations.\n\n",
                         program, program);
    for (const struct flag *f = flags; f->name != NULL; f++)
        if (f->help != NULL)
            help_line(f, out);
    buffer_append_text(out, "\nTaken as well, and said what they mean here:\n");
    help_rest(out);
}

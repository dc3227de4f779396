#include "config/dlq_arguments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct place command_line;

static const struct {
    const char *name;
    enum dlq_task task;
} tasks[] = {
    {"list", DLQ_LIST}, {"show", DLQ_SHOW}, {"replay", DLQ_REPLAY},
    {"drop", DLQ_DROP}, {"help", DLQ_HELP},
};

static const char help_text[] =
    "Usage: %s dlq list|show|replay|drop [OPTION]... [ID]...\n\n"
    "Dead letters: the records that a back-end refused for good, with the reason.\n\n"
    "  list     a line for each letter: its ID, when, output, status, where it came from, why\n"
    "  show     the letters as they are kept, a line of JSON each: pipe it into jq\n"
    "  replay   send letters again through the outputs of the configuration; those that are\n"
    "           delivered are removed, the others stay. Needs -c. Filters are not run again\n"
    "  drop     remove letters for good. Needs an ID, --output or --all\n\n"
    "  -c, --config FILE   the configuration that says where the letters are\n"
    "  -d, --dir DIR       the directory of the letters, instead\n"
    "  -o, --output NAME   only letters of this output: es.0, or its alias\n"
    "      --to NAME       replay: send them to this output, not to the one that they are of\n"
    "  -a, --all           drop: all letters\n"
    "  -h, --help          print this\n\n"
    "An ID is FILE:LINE, as list prints it, until letters are removed. Without one all are meant.\n"
    "An agent may run meanwhile. Ends with 1 when something is wrong, or a letter stayed.\n";

void dlq_help(const char *program, struct buffer *out)
{
    buffer_append_format(out, help_text, program);
}

/* ---- parsing ---- */

struct walk {
    struct dlq_arguments *arguments;
    char *const *next;
    struct report *report;
};

static void task_take(struct walk *w, const char *word)
{
    const char *names[ARRAY_LEN(tasks) + 1] = {0}, *nearest;

    for (size_t i = 0; i < ARRAY_LEN(tasks); i++) {
        names[i] = tasks[i].name;
        if (strcmp(word, tasks[i].name) == 0) {
            w->arguments->task = tasks[i].task;
            return;
        }
    }
    nearest = report_nearest(word, names);
    report_error(w->report, command_line, "dlq: there is no command '%s'; %s%s", word,
                 nearest ? "did you mean: " : "list, show, replay and drop are",
                 nearest ? nearest : "");
}

static void id_take(struct walk *w, const char *word)
{
    struct dlq_arguments *a = w->arguments;
    char *end;
    uint64_t file, line = 0;

    CHECK(a->id_count <= DLQ_IDS_MAX);
    errno = 0;
    file = strtoull(word, &end, 10);
    if (*end == ':')
        line = strtoull(end + 1, &end, 10);
    if (*end != '\0' || file == 0 || line == 0 || line > UINT32_MAX || errno != 0 ||
        strchr(word, '-') != NULL)
        report_error(w->report, command_line, "dlq: '%s' is no ID; list prints them, as 3:17",
                     word);
    else if (a->id_count == DLQ_IDS_MAX)
        report_error(w->report, command_line, "dlq: more than %d IDs; use --output", DLQ_IDS_MAX);
    else
        a->ids[a->id_count++] = (struct dlq_id){file, (uint32_t)line};
}

/* The value of an option, in the same word behind "=" or in the next. */
static const char *value_take(struct walk *w, const char *word)
{
    const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;

    if (equals != NULL)
        return equals + 1;
    if (*w->next != NULL)
        return *w->next++;
    report_error(w->report, command_line, "dlq: %s needs a value", word);
    return NULL;
}

static bool is_option(const char *word, const char *letter, const char *name)
{
    size_t len = strlen(name);

    return strcmp(word, letter) == 0 ||
           (strncmp(word, name, len) == 0 && (word[len] == '\0' || word[len] == '='));
}

static void option_take(struct walk *w, const char *word)
{
    struct dlq_arguments *a = w->arguments;

    if (is_option(word, "-h", "--help"))
        a->task = DLQ_HELP;
    else if (is_option(word, "-a", "--all"))
        a->is_all = true;
    else if (is_option(word, "-c", "--config"))
        a->config_path = value_take(w, word);
    else if (is_option(word, "-d", "--dir"))
        a->directory = value_take(w, word);
    else if (is_option(word, "-o", "--output"))
        a->output = value_take(w, word);
    else if (is_option(word, "--to", "--to"))
        a->to = value_take(w, word);
    else
        report_error(w->report, command_line, "dlq: there is no option '%s'; -h lists them", word);
}

static void whole_check(const struct dlq_arguments *a, struct report *report)
{
    bool is_chosen = a->id_count > 0 || a->output != NULL;

    if (a->task == DLQ_DROP && !is_chosen && !a->is_all)
        report_error(report, command_line, "dlq drop: say which: an ID, --output NAME or --all");
    if (a->is_all && is_chosen)
        report_error(report, command_line, "dlq: --all and a choice do not go together");
    if (a->task == DLQ_REPLAY && a->config_path == NULL)
        report_error(report, command_line,
                     "dlq replay: -c names the configuration whose outputs are used");
    if (a->task != DLQ_REPLAY && a->to != NULL)
        report_error(report, command_line, "dlq: --to is for replay");
}

int dlq_arguments_parse(struct dlq_arguments *a, char *const *argv, struct report *report)
{
    struct walk w = {.arguments = a, .next = argv, .report = report};
    unsigned errors_before = report->error_count;
    bool has_task = false;

    a->task = DLQ_HELP;
    while (*w.next != NULL) {
        const char *word = *w.next++;

        if (word[0] == '-') {
            option_take(&w, word);
            if (a->task == DLQ_HELP && (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0))
                return report->error_count > errors_before ? -EINVAL : 0;
        } else if (has_task) {
            id_take(&w, word);
        } else {
            task_take(&w, word);
            has_task = true;
        }
    }
    if (a->task != DLQ_HELP)
        whole_check(a, report);
    return report->error_count > errors_before ? -EINVAL : 0;
}

bool dlq_is_chosen(const struct dlq_arguments *a, struct dlq_id id, struct slice output)
{
    if (a->output != NULL && !slice_is(output, a->output))
        return false;
    for (size_t i = 0; i < a->id_count; i++)
        if (a->ids[i].file == id.file && a->ids[i].line == id.line)
            return true;
    return a->id_count == 0;
}

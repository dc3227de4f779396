#include "config/flag.h"

#include "base/log.h"
#include "base/memory.h"
#include "config/files.h"
#include "plugin/plugin.h"

static const struct place command_line;

/* ---- sections ---- */

/* Without blanks at both ends, as values in files are. */
static void section_set(struct config *c, struct section *s, const char *key, const char *value)
{
    const char *trimmed = arena_copy(&c->arena, slice_trim(slice_of(value))).data;

    section_add(c, s, (struct property){.key = key, .value = trimmed, .place = command_line});
}

void arguments_service_set(struct arguments *a, const char *key, const char *value)
{
    section_set(a->config, config_add(a->config, CONFIG_SERVICE, "service", command_line), key,
                value);
}

static void plugin_add(const struct flag_use *use, enum config_kind kind)
{
    struct arguments *a = use->arguments;

    if (use->value[0] == '\0')
        report_error(use->report, command_line, "this %s needs a name", config_kind_name(kind));
    a->last = config_add(a->config, kind, config_kind_name(kind), command_line);
    section_set(a->config, a->last, "name", use->value);
}

static void act_input(const struct flag_use *use)
{
    plugin_add(use, CONFIG_INPUT);
}

static void act_filter(const struct flag_use *use)
{
    plugin_add(use, CONFIG_FILTER);
}

static void act_output(const struct flag_use *use)
{
    plugin_add(use, CONFIG_OUTPUT);
}

static void last_set(const struct flag_use *use, const char *key, const char *value)
{
    struct arguments *a = use->arguments;

    if (a->last == NULL)
        report_warn(use->report, command_line,
                    "'%s=%s' belongs to no plugin and is left out; it stands behind its -i, -F "
                    "or -o",
                    key, value);
    else
        section_set(a->config, a->last, key, value);
}

static void act_property(const struct flag_use *use)
{
    struct slice value = slice_of(use->value);
    size_t key_len = slice_find(value, '=');
    struct slice key = slice_trim(slice_make(value.data, key_len));
    char *name;

    if (key_len == value.len || key.len == 0) {
        report_error(use->report, command_line, "-p takes KEY=VALUE, and '%s' is none", use->value);
        return;
    }
    name = mem_text_n(key.data, key.len);
    last_set(use, name, use->value + key_len + 1);
    mem_free(name);
}

static void act_tag(const struct flag_use *use)
{
    last_set(use, "tag", use->value);
}

static void act_match(const struct flag_use *use)
{
    const struct section *last = use->arguments->last;

    if (last != NULL && last->kind == CONFIG_INPUT)
        report_warn(use->report, command_line,
                    "-m %s: an input matches nothing, so this is left out; it stands behind its -F "
                    "or -o",
                    use->value);
    else
        last_set(use, "match", use->value);
}

/* ---- what is told, and not done ---- */

static void act_custom(const struct flag_use *use)
{
    report_error(use->report, command_line, "-C %s: there are no custom plugins here", use->value);
}

static void act_processor(const struct flag_use *use)
{
    report_error(use->report, command_line,
                 "-r %s: there are no processors here; most are filters too: -F %s", use->value,
                 use->value);
}

static void act_stream_task(const struct flag_use *use)
{
    report_warn(use->report, command_line, "-T %s: stream processing is not part of tailrace",
                use->value);
}

static void act_trace(const struct flag_use *use)
{
    report_warn(use->report, command_line, "--trace and its kin: there is no chunk trace; use -vv");
}

static void act_supervisor(const struct flag_use *use)
{
    report_warn(use->report, command_line,
                "--supervisor: left to systemd or whatever else starts tailrace again");
}

static bool output_is_built_in(const char *name)
{
    for (size_t i = 0; output_plugins[i] != NULL; i++)
        if (strcmp(output_plugins[i]->name, name) == 0 ||
            (output_plugins[i]->alias != NULL && strcmp(output_plugins[i]->alias, name) == 0))
            return true;
    return false;
}

/* Objects of the Go plugins, which images around Fluent Bit name on their command lines. */
static void act_plugin_file(const struct flag_use *use)
{
    const char *name = path_go_plugin(use->value);

    if (name != NULL)
        log_info("config", "-e %s: not loaded; the output '%s' is %s", use->value, name,
                 output_is_built_in(name) ? "built in" : "not part of this version");
    else
        report_error(use->report, command_line,
                     "-e %s: shared objects are not loaded; every plugin is built in", use->value);
}

/* ---- the rest ---- */

static void act_config(const struct flag_use *use)
{
    struct arguments *a = use->arguments;

    if (a->config_path != NULL)
        report_warn(use->report, command_line, "-c is given twice; %s is not read", a->config_path);
    a->config_path = use->value;
}

static void act_workdir(const struct flag_use *use)
{
    use->arguments->workdir = use->value;
}

static void act_parsers(const struct flag_use *use)
{
    struct arguments *a = use->arguments;

    CHECK(a->parsers_file_count <= ARGUMENT_FILES_MAX);
    if (a->parsers_file_count == ARGUMENT_FILES_MAX)
        report_error(use->report, command_line, "-R is given more than %d times",
                     ARGUMENT_FILES_MAX);
    else
        a->parsers_files[a->parsers_file_count++] = use->value;
}

static void act_verbose(const struct flag_use *use)
{
    use->arguments->verbosity++;
}

static void act_quiet(const struct flag_use *use)
{
    use->arguments->is_quiet = true;
}

static void act_dry_run(const struct flag_use *use)
{
    use->arguments->task = TASK_DRY_RUN;
}

static void act_support_info(const struct flag_use *use)
{
    use->arguments->task = TASK_SUPPORT_INFO;
}

static void act_version(const struct flag_use *use)
{
    use->arguments->task = TASK_VERSION;
}

static void act_help(const struct flag_use *use)
{
    use->arguments->task = TASK_HELP;
}

static void act_schema(const struct flag_use *use)
{
    use->arguments->task = TASK_SCHEMA;
}

const struct flag flags[] = {
    {'c', "config", "FILE", act_config, NULL, NULL, "the configuration, classic or .yaml"},
    {'i', "input", "NAME", act_input, NULL, NULL, "add an input; -i NAME -h lists its options"},
    {'F', "filter", "NAME", act_filter, NULL, NULL, "add a filter"},
    {'o', "output", "NAME", act_output, NULL, NULL, "add an output"},
    {'p', "prop", "KEY=VALUE", act_property, NULL, NULL, "an option of the plugin before it"},
    {'t', "tag", "TAG", act_tag, NULL, NULL, "the tag of the input before it"},
    {'m', "match", "PATTERN", act_match, NULL, NULL, "the match of the filter or output before it"},
    {'R', "parser", "FILE", act_parsers, NULL, NULL, "read parsers from a file"},
    {'f', "flush", "SECONDS", NULL, "flush", NULL, "how long records wait to be sent together"},
    {'D', "dry-run", NULL, act_dry_run, NULL, NULL, "look for mistakes in the configuration, end"},
    {'w', "workdir", "DIR", act_workdir, NULL, NULL, "change to this directory first"},
    {'d', "daemon", NULL, NULL, "daemon", "on", "go to the background"},
    {'l', "log_file", "FILE", NULL, "log_file", NULL, "append the log to a file, not to stderr"},
    {'v', "verbose", NULL, act_verbose, NULL, NULL, "say more: -v files, -vv each request, too"},
    {'q', "quiet", NULL, act_quiet, NULL, NULL, "say nothing"},
    {'H', "http", NULL, NULL, "http_server", "on", "serve metrics, health and the status page"},
    {0, "http_server", NULL, NULL, "http_server", "on", NULL},
    {'L', "http_listen", "ADDRESS", NULL, "http_listen", NULL, "the address to serve them at"},
    {'P', "port", "PORT", NULL, "http_port", NULL, "the port to serve them at"},
    {0, "http_port", "PORT", NULL, "http_port", NULL, NULL},
    {'e', "plugin", "FILE", act_plugin_file, NULL, NULL, "taken for cloudwatch.so and its kin"},
    {'S', "sosreport", NULL, act_support_info, NULL, NULL, "print what to attach to a bug report"},
    {'J', "help-json", NULL, act_schema, NULL, NULL, "print all plugins and options as JSON"},
    {'V', "version", NULL, act_version, NULL, NULL, "print the version"},
    {'h', "help", NULL, act_help, NULL, NULL, "print this; behind a plugin: its options"},
    {'b', "storage_path", "DIR", NULL, "storage.path", NULL, NULL},
    {'s', "coro_stack_size", "BYTES", NULL, "coro_stack_size", NULL, NULL},
    {'C', "custom", "NAME", act_custom, NULL, NULL, NULL},
    {'r', "processor", "NAME", act_processor, NULL, NULL, NULL},
    {'T', "sp-task", "SQL", act_stream_task, NULL, NULL, NULL},
    {'Y', "enable-hot-reload", NULL, NULL, "hot_reload", "on", NULL},
    {'W', "disable-thread-safety-on-hot-reload", NULL, NULL, "hot_reload.ensure_thread_safety",
     "off", NULL},
    {'Z', "enable-chunk-trace", NULL, NULL, "enable_chunk_trace", "on", NULL},
    {0, "trace", "SETTINGS", act_trace, NULL, NULL, NULL},
    {0, "trace-input", "NAME", act_trace, NULL, NULL, NULL},
    {0, "trace-output", "NAME", act_trace, NULL, NULL, NULL},
    {0, "trace-output-property", "KEY=VALUE", act_trace, NULL, NULL, NULL},
    {0, "enable-fips", NULL, NULL, "security.fips_mode", "on", NULL},
    {0, "supervisor", NULL, act_supervisor, NULL, NULL, NULL},
    {0, NULL, NULL, NULL, NULL, NULL, NULL},
};

void flag_obey(const struct flag *f, const struct flag_use *use)
{
    CHECK((f->act != NULL) != (f->key != NULL));
    CHECK(f->act != NULL || f->set != NULL || use->value != NULL);
    if (f->act != NULL)
        f->act(use);
    else
        arguments_service_set(use->arguments, f->key, f->set != NULL ? f->set : use->value);
}

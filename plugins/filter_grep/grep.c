#include "plugin/plugin.h"

#include <inttypes.h>
#include <strings.h>

#define LIMIT_WARN_MS 60000

enum logic {
    LOGIC_LEGACY,
    LOGIC_AND,
    LOGIC_OR,
};

struct rule {
    struct accessor *key;
    struct regex *regex;
    bool excludes;
};

struct filter_grep {
    struct pair_list pairs; /* Regex and Exclude, in the order of the file */
    int logic;
    struct rule *rules;
    size_t rule_count;
    const char *component;
    struct log_brake brake;
};

static const struct option options[] = {
    OPTION_PAIR(struct filter_grep, pairs, "Regex", NULL, OPTION_REPEAT,
                "KEY PATTERN: keep records where the key's text matches."),
    OPTION_PAIR(struct filter_grep, pairs, "Exclude", NULL, OPTION_REPEAT,
                "KEY PATTERN: drop records where the key's text matches."),
    OPTION_CHOICE(struct filter_grep, logic, "Logical_Op", "legacy", 0, "legacy|and|or",
                  "How several rules combine; with and or or they are all of one kind."),
    OPTION_END,
};

/* Cuts a rule at its first blank; the rest, blanks included, is the pattern. */
static bool rule_split(const char *text, char **key_out, const char **pattern_out)
{
    size_t len = strcspn(text, " \t");
    const char *pattern = text + len + strspn(text + len, " \t");

    if (len == 0 || *pattern == '\0')
        return false;
    *key_out = mem_text_n(text, len);
    *pattern_out = pattern;
    return true;
}

static void rule_compile(struct rule *rule, const struct text_pair *pair, struct report *report)
{
    const char *pattern;
    char *key;

    rule->excludes = strcasecmp(pair->key, "Exclude") == 0;
    if (!rule_split(pair->value, &key, &pattern)) {
        report_error(report, pair->place, "filter grep: '%s %s' takes a key, a blank and a pattern",
                     pair->key, pair->value);
        return;
    }
    rule->key = accessor_new_key(key, report, pair->place);
    rule->regex = regex_compile(pattern, report, pair->place);
    mem_free(key);
}

static void mixture_check(const struct filter_grep *g, struct report *report)
{
    for (size_t i = 1; i < g->rule_count && g->logic != LOGIC_LEGACY; i++) {
        if (g->rules[i].excludes != g->rules[0].excludes) {
            report_error(report, g->pairs.items[i].place,
                         "filter grep: with Logical_Op AND or OR, Regex and Exclude cannot stand "
                         "in one filter; use two filters");
            return;
        }
    }
}

static int grep_init(void *self, struct plugin_setup *setup)
{
    unsigned errors_before = setup->report->error_count;
    struct filter_grep *g = self;

    g->component = setup->component;
    g->rules = mem_zalloc(g->pairs.count + 1, sizeof *g->rules);
    g->rule_count = g->pairs.count;
    for (size_t i = 0; i < g->rule_count; i++)
        rule_compile(&g->rules[i], &g->pairs.items[i], setup->report);
    mixture_check(g, setup->report);
    if (g->rule_count == 0)
        report_warn(setup->report, setup->place, "filter grep: has no rule and keeps everything");
    return setup->report->error_count > errors_before ? -EINVAL : 0;
}

static void grep_fini(void *self)
{
    struct filter_grep *g = self;

    for (size_t i = 0; i < g->rule_count; i++) {
        accessor_free(&g->rules[i].key);
        regex_free(&g->rules[i].regex);
    }
    MEM_FREE(&g->rules);
    g->rule_count = 0;
}

static void warn_of_limit(struct filter_grep *g)
{
    uint64_t held;

    if (log_brake_open(&g->brake, LIMIT_WARN_MS, &held))
        log_warn(g->component,
                 "a pattern takes too long for a text and counts as no match (%" PRIu64
                 " more such texts)",
                 held);
}

/* Only text is tested. */
static bool rule_matches(struct filter_grep *g, const struct rule *rule, struct record *record)
{
    struct regex_match match;
    struct value value;
    struct slice text;
    int rc;

    if (!accessor_value(rule->key, record, &value) || !value_as_text(&value, &record->arena, &text))
        return false;
    rc = regex_match(rule->regex, text, &match);
    if (rc == REGEX_LIMIT)
        warn_of_limit(g);
    return rc == 0;
}

/* The first rule that decides does: a Regex always, an Exclude where it matches. */
static bool legacy_keeps(struct filter_grep *g, struct record *record)
{
    for (size_t i = 0; i < g->rule_count; i++) {
        const struct rule *rule = &g->rules[i];
        bool is_match = rule_matches(g, rule, record);

        if (!rule->excludes)
            return is_match;
        if (is_match)
            return false;
    }
    return true;
}

/* Whether all match, or any, is the same search for the first rule that settles it. */
static bool logic_keeps(struct filter_grep *g, struct record *record)
{
    bool is_match = false;

    if (g->rule_count == 0)
        return true;
    for (size_t i = 0; i < g->rule_count; i++) {
        is_match = rule_matches(g, &g->rules[i], record);
        if (is_match == (g->logic == LOGIC_OR))
            break;
    }
    return is_match != g->rules[0].excludes;
}

static enum filter_verdict grep_apply(void *self, struct record *record, struct filter_run *run)
{
    struct filter_grep *g = self;
    bool keeps = g->logic == LOGIC_LEGACY ? legacy_keeps(g, record) : logic_keeps(g, record);

    (void)run;
    return keeps ? FILTER_KEEP : FILTER_DROP;
}

const struct filter_plugin filter_grep = {
    .name = "grep",
    .summary = "Keeps or drops records by what a key's text matches.",
    .self_bytes = sizeof(struct filter_grep),
    .options = options,
    .init = grep_init,
    .fini = grep_fini,
    .apply = grep_apply,
};

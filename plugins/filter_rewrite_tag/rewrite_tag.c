#include "plugin/plugin.h"

#include <errno.h>
#include <inttypes.h>
#include <strings.h>

#define LIMIT_WARN_MS 60000
#define RULE_WORDS 4
#define NO_EMITTER "Records go on at once; nothing is kept between."

struct rule {
    struct accessor *key;
    struct regex *regex;
    struct accessor *tag;
    bool keeps;
};

struct filter_rewrite_tag {
    struct text_list texts; /* Rule, in the order of the file */
    struct rule *rules;
    size_t rule_count;
    const char *component;
    struct log_brake brake;
    struct filter_metrics *metrics; /* NULL until it is started */
};

static const struct option options[] = {
    OPTION_WORDS(struct filter_rewrite_tag, texts, "rule", NULL, OPTION_REPEAT | OPTION_REQUIRED,
                 "KEY REGEX NEW_TAG KEEP: where the key's text matches, the record goes on under "
                 "the new tag; with KEEP true under the old one, too."),
    OPTION_IGNORED("emitter_name", NO_EMITTER),
    OPTION_IGNORED("emitter_storage.type", NO_EMITTER),
    OPTION_IGNORED("emitter_mem_buf_limit", NO_EMITTER),
    OPTION_END,
};

static void rule_compile(struct rule *rule, const char *text, struct place place,
                         struct report *report)
{
    struct text_list words = {0};
    const char *note;

    if (setting_words(text, RULE_WORDS, &words) < 0 || words.count != RULE_WORDS ||
        setting_bool(words.items[3], &rule->keeps, &note) < 0) {
        report_error(report, place,
                     "filter rewrite_tag: '%s' is no rule; write KEY REGEX NEW_TAG KEEP, such as "
                     "$level ^error$ error.$TAG false",
                     text);
    } else {
        rule->key = accessor_new_key(words.items[0], report, place);
        rule->regex = regex_compile(words.items[1], report, place);
        rule->tag = accessor_new(words.items[2], report, place);
    }
    text_list_fini(&words);
}

static int rewrite_tag_init(void *self, struct plugin_setup *setup)
{
    unsigned errors_before = setup->report->error_count;
    struct filter_rewrite_tag *f = self;

    f->component = setup->component;
    f->rules = mem_zalloc(f->texts.count + 1, sizeof *f->rules);
    f->rule_count = f->texts.count;
    for (size_t i = 0; i < f->rule_count; i++)
        rule_compile(&f->rules[i], f->texts.items[i], f->texts.places[i], setup->report);
    return setup->report->error_count > errors_before ? -EINVAL : 0;
}

static int rewrite_tag_start(void *self, const struct filter_host *host, struct report *report)
{
    struct filter_rewrite_tag *f = self;

    (void)report;
    f->metrics = host->metrics;
    return 0;
}

static void rewrite_tag_fini(void *self)
{
    struct filter_rewrite_tag *f = self;

    for (size_t i = 0; i < f->rule_count; i++) {
        accessor_free(&f->rules[i].key);
        regex_free(&f->rules[i].regex);
        accessor_free(&f->rules[i].tag);
    }
    MEM_FREE(&f->rules);
    f->rule_count = 0;
}

static bool rule_matches(struct filter_rewrite_tag *f, const struct rule *rule,
                         struct record *record, struct regex_match *match)
{
    struct value value;
    struct slice text;
    uint64_t held;
    int rc;

    if (!accessor_value(rule->key, record, &value) || !value_as_text(&value, &record->arena, &text))
        return false;
    rc = regex_match(rule->regex, text, match);
    if (rc == REGEX_LIMIT && log_brake_open(&f->brake, LIMIT_WARN_MS, &held))
        log_warn(f->component,
                 "a pattern takes too long for a text and counts as no match (%" PRIu64
                 " more such texts)",
                 held);
    return rc == 0;
}

/* Whether the record went on under the rule's tag. */
static bool rule_emit(const struct rule *rule, struct record *record,
                      const struct regex_match *match, struct filter_run *run)
{
    struct accessor_scope scope = accessor_scope_of(record, run->tag);
    struct slice tag;

    scope.match = match;
    tag = accessor_render(rule->tag, &scope, NULL);
    return tag.len > 0 && filter_emit(run, record, tag);
}

/* The first rule that matches decides. */
static enum filter_verdict rewrite_tag_apply(void *self, struct record *record,
                                             struct filter_run *run)
{
    struct filter_rewrite_tag *f = self;
    struct regex_match match;

    for (size_t i = 0; i < f->rule_count; i++) {
        const struct rule *rule = &f->rules[i];

        if (!rule_matches(f, rule, record, &match))
            continue;
        if (!rule_emit(rule, record, &match, run))
            return FILTER_KEEP;
        f->metrics->emit_records++;
        return rule->keeps ? FILTER_KEEP : FILTER_DROP;
    }
    return FILTER_KEEP;
}

const struct filter_plugin filter_rewrite_tag = {
    .name = "rewrite_tag",
    .summary = "Sends records on under other tags.",
    .self_bytes = sizeof(struct filter_rewrite_tag),
    .options = options,
    .emits = true,
    .init = rewrite_tag_init,
    .start = rewrite_tag_start,
    .fini = rewrite_tag_fini,
    .apply = rewrite_tag_apply,
};

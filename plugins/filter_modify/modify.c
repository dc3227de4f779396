#include "plugins/filter_modify/modify.h"

#include <errno.h>

struct filter_modify {
    struct pair_list rule_texts; /* in the order of the file, whatever their key */
    struct pair_list condition_texts;
    struct rule *rules;
    struct condition *conditions;
    size_t rule_count;
    size_t condition_count;
};

#define RULE(name, help) \
    OPTION_PAIR(struct filter_modify, rule_texts, name, NULL, OPTION_REPEAT, help)

static const struct option options[] = {
    RULE("Set", "KEY VALUE: put it at the end, in place of what the key held."),
    RULE("Add", "KEY VALUE: put it at the end, unless the key is there."),
    RULE("Remove", "KEY: remove it."),
    RULE("Remove_wildcard", "PREFIX: remove all keys that begin so."),
    RULE("Remove_regex", "PATTERN: remove all keys that match."),
    RULE("Move_to_start", "PREFIX: move all keys that begin so to the start."),
    RULE("Move_to_end", "PREFIX: move all keys that begin so to the end."),
    RULE("Rename", "KEY NAME: rename it, unless there is a key of this name."),
    RULE("Hard_rename", "KEY NAME: rename it, in place of a key of this name."),
    RULE("Copy", "KEY NAME: copy it, unless there is a key of this name."),
    RULE("Hard_copy", "KEY NAME: copy it, in place of a key of this name."),
    OPTION_PAIR(struct filter_modify, condition_texts, "Condition", NULL, OPTION_REPEAT,
                "CONDITION KEY [VALUE]: change nothing unless it holds."),
    OPTION_END,
};

static int modify_init(void *self, struct plugin_setup *setup)
{
    unsigned errors_before = setup->report->error_count;
    struct filter_modify *m = self;

    m->rule_count = m->rule_texts.count;
    m->rules = mem_zalloc(m->rule_count + 1, sizeof *m->rules);
    for (size_t i = 0; i < m->rule_count; i++)
        rule_init(&m->rules[i], &m->rule_texts.items[i], setup->report);
    m->condition_count = m->condition_texts.count;
    m->conditions = mem_zalloc(m->condition_count + 1, sizeof *m->conditions);
    for (size_t i = 0; i < m->condition_count; i++)
        condition_init(&m->conditions[i], &m->condition_texts.items[i], setup->report);
    if (m->rule_count == 0)
        report_warn(setup->report, setup->place, "filter modify: has no rule and changes nothing");
    return setup->report->error_count > errors_before ? -EINVAL : 0;
}

static void modify_fini(void *self)
{
    struct filter_modify *m = self;

    for (size_t i = 0; i < m->rule_count; i++)
        rule_fini(&m->rules[i]);
    for (size_t i = 0; i < m->condition_count; i++)
        condition_fini(&m->conditions[i]);
    MEM_FREE(&m->rules);
    MEM_FREE(&m->conditions);
    m->rule_count = m->condition_count = 0;
}

static enum filter_verdict modify_apply(void *self, struct record *record, struct filter_run *run)
{
    struct filter_modify *m = self;

    (void)run;
    for (size_t i = 0; i < m->condition_count; i++)
        if (!condition_holds(&m->conditions[i], record))
            return FILTER_KEEP;
    for (size_t i = 0; i < m->rule_count; i++)
        rule_apply(&m->rules[i], record);
    return FILTER_KEEP;
}

const struct filter_plugin filter_modify = {
    .name = "modify",
    .summary = "Sets, removes, renames, copies and moves keys, where conditions hold.",
    .self_bytes = sizeof(struct filter_modify),
    .options = options,
    .init = modify_init,
    .fini = modify_fini,
    .apply = modify_apply,
};

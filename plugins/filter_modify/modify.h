/*
 * The parts of the modify filter: rules, which change a record's fields, and conditions, which all
 * have to hold before any rule runs. Both are compiled once from the words of a line.
 *
 * Thread   the loop. Records are edited in place; what is added is lent by the rule.
 */
#ifndef TAILRACE_PLUGINS_FILTER_MODIFY_MODIFY_H
#define TAILRACE_PLUGINS_FILTER_MODIFY_MODIFY_H

#include "plugin/plugin.h"

enum rule_kind {
    RULE_SET,
    RULE_ADD,
    RULE_REMOVE,
    RULE_REMOVE_WILDCARD,
    RULE_REMOVE_REGEX,
    RULE_MOVE_TO_START,
    RULE_MOVE_TO_END,
    RULE_RENAME,
    RULE_HARD_RENAME,
    RULE_COPY,
    RULE_HARD_COPY,
};

struct rule {
    enum rule_kind kind;
    struct text_list words; /* owns what the slices point to */
    struct slice key;       /* without its star where it is a prefix */
    struct slice value;     /* what is set, or the new name */
    struct regex *regex;
};

/* `text` holds the name of the option and the words after it. Errors go to the report. Call
 * rule_fini either way; it accepts a zeroed rule. */
void rule_init(struct rule *rule, const struct text_pair *text, struct report *report);
void rule_fini(struct rule *rule);
void rule_apply(const struct rule *rule, struct record *record);

enum condition_kind {
    CONDITION_KEY_EXISTS,
    CONDITION_KEY_DOES_NOT_EXIST,
    CONDITION_A_KEY_MATCHES,
    CONDITION_NO_KEY_MATCHES,
    CONDITION_KEY_VALUE_EQUALS,
    CONDITION_KEY_VALUE_DOES_NOT_EQUAL,
    CONDITION_KEY_VALUE_MATCHES,
    CONDITION_KEY_VALUE_DOES_NOT_MATCH,
    CONDITION_MATCHING_KEYS_HAVE,
    CONDITION_MATCHING_KEYS_DO_NOT_HAVE,
};

struct condition {
    enum condition_kind kind;
    struct text_list words;
    struct accessor *key;    /* where the condition is on one key */
    struct regex *key_regex; /* where it is on all keys that match */
    struct slice value;
    struct regex *value_regex;
};

/* As for rules. */
void condition_init(struct condition *condition, const struct text_pair *text,
                    struct report *report);
void condition_fini(struct condition *condition);
bool condition_holds(const struct condition *condition, struct record *record);

/* The words of a line, exactly `word_count`; else an error that says what the line `takes`, and
 * false. */
bool words_read(const struct text_pair *text, struct text_list *words_out, size_t word_count,
                const char *takes, struct report *report);

#endif

#include "plugins/filter_log_to_metrics/log_to_metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <strings.h>

#define LIMIT_WARN_MS 60000

struct pick {
    struct accessor *key;
    struct regex *regex;
    struct slice literal; /* the pattern, where it stands for nothing but itself; else empty */
    bool excludes;
};

static bool is_literal(const char *pattern)
{
    return pattern[strspn(pattern, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                   " _-:=,;@%&")] == '\0';
}

/* A key, blanks, and the rest is the pattern. */
static void pick_compile(struct pick *pick, const struct text_pair *pair, struct report *report)
{
    size_t key_len = strcspn(pair->value, " \t");
    const char *pattern = pair->value + key_len + strspn(pair->value + key_len, " \t");
    char *key;

    pick->excludes = strcasecmp(pair->key, "exclude") == 0;
    if (key_len == 0 || *pattern == '\0') {
        report_error(report, pair->place,
                     "filter log_to_metrics: '%s %s' takes a key, a blank and a pattern, such as "
                     "%s log ERROR",
                     pair->key, pair->value, pair->key);
        return;
    }
    key = mem_text_n(pair->value, key_len);
    pick->key = accessor_new_key(key, report, pair->place);
    pick->regex = regex_compile(pattern, report, pair->place);
    pick->literal = is_literal(pattern) ? slice_of(pattern) : SLICE("");
    mem_free(key);
}

int picks_init(struct picks *picks, const struct pair_list *pairs, struct report *report)
{
    unsigned errors_before = report->error_count;

    picks->items = mem_zalloc(pairs->count + 1, sizeof *picks->items);
    picks->count = pairs->count;
    for (size_t i = 0; i < pairs->count; i++)
        pick_compile(&picks->items[i], &pairs->items[i], report);
    return report->error_count > errors_before ? -EINVAL : 0;
}

void picks_fini(struct picks *picks)
{
    for (size_t i = 0; i < picks->count; i++) {
        accessor_free(&picks->items[i].key);
        regex_free(&picks->items[i].regex);
    }
    MEM_FREE(&picks->items);
    picks->count = 0;
}

/* Most texts lack its first letter, or have few of it. */
static bool has_literal(struct slice text, struct slice literal)
{
    CHECK(literal.len > 0);
    while (text.len >= literal.len) {
        const char *at = memchr(text.data, literal.data[0], text.len - literal.len + 1);

        if (at == NULL)
            return false;
        if (memcmp(at, literal.data, literal.len) == 0)
            return true;
        text = slice_skip(text, (size_t)(at - text.data) + 1);
    }
    return false;
}

static bool pick_matches(struct picks *picks, const struct pick *pick,
                         const struct accessor_scope *scope, const char *component)
{
    struct regex_match match;
    struct value value;
    struct slice text;
    uint64_t held;
    int rc;

    if (!accessor_find(pick->key, scope, &value) || !value_as_text(&value, scope->arena, &text))
        return false;
    if (pick->literal.len > 0)
        return has_literal(text, pick->literal);
    rc = regex_match(pick->regex, text, &match);
    if (rc == REGEX_LIMIT && log_brake_open(&picks->brake, LIMIT_WARN_MS, &held))
        log_warn(component,
                 "a pattern takes too long for a text and counts as no match (%" PRIu64
                 " more such texts)",
                 held);
    return rc == 0;
}

bool picks_take(struct picks *picks, const struct accessor_scope *scope, const char *component)
{
    for (size_t i = 0; i < picks->count; i++) {
        const struct pick *pick = &picks->items[i];
        bool is_match = pick_matches(picks, pick, scope, component);

        if (!pick->excludes)
            return is_match;
        if (is_match)
            return false;
    }
    return true;
}

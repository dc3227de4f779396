#include "filter/route.h"

#include "base/memory.h"

struct route_table {
    struct tag_match *matches[ROUTE_OUTPUTS_MAX]; /* NULL: takes nothing */
    size_t output_count;
};

/* NULL where the output takes nothing, and where an error was reported. */
static struct tag_match *rule_compile(const struct route_rule *rule, bool is_only_route,
                                      struct report *report)
{
    const char *match = rule->match;

    if (match == NULL && rule->match_regex == NULL) {
        if (!is_only_route) {
            report_warn(report, rule->place,
                        "%s: has no Match and no Match_Regex, so it receives nothing",
                        rule->output);
            return NULL;
        }
        match = "*";
    }
    return tag_match_new(match, rule->match_regex, report, rule->place);
}

struct route_table *route_table_new(const struct route_rule *rules, size_t output_count,
                                    size_t input_count, struct report *report)
{
    unsigned errors_before = report->error_count;
    struct route_table *table;

    if (output_count > ROUTE_OUTPUTS_MAX) {
        report_error(report, rules[ROUTE_OUTPUTS_MAX].place,
                     "%s: is one output too many; %d is the most", rules[ROUTE_OUTPUTS_MAX].output,
                     ROUTE_OUTPUTS_MAX);
        return NULL;
    }
    table = mem_zalloc(1, sizeof *table);
    table->output_count = output_count;
    for (size_t i = 0; i < output_count; i++)
        table->matches[i] = rule_compile(&rules[i], input_count == 1 && output_count == 1, report);
    if (report->error_count > errors_before)
        route_table_free(&table);
    return table;
}

void route_table_free(struct route_table **address)
{
    struct route_table *table = *address;

    *address = NULL;
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->output_count; i++)
        tag_match_free(&table->matches[i]);
    mem_free(table);
}

uint64_t route_table_outputs(const struct route_table *table, struct slice tag)
{
    uint64_t outputs = 0;

    for (size_t i = 0; i < table->output_count; i++)
        if (table->matches[i] != NULL && tag_match_accepts(table->matches[i], tag))
            outputs |= UINT64_C(1) << i;
    return outputs;
}

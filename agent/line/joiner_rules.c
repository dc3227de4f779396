#include "line/joiner_internal.h"

#include "base/memory.h"

static struct joiner_rules *rules_new(const struct joiner_ops *ops, uint64_t flush_ms,
                                      const struct joiner_context *context)
{
    struct joiner_rules *rules = mem_zalloc(1, sizeof *rules);

    rules->ops = ops;
    rules->key = slice_of(mem_text(context->key ? context->key : "log"));
    rules->limit_bytes = context->limit_bytes ? context->limit_bytes : JOINER_LIMIT_BYTES_DEFAULT;
    rules->flush_ms = flush_ms ? flush_ms : MULTILINE_FLUSH_MS_DEFAULT;
    json_scanner_init(&rules->json);
    record_init(&rules->scratch);
    rules->run.json = &rules->json;
    return rules;
}

void joiner_rules_free(struct joiner_rules **address)
{
    struct joiner_rules *rules = *address;

    if (rules == NULL)
        return;
    mem_free((char *)rules->key.data);
    MEM_FREE(&rules->multilines);
    MEM_FREE(&rules->parsers.others);
    json_scanner_fini(&rules->json);
    record_fini(&rules->scratch);
    MEM_FREE(address);
}

/*
 *   join_records, join_runtime   definitions, one or more
 *   join_firstline               a parser of the first line
 *   join_docker                  neither is needed
 */
static void rules_check(const struct joiner_rules *rules)
{
    bool has_definitions = rules->ops == &join_records || rules->ops == &join_runtime;

    CHECK(rules->limit_bytes > 0);
    CHECK(has_definitions == (rules->multiline_count > 0));
    for (size_t i = 0; i < rules->multiline_count; i++)
        CHECK(rules->multilines[i] != NULL);
    CHECK(rules->ops != &join_firstline || rules->parsers.first_line != NULL);
    for (size_t i = 0; i < rules->parsers.other_count; i++)
        CHECK(rules->parsers.others[i] != NULL);
}

/* NULL when the report got an error since. */
static struct joiner_rules *rules_if_good(struct joiner_rules *rules, unsigned errors_before,
                                          const struct joiner_context *context)
{
    if (context->report->error_count != errors_before)
        joiner_rules_free(&rules);
    if (rules != NULL)
        rules_check(rules);
    return rules;
}

static void report_unknown(const struct joiner_context *context, const char *what, const char *name,
                           const char *nearest)
{
    if (nearest != NULL)
        report_error(context->report, context->place, "there is no %s '%s'; did you mean '%s'?",
                     what, name, nearest);
    else
        report_error(context->report, context->place,
                     "there is no %s '%s'; is the file with it loaded?", what, name);
}

static const struct parser *find_parser(const char *name, const struct joiner_context *context)
{
    const struct parser *parser = NULL;

    if (context->parsers != NULL)
        parser = parser_book_find(context->parsers, name);
    if (parser == NULL)
        report_unknown(context, "parser", name,
                       context->parsers ? parser_book_nearest(context->parsers, name) : NULL);
    return parser;
}

struct joiner_rules *joiner_rules_new_multiline(const char *const *names, size_t name_count,
                                                const struct joiner_context *context)
{
    struct joiner_rules *rules = rules_new(&join_records, 0, context);
    unsigned errors_before = context->report->error_count;

    rules->multilines = mem_zalloc(name_count + 1, sizeof(struct multiline *));
    for (size_t i = 0; i < name_count; i++) {
        const struct multiline *m = multiline_book_find(context->multilines, names[i]);

        if (m == NULL)
            report_unknown(context, "multiline parser", names[i],
                           multiline_book_nearest(context->multilines, names[i]));
        rules->multilines[rules->multiline_count++] = m;
    }
    if (name_count == 0)
        report_error(context->report, context->place, "multiline.parser names no parser");
    return rules_if_good(rules, errors_before, context);
}

static bool is_of_runtimes(const struct joiner_rules *rules)
{
    for (size_t i = 0; i < rules->multiline_count; i++) {
        enum multiline_frame frame = multiline_frame(rules->multilines[i]);

        if (frame != MULTILINE_CRI && frame != MULTILINE_DOCKER)
            return false;
    }
    return rules->ops == &join_records;
}

struct joiner_rules *joiner_rules_new_inner(const struct joiner_rules *base,
                                            const struct joiner_inner *inner)
{
    struct joiner_context context = {.key = base->key.data, .limit_bytes = base->limit_bytes};
    struct joiner_rules *rules;

    if (!is_of_runtimes(base))
        return NULL;
    CHECK(inner->of_stdout == NULL || multiline_frame(inner->of_stdout) == MULTILINE_TEXT);
    CHECK(inner->of_stderr == NULL || multiline_frame(inner->of_stderr) == MULTILINE_TEXT);
    rules = rules_new(&join_runtime, base->flush_ms, &context);
    rules->multilines = mem_zalloc(base->multiline_count, sizeof(struct multiline *));
    memcpy(rules->multilines, base->multilines, base->multiline_count * sizeof(struct multiline *));
    rules->multiline_count = base->multiline_count;
    rules->inner = *inner;
    rules_check(rules);
    return rules;
}

struct joiner_rules *joiner_rules_new_docker(const char *first_line, uint64_t flush_ms,
                                             const struct joiner_context *context)
{
    struct joiner_rules *rules = rules_new(&join_docker, flush_ms, context);
    unsigned errors_before = context->report->error_count;

    if (first_line != NULL && first_line[0] != '\0')
        rules->parsers.first_line = find_parser(first_line, context);
    return rules_if_good(rules, errors_before, context);
}

struct joiner_rules *joiner_rules_new_firstline(const struct joiner_firstline *settings,
                                                const struct joiner_context *context)
{
    struct joiner_rules *rules = rules_new(&join_firstline, settings->flush_ms, context);
    unsigned errors_before = context->report->error_count;

    if (settings->first_line == NULL || settings->first_line[0] == '\0')
        report_error(context->report, context->place, "Multiline On needs a Parser_Firstline");
    else
        rules->parsers.first_line = find_parser(settings->first_line, context);
    rules->parsers.others = mem_zalloc(settings->other_count + 1, sizeof(struct parser *));
    for (size_t i = 0; i < settings->other_count; i++)
        rules->parsers.others[rules->parsers.other_count++] =
            find_parser(settings->others[i], context);
    return rules_if_good(rules, errors_before, context);
}

/*
 * Any lines through any rules: the first byte says which, and how small a group must stay. A line
 * that begins with \x01 lets time pass before it. Whatever comes: where nothing waits never goes
 * back and never passes a line that waits, no two records begin at the same place, and the memory
 * that waits is bounded. The whole is also read in every encoding.
 */
#include "base/memory.h"
#include "line/encoding.h"
#include "line/joiner.h"

#define LIMIT_BYTES_SMALL 64
#define TICK_MS 2500

/* First bytes from here on, but for the highest bit, mean the lines of a pod. */
#define KIND_INNER 0x60

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct parser_book *parsers;
static struct multiline_book *multilines;
static struct report report;
static struct record record;

/* One run. */
struct run {
    struct joiner_rules *rules;
    struct joiner *joiner;
    struct joiner_sink sink;
    struct joiner_line line;
    uint64_t end;
    uint64_t truncated;
    size_t limit_bytes;
    size_t longest; /* line */
    uint8_t *begun; /* offsets at which a record began */
};

/* ---- the sink ---- */

static void expect_progress(struct run *r, uint64_t offset, uint64_t end)
{
    CHECK(end >= r->end && end <= r->line.end && end <= joiner_oldest(r->joiner));
    CHECK(offset <= r->line.offset && !r->begun[offset]);
    r->begun[offset] = 1;
    r->end = end;
}

static struct record *on_begin(void *owner)
{
    (void)owner;
    record_reset(&record);
    return &record;
}

static void on_push(void *owner, uint64_t end)
{
    struct slice text;

    expect_progress(owner, record_place_offset(record.offset), end);
    record_unfold(&record);
    for (uint32_t i = 0; i < record.root.count; i++)
        (void)value_as_text(&record.root.fields[i].value, &record.arena, &text);
}

static void on_line(void *owner, const struct joiner_line *line)
{
    expect_progress(owner, record_place_offset(line->offset), line->end);
}

/* ---- the rules ---- */

static void add_parser(const char *name, const char *regex)
{
    struct parser_settings settings = parser_settings_default();

    settings.name = name;
    settings.format = "regex";
    settings.regex = regex;
    CHECK(parser_book_add(parsers, &settings, (struct place){0}, &report) == 0);
}

static void set_up(void)
{
    static const struct multiline_rule_settings rules[] = {
        {"start_state", "^\\d", "cont, start_state", {0}},
        {"cont", "^\\s", "cont", {0}},
        {"cont", "^end", "start_state", {0}},
    };
    const struct multiline_settings mine = {.name = "mine",
                                            .type = "regex",
                                            .parser = "who",
                                            .key_content = "text",
                                            .key_group = "who",
                                            .rules = rules,
                                            .rule_count = ARRAY_LEN(rules)};

    report_init(&report);
    record_init(&record);
    parsers = parser_book_new();
    multilines = multiline_book_new(parsers);
    add_parser("who", "^(?<who>\\S+) (?<text>.*)$");
    add_parser("number", "^(?<number>\\d+)");
    CHECK(multiline_book_add(multilines, &mine, (struct place){0}, &report) == 0);
}

/* As a pod wants its lines. The base is not needed any more: it lends nothing but definitions. */
static struct joiner_rules *inner_rules(const struct joiner_context *context)
{
    static const char *const containers[] = {"docker", "cri"};
    struct joiner_rules *base =
        joiner_rules_new_multiline(containers, ARRAY_LEN(containers), context);
    struct joiner_inner inner = {multiline_book_find(multilines, "java"),
                                 multiline_book_find(multilines, "python")};
    struct joiner_rules *rules = joiner_rules_new_inner(base, &inner);

    joiner_rules_free(&base);
    return rules;
}

static struct joiner_rules *rules_new(unsigned kind, size_t limit_bytes)
{
    static const char *const containers[] = {"docker", "cri"};
    static const char *const languages[] = {"java", "go", "ruby", "python"};
    static const char *const all[] = {"mine", "cri", "java", "docker"};
    static const char *const others[] = {"who"};
    const struct joiner_firstline firstline = {"number", others, 1, 4000};
    const struct joiner_context context = {.parsers = parsers,
                                           .multilines = multilines,
                                           .limit_bytes = limit_bytes,
                                           .report = &report};

    if (kind >= KIND_INNER)
        return inner_rules(&context);
    switch (kind % 6) {
    case 0:
        return joiner_rules_new_multiline(containers, ARRAY_LEN(containers), &context);
    case 1:
        return joiner_rules_new_multiline(languages, ARRAY_LEN(languages), &context);
    case 2:
        return joiner_rules_new_multiline(all, ARRAY_LEN(all), &context);
    case 3:
        return joiner_rules_new_docker(NULL, 4000, &context);
    case 4:
        return joiner_rules_new_docker("number", 4000, &context);
    default:
        return joiner_rules_new_firstline(&firstline, &context);
    }
}

/* ---- the run ---- */

/* Each group keeps its first line, its text with the room to grow, and what was cut before. */
static void expect_bounded(const struct run *r)
{
    size_t group_bytes = (64 << 10) + 8 * (r->limit_bytes + r->longest);

    CHECK(joiner_bytes(r->joiner) <= (JOINER_GROUPS_MAX + 1) * group_bytes);
    CHECK((r->joiner == NULL) == (joiner_oldest(r->joiner) == UINT64_MAX));
    CHECK((r->joiner == NULL) == (joiner_due_ms(r->joiner) == UINT64_MAX));
}

static void take(struct run *r)
{
    if (r->line.text.len > 0 && r->line.text.data[0] == '\x01') {
        r->line.now_ms += TICK_MS;
        joiner_flush(&r->joiner, r->rules, r->line.now_ms, &r->sink);
    }
    if (r->line.text.len > r->longest)
        r->longest = r->line.text.len;
    if (r->joiner == NULL && joiner_fill_whole(r->rules, &r->line, on_begin(NULL))) {
        record.offset = r->line.offset;
        on_push(r, r->line.end);
        return;
    }
    joiner_take(&r->joiner, r->rules, &r->line, &r->sink);
    expect_bounded(r);
}

static void run(unsigned first, struct slice text)
{
    size_t limit_bytes = first & 0x80 ? LIMIT_BYTES_SMALL : JOINER_LIMIT_BYTES_DEFAULT;
    struct run r = {.rules = rules_new(first & 0x7f, limit_bytes), .limit_bytes = limit_bytes};
    struct slice line;

    r.sink = (struct joiner_sink){.owner = &r,
                                  .begin = on_begin,
                                  .push = on_push,
                                  .line = on_line,
                                  .truncated = &r.truncated};
    r.begun = mem_zalloc(text.len + 2, 1);
    while (slice_next(&text, '\n', &line)) {
        r.line.text = line;
        r.line.offset = r.line.end;
        r.line.end += line.len + 1;
        take(&r);
    }
    joiner_flush(&r.joiner, r.rules, UINT64_MAX, &r.sink);
    CHECK(r.joiner == NULL && r.end == r.line.end);
    joiner_rules_free(&r.rules);
    mem_free(r.begun);
}

static void decode(const char *name, struct slice text)
{
    struct encoding *e = strncmp(name, "UTF", 3) == 0
                             ? encoding_new_unicode(name, (struct place){0}, &report)
                             : encoding_new_generic(name, (struct place){0}, &report);
    enum encoding_form form;

    if (e == NULL)
        return;
    form = encoding_form(e, text);
    CHECK(encoding_feed(form, text) <= text.len);
    CHECK(encoding_decode(e, form, text).len <= (text.len + 1) * ENCODING_GROWTH);
    encoding_free(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"UTF-16LE", "UTF-16BE", "ShiftJIS", "GB18030",
                                        "Big5",     "UHC",      "Win1255"};
    struct slice text;

    if (size == 0)
        return 0;
    if (parsers == NULL)
        set_up();
    text = slice_make((const char *)data + 1, size - 1);
    run(data[0], text);
    decode(names[data[0] % ARRAY_LEN(names)], text);
    return 0;
}

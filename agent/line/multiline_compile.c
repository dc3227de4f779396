#include "line/multiline_self.h"

#include "base/memory.h"

#include <errno.h>
#include <strings.h>

/*
 * From what a configuration says to a definition. All that is wrong is said, and then there is none.
 *
 * States have names in a configuration and are bits here: the first is start_state, the others come in
 * the order of the rules.
 */

#define START_STATE "start_state"

_Static_assert(MULTILINE_STATES_MAX <= sizeof(multiline_state) * 8, "each state has its bit");

/* While a definition is compiled. */
struct compile {
    struct multiline *m;
    const struct multiline_settings *settings;
    struct place place;
    struct report *report;
    struct slice states[MULTILINE_STATES_MAX];
    unsigned state_count;
};

static struct slice own(const char *text)
{
    return text != NULL && text[0] != '\0' ? slice_of(mem_text(text)) : (struct slice){0};
}

static void compile_type(struct compile *c)
{
    static const struct {
        const char *name;
        enum multiline_type type;
    } types[] = {{"regex", TYPE_REGEX},
                 {"endswith", TYPE_ENDSWITH},
                 {"equal", TYPE_EQUAL},
                 {"eq", TYPE_EQUAL}};
    const char *type = c->settings->type ? c->settings->type : "";

    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (strcasecmp(type, types[i].name) == 0) {
            c->m->type = types[i].type;
            return;
        }
    }
    report_error(c->report, place_or(c->settings->at.type, c->place),
                 "multiline parser \"%s\": type '%s' is none of regex, endswith, equal", c->m->name,
                 type);
}

static char unescaped(char letter)
{
    switch (letter) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return '\0';
    }
}

static void compile_match(struct compile *c)
{
    const char *in = c->settings->match_string;
    char *text, *out;

    if (c->m->type == TYPE_REGEX)
        return;
    if (in == NULL || in[0] == '\0') {
        report_error(c->report, c->place, "multiline parser \"%s\" needs a match_string",
                     c->m->name);
        return;
    }
    text = out = mem_text(in);
    while (*in != '\0') {
        char byte = in[0] == '\\' ? unescaped(in[1]) : '\0';

        *out++ = byte ? byte : *in;
        in += byte ? 2 : 1;
    }
    c->m->match = slice_make(text, (size_t)(out - text));
}

/* The bit of a state, a new one where the name is new; 0 when there are too many. */
static multiline_state state_bit(struct compile *c, struct slice name)
{
    unsigned i = 0;

    while (i < c->state_count && !slice_equal(c->states[i], name))
        i++;
    CHECK(i <= c->state_count && c->state_count <= MULTILINE_STATES_MAX);
    if (i == MULTILINE_STATES_MAX)
        return 0;
    if (i == c->state_count)
        c->states[c->state_count++] = name;
    return START_BIT << i;
}

/* "one, two": their bits. */
static multiline_state compile_states(struct compile *c, const char *names, struct place place)
{
    struct slice rest = slice_of(names), name;
    multiline_state states = 0;

    while (slice_next(&rest, ',', &name)) {
        multiline_state bit;

        name = slice_trim(name);
        if (name.len == 0)
            continue;
        bit = state_bit(c, name);
        if (bit == 0)
            report_error(c->report, place, "multiline parser \"%s\" has more than %d states",
                         c->m->name, MULTILINE_STATES_MAX);
        states |= bit;
    }
    if (states == 0)
        report_error(c->report, place, "multiline parser \"%s\": a rule lacks a state", c->m->name);
    return states;
}

static void compile_rule(struct compile *c, const struct multiline_rule_settings *settings)
{
    struct rule *rule = &c->m->rules[c->m->rule_count++];

    rule->from = compile_states(c, settings->states, settings->place);
    rule->next = compile_states(c, settings->next_states, settings->place);
    rule->regex = regex_compile(settings->regex ? settings->regex : "", c->report, settings->place);
}

static void check_rules(struct compile *c)
{
    multiline_state known = 0;

    if ((c->m->rules[0].from & START_BIT) == 0)
        report_error(c->report, c->settings->rules[0].place,
                     "multiline parser \"%s\": the state of the first rule is " START_STATE,
                     c->m->name);
    for (size_t i = 0; i < c->m->rule_count; i++)
        known |= c->m->rules[i].from;
    for (size_t i = 0; i < c->m->rule_count; i++) {
        if ((c->m->rules[i].next & ~known) != 0)
            report_warn(c->report, c->settings->rules[i].place,
                        "multiline parser \"%s\": no rule has the state '%s', so nothing follows",
                        c->m->name, c->settings->rules[i].next_states);
    }
}

static void compile_rules(struct compile *c)
{
    size_t count = c->settings->rule_count;

    if (c->m->type != TYPE_REGEX || (count > 0 && count > MULTILINE_RULES_MAX)) {
        if (count > 0)
            report_error(c->report, c->place, "multiline parser \"%s\": %s", c->m->name,
                         c->m->type != TYPE_REGEX ? "only the type regex has rules"
                                                  : "too many rules");
        return;
    }
    if (count == 0) {
        report_error(c->report, c->place, "multiline parser \"%s\" needs a rule", c->m->name);
        return;
    }
    (void)state_bit(c, SLICE(START_STATE));
    c->m->rules = mem_zalloc(count, sizeof *c->m->rules);
    for (size_t i = 0; i < count; i++)
        compile_rule(c, &c->settings->rules[i]);
    check_rules(c);
}

static void compile_parser(struct compile *c, const struct parser_book *parsers)
{
    const char *name = c->settings->parser;
    const char *nearest;

    if (name == NULL || name[0] == '\0')
        return;
    c->m->frame = MULTILINE_PARSER;
    c->m->parser = parsers ? parser_book_find(parsers, name) : NULL;
    if (c->m->parser == NULL) {
        nearest = parsers ? parser_book_nearest(parsers, name) : NULL;
        report_error(c->report, place_or(c->settings->at.parser, c->place),
                     "multiline parser \"%s\": there is no parser '%s'%s%s%s", c->m->name, name,
                     nearest ? "; did you mean '" : "", nearest ? nearest : "",
                     nearest ? "'?" : "");
    }
}

static uint64_t flush_ms_of(struct compile *c)
{
    uint64_t ms = c->settings->flush_ms;

    if (ms == 0)
        return MULTILINE_FLUSH_MS_DEFAULT;
    if (ms >= MULTILINE_FLUSH_MS_MIN)
        return ms;
    report_warn(c->report, place_or(c->settings->at.flush, c->place),
                "multiline parser \"%s\": flush_timeout is in milliseconds and at least %d",
                c->m->name, MULTILINE_FLUSH_MS_MIN);
    return MULTILINE_FLUSH_MS_MIN;
}

static void compile_keys(struct compile *c)
{
    struct multiline_keys *keys = &c->m->keys;

    keys->content = own(c->settings->key_content);
    keys->pattern = own(c->settings->key_pattern);
    keys->group = own(c->settings->key_group);
    if (c->m->frame == MULTILINE_PARSER && keys->content.len == 0)
        keys->content = own("log");
}

static void compile(struct compile *c, const struct parser_book *parsers)
{
    c->m->name = mem_text(c->settings->name ? c->settings->name : "");
    if (c->m->name[0] == '\0')
        report_error(c->report, c->place, "a multiline parser needs a name");
    c->m->is_negated = c->settings->negate;
    compile_type(c);
    compile_match(c);
    compile_rules(c);
    compile_parser(c, parsers);
    compile_keys(c);
    c->m->flush_ms = flush_ms_of(c);
}

static void multiline_check(const struct multiline *m)
{
    bool is_regex = m->type == TYPE_REGEX;

    CHECK(m->name[0] != '\0' && m->flush_ms >= MULTILINE_FLUSH_MS_MIN);
    CHECK(is_regex == (m->rule_count > 0) && is_regex == (m->match.len == 0));
    CHECK((m->parser != NULL) == (m->frame == MULTILINE_PARSER));
    CHECK(!is_regex || (m->rules[0].from & START_BIT) != 0);
    for (size_t i = 0; i < m->rule_count; i++)
        CHECK(m->rules[i].from != 0 && m->rules[i].next != 0 && m->rules[i].regex != NULL);
}

struct multiline *multiline_new(const struct multiline_settings *settings,
                                const struct parser_book *parsers, struct place place,
                                struct report *report)
{
    unsigned errors_before = report->error_count;
    struct compile c = {
        .m = mem_zalloc(1, sizeof *c.m), .settings = settings, .place = place, .report = report};

    compile(&c, parsers);
    if (settings->frame != MULTILINE_TEXT)
        c.m->frame = settings->frame;
    if (report->error_count != errors_before)
        multiline_free(&c.m);
    if (c.m != NULL)
        multiline_check(c.m);
    return c.m;
}

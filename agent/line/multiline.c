#include "line/multiline.h"

#include "base/memory.h"

#include <errno.h>
#include <strings.h>

#define START_STATE "start_state"
#define START_BIT ((multiline_state)1)

/* Of endswith and equal: a record is open. */
#define OPEN_STATE ((multiline_state)1)

enum multiline_type { TYPE_REGEX, TYPE_ENDSWITH, TYPE_EQUAL };

/* States are bits, so a rule's states and the states that the last rule named are compared at
 * once. */
struct rule {
    multiline_state from;
    multiline_state next;
    struct regex *regex;
};

struct multiline {
    char *name;
    enum multiline_type type;
    bool is_negated;
    struct slice match;         /* owned */
    struct multiline_keys keys; /* owned */
    enum multiline_frame frame;
    const struct parser *parser;
    uint64_t flush_ms;
    struct rule *rules;
    size_t rule_count;
};

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

static void disown(struct slice *text)
{
    mem_free((char *)text->data);
    *text = (struct slice){0};
}

/* ---- compiling ---- */

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
    report_error(c->report, c->place,
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
        report_error(c->report, c->place, "multiline parser \"%s\": there is no parser '%s'%s%s%s",
                     c->m->name, name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
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
    report_warn(c->report, c->place,
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
    CHECK(c.m == NULL || (c.m->type == TYPE_REGEX) == (c.m->rule_count > 0));
    CHECK(c.m == NULL || (c.m->type == TYPE_REGEX) == (c.m->match.len == 0));
    return c.m;
}

void multiline_free(struct multiline **address)
{
    struct multiline *m = *address;

    if (m == NULL)
        return;
    for (size_t i = 0; i < m->rule_count; i++)
        regex_free(&m->rules[i].regex);
    MEM_FREE(&m->rules);
    disown(&m->match);
    disown(&m->keys.content);
    disown(&m->keys.pattern);
    disown(&m->keys.group);
    MEM_FREE(&m->name);
    MEM_FREE(address);
}

/* ---- what it says ---- */

const char *multiline_name(const struct multiline *m)
{
    return m->name;
}

uint64_t multiline_flush_ms(const struct multiline *m)
{
    return m->flush_ms;
}

const struct multiline_keys *multiline_keys(const struct multiline *m)
{
    return &m->keys;
}

enum multiline_frame multiline_frame(const struct multiline *m)
{
    return m->frame;
}

const struct parser *multiline_parser(const struct multiline *m)
{
    return m->parser;
}

bool multiline_joins_pieces(const struct multiline *m)
{
    return m->type != TYPE_REGEX && m->keys.content.len > 0;
}

bool multiline_closes_with_feed(const struct multiline *m)
{
    return m->keys.content.len == 0;
}

/* ---- running ---- */

static const struct rule *rule_for(const struct multiline *m, multiline_state states,
                                   struct slice text)
{
    for (size_t i = 0; i < m->rule_count; i++)
        if ((m->rules[i].from & states) != 0 && regex_matches(m->rules[i].regex, text))
            return &m->rules[i];
    return NULL;
}

static enum multiline_move next_by_rules(const struct multiline *m, struct slice text,
                                         multiline_state *state)
{
    const struct rule *rule = NULL;
    bool goes_on;

    if (*state != 0)
        rule = rule_for(m, *state, text);
    goes_on = rule != NULL;
    if (rule == NULL)
        rule = rule_for(m, START_BIT, text);
    *state = 0;
    if (rule == NULL)
        return MULTILINE_NOT_MINE;
    if (rule->next == START_BIT)
        return goes_on ? MULTILINE_ENDS : MULTILINE_WHOLE;
    *state = rule->next;
    return goes_on ? MULTILINE_GOES_ON : MULTILINE_BEGINS;
}

static enum multiline_move next_by_end(bool is_end, multiline_state *state)
{
    bool is_open = *state != 0;

    *state = is_end ? 0 : OPEN_STATE;
    if (is_end)
        return is_open ? MULTILINE_ENDS : MULTILINE_WHOLE;
    return is_open ? MULTILINE_GOES_ON : MULTILINE_BEGINS;
}

enum multiline_move multiline_next(const struct multiline *m, struct slice text,
                                   multiline_state *state)
{
    bool is_match;

    if (m->type == TYPE_REGEX)
        return next_by_rules(m, text, state);
    is_match = m->type == TYPE_EQUAL ? slice_equal(text, m->match) : slice_ends(text, m->match);
    return next_by_end(is_match != m->is_negated, state);
}

void multiline_append(const struct multiline *m, struct multiline_text *text, struct slice content)
{
    if (text->lacks_feed)
        buffer_append_byte(&text->bytes, '\n');
    buffer_append(&text->bytes, content);
    text->lacks_feed =
        !multiline_joins_pieces(m) && (content.len == 0 || content.data[content.len - 1] != '\n');
}

void multiline_close(const struct multiline *m, struct multiline_text *text)
{
    if (text->lacks_feed && multiline_closes_with_feed(m))
        buffer_append_byte(&text->bytes, '\n');
}

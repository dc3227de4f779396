#include "line/multiline_self.h"

#include "base/memory.h"

/* Of endswith and equal: a record is open. */
#define OPEN_STATE ((multiline_state)1)

static void disown(struct slice *text)
{
    mem_free((char *)text->data);
    *text = (struct slice){0};
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

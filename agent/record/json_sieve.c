#include "record/json_sieve.h"

/*
 * One step takes one token, or the rest of the piece where that ends within it.
 *
 *                 ,----------------------- comma in an array ---.
 *                 v                                              |
 *   VALUE_FIRST, VALUE --- bracket, string, number, ... ---> AFTER ---> END
 *                 ^                                              |
 *               COLON <--- KEY_FIRST, KEY <--- comma in an object'
 */
enum state {
    VALUE_FIRST, /* of an array, which may end instead */
    VALUE,
    KEY_FIRST, /* of an object, likewise */
    KEY,
    COLON,
    TEXT, /* in a string */
    WORD, /* in a number, true, false or null */
    AFTER,
    END,
    BROKEN,
};

/* Stands in no JSON text outside of strings. */
#define BROKEN_BYTE '!'

/* What may follow the beginning of a character, or of an escape. */
#define TAIL_BYTES_MAX 8

/* Of a string of which enough was let through. */
#define TEXT_IS_CUT UINT32_MAX

_Static_assert(JSON_SIEVE_DEPTH_MAX <= 32, "a bit for each bracket");

void json_sieve_init(struct json_sieve *s, const char *const *keys)
{
    *s = (struct json_sieve){.keys = keys, .state = VALUE};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_in_object(const struct json_sieve *s)
{
    return s->depth > 0 && (s->is_object >> (s->depth - 1) & 1) != 0;
}

static void put(const struct json_sieve *s, struct buffer *out, char c)
{
    if (!s->is_skipping)
        buffer_append_byte(out, c);
}

static void sieve_break(struct json_sieve *s, struct buffer *out)
{
    s->is_skipping = false;
    s->state = BROKEN;
    put(s, out, BROKEN_BYTE);
}

/* A value has come to its end. */
static void value_end(struct json_sieve *s)
{
    CHECK(s->skipped == 0);
    s->is_skipping = false;
    s->state = s->depth > 0 ? AFTER : END;
}

/* ---- brackets ---- */

static void bracket_open(struct json_sieve *s, char c, struct buffer *out)
{
    uint32_t bit;

    if (s->is_skipping) {
        s->skipped++;
        s->state = VALUE;
        return;
    }
    if (s->depth == JSON_SIEVE_DEPTH_MAX) {
        sieve_break(s, out);
        return;
    }
    bit = UINT32_C(1) << s->depth++;
    s->is_object = c == '{' ? s->is_object | bit : s->is_object & ~bit;
    s->has_more &= ~bit;
    s->state = c == '{' ? KEY_FIRST : VALUE_FIRST;
    put(s, out, c);
}

static void bracket_close(struct json_sieve *s, char c, struct buffer *out)
{
    if (s->depth == 0 || (c == '}') != is_in_object(s)) {
        sieve_break(s, out);
        return;
    }
    s->depth--;
    CHECK(!s->is_skipping && s->skipped == 0);
    put(s, out, c);
    value_end(s);
}

/* ---- strings ---- */

static void text_begin(struct json_sieve *s, bool is_key)
{
    s->text.len = 0;
    s->text.escape = 0;
    s->text.is_key = is_key;
    s->state = TEXT;
}

static bool is_asked_for(const struct json_sieve *s)
{
    for (const char *const *key = s->keys; *key != NULL; key++)
        if (strlen(*key) == s->text.len && memcmp(*key, s->text.key, s->text.len) == 0)
            return true;
    return false;
}

/* The key is whole: its member is let through, or is not. */
static void key_end(struct json_sieve *s, struct buffer *out)
{
    uint32_t bit = UINT32_C(1) << (s->depth - 1);

    CHECK(is_in_object(s));
    s->state = COLON;
    if (s->text.len > JSON_SIEVE_KEY_BYTES_MAX || !is_asked_for(s)) {
        s->is_skipping = true;
        return;
    }
    if ((s->has_more & bit) != 0)
        put(s, out, ',');
    s->has_more |= bit;
    put(s, out, '"');
    buffer_append(out, slice_make(s->text.key, s->text.len));
    put(s, out, '"');
}

static void text_end(struct json_sieve *s, struct buffer *out)
{
    if (s->text.is_key) {
        key_end(s, out);
        return;
    }
    put(s, out, '"');
    if (s->skipped > 0)
        s->state = VALUE;
    else
        value_end(s);
}

/* How many bytes of an escape follow this one. */
static uint8_t escape_after(uint8_t escape, char c)
{
    enum { BEHIND_BACKSLASH = 5 };

    if (escape == 0)
        return c == '\\' ? BEHIND_BACKSLASH : 0;
    if (escape == BEHIND_BACKSLASH)
        return c == 'u' ? 4 : 0;
    return (uint8_t)(escape - 1);
}

static void text_byte(struct json_sieve *s, char c, struct buffer *out)
{
    struct json_sieve_text *t = &s->text;
    bool is_first = t->escape == 0 && ((unsigned char)c & 0xc0) != 0x80;

    if (t->is_key) {
        if (t->len < JSON_SIEVE_KEY_BYTES_MAX)
            t->key[t->len] = c;
    } else if (t->len < JSON_SIEVE_TEXT_BYTES_MAX ||
               (!is_first && t->len < JSON_SIEVE_TEXT_BYTES_MAX + TAIL_BYTES_MAX)) {
        put(s, out, c);
    } else {
        t->len = TEXT_IS_CUT; /* a character that is begun is put whole; of the next ones, none */
    }
    t->len += t->len < TEXT_IS_CUT;
    t->escape = escape_after(t->escape, c);
}

static size_t step_text(struct json_sieve *s, struct slice rest, struct buffer *out)
{
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.data[i] == '"' && s->text.escape == 0) {
            text_end(s, out);
            return i + 1;
        }
        text_byte(s, rest.data[i], out);
    }
    return rest.len;
}

/* ---- numbers and names ---- */

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' ||
           c == 'E';
}

static size_t step_word(struct json_sieve *s, struct slice rest, struct buffer *out)
{
    for (size_t i = 0; i < rest.len; i++) {
        if (!is_word(rest.data[i])) {
            value_end(s);
            return i;
        }
        put(s, out, rest.data[i]);
    }
    return rest.len;
}

/* ---- between tokens ---- */

/* In a value that is left out: only brackets count, and strings, in which brackets may stand. */
static void step_skipped(struct json_sieve *s, char c)
{
    CHECK(s->is_skipping && s->skipped > 0);
    if (c == '"')
        text_begin(s, false);
    else if (c == '{' || c == '[')
        s->skipped++;
    else if ((c == '}' || c == ']') && --s->skipped == 0)
        value_end(s);
}

static void step_value(struct json_sieve *s, char c, struct buffer *out)
{
    if (c == '{' || c == '[') {
        bracket_open(s, c, out);
    } else if (c == '"') {
        put(s, out, c);
        text_begin(s, false);
    } else if (is_word(c)) {
        put(s, out, c);
        s->state = WORD;
    } else if (c == ']' && s->state == VALUE_FIRST) {
        bracket_close(s, c, out);
    } else {
        sieve_break(s, out);
    }
}

static void step_key(struct json_sieve *s, char c, struct buffer *out)
{
    if (c == '"')
        text_begin(s, true);
    else if (c == '}' && s->state == KEY_FIRST)
        bracket_close(s, c, out);
    else
        sieve_break(s, out);
}

static void step_colon(struct json_sieve *s, char c, struct buffer *out)
{
    if (c != ':') {
        sieve_break(s, out);
        return;
    }
    put(s, out, c);
    s->state = VALUE;
}

static void step_after(struct json_sieve *s, char c, struct buffer *out)
{
    if (c == '}' || c == ']') {
        bracket_close(s, c, out);
    } else if (c != ',') {
        sieve_break(s, out);
    } else if (is_in_object(s)) {
        s->state = KEY; /* the comma waits for a member that is let through */
    } else {
        put(s, out, c);
        s->state = VALUE;
    }
}

static void step_between(struct json_sieve *s, char c, struct buffer *out)
{
    if (is_blank(c))
        return;
    if (s->skipped > 0)
        step_skipped(s, c);
    else if (s->state == VALUE || s->state == VALUE_FIRST)
        step_value(s, c, out);
    else if (s->state == KEY || s->state == KEY_FIRST)
        step_key(s, c, out);
    else if (s->state == COLON)
        step_colon(s, c, out);
    else if (s->state == AFTER)
        step_after(s, c, out);
    else
        sieve_break(s, out);
}

void json_sieve_feed(struct json_sieve *s, struct slice piece, struct buffer *out)
{
    while (piece.len > 0 && s->state != BROKEN) {
        size_t taken = 1;

        if (s->state == TEXT)
            taken = step_text(s, piece, out);
        else if (s->state == WORD)
            taken = step_word(s, piece, out);
        else
            step_between(s, piece.data[0], out);
        piece = slice_skip(piece, taken);
    }
}

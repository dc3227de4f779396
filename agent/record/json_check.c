#include "base/memory.h"
#include "record/json_keys.h"
#include "record/json_scalar.h"

/*
 * The common way and the careful way, side by side. quick_members and quick_values go over strings
 * without escapes, short numbers and words, with their place in registers and no call, and stop
 * before the first thing that is anything else; the others take that, and know everything:
 *
 *   json_check_one    what kind is it
 *   check_object      members; check_key and take_separator between the values
 *   check_array, check_string, check_scalar
 */

_Static_assert(JSON_SCALAR_AHEAD <= JSON_MARKS_PAD, "a scalar is read from the last byte at most");

/* An object that is open. Its members are the scanner's from `first` on; when it ends they are gone,
 * unless it is the outermost one. Nobody but this file sees one, and so it stays in registers. */
struct level {
    uint32_t first;
    uint32_t newest;   /* the one whose value is looked at */
    uint64_t initials; /* of its keys */
    struct json_keys_seen seen;
};

/* A control character outside a string has a mark. */
static void skip_blanks_far(struct json_check *c)
{
    for (;; c->p++) {
        while (*c->p == ' ')
            c->p++;
        if (*c->p == '\n' || *c->p == '\r')
            c->object->needs_repair = true;
        else if (*c->p != '\t')
            return;
        json_marks_ahead(c);
        c->next++;
    }
}

static inline void skip_blanks(struct json_check *c)
{
    if (UNLIKELY((unsigned char)*c->p <= ' '))
        skip_blanks_far(c);
}

static bool is_hex(char byte)
{
    return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f');
}

static bool check_escape(const char *p, const char *end)
{
    if (end - p < 2)
        return false;
    if (strchr("\"\\/bfnrt", p[1]) != NULL && p[1] != '\0')
        return true;
    if (p[1] != 'u' || end - p < 6)
        return false;
    for (int i = 2; i < 6; i++)
        if (!is_hex(p[i]))
            return false;
    return true;
}

static bool check_string(struct json_check *c, bool *has_escapes)
{
    const char *p;

    json_marks_ahead(c);
    for (c->next++; *(p = c->text + *c->next) == '\\'; c->next++) {
        if (!check_escape(p, c->end))
            return false;
        *has_escapes = c->object->has_escapes = true;
        json_marks_ahead(c);
    }
    c->next++;
    c->p = p + 1;
    return *p == '"';
}

static bool check_scalar(struct json_check *c)
{
    bool fits = true;

    if (*c->p >= 'a')
        c->p = json_word_end(c->p, c->end);
    else
        c->p = json_number_end(c->p, c->end, &fits);
    if (UNLIKELY(!fits))
        c->object->needs_repair = true;
    return c->p != NULL;
}

/* Where the next `count` members go. */
static inline struct json_member *members_room(struct json_scanner *s, uint32_t count)
{
    if (UNLIKELY(s->member_capacity - s->member_count < count)) {
        s->member_capacity = s->member_capacity * 2 + count;
        s->members = mem_resize(s->members, s->member_capacity, sizeof *s->members);
    }
    return s->members + s->member_count;
}

/* ---- the common way ---- */

/* Where quick_members stopped: before a key, before the value of the newest member, or after that
 * value. */
enum stand { AT_KEY, AT_VALUE, AFTER_VALUE };

/* quick_members, with its place in registers. */
struct quick {
    const char *text;
    const uint32_t *next;
    size_t at;
    struct json_member *m; /* where the next one goes */
    struct json_member *first;
    struct level level;
};

/* A key of plain characters, its colon and at most one blank: the member is begun. */
static inline bool quick_key(struct quick *q)
{
    uint32_t key = q->next[0] + 1, end = q->next[1];
    const char *text = q->text;
    size_t at = (size_t)end + 2;

    if (UNLIKELY(text[q->at] != '"' || json_load_16(text + end) != json_load_16("\":")))
        return false;
    if (text[at] == ' ')
        at++;
    json_keys_add(&q->level.seen, json_key_hash(text + key, end - key), (size_t)(q->m - q->first));
    q->level.initials |= UINT64_C(1) << (text[key] & 63);
    q->m->key_at = key;
    q->m->key_len = end - key;
    q->m->value_at = (uint32_t)at;
    q->m++;
    q->next += 2;
    q->at = at;
    return true;
}

/* A string of plain characters, a short number, or a word. */
static inline bool quick_value(const char *text, const uint32_t **next, size_t *at)
{
    const char *stop;

    if (text[*at] == '"' && LIKELY(text[(*next)[1]] == '"')) {
        *at = (size_t)(*next)[1] + 1;
        *next += 2;
        return true;
    }
    stop = json_scalar_quick(text + *at);
    if (stop == NULL)
        return false;
    *at = (size_t)(stop - text);
    return true;
}

/* A comma, with one blank after it or none. */
static inline bool quick_comma(const char *text, size_t *at)
{
    size_t after = *at + 1;

    if (text[*at] != ',')
        return false;
    if (text[after] == ' ')
        after++;
    if (UNLIKELY((unsigned char)text[after] <= ' '))
        return false;
    *at = after;
    return true;
}

static inline enum stand quick_walk(struct quick *q)
{
    do {
        size_t value;

        if (!quick_key(q))
            return AT_KEY;
        value = q->at;
        if (!quick_value(q->text, &q->next, &q->at))
            return AT_VALUE;
        q->m[-1].value_len = (uint32_t)(q->at - value);
    } while (quick_comma(q->text, &q->at));
    return AFTER_VALUE;
}

/* As many members as are of the common kind. Past the window's last mark there are zeros: no quote
 * stands at 0, so the walk stops there. */
static enum stand quick_members(struct json_check *c, struct level *level)
{
    struct json_scanner *s = c->scanner;
    struct quick q = {
        .text = c->text,
        .next = c->next,
        .at = (size_t)(c->p - c->text),
        .m = members_room(s, JSON_MARKS_ROOM / 2),
        .first = s->members + level->first,
        .level = *level,
    };
    enum stand stand = quick_walk(&q);

    c->next = q.next;
    c->p = q.text + q.at;
    s->member_count = (uint32_t)(q.m - s->members);
    *level = q.level;
    level->newest = s->member_count - 1;
    return stand;
}

/* The same for an array: true when c->p is after a value, false when it is before one. */
static bool quick_values(struct json_check *c)
{
    const uint32_t *next = c->next;
    size_t at = (size_t)(c->p - c->text);
    bool is_after;

    do
        is_after = quick_value(c->text, &next, &at);
    while (is_after && quick_comma(c->text, &at));
    c->next = next;
    c->p = c->text + at;
    return is_after;
}

/* ---- objects and arrays ---- */

/* After a value: takes the comma with the blanks around it, or the closing bracket. */
static char take_separator(struct json_check *c)
{
    char byte;

    skip_blanks(c);
    byte = *c->p++;
    if (byte == ',')
        skip_blanks(c);
    return byte;
}

static void member_begin(struct json_check *c, struct level *level, struct slice key)
{
    struct json_scanner *s = c->scanner;

    /* quick_key has seen the colon of an empty key right behind it. */
    json_keys_add(&level->seen, json_key_hash(key.len ? key.data : &"\"\":"[1], key.len),
                  s->member_count - level->first);
    level->initials |= json_initial(key);
    *members_room(s, 1) = (struct json_member){
        .key_at = (uint32_t)(key.data - c->text),
        .key_len = (uint32_t)key.len,
    };
    level->newest = s->member_count++;
}

/* The value of the newest member, blanks before it. */
static bool check_member_value(struct json_check *c, const struct level *level)
{
    struct json_member *m;
    uint32_t at;

    skip_blanks(c);
    at = (uint32_t)(c->p - c->text);
    if (!json_check_one(c))
        return false;
    m = &c->scanner->members[level->newest];
    m->value_at = at;
    m->value_len = (uint32_t)(c->p - c->text) - at;
    return true;
}

/* A key and its colon. */
static bool check_key(struct json_check *c, struct level *level)
{
    const char *begin = c->p + 1;
    bool has_escapes = false;
    struct slice key;

    if (*c->p != '"' || !check_string(c, &has_escapes))
        return false;
    if (UNLIKELY(has_escapes)) {
        c->object->needs_repair |= !c->scanner->is_repaired;
        c->object->has_escaped_keys |= c->depth == 1;
    }
    key = slice_make(begin, (size_t)(c->p - 1 - begin));
    skip_blanks(c);
    if (*c->p++ != ':')
        return false;
    member_begin(c, level, key);
    return true;
}

static bool check_members(struct json_check *c, struct level *level)
{
    char separator;

    do {
        enum stand stand;

        json_marks_ahead(c);
        stand = quick_members(c, level);
        if (stand == AT_KEY && !check_key(c, level))
            return false;
        if (stand != AFTER_VALUE && !check_member_value(c, level))
            return false;
        separator = take_separator(c);
    } while (separator == ',');
    return separator == '}';
}

static void level_end(struct json_check *c, const struct level *level)
{
    struct json_scanner *s = c->scanner;

    if (UNLIKELY(level->seen.suspects != 0) &&
        json_keys_repeat(c, level->first, level->seen.suspects))
        c->object->needs_repair = true;
    if (c->depth == 1) {
        c->object->initials = level->initials;
        c->object->key_bits = level->seen.bits_0;
        c->object->key_bits_1 = level->seen.bits_1;
    } else {
        s->member_count = level->first;
    }
}

static bool check_object(struct json_check *c)
{
    struct level level = {.first = c->scanner->member_count};

    c->p++;
    skip_blanks(c);
    if (*c->p == '}')
        c->p++;
    else if (!check_members(c, &level))
        return false;
    level_end(c, &level);
    return true;
}

static bool check_array(struct json_check *c)
{
    char separator;

    c->p++;
    skip_blanks(c);
    if (*c->p == ']') {
        c->p++;
        return true;
    }
    do {
        json_marks_ahead(c);
        if (!quick_values(c) && !json_check_one(c))
            return false;
        separator = take_separator(c);
    } while (separator == ',');
    return separator == ']';
}

/* Nothing inside the text ends at the bracket that closes it. */
static bool check_nested(struct json_check *c)
{
    bool is_good;

    if (c->depth == c->depth_max)
        return false;
    c->depth++;
    is_good = *c->p == '{' ? check_object(c) : check_array(c);
    c->depth--;
    return is_good && (c->p < c->end || c->depth == 0);
}

bool json_check_one(struct json_check *c)
{
    bool has_escapes;

    switch (*c->p) {
    case '"':
        return check_string(c, &has_escapes);
    case '{':
    case '[':
        return check_nested(c);
    default:
        return check_scalar(c);
    }
}

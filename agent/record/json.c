#include "record/json.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "record/scan.h"

#include <errno.h>
#include <stdlib.h>

/*
 * The check is one recursive descent. Each function gets the place where its token begins and
 * returns the place after it, or NULL when the text is not JSON.
 *
 *   check_value    what kind is it
 *   check_object   members, and whether a key stands twice
 *   check_array, check_string, check_number, check_word
 */

/* From here on a member costs a comparison with each one before it only when two keys share a
 * bit; objects with more keys than this are sorted instead, so that time stays linear. */
#define KEYS_COMPARED_MAX 64

/* So many characters of an integer surely fit 64 bits, with or without a sign. */
#define INTEGER_SAFE_MAX 19

struct check {
    struct json_scanner *scanner;
    const char *begin;
    const char *end;
    unsigned depth;
    bool is_top; /* members of the outermost object are noted */
};

static const char *check_value(struct check *c, const char *p);

void json_scanner_init(struct json_scanner *s)
{
    *s = (struct json_scanner){0};
}

void json_scanner_fini(struct json_scanner *s)
{
    MEM_FREE(&s->members);
    MEM_FREE(&s->keys);
    *s = (struct json_scanner){0};
}

static inline const char *skip_blanks(struct check *c, const char *p)
{
    while (UNLIKELY(p < c->end && (unsigned char)*p <= ' ')) {
        if (*p == '\n' || *p == '\r')
            c->scanner->needs_repair = true;
        else if (*p != ' ' && *p != '\t')
            return p;
        p++;
    }
    return p;
}

static bool is_hex(char byte)
{
    return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f');
}

static const char *check_escape(const char *p, const char *end)
{
    if (end - p < 2)
        return NULL;
    if (strchr("\"\\/bfnrt", p[1]) != NULL && p[1] != '\0')
        return p + 2;
    if (p[1] != 'u' || end - p < 6)
        return NULL;
    for (int i = 2; i < 6; i++)
        if (!is_hex(p[i]))
            return NULL;
    return p + 6;
}

/* `p` is where a string has something else than plain ASCII; returns the closing quote. */
static const char *check_odd_string(struct check *c, const char *p, bool *has_escapes)
{
    for (;; p += scan_plain(p, c->end)) {
        unsigned len;

        if (UNLIKELY(p >= c->end))
            return NULL;
        if (*p == '"')
            return p;
        if (*p == '\\') {
            *has_escapes = true;
            p = check_escape(p, c->end);
            if (p == NULL)
                return NULL;
            continue;
        }
        if ((unsigned char)*p < 0x20)
            return NULL;
        len = utf8_len(p, c->end);
        if (len == 0)
            c->scanner->needs_repair = true;
        p += len ? len : 1;
    }
}

/* `p` is after the opening quote; returns the place of the closing one. */
static inline const char *check_string(struct check *c, const char *p, bool *has_escapes)
{
    p += scan_plain(p, c->end);
    if (LIKELY(p < c->end && *p == '"'))
        return p;
    return check_odd_string(c, p, has_escapes);
}

static bool number_fits(const char *begin, const char *end, bool is_integer)
{
    char copy[512];
    size_t len = (size_t)(end - begin);
    double value;

    if (len >= sizeof copy)
        return false;
    memcpy(copy, begin, len);
    copy[len] = '\0';
    errno = 0;
    if (is_integer) {
        if (copy[0] == '-')
            (void)strtoll(copy, NULL, 10);
        else
            (void)strtoull(copy, NULL, 10);
        return errno == 0;
    }
    value = strtod(copy, NULL);
    return value <= __DBL_MAX__ && value >= -__DBL_MAX__;
}

static inline const char *check_digits(const char *p, const char *end)
{
    size_t digits = scan_digits(p, end);

    return LIKELY(digits > 0) ? p + digits : NULL;
}

static const char *check_exponent(const char *p, const char *end)
{
    if (p < end && (*p == '+' || *p == '-'))
        p++;
    return check_digits(p, end);
}

static inline const char *check_number(struct check *c, const char *p)
{
    const char *begin = p;
    bool is_integer = true, has_exponent = false;

    if (*p == '-')
        p++;
    if (p + 1 < c->end && p[0] == '0' && (unsigned char)(p[1] - '0') <= 9)
        return NULL;
    p = check_digits(p, c->end);
    if (p != NULL && p < c->end && *p == '.') {
        is_integer = false;
        p = check_digits(p + 1, c->end);
    }
    if (p != NULL && p < c->end && (*p | 0x20) == 'e') {
        is_integer = false;
        has_exponent = true;
        p = check_exponent(p + 1, c->end);
    }
    if (p != NULL && UNLIKELY(p - begin > INTEGER_SAFE_MAX || has_exponent) &&
        !number_fits(begin, p, is_integer))
        c->scanner->needs_repair = true;
    return p;
}

static const char *check_word(struct check *c, const char *p, struct slice word)
{
    if ((size_t)(c->end - p) < word.len || memcmp(p, word.data, word.len) != 0)
        return NULL;
    return p + word.len;
}

static void key_push(struct json_scanner *s, const char *data, size_t len)
{
    if (UNLIKELY(s->key_count == s->key_capacity)) {
        s->key_capacity = s->key_capacity ? s->key_capacity * 2 : 64;
        s->keys = mem_resize(s->keys, s->key_capacity, sizeof *s->keys);
    }
    s->keys[s->key_count++] = (struct json_key){.data = data, .len = (uint32_t)len};
}

static bool key_equal(const struct json_key *a, const struct json_key *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static int key_compare(const void *left, const void *right)
{
    const struct json_key *a = left, *b = right;

    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    return memcmp(a->data, b->data, a->len);
}

/* A few bits of a key, cheap and spread enough that most objects never compare two keys. */
static inline uint64_t key_bit(const char *data, size_t len)
{
    unsigned mix = (unsigned)len * 7;

    if (len > 0)
        mix += (unsigned char)data[0] * 5u + (unsigned char)data[len - 1] * 11u +
               (unsigned char)data[len / 2] * 3u;
    return UINT64_C(1) << (mix & 63);
}

static bool keys_repeat_last(const struct json_scanner *s, uint32_t first)
{
    const struct json_key *last = &s->keys[s->key_count - 1];

    for (uint32_t i = first; i + 1 < s->key_count; i++)
        if (key_equal(&s->keys[i], last))
            return true;
    return false;
}

static bool keys_repeat_any(struct json_scanner *s, uint32_t first)
{
    qsort(s->keys + first, s->key_count - first, sizeof *s->keys, key_compare);
    for (uint32_t i = first; i + 1 < s->key_count; i++)
        if (key_equal(&s->keys[i], &s->keys[i + 1]))
            return true;
    return false;
}

static struct json_member *member_add(struct json_scanner *s)
{
    if (UNLIKELY(s->member_count == s->member_capacity)) {
        s->member_capacity = s->member_capacity ? s->member_capacity * 2 : 64;
        s->members = mem_resize(s->members, s->member_capacity, sizeof *s->members);
    }
    return &s->members[s->member_count++];
}

/* Notes a key; `first` is where the keys of this object begin, `bits` what they had so far. */
static inline void key_note(struct check *c, struct slice key, uint32_t first, uint64_t *bits)
{
    struct json_scanner *s = c->scanner;
    uint64_t bit = key_bit(key.data, key.len);

    key_push(s, key.data, key.len);
    if (UNLIKELY(*bits & bit) && s->key_count - first <= KEYS_COMPARED_MAX &&
        keys_repeat_last(s, first))
        s->needs_repair = true;
    *bits |= bit;
}

/* A key and its colon; `*key` is what stands between the quotes. Returns where the value begins. */
static inline const char *check_key(struct check *c, const char *p, struct slice *key)
{
    bool has_escapes = false;
    const char *begin;

    if (UNLIKELY(p == c->end || *p != '"'))
        return NULL;
    begin = p + 1;
    p = check_string(c, begin, &has_escapes);
    if (UNLIKELY(p == NULL))
        return NULL;
    if (UNLIKELY(has_escapes)) {
        c->scanner->needs_repair |= !c->scanner->is_repaired;
        c->scanner->has_escaped_keys |= c->depth == 1;
    }
    *key = slice_make(begin, (size_t)(p - begin));
    p = skip_blanks(c, p + 1);
    if (UNLIKELY(p == c->end || *p != ':'))
        return NULL;
    return skip_blanks(c, p + 1);
}

static const char *check_member(struct check *c, const char *p, uint32_t first, uint64_t *bits)
{
    bool is_top = c->depth == 1 && c->is_top;
    const char *value;
    struct slice key;

    value = check_key(c, p, &key);
    if (UNLIKELY(value == NULL))
        return NULL;
    key_note(c, key, first, bits);
    p = check_value(c, value);
    if (UNLIKELY(p == NULL) || !is_top)
        return p;
    c->scanner->initials |= json_initial(key);
    *member_add(c->scanner) = (struct json_member){
        .key_at = (uint32_t)(key.data - c->begin),
        .key_len = (uint32_t)key.len,
        .value_at = (uint32_t)(value - c->begin),
        .value_len = (uint32_t)(p - value),
    };
    return p;
}

static const char *check_object(struct check *c, const char *p)
{
    struct json_scanner *s = c->scanner;
    uint32_t first = s->key_count;
    uint64_t bits = 0;

    p = skip_blanks(c, p + 1);
    if (p < c->end && *p == '}')
        return p + 1;
    for (;;) {
        p = check_member(c, p, first, &bits);
        if (UNLIKELY(p == NULL))
            return NULL;
        p = skip_blanks(c, p);
        if (UNLIKELY(p == c->end))
            return NULL;
        if (*p == '}')
            break;
        if (UNLIKELY(*p != ','))
            return NULL;
        p = skip_blanks(c, p + 1);
    }
    if (UNLIKELY(s->key_count - first > KEYS_COMPARED_MAX) && keys_repeat_any(s, first))
        s->needs_repair = true;
    s->key_count = first;
    return p + 1;
}

static const char *check_array(struct check *c, const char *p)
{
    p = skip_blanks(c, p + 1);
    if (p < c->end && *p == ']')
        return p + 1;
    for (;;) {
        p = check_value(c, p);
        if (p == NULL)
            return NULL;
        p = skip_blanks(c, p);
        if (p == c->end)
            return NULL;
        if (*p == ']')
            return p + 1;
        if (*p != ',')
            return NULL;
        p = skip_blanks(c, p + 1);
    }
}

static const char *check_nested(struct check *c, const char *p)
{
    if (c->depth == JSON_DEPTH_MAX)
        return NULL;
    c->depth++;
    p = *p == '{' ? check_object(c, p) : check_array(c, p);
    c->depth--;
    return p;
}

static const char *check_value(struct check *c, const char *p)
{
    bool has_escapes;

    if (UNLIKELY(p >= c->end))
        return NULL;
    switch (*p) {
    case '"':
        p = check_string(c, p + 1, &has_escapes);
        return p ? p + 1 : NULL;
    case '{':
    case '[':
        return check_nested(c, p);
    case 't':
        return check_word(c, p, SLICE("true"));
    case 'f':
        return check_word(c, p, SLICE("false"));
    case 'n':
        return check_word(c, p, SLICE("null"));
    default:
        return check_number(c, p);
    }
}

static struct check check_begin(struct json_scanner *s, struct slice text, bool is_top)
{
    s->member_count = 0;
    s->key_count = 0;
    s->needs_repair = false;
    s->has_escaped_keys = false;
    s->initials = 0;
    return (struct check){
        .scanner = s,
        .begin = text.data,
        .end = text.data + text.len,
        .is_top = is_top,
    };
}

int json_check_object(struct json_scanner *s, struct slice text, struct json_object *out)
{
    struct check c;
    const char *p;

    text = slice_trim(text);
    if (text.len < 2 || text.len > JSON_BYTES_MAX || text.data[0] != '{')
        return -EINVAL;
    c = check_begin(s, text, true);
    p = check_nested(&c, text.data);
    if (p != c.end)
        return -EINVAL;
    *out = (struct json_object){
        .text = text,
        .members = s->members,
        .member_count = s->member_count,
        .needs_repair = s->needs_repair,
        .has_escaped_keys = s->has_escaped_keys,
        .initials = s->initials,
    };
    return 0;
}

int json_check_value(struct json_scanner *s, struct slice text, bool *needs_repair)
{
    struct check c;

    text = slice_trim(text);
    if (text.len == 0 || text.len > JSON_BYTES_MAX)
        return -EINVAL;
    c = check_begin(s, text, false);
    if (check_value(&c, text.data) != c.end)
        return -EINVAL;
    if (needs_repair != NULL)
        *needs_repair = s->needs_repair;
    return 0;
}

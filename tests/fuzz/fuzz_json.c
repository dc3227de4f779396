/*
 * Any bytes as JSON: what the check accepts, and what it says needs repair, a second and much plainer
 * reader does too, whichever way the marks are made, and what a repair makes needs no other. Walking
 * finds what the check found.
 */
#include "base/utf8.h"
#include "record/json.h"
#include "record/json_escape.h"
#include "record/record.h"

#include <errno.h>
#include <stdlib.h>
#include <uv.h>

/* ---- the plain reader ---- */

#define READER_KEYS_MAX 100

struct reader {
    const char *p;
    const char *end;
    unsigned depth;
    bool needs_repair;
    bool is_unsure; /* whether it does */
};

struct reader_keys {
    struct slice keys[READER_KEYS_MAX];
    size_t count;
};

static bool read_value(struct reader *r);

static void blanks(struct reader *r)
{
    for (; r->p < r->end && strchr(" \t\r\n", *r->p) != NULL && *r->p != '\0'; r->p++)
        r->needs_repair |= *r->p == '\r' || *r->p == '\n';
}

static bool take(struct reader *r, char byte)
{
    if (r->p == r->end || *r->p != byte)
        return false;
    r->p++;
    return true;
}

static bool read_escape(struct reader *r)
{
    if (r->p == r->end)
        return false;
    if (*r->p != 'u')
        return *r->p != '\0' && strchr("\"\\/bfnrt", *r->p++) != NULL;
    r->p++;
    for (int i = 0; i < 4; i++, r->p++)
        if (r->p == r->end || *r->p == '\0' || strchr("0123456789abcdefABCDEF", *r->p) == NULL)
            return false;
    return true;
}

static bool read_string(struct reader *r)
{
    if (!take(r, '"'))
        return false;
    while (r->p < r->end && *r->p != '"') {
        if ((unsigned char)*r->p < 0x20)
            return false;
        if (take(r, '\\')) {
            if (!read_escape(r))
                return false;
        } else {
            r->p++;
        }
    }
    return take(r, '"');
}

static bool read_key(struct reader *r, struct reader_keys *seen)
{
    const char *begin = r->p;
    struct slice key;

    if (!read_string(r))
        return false;
    key = slice_make(begin, (size_t)(r->p - begin));
    r->needs_repair |= memchr(key.data, '\\', key.len) != NULL;
    for (size_t i = 0; i < seen->count; i++)
        r->needs_repair |= slice_equal(seen->keys[i], key);
    if (seen->count < READER_KEYS_MAX)
        seen->keys[seen->count++] = key;
    else
        r->is_unsure = true;
    return true;
}

static bool read_digits(struct reader *r)
{
    const char *begin = r->p;

    while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
        r->p++;
    return r->p > begin;
}

/* Whether a number keeps its value in 64 bits, or in a double, and is not absurdly long. */
static bool is_kept(struct slice number)
{
    char copy[512];
    double value;

    if (number.len >= sizeof copy)
        return false;
    memcpy(copy, number.data, number.len);
    copy[number.len] = '\0';
    value = strtod(copy, NULL);
    if (strpbrk(copy, ".eE") != NULL)
        return value <= __DBL_MAX__ && value >= -__DBL_MAX__;
    errno = 0;
    if (copy[0] == '-')
        (void)strtoll(copy, NULL, 10);
    else
        (void)strtoull(copy, NULL, 10);
    return errno == 0;
}

static bool read_number_text(struct reader *r)
{
    const char *begin;

    (void)take(r, '-');
    begin = r->p;
    if (!read_digits(r) || (*begin == '0' && r->p - begin > 1))
        return false;
    if (take(r, '.') && !read_digits(r))
        return false;
    if (take(r, 'e') || take(r, 'E')) {
        if (!take(r, '+'))
            (void)take(r, '-');
        return read_digits(r);
    }
    return true;
}

static bool read_number(struct reader *r)
{
    const char *begin = r->p;

    if (!read_number_text(r))
        return false;
    r->needs_repair |= !is_kept(slice_make(begin, (size_t)(r->p - begin)));
    return true;
}

static bool read_word(struct reader *r, struct slice word)
{
    if (!slice_begins(slice_make(r->p, (size_t)(r->end - r->p)), word))
        return false;
    r->p += word.len;
    return true;
}

static bool read_members(struct reader *r, char close, bool has_keys)
{
    struct reader_keys keys;

    keys.count = 0;
    r->p++;
    blanks(r);
    if (take(r, close))
        return true;
    for (;;) {
        blanks(r);
        if (has_keys) {
            if (!read_key(r, &keys))
                return false;
            blanks(r);
            if (!take(r, ':'))
                return false;
            blanks(r);
        }
        if (!read_value(r))
            return false;
        blanks(r);
        if (take(r, close))
            return true;
        if (!take(r, ','))
            return false;
    }
}

static bool read_value(struct reader *r)
{
    bool is_read;

    if (r->p == r->end)
        return false;
    if (*r->p == '{' || *r->p == '[') {
        if (++r->depth > JSON_DEPTH_MAX)
            return false;
        is_read = *r->p == '{' ? read_members(r, '}', true) : read_members(r, ']', false);
        r->depth--;
        return is_read;
    }
    if (*r->p == '"')
        return read_string(r);
    return read_word(r, SLICE("true")) || read_word(r, SLICE("false")) ||
           read_word(r, SLICE("null")) || read_number(r);
}

static bool is_object(struct slice text, struct reader *r)
{
    *r = (struct reader){.p = text.data, .end = text.data + text.len};
    if (text.len == 0 || *r->p != '{' || !read_value(r) || r->p != r->end)
        return false;
    r->needs_repair |= !utf8_is_valid(text);
    return true;
}

/* ---- what is promised ---- */

static void check_members(const struct json_object *object)
{
    struct slice rest = object->text, key, value;
    uint32_t i = 0;

    for (; json_next(&rest, &key, &value); i++) {
        const struct json_member *m = &object->members[i];

        CHECK(i < object->member_count);
        CHECK(key.data == object->text.data + m->key_at && key.len == m->key_len);
        CHECK(value.data == object->text.data + m->value_at && value.len == m->value_len);
        CHECK(object->initials & json_initial(key));
    }
    CHECK(i == object->member_count);
}

/* Every key is found, and is the last of its name. */
static void check_record(const struct json_object *object)
{
    struct record record;
    struct value value;

    record_init(&record);
    record_add_members(&record, object);
    record_unfold(&record);
    for (uint32_t i = 0; i < record.root.count && i < 32; i++) {
        struct slice key = record.root.fields[i].key;

        CHECK(record_find(&record, key, &value));
        CHECK(value.text.data == record.root.fields[i].value.text.data);
        CHECK(json_find(object->text, key, &value.text) || key.len > 80);
    }
    record_fini(&record);
}

static void check_repaired(struct json_scanner *scanner, struct slice text, uint32_t member_count)
{
    struct arena arena = {0};
    struct json_object object;
    struct reader reader;

    CHECK(json_take_object(scanner, text, &arena, &object) == 0);
    CHECK(!object.needs_repair);
    CHECK(object.member_count <= member_count);
    CHECK(is_object(object.text, &reader));
    CHECK(utf8_is_valid(object.text));
    CHECK(memchr(object.text.data, '\n', object.text.len) == NULL);
    check_members(&object);
    check_record(&object);
    CHECK(json_value_extent(object.text) == (int64_t)object.text.len);
    arena_fini(&arena);
}

static void check_one_way(struct json_scanner *scanner, struct slice text)
{
    struct json_object object;
    struct reader reader;

    if (json_check_object(scanner, text, &object) == 0) {
        CHECK(is_object(object.text, &reader));
        CHECK(object.needs_repair == reader.needs_repair || reader.is_unsure);
        CHECK(object.has_escapes == (memchr(object.text.data, '\\', object.text.len) != NULL));
        check_members(&object);
        check_repaired(scanner, text, object.member_count);
    } else {
        CHECK(!is_object(slice_trim(text), &reader));
    }
    (void)json_check_value(scanner, text, NULL);
}

/* Each way to escape gives what the first one gives. */
static void check_escaped(struct slice text, enum json_marks_way way)
{
    struct buffer fast = {0}, slow = {0};

    json_escape_by(&fast, text, way);
    json_escape_by(&slow, text, JSON_MARKS_SWAR);
    CHECK(slice_equal(buffer_view(&fast), buffer_view(&slow)));
    buffer_fini(&fast);
    buffer_fini(&slow);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_make((const char *)data, size);
    int64_t extent = json_value_extent(text);
    struct json_scanner scanner;

    CHECK(extent <= (int64_t)size && extent != 0);
    json_scanner_init(&scanner);
    scanner.marks = json_marks_new();
    for (unsigned way = JSON_MARKS_SWAR; way <= JSON_MARKS_AVX512; way++) {
        if (!json_marks_has(way))
            continue;
        scanner.marks->way = way;
        check_one_way(&scanner, text);
        check_escaped(text, way);
    }
    json_scanner_fini(&scanner);
    return 0;
}

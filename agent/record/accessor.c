#include "record/accessor.h"

#include "base/memory.h"

#include <ctype.h>
#include <errno.h>

#define INDEX_DIGITS_MAX 9

/* One block: the parts, then the steps, then a copy of the text, then its keys without quotes. */
struct accessor {
    struct accessor_step *steps;
    char *text;
    char *keys;
    uint32_t step_count;
    uint32_t part_count;
    struct accessor_part parts[];
};

/* What is left to read, and whom to tell. */
struct reader {
    struct accessor *accessor;
    struct slice rest;
    const char *whole;
    struct report *report;
    struct place place;
};

static int reader_fail(struct reader *in, const char *why)
{
    report_error(in->report, in->place, "record accessor '%s': %s at offset %zu", in->whole, why,
                 strlen(in->whole) - in->rest.len);
    return -EINVAL;
}

static char peek(const struct reader *in, size_t ahead)
{
    return ahead < in->rest.len ? in->rest.data[ahead] : '\0';
}

static struct slice take(struct reader *in, size_t count)
{
    struct slice taken = slice_make(in->rest.data, count);

    in->rest = slice_skip(in->rest, count);
    return taken;
}

/* Text runs together with text. */
static void add_part(struct reader *in, struct accessor_part part)
{
    struct accessor *a = in->accessor;

    if (part.kind == ACCESSOR_TEXT && a->part_count > 0) {
        struct accessor_part *last = &a->parts[a->part_count - 1];

        if (last->kind == ACCESSOR_TEXT && last->text.data + last->text.len == part.text.data) {
            last->text.len += part.text.len;
            return;
        }
    }
    a->parts[a->part_count++] = part;
}

static void add_step(struct reader *in, struct accessor_part *part, struct accessor_step step)
{
    CHECK((char *)&in->accessor->steps[in->accessor->step_count] < in->accessor->text);
    in->accessor->steps[in->accessor->step_count++] = step;
    part->step_count++;
}

static int take_number(struct reader *in, uint32_t *out)
{
    size_t digits = 0;
    uint32_t value = 0;

    while (digits < INDEX_DIGITS_MAX && isdigit((unsigned char)peek(in, digits)))
        value = value * 10 + (uint32_t)(peek(in, digits++) - '0');
    if (digits == 0 || peek(in, digits) != ']')
        return reader_fail(in, "expected ['key'] or [number]");
    (void)take(in, digits + 1);
    *out = value;
    return 0;
}

/* A key between quotes, in which two quotes are one. */
static int take_key(struct reader *in, struct slice *out)
{
    char quote = peek(in, 0);
    char *key = in->accessor->keys;
    size_t at = 1, len = 0;

    for (;; at++) {
        if (at >= in->rest.len)
            return reader_fail(in, "a quoted key does not end");
        if (peek(in, at) == quote && peek(in, ++at) != quote)
            break;
        key[len++] = peek(in, at);
    }
    if (peek(in, at) != ']')
        return reader_fail(in, "expected ] after a key");
    (void)take(in, at + 1);
    *out = slice_make(key, len);
    in->accessor->keys += len;
    return 0;
}

/* At "[". */
static int take_subkey(struct reader *in, struct accessor_part *part)
{
    struct accessor_step step = {0};
    int rc;

    CHECK(peek(in, 0) == '[');
    (void)take(in, 1);
    if (peek(in, 0) == '\'' || peek(in, 0) == '"')
        rc = take_key(in, &step.key);
    else
        rc = take_number(in, &step.index);
    if (rc == 0)
        add_step(in, part, step);
    return rc;
}

static int take_field(struct reader *in, size_t name_len)
{
    struct accessor *a = in->accessor;
    struct accessor_part part = {.kind = ACCESSOR_FIELD, .steps = &a->steps[a->step_count]};
    int rc = 0;

    add_step(in, &part, (struct accessor_step){.key = take(in, name_len)});
    while (rc == 0 && peek(in, 0) == '[')
        rc = take_subkey(in, &part);
    if (rc == 0)
        add_part(in, part);
    return rc;
}

/* After "TAG". */
static int take_tag(struct reader *in)
{
    struct accessor_part part = {.kind = ACCESSOR_TAG};
    int rc = 0;

    if (peek(in, 0) == '[') {
        (void)take(in, 1);
        part.kind = ACCESSOR_TAG_PART;
        rc = take_number(in, &part.number);
    }
    if (rc == 0)
        add_part(in, part);
    return rc;
}

static bool is_name_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '/';
}

static size_t name_length(const struct reader *in)
{
    size_t len = 0;

    if (!isalpha((unsigned char)peek(in, 0)) && peek(in, 0) != '_')
        return 0;
    while (is_name_byte(peek(in, len)))
        len++;
    return len;
}

/* At "$". */
static int take_variable(struct reader *in)
{
    struct slice dollar = take(in, 1);
    size_t name_len = name_length(in);
    char next = peek(in, 0);

    if (isdigit((unsigned char)next)) {
        (void)take(in, 1);
        add_part(
            in, (struct accessor_part){.kind = ACCESSOR_CAPTURE, .number = (uint32_t)(next - '0')});
        return 0;
    }
    if (name_len == 0) {
        add_part(in, (struct accessor_part){.kind = ACCESSOR_TEXT, .text = dollar});
        return 0;
    }
    if (name_len == 3 && slice_begins(in->rest, SLICE("TAG"))) {
        (void)take(in, name_len);
        return take_tag(in);
    }
    return take_field(in, name_len);
}

static int take_template(struct reader *in)
{
    int rc = 0;

    while (rc == 0 && in->rest.len > 0) {
        size_t text_len = slice_find(in->rest, '$');

        if (text_len == 0)
            rc = take_variable(in);
        else
            add_part(in, (struct accessor_part){.kind = ACCESSOR_TEXT, .text = take(in, text_len)});
    }
    return rc;
}

static int take_single_key(struct reader *in)
{
    size_t name_len;
    int rc;

    if (peek(in, 0) == '$')
        (void)take(in, 1);
    name_len = slice_find(in->rest, '[');
    if (name_len == 0)
        return reader_fail(in, "a key is missing");
    rc = take_field(in, name_len);
    if (rc == 0 && in->rest.len > 0)
        return reader_fail(in, "text after the key");
    return rc;
}

static size_t count_byte(const char *text, char byte)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += *text == byte;
    return count;
}

/* Each "$" makes a part at most, with one of text before it; each step costs a "$" or a "[". */
static struct accessor *accessor_alloc(const char *text)
{
    size_t len = strlen(text), dollars = count_byte(text, '$');
    size_t part_max = 2 * dollars + 1;
    size_t step_max = dollars + count_byte(text, '[') + 1;
    struct accessor *a = mem_zalloc(1, sizeof *a + part_max * sizeof a->parts[0] +
                                           step_max * sizeof a->steps[0] + 2 * len);

    a->steps = (struct accessor_step *)&a->parts[part_max];
    a->text = (char *)&a->steps[step_max];
    a->keys = a->text + len;
    memcpy(a->text, text, len);
    return a;
}

static struct accessor *accessor_read(const char *text, int (*read)(struct reader *in),
                                      struct report *report, struct place place)
{
    struct reader in = {.whole = text, .report = report, .place = place};

    if (strlen(text) > ACCESSOR_BYTES_MAX) {
        report_error(report, place, "a record accessor of more than %d bytes", ACCESSOR_BYTES_MAX);
        return NULL;
    }
    in.accessor = accessor_alloc(text);
    in.rest = slice_make(in.accessor->text, strlen(text));
    if (read(&in) < 0)
        accessor_free(&in.accessor);
    CHECK(in.accessor == NULL || in.rest.len == 0);
    return in.accessor;
}

struct accessor *accessor_new(const char *template_text, struct report *report, struct place place)
{
    return accessor_read(template_text, take_template, report, place);
}

struct accessor *accessor_new_key(const char *text, struct report *report, struct place place)
{
    return accessor_read(text, take_single_key, report, place);
}

void accessor_free(struct accessor **accessor)
{
    MEM_FREE(accessor);
}

size_t accessor_part_count(const struct accessor *a)
{
    return a->part_count;
}

const struct accessor_part *accessor_part(const struct accessor *a, size_t index)
{
    CHECK(index < a->part_count);
    return &a->parts[index];
}

bool accessor_is_constant(const struct accessor *a, struct slice *text_out)
{
    if (a->part_count > 1 || (a->part_count == 1 && a->parts[0].kind != ACCESSOR_TEXT))
        return false;
    *text_out = a->part_count == 1 ? a->parts[0].text : SLICE("");
    return true;
}

struct slice accessor_tag_part(struct slice tag, uint32_t number)
{
    struct slice part = {0};

    for (uint32_t i = 0; i <= number; i++)
        if (!slice_next(&tag, '.', &part))
            return (struct slice){0};
    return part;
}

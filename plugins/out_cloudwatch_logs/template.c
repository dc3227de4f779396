#include "plugins/out_cloudwatch_logs/template.h"

#include <ctype.h>
#include <errno.h>
#include <uv.h>

/* A uuid's time counts from here: 2014-05-13, as of the ids that AWS's image makes. */
#define UUID_EPOCH_S 1400000000
#define UUID_RAW_BYTES 20

enum part_kind {
    PART_TEXT,
    PART_TAG,
    PART_TAG_PIECE,
    PART_FIELD,
    PART_TASK_ID,
    PART_TASK_ARN,
    PART_CLUSTER,
};

struct part {
    enum part_kind kind;
    unsigned number;     /* of a piece of the tag */
    struct slice text;   /* in the template's arena */
    struct accessor *at; /* of a field */
};

struct cw_template {
    struct arena arena;
    struct accessor *accessor; /* the whole, in the other language; then there are no parts */
    struct part parts[CW_TEMPLATE_PARTS_MAX];
    unsigned count;
};

/* What is left to read, and whom to tell. */
struct reader {
    struct cw_template *template;
    const char *whole;
    struct report *report;
    struct place place;
};

static int reader_fail(const struct reader *in, const char *why, struct slice what)
{
    report_error(in->report, in->place, "template '%s': %s at '%.*s'", in->whole, why,
                 SLICE_ARG(what));
    return -EINVAL;
}

static int part_add(const struct reader *in, struct part part)
{
    struct cw_template *t = in->template;

    if (t->count == CW_TEMPLATE_PARTS_MAX) {
        accessor_free(&part.at);
        report_error(in->report, in->place, "template '%s' has more than %d parts", in->whole,
                     CW_TEMPLATE_PARTS_MAX);
        return -EINVAL;
    }
    CHECK((part.kind == PART_FIELD) == (part.at != NULL));
    t->parts[t->count++] = part;
    return 0;
}

static int text_add(const struct reader *in, struct slice text)
{
    if (text.len == 0)
        return 0;
    return part_add(in, (struct part){.text = arena_copy(&in->template->arena, text)});
}

/* ---- uuids ---- */

/* Divides the number by 62 and returns what is left over. */
static unsigned digit_take(uint8_t raw[UUID_RAW_BYTES])
{
    unsigned left = 0;

    for (size_t i = 0; i < UUID_RAW_BYTES; i++) {
        unsigned here = left * 256 + raw[i];

        raw[i] = (uint8_t)(here / 62);
        left = here % 62;
    }
    CHECK(left < 62);
    return left;
}

static void uuid_make(char out[CW_UUID_BYTES])
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint32_t second = (uint32_t)(clock_wall_ns() / NS_PER_S - UUID_EPOCH_S);
    uint8_t raw[UUID_RAW_BYTES];

    CHECK(uv_random(NULL, NULL, raw, sizeof raw, 0, NULL) == 0);
    for (int i = 3; i >= 0; i--, second >>= 8)
        raw[i] = (uint8_t)second;
    out[CW_UUID_BYTES - 1] = '\0';
    for (int i = CW_UUID_BYTES - 2; i >= 0; i--)
        out[i] = digits[digit_take(raw)];
}

/* ---- compiling ---- */

/* "[3]", of a tag. */
static int tag_piece_add(const struct reader *in, struct slice brackets)
{
    if (brackets.len != 3 || brackets.data[0] != '[' || brackets.data[2] != ']' ||
        !isdigit((unsigned char)brackets.data[1]))
        return reader_fail(in, "a part of the tag is a number from 0 to 9", brackets);
    return part_add(
        in, (struct part){.kind = PART_TAG_PIECE, .number = (unsigned)(brackets.data[1] - '0')});
}

static int field_add(const struct reader *in, struct slice name)
{
    char *text = mem_text_n(name.data, name.len);
    struct part part = {.kind = PART_FIELD, .at = accessor_new_key(text, in->report, in->place)};

    mem_free(text);
    return part.at != NULL ? part_add(in, part) : -EINVAL;
}

/* What stands between "$(" and ")". */
static int variable_add(const struct reader *in, struct slice name)
{
    char uuid[CW_UUID_BYTES];

    if (name.len == 0)
        return reader_fail(in, "a name is missing", SLICE("$()"));
    if (slice_is(name, "tag"))
        return part_add(in, (struct part){.kind = PART_TAG});
    if (slice_begins(name, SLICE("tag[")))
        return tag_piece_add(in, slice_skip(name, 3));
    if (slice_is(name, "ecs_task_id"))
        return part_add(in, (struct part){.kind = PART_TASK_ID});
    if (slice_is(name, "ecs_task_arn"))
        return part_add(in, (struct part){.kind = PART_TASK_ARN});
    if (slice_is(name, "ecs_cluster"))
        return part_add(in, (struct part){.kind = PART_CLUSTER});
    if (!slice_is(name, "uuid"))
        return field_add(in, name);
    uuid_make(uuid);
    return text_add(in, slice_of(uuid));
}

/* Where "$(" begins; the length where it does not. */
static size_t variable_find(struct slice rest)
{
    const char *at = memmem(rest.data, rest.len, "$(", 2);

    return at != NULL ? (size_t)(at - rest.data) : rest.len;
}

/* The ")" that ends it, which no quoted key has; the length where there is none. */
static size_t variable_end(struct slice rest)
{
    char quote = '\0';

    for (size_t i = 0; i < rest.len; i++) {
        char c = rest.data[i];

        if (c == ')' && quote == '\0')
            return i;
        if (c == quote)
            quote = '\0';
        else if ((c == '\'' || c == '"') && quote == '\0')
            quote = c;
    }
    return rest.len;
}

static int parts_read(const struct reader *in)
{
    struct slice rest = slice_of(in->whole);
    int rc = 0;

    while (rc == 0 && rest.len > 0) {
        size_t text_len = variable_find(rest), end;

        rc = text_add(in, slice_make(rest.data, text_len));
        rest = slice_skip(rest, text_len);
        if (rc < 0 || rest.len == 0)
            break;
        end = variable_end(rest);
        if (end == rest.len)
            return reader_fail(in, "\"$(\" without \")\"", rest);
        rc = variable_add(in, slice_make(rest.data + 2, end - 2));
        rest = slice_skip(rest, end + 1);
    }
    return rc;
}

struct cw_template *cw_template_new(const char *text, struct report *report, struct place place)
{
    struct cw_template *t = mem_zalloc(1, sizeof *t);
    struct reader in = {.template = t, .whole = text, .report = report, .place = place};

    if (parts_read(&in) < 0)
        cw_template_free(&t);
    return t;
}

struct cw_template *cw_template_accessor(const char *text, struct report *report,
                                         struct place place)
{
    struct cw_template *t = mem_zalloc(1, sizeof *t);

    t->accessor = accessor_new(text, report, place);
    if (t->accessor == NULL)
        cw_template_free(&t);
    return t;
}

void cw_template_free(struct cw_template **address)
{
    struct cw_template *t = *address;

    *address = NULL;
    if (t == NULL)
        return;
    for (unsigned i = 0; i < t->count; i++)
        accessor_free(&t->parts[i].at);
    accessor_free(&t->accessor);
    arena_fini(&t->arena);
    mem_free(t);
}

/* ---- what it asks for ---- */

bool cw_template_has_task(const struct cw_template *t)
{
    for (unsigned i = 0; i < t->count; i++)
        if (t->parts[i].kind >= PART_TASK_ID)
            return true;
    return false;
}

bool cw_template_has_field(const struct cw_template *t)
{
    for (unsigned i = 0; i < t->count; i++)
        if (t->parts[i].kind == PART_FIELD)
            return true;
    for (size_t i = 0; t->accessor != NULL && i < accessor_part_count(t->accessor); i++)
        if (accessor_part(t->accessor, i)->kind == ACCESSOR_FIELD)
            return true;
    return false;
}

bool cw_template_is_constant(const struct cw_template *t, struct slice *text)
{
    if (t->accessor != NULL)
        return accessor_is_constant(t->accessor, text);
    *text = t->count == 1 ? t->parts[0].text : SLICE("");
    return t->count == 0 || (t->count == 1 && t->parts[0].kind == PART_TEXT);
}

/* ---- rendering ---- */

/* The last of them has all that is left. */
static struct slice tag_piece(struct slice tag, unsigned number)
{
    struct slice piece = {0};

    CHECK(number < CW_TAG_PARTS_MAX);
    if (number < CW_TAG_PARTS_MAX - 1)
        return accessor_tag_part(tag, number);
    for (unsigned i = 0; i < number; i++)
        if (!slice_next(&tag, '.', &piece))
            return (struct slice){0};
    return tag;
}

/* False where it is not there. */
static bool part_render(const struct part *part, const struct accessor_scope *scope,
                        const struct aws_task *task, struct slice *out)
{
    bool is_missing = false;

    switch (part->kind) {
    case PART_TEXT:
        *out = part->text;
        return true;
    case PART_TAG:
        *out = scope->tag;
        return true;
    case PART_TAG_PIECE:
        *out = tag_piece(scope->tag, part->number);
        return out->data != NULL;
    case PART_TASK_ID:
        *out = task->id;
        return out->len > 0;
    case PART_TASK_ARN:
        *out = task->arn;
        return out->len > 0;
    case PART_CLUSTER:
        *out = task->cluster;
        return out->len > 0;
    case PART_FIELD:
        *out = accessor_render(part->at, scope, &is_missing);
        return !is_missing;
    }
    return false;
}

static struct slice parts_render(const struct cw_template *t, const struct accessor_scope *scope,
                                 const struct aws_task *task)
{
    struct buffer out = {0};
    struct slice text = {0};
    bool is_whole = true;

    for (unsigned i = 0; is_whole && i < t->count; i++) {
        is_whole = part_render(&t->parts[i], scope, task, &text);
        if (is_whole)
            buffer_append(&out, text);
    }
    text =
        is_whole && out.len > 0 ? arena_copy(scope->arena, buffer_view(&out)) : (struct slice){0};
    buffer_fini(&out);
    return text;
}

struct slice cw_template_render(const struct cw_template *t, const struct accessor_scope *scope,
                                const struct aws_task *task)
{
    bool is_missing = false;
    struct slice text = {0};

    CHECK(t->accessor == NULL || t->count == 0);
    if (t->accessor != NULL) {
        text = accessor_render(t->accessor, scope, &is_missing);
        return is_missing || text.len == 0 ? (struct slice){0} : text;
    }
    if (cw_template_is_constant(t, &text))
        return text.len > 0 ? text : (struct slice){0};
    return parts_render(t, scope, task);
}

#include "aws/profile.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* A line without its comment. In a section's head it ends at the bracket anyway. */
static struct slice uncommented(struct slice line)
{
    for (size_t i = 0; i < line.len; i++)
        if ((line.data[i] == '#' || line.data[i] == ';') && (i == 0 || is_blank(line.data[i - 1])))
            return slice_make(line.data, i);
    return line;
}

static struct slice unquoted(struct slice text)
{
    if (text.len >= 2 && (text.data[0] == '"' || text.data[0] == '\'') &&
        text.data[text.len - 1] == text.data[0])
        return slice_make(text.data + 1, text.len - 2);
    return text;
}

/* Whether the head of a section names the profile. */
static bool head_is(struct slice line, struct slice profile, bool is_config)
{
    struct slice name = slice_trim(slice_make(line.data + 1, slice_find(line, ']') - 1));
    static const struct slice word = SLICE("profile");

    if (is_config && name.len > word.len && slice_begins(name, word) &&
        is_blank(name.data[word.len]))
        return slice_equal(unquoted(slice_trim(slice_skip(name, word.len))), profile);
    return (!is_config || slice_is(name, "default")) && slice_equal(name, profile);
}

struct question {
    struct slice profile;
    const char *key; /* NULL: only whether the profile is there */
    bool is_config;
    bool is_there;
    struct slice value;
};

static void line_ask(struct question *q, struct slice line, bool *is_inside)
{
    struct slice text = uncommented(line);
    size_t equals = slice_find(text, '=');

    if (text.len == 0 || is_blank(text.data[0]))
        return;
    if (text.data[0] == '[' && slice_find(text, ']') < text.len) {
        *is_inside = head_is(text, q->profile, q->is_config);
        q->is_there = q->is_there || *is_inside;
        return;
    }
    if (*is_inside && q->key != NULL && equals < text.len &&
        slice_is_nocase(slice_trim(slice_make(text.data, equals)), q->key))
        q->value = slice_trim(slice_skip(text, equals + 1));
}

static void text_ask(struct question *q, struct slice text)
{
    struct slice rest = text, line;
    bool is_inside = false;

    while (slice_next(&rest, '\n', &line))
        line_ask(q, line, &is_inside);
}

bool aws_profile_exists(const struct aws_files *files, struct slice profile)
{
    struct question q = {.profile = profile};

    text_ask(&q, files->credentials);
    q.is_config = true;
    text_ask(&q, files->config);
    return q.is_there;
}

struct slice aws_profile_get(const struct aws_files *files, struct slice profile, const char *key)
{
    struct question q = {.profile = profile, .key = key};

    text_ask(&q, files->credentials);
    if (q.value.len > 0)
        return q.value;
    q.is_config = true;
    text_ask(&q, files->config);
    return q.value;
}

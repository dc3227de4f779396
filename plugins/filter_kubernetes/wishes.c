#include "plugins/filter_kubernetes/wishes.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* Longer values are no names and no numbers. */
#define VALUE_BYTES_MAX 128

void wishes_init(struct wishes *w, const struct multiline_book *multilines, const char *component)
{
    w->multilines = multilines;
    w->component = component;
    w->said_next = 0;
}

/* ---- what is wrong, once ---- */

static bool was_said(struct wishes *w, uint64_t hash)
{
    for (unsigned i = 0; i < WISHES_SAID_MAX; i++)
        if (w->said[i] == hash)
            return true;
    CHECK(w->said_next < WISHES_SAID_MAX);
    w->said[w->said_next] = hash;
    w->said_next = (w->said_next + 1) % WISHES_SAID_MAX;
    return false;
}

/* "pod shop/web-0: tailrace.io/WHAT WHY" */
static PRINTF_LIKE(4, 5) void say(struct wishes *w, const struct pod *pod, const char *what,
                                  const char *why, ...)
{
    struct buffer text = {0};
    char words[256];
    va_list args;

    va_start(args, why);
    vsnprintf(words, sizeof words, why, args);
    va_end(args);
    buffer_append(&text, pod->uid);
    buffer_append_text(&text, what);
    buffer_append_text(&text, words);
    if (!was_said(w, slice_hash(buffer_view(&text))))
        log_warn(w->component, "pod %.*s/%.*s: tailrace.io/%s %s", SLICE_ARG(pod->namespace_name),
                 SLICE_ARG(pod->name), what, words);
    buffer_fini(&text);
}

/* A value as a C text; false where it does not fit, or would end before its end. */
static bool value_copy(struct slice value, char text[VALUE_BYTES_MAX])
{
    if (value.len >= VALUE_BYTES_MAX || memchr(value.data, '\0', value.len) != NULL)
        return false;
    memcpy(text, value.data, value.len);
    text[value.len] = '\0';
    return true;
}

/* ---- multiline ---- */

/* What docker and cri put together is together already. */
static const struct multiline *multiline_named(struct wishes *w, const struct pod *pod,
                                               struct slice name)
{
    char text[VALUE_BYTES_MAX] = "";
    const struct multiline *m = NULL;

    if (name.len == 0)
        return NULL;
    if (w->multilines != NULL && value_copy(name, text))
        m = multiline_book_find(w->multilines, text);
    if (m == NULL)
        say(w, pod, "multiline",
            "names \"%.*s\", which is no multiline parser here: its lines are "
            "not joined",
            (int)(name.len < 64 ? name.len : 64), name.data);
    else if (multiline_frame(m) == MULTILINE_PARSER)
        say(w, pod, "multiline",
            "names \"%s\", which has a parser of its own for whole lines of a "
            "file: its lines are not joined",
            text);
    else if (multiline_frame(m) == MULTILINE_TEXT)
        return m;
    return NULL;
}

/* ---- the rate ---- */

static struct slice without_end(struct slice text, const char *end)
{
    struct slice tail = slice_of(end);

    if (slice_ends(text, tail))
        text.len -= tail.len;
    return slice_trim(text);
}

int wishes_rate(struct slice text, struct filter_wishes *out)
{
    char number[VALUE_BYTES_MAX] = "";
    const char *note = NULL;
    uint64_t amount = 0;
    struct slice lines;

    text = without_end(slice_trim(text), "/s");
    lines = without_end(without_end(text, "lines"), "line");
    if (lines.len == 0 || !isdigit((unsigned char)lines.data[0]) || !value_copy(lines, number))
        return -EINVAL;
    if (setting_size(number, &amount, &note) < 0 || amount == 0 || note != NULL)
        return -EINVAL;
    if (lines.len < text.len)
        out->lines_per_s = amount;
    else
        out->bytes_per_s = amount;
    return 0;
}

/* ---- a pod ---- */

void wishes_read(struct wishes *w, const struct identity *id, const struct pod *pod,
                 struct filter_wishes *out)
{
    struct arena arena = {0};
    struct controls c = controls_read(pod->annotations, id->query.container, &arena);
    struct slice rate = c.rate;

    if (w->honours_multiline) {
        out->of_stdout = multiline_named(w, pod, c.multiline[CONTROL_STDOUT]);
        out->of_stderr = multiline_named(w, pod, c.multiline[CONTROL_STDERR]);
    }
    if (w->honours_rate && c.has_rate_of_stream)
        say(w, pod, "rate-limit",
            "is for a container, not for a stream of it: both are in one "
            "file. It is not heeded");
    if (w->honours_rate && rate.len > 0 && wishes_rate(rate, out) < 0)
        say(w, pod, "rate-limit",
            "is \"%.*s\", which is no rate like \"500 lines\" or \"64K\": it "
            "is not heeded",
            (int)(rate.len < 64 ? rate.len : 64), rate.data);
    arena_fini(&arena);
}

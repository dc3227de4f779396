#include "record/cri.h"

#include "record/scan.h"

#include <ctype.h>

/* "stdout" and "stderr" are six letters; the blanks around them make eight. */
#define STREAM_BYTES 6

static bool is_stream(const char *p)
{
    return memcmp(p, "stdout", STREAM_BYTES) == 0 || memcmp(p, "stderr", STREAM_BYTES) == 0;
}

/* Up to the blank behind it, which mostly stands behind one letter, or to the end. */
static inline size_t tag_len(const char *p, const char *end)
{
    return LIKELY(end - p > 1 && p[1] == ' ' && p[0] != ' ') ? 1 : scan_until(p, end, ' ');
}

bool cri_split(struct slice line, struct cri_line *out)
{
    const char *p = line.data, *end = p + line.len;
    size_t len = scan_until(p, end, ' ');

    if (len == 0 || line.len - len <= STREAM_BYTES + 1)
        return false;
    out->time = slice_make(p, len);
    p += len + 1;
    if (!is_stream(p) || p[STREAM_BYTES] != ' ')
        return false;
    out->stream = slice_make(p, STREAM_BYTES);
    p += STREAM_BYTES + 1;
    len = tag_len(p, end);
    if (len == (size_t)(end - p))
        return false;
    out->tag = slice_make(p, len);
    p += len + 1;
    out->text = slice_make(p, (size_t)(end - p));
    return true;
}

/* ---- expressions ---- */

static bool take(struct slice *rest, const char *text)
{
    if (!slice_begins(*rest, slice_of(text)))
        return false;
    *rest = slice_skip(*rest, strlen(text));
    return true;
}

static bool take_one_of(struct slice *rest, const char *const *texts)
{
    while (*texts != NULL && !take(rest, *texts))
        texts++;
    return *texts != NULL;
}

/* "(?<name>" */
static bool take_group(struct slice *rest)
{
    size_t len = 0;

    if (!take(rest, "(?<"))
        return false;
    while (len < rest->len && (isalnum((unsigned char)rest->data[len]) || rest->data[len] == '_'))
        len++;
    if (len == 0 || isdigit((unsigned char)rest->data[0]))
        return false;
    *rest = slice_skip(*rest, len);
    return take(rest, ">");
}

/* The shortest text before a blank has no blank in it, where what follows matches anything. */
static bool take_tag(struct slice *rest, struct cri_twin *twin)
{
    static const char *const any[] = {"[^ ]*", ".*?", NULL};
    static const char *const exact[] = {"F|P", "P|F", "[FP]", "[PF]", NULL};

    twin->has_tag = take_group(rest);
    if (!take_one_of(rest, any)) {
        if (!twin->has_tag || !take_one_of(rest, exact))
            return false;
        twin->is_tag_exact = true;
    }
    return !twin->has_tag || take(rest, ")");
}

struct cri_twin cri_twin_of(const char *regex)
{
    static const char *const times[] = {"[^ ]+", ".+?", NULL};
    static const char *const streams[] = {"stdout|stderr", "stderr|stdout", NULL};
    struct slice rest = slice_of(regex);
    struct cri_twin twin = {0};
    bool has_slashes = take(&rest, "/");

    if (has_slashes && !slice_ends(rest, SLICE("/")))
        return twin;
    rest.len -= has_slashes;
    twin.is_one = take(&rest, "^") && take_group(&rest) && take_one_of(&rest, times) &&
                  take(&rest, ") ") && take_group(&rest) && take_one_of(&rest, streams) &&
                  take(&rest, ") ") && take_tag(&rest, &twin) && take(&rest, " ") &&
                  take_group(&rest) && take(&rest, ".*)") && (rest.len == 0 || slice_is(rest, "$"));
    return twin.is_one ? twin : (struct cri_twin){0};
}

#include "record/cri.h"

/* "stdout" and "stderr" are six letters; the blanks around them make eight. */
#define STREAM_BYTES 6

static bool is_stream(const char *p)
{
    return memcmp(p, "stdout", STREAM_BYTES) == 0 || memcmp(p, "stderr", STREAM_BYTES) == 0;
}

bool cri_split(struct slice line, struct cri_line *out)
{
    const char *p = line.data, *end = p + line.len;
    const char *blank = line.len ? memchr(p, ' ', line.len) : NULL;

    if (blank == NULL || blank == p)
        return false;
    out->time = slice_make(p, (size_t)(blank - p));
    p = blank + 1;
    if (end - p <= STREAM_BYTES || !is_stream(p) || p[STREAM_BYTES] != ' ')
        return false;
    out->stream = slice_make(p, STREAM_BYTES);
    p += STREAM_BYTES + 1;
    blank = p < end ? memchr(p, ' ', (size_t)(end - p)) : NULL;
    if (blank == NULL)
        return false;
    out->tag = slice_make(p, (size_t)(blank - p));
    out->text = slice_make(blank + 1, (size_t)(end - blank - 1));
    return true;
}

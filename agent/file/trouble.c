#include "file/trouble.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <string.h>

static const char *reason(int code)
{
    return code == -EBADMSG ? "damaged gzip data" : strerror(-code);
}

static const char *advice(int code)
{
    switch (-code) {
    case EACCES:
    case EPERM:
        return "run as root, or as a member of the group that may read it; it is tried again";
    case EMFILE:
    case ENFILE:
        return "raise the limit of open files; it is tried again";
    case EBADMSG:
        return "what stands before it was read";
    default:
        return "it is tried again";
    }
}

void file_trouble_note(struct file_trouble *t, const char *speaker, const char *path, int code)
{
    CHECK(code < 0);
    if (code != t->code)
        log_error(speaker, "cannot read %s: %s; %s", path, reason(code), advice(code));
    t->code = code;
    file_trouble_note_silently(t);
}

void file_trouble_note_silently(struct file_trouble *t)
{
    t->count++;
    t->wait_ms = t->wait_ms == 0 ? FILE_TROUBLE_WAIT_MIN_MS : t->wait_ms * 2;
    if (t->wait_ms > FILE_TROUBLE_WAIT_MAX_MS)
        t->wait_ms = FILE_TROUBLE_WAIT_MAX_MS;
    t->retry_ms = clock_ms() + t->wait_ms;
}

void file_trouble_over(struct file_trouble *t, const char *speaker, const char *path)
{
    if (t->code != 0)
        log_info(speaker, "%s can be read again", path);
    *t = (struct file_trouble){0};
}

bool file_trouble_lasts(const struct file_trouble *t)
{
    return t->code != 0 || t->count >= FILE_TROUBLE_SILENT_MAX;
}

bool file_trouble_may_try(const struct file_trouble *t)
{
    return clock_ms() >= t->retry_ms;
}

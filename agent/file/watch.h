/*
 * What happens in directories, through inotify.
 *
 * One watcher serves the whole loop, because all root processes of a node share 128 of them. Its
 * users watch directories, never files: names come and go there, and the number of watches stays
 * small. After each round of events the watcher looks away for a while, so that however many files
 * are written to, a busy node costs about ten wake-ups a second. The kernel merges what repeats.
 *
 * Where a directory cannot be watched (no watches or instances left, or a file system whose writers
 * the kernel does not see, such as NFS), it is marked as polled and its user looks by himself.
 *
 * Life     watch_join -> watch_dir_add*, watch_dir_free* -> watch_leave. The last user to leave
 *          closes it.
 * Thread   the loop.
 * Limits   WATCH_READ_BYTES of events are taken per read, WATCH_ROUND_READS_MAX reads per round.
 */
#ifndef TAILRACE_FILE_WATCH_H
#define TAILRACE_FILE_WATCH_H

#include "base/slice.h"

#define WATCH_PAUSE_MS 100
#define WATCH_READ_BYTES 16384
#define WATCH_ROUND_READS_MAX 64

struct loop;
struct watch;
struct watch_dir;

enum watch_what {
    WATCH_MODIFIED,   /* bytes were added or cut */
    WATCH_ATTRIB,     /* rights or owner changed */
    WATCH_CREATED,    /* the name is new here */
    WATCH_MOVED_TO,   /* the same by renaming; it may have replaced another file */
    WATCH_MOVED_FROM, /* the name is gone, its file may live on under another */
    WATCH_DELETED,
    WATCH_DIR_GONE, /* the directory itself was deleted, moved or unmounted; nothing comes after */
};

struct watch_event {
    enum watch_what what;
    struct slice name; /* in the directory; closed with NUL; lent for the call; empty if DIR_GONE */
    bool is_dir;       /* the name is a directory's */
};

struct watch_ops {
    /* May free any directory, this one too, and add others. */
    void (*event)(void *owner, const struct watch_event *event);
    /* Events were lost: look at everything. Once per watch user and round. May be NULL. */
    void (*overflow)(void *owner);
};

/* One user more. Never fails: without inotify every directory is polled. */
struct watch *watch_join(struct loop *loop, const struct watch_ops *ops, void *owner);

/* After its last directory was freed. Takes the address and leaves NULL. */
void watch_leave(struct watch **watch);

/* How long the watcher looks away after a round; for all users. 0 for tests. */
void watch_pause_set(struct watch *watch, uint64_t pause_ms);

/* Where events can be seen at all; false polls everything from now on (inotify_watcher off). */
void watch_use_inotify(struct watch *watch, bool is_used);

/* `owner` is what `ops->event` gets. Negative when the directory cannot be opened: UV_ENOENT,
 * UV_ENOTDIR, UV_EACCES. Lack of watches is no failure: the directory is polled. */
MUST_USE int watch_dir_add(struct watch *watch, const char *path, void *owner,
                           struct watch_dir **dir_out);

/* No event comes for it after that, not even in this round. Takes the address, leaves NULL. */
void watch_dir_free(struct watch_dir **dir);

/* Whether events may be missed here, so that the user has to look. */
bool watch_dir_is_polled(const struct watch_dir *dir);

/* Whether others than this kernel may write there. */
bool path_is_remote(const char *path);

/* Tries again to watch a directory that is polled for want of watches. */
void watch_dir_retry(struct watch_dir *dir);

#endif

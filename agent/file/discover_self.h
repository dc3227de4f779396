/*
 * What the files of the discovery share: names, places, and the discovery itself.
 *
 *   discover.c   its life, its timers
 *   names.c      entries: what a name refers to, and what its owner is told
 *   places.c     directories that are watched, and what is wanted in each
 *   scan.c       walks patterns down the directories, listens to events
 *
 * A place is kept while something is wanted in it (a part of a pattern is matched against the names
 * there), while an entry has its name there, or while the target of a link lies there.
 *
 *   places        "/var/log/containers"  wants: `*.log`, last part
 *      files         -> "/var/log/containers/a.log"
 *   places        "/var/log/pods/x/y"    wants: nothing
 *      targets       -> the same entry; events about "0.log" here concern it
 *
 * Places are freed only by places_sweep, so that looking into one may add others.
 */
#ifndef TAILRACE_FILE_DISCOVER_SELF_H
#define TAILRACE_FILE_DISCOVER_SELF_H

#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "file/discover.h"
#include "file/pattern.h"
#include "file/watch.h"

#include <limits.h>

/* One part of a pattern that is matched in a place. */
struct want {
    uint16_t pattern;
    uint16_t part;
};

struct place {
    struct list link; /* in discover->found.place_list */
    struct discover *discover;
    char *path;              /* "" is where the process runs */
    struct watch_dir *watch; /* NULL: cannot be read, or is gone */
    struct file_id id;       /* of the directory */
    struct want *wants;
    size_t want_count;
    struct list files;   /* entries whose name is here */
    struct list targets; /* entries whose link points here */
    uint32_t seen;       /* the last scan that came by */
    bool is_told;        /* that it cannot be read */
};

struct entry {
    struct found_file file;
    struct list in_place;     /* in place->files */
    struct list in_target;    /* in place->targets of another place, for a link */
    struct entry *next_alias; /* another link to the same target */
    uint64_t size_bytes;
    int64_t modified_ns;
    uint32_t seen;
    bool is_link;
    bool is_absent; /* a link whose target is missing; its owner knows of no file */
};

struct discover_timers {
    struct timer *refresh;
    struct timer *poll;
    struct timer *soon; /* after events were lost */
};

/* Which names are. */
struct discover_wanted {
    struct pattern *patterns;
    size_t pattern_count;
    char **excludes;
    size_t exclude_count;
};

struct discover_found {
    struct map files;   /* path -> entry */
    struct map targets; /* real path of links -> first entry */
    struct map places;  /* path -> place */
    struct list place_list;
    size_t file_count; /* entries that are not absent */
};

struct discover_scan {
    uint32_t count;
    uint64_t at_ms;
    bool is_first; /* that one is under way */
};

struct discover {
    struct loop *loop;
    struct discover_config config;
    const struct discover_ops *ops;
    void *owner;
    struct watch *watch;
    struct discover_timers timers;
    struct discover_wanted wanted;
    struct discover_found found;
    struct discover_scan scan;
    bool is_limit_told;
};

/* "dir/name" in `out`, PATH_MAX bytes; false when it does not fit. "" and "/" need no slash. */
bool path_join(char *out, const char *dir, const char *name);

/* Cuts the last part off; false when there is none. "/a" leaves "/", "a" leaves "". */
bool path_cut(char *path);

/* ---- discover.c ---- */

/* Scans everything before long: events were lost. */
void discover_scan_soon(struct discover *d);

/* ---- names.c ---- */

/* Whether something stands at the path that is wanted; what is new is entered and told. */
void name_consider(struct discover *d, struct place *place, const char *path);

/* Looks at the file again and tells what changed. May free the entry. */
void entry_check(struct discover *d, struct entry *e);

void entry_touch(struct discover *d, struct entry *e);

/* Tells nobody. */
void entry_free(struct discover *d, struct entry *e);

/* Looks at all entries that the last scan did not come by. */
void entries_sweep(struct discover *d);

/* ---- places.c ---- */

/* The place of a path, made and watched if need be, where `want` is looked for (NULL: only watched).
 * Negative when there is no such directory; one that cannot be read is said once and kept. */
MUST_USE int place_visit(struct discover *d, const char *path, const struct want *want,
                         struct place **place_out);

/* Frees the places that nobody needs. */
void places_sweep(struct discover *d);

/* The directory is gone: takes what was wanted there away from the place. The wants are the
 * caller's to free. */
size_t place_end(struct place *place, struct want **wants_out);

/* ---- scan.c ---- */

/* Matches parts `part`... of a pattern in and under `path`. */
void pattern_walk(struct discover *d, struct want want, const char *path);

/* Looks at all names in a place again. */
void place_look(struct place *place);

extern const struct watch_ops discover_watch_ops;

#endif

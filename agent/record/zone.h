/*
 * A zone says how far local clocks were, are and will be from UTC: one entry of the IANA time
 * zone database, read from the system's zoneinfo files by our own reader.
 *
 * The C library knows one zone per process (TZ), and switching it would pull the clock from under
 * other threads. A zoneinfo file is a small table, so reading it costs less than every way around.
 *
 * Life     zone_open or zone_open_system -> zone_offset, zone_utc* -> zone_free.
 * Thread   made at start-up and reload (it reads a file); asked on any thread, it never changes.
 * Limits   ZONE_FILE_BYTES_MAX and ZONE_CHANGES_MAX; instants from 1970 to 2262, outside of which
 *          the nearest known offset holds.
 */
#ifndef TAILRACE_RECORD_ZONE_H
#define TAILRACE_RECORD_ZONE_H

#include "base/slice.h"

#define ZONE_FILE_BYTES_MAX ((size_t)256 << 10)
#define ZONE_CHANGES_MAX 4096

struct zone;

/* The zone of a name such as "Europe/Berlin", looked for under $TZDIR or /usr/share/zoneinfo.
 * -ENOENT: no such zone, or no zone database here. -EINVAL: a name that leaves the folder, or a
 * file that is none of a zone. */
MUST_USE int zone_open(const char *name, struct zone **zone_out);

/* The system's zone: $TZ (a name, a path, or a rule such as "CET-1CEST,M3.5.0,M10.5.0/3"), else
 * /etc/localtime, else UTC. Errors as zone_open. */
MUST_USE int zone_open_system(struct zone **zone_out);

/* A zone from the bytes of a zoneinfo file, or from a rule in the manner of TZ. -EINVAL. */
MUST_USE int zone_from_file_bytes(struct slice bytes, struct zone **zone_out);
MUST_USE int zone_from_rule(struct slice rule, struct zone **zone_out);

/* Accepts NULL; leaves NULL. */
void zone_free(struct zone **zone);

/* Seconds to add to UTC to get local time, at a UTC second. */
int32_t zone_offset_s(const struct zone *z, int64_t utc_s);

/* The UTC second of a local one. A local time that comes twice (clocks go back) is the first of
 * the two; one that never comes (clocks go forward) is read with the offset before the change. */
int64_t zone_utc_s(const struct zone *z, int64_t local_s);

#endif

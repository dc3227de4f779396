#include "record/zone.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "record/calendar.h"
#include "record/zone_rule.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/*
 *   changes[0].utc_s < changes[1].utc_s < ...
 *
 * The offset of changes[i] holds from its second until that of the next; first_offset_s before
 * all of them.
 */
struct zone_change {
    int64_t utc_s;
    int32_t offset_s;
};

struct zone {
    int32_t first_offset_s;
    size_t change_count;
    struct zone_change changes[];
};

#define FOLDER_DEFAULT "/usr/share/zoneinfo"
#define SYSTEM_FILE "/etc/localtime"

/* A rule is spelt out until instants end. */
#define LAST_YEAR 2262
#define FIRST_YEAR 1970

/* The head of a zoneinfo file (RFC 8536), twice in it: for 32 bit times, then for 64 bit ones. */
#define HEAD_BYTES 44
#define TYPE_BYTES 6

struct zone_counts {
    uint32_t ut_marks;
    uint32_t standard_marks;
    uint32_t leaps;
    uint32_t changes;
    uint32_t types;
    uint32_t name_bytes;
};

static struct zone *zone_alloc(void)
{
    struct zone *z = mem_alloc(sizeof *z + ZONE_CHANGES_MAX * sizeof z->changes[0]);

    z->first_offset_s = 0;
    z->change_count = 0;
    return z;
}

static void zone_check(const struct zone *z)
{
    CHECK(z->change_count <= ZONE_CHANGES_MAX);
    for (size_t i = 1; i < z->change_count; i++)
        CHECK(z->changes[i - 1].utc_s < z->changes[i].utc_s);
}

/* Gives back the room that was made for ZONE_CHANGES_MAX. */
static struct zone *zone_trim(struct zone *z)
{
    zone_check(z);
    return mem_resize(z, 1, sizeof *z + z->change_count * sizeof z->changes[0]);
}

/* What does not come after the last change is passed over: a file's table and its rule overlap. */
static bool zone_add(struct zone *z, int64_t utc_s, int32_t offset_s)
{
    if (z->change_count > 0 && z->changes[z->change_count - 1].utc_s >= utc_s)
        return true;
    if (z->change_count == ZONE_CHANGES_MAX)
        return false;
    z->changes[z->change_count++] = (struct zone_change){.utc_s = utc_s, .offset_s = offset_s};
    return true;
}

static bool zone_add_year(struct zone *z, const struct zone_rule *rule, int32_t year)
{
    int64_t begin_s = zone_rule_begin_s(rule, year);
    int64_t end_s = zone_rule_end_s(rule, year);

    if (begin_s < end_s)
        return zone_add(z, begin_s, rule->summer_s) && zone_add(z, end_s, rule->standard_s);
    return zone_add(z, end_s, rule->standard_s) && zone_add(z, begin_s, rule->summer_s);
}

static bool zone_add_rule(struct zone *z, const struct zone_rule *rule)
{
    if (!rule->has_summer) {
        if (z->change_count == 0)
            z->first_offset_s = rule->standard_s;
        return true;
    }
    for (int32_t year = FIRST_YEAR; year <= LAST_YEAR; year++)
        if (!zone_add_year(z, rule, year))
            return false;
    return true;
}

static uint32_t take_u32(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int64_t take_i64(const char *at)
{
    return (int64_t)((uint64_t)take_u32(at) << 32 | take_u32(at + 4));
}

static int take_head(struct slice *rest, struct zone_counts *counts, char *version_out)
{
    const char *at = rest->data;

    if (rest->len < HEAD_BYTES || memcmp(at, "TZif", 4) != 0)
        return -EINVAL;
    *version_out = at[4];
    *counts = (struct zone_counts){
        .ut_marks = take_u32(at + 20),
        .standard_marks = take_u32(at + 24),
        .leaps = take_u32(at + 28),
        .changes = take_u32(at + 32),
        .types = take_u32(at + 36),
        .name_bytes = take_u32(at + 40),
    };
    *rest = slice_skip(*rest, HEAD_BYTES);
    if (counts->types == 0 || counts->types > 256 || counts->changes > ZONE_CHANGES_MAX)
        return -EINVAL;
    return 0;
}

static uint64_t block_bytes(const struct zone_counts *c, unsigned time_bytes)
{
    return (uint64_t)c->changes * (time_bytes + 1) + (uint64_t)c->types * TYPE_BYTES +
           c->name_bytes + (uint64_t)c->leaps * (time_bytes + 4) + c->standard_marks + c->ut_marks;
}

/* The tables of 64 bit times: when, which type from then on, and what offset a type has. */
static int zone_add_table(struct zone *z, const char *block, const struct zone_counts *counts)
{
    const char *types = block + (size_t)counts->changes * 8;
    const char *offsets = types + counts->changes;

    z->first_offset_s = (int32_t)take_u32(offsets);
    for (size_t i = 0; i < counts->changes; i++) {
        unsigned type = (unsigned char)types[i];

        if (type >= counts->types)
            return -EINVAL;
        if (!zone_add(z, take_i64(block + i * 8), (int32_t)take_u32(offsets + type * TYPE_BYTES)))
            return -EINVAL;
    }
    return 0;
}

/* "\nRULE\n" closes the file; the rule may be empty. */
static int zone_add_footer(struct zone *z, struct slice footer)
{
    struct zone_rule rule;
    int rc;

    if (footer.len < 2 || footer.data[0] != '\n')
        return -EINVAL;
    footer = slice_skip(footer, 1);
    footer.len = slice_find(footer, '\n');
    if (footer.len == 0)
        return 0;
    rc = zone_rule_parse(footer, &rule);
    if (rc < 0)
        return rc;
    return zone_add_rule(z, &rule) ? 0 : -EINVAL;
}

static int zone_read(struct zone *z, struct slice bytes)
{
    struct zone_counts counts;
    char version;
    int rc;

    rc = take_head(&bytes, &counts, &version);
    if (rc < 0)
        return rc;
    if (version < '2' || block_bytes(&counts, 4) > bytes.len)
        return -EINVAL;

    bytes = slice_skip(bytes, (size_t)block_bytes(&counts, 4));
    rc = take_head(&bytes, &counts, &version);
    if (rc < 0)
        return rc;
    if (block_bytes(&counts, 8) > bytes.len)
        return -EINVAL;

    rc = zone_add_table(z, bytes.data, &counts);
    if (rc < 0)
        return rc;
    return zone_add_footer(z, slice_skip(bytes, (size_t)block_bytes(&counts, 8)));
}

int zone_from_file_bytes(struct slice bytes, struct zone **zone_out)
{
    struct zone *z = zone_alloc();
    int rc = zone_read(z, bytes);

    if (rc < 0) {
        zone_free(&z);
        return rc;
    }
    *zone_out = zone_trim(z);
    return 0;
}

int zone_from_rule(struct slice text, struct zone **zone_out)
{
    struct zone_rule rule;
    struct zone *z;
    int rc = zone_rule_parse(text, &rule);

    if (rc < 0)
        return rc;
    z = zone_alloc();
    if (!zone_add_rule(z, &rule)) {
        zone_free(&z);
        return -EINVAL;
    }
    *zone_out = zone_trim(z);
    return 0;
}

static int zone_open_file(const char *path, struct zone **zone_out)
{
    struct buffer bytes = {0};
    FILE *file = fopen(path, "rbe");
    int rc = -EINVAL;

    if (file == NULL)
        return errno == ENOTDIR ? -ENOENT : -errno;
    buffer_commit(&bytes,
                  fread(buffer_reserve(&bytes, ZONE_FILE_BYTES_MAX), 1, ZONE_FILE_BYTES_MAX, file));
    if (!ferror(file))
        rc = zone_from_file_bytes(buffer_view(&bytes), zone_out);
    fclose(file);
    buffer_fini(&bytes);
    return rc;
}

int zone_open(const char *name, struct zone **zone_out)
{
    const char *folder = getenv("TZDIR");
    char *path;
    int rc;

    if (name[0] == '\0' || name[0] == '/' || strstr(name, "..") != NULL)
        return -EINVAL;
    path = mem_format("%s/%s", folder && folder[0] ? folder : FOLDER_DEFAULT, name);
    rc = zone_open_file(path, zone_out);
    MEM_FREE(&path);
    return rc;
}

int zone_open_system(struct zone **zone_out)
{
    const char *name = getenv("TZ");
    int rc;

    if (name == NULL) {
        rc = zone_open_file(SYSTEM_FILE, zone_out);
        return rc == -ENOENT ? zone_from_rule(SLICE("UTC0"), zone_out) : rc;
    }
    if (name[0] == ':')
        name++;
    if (name[0] == '\0')
        return zone_from_rule(SLICE("UTC0"), zone_out);
    if (name[0] == '/')
        return zone_open_file(name, zone_out);
    rc = zone_open(name, zone_out);
    return rc < 0 ? zone_from_rule(slice_of(name), zone_out) : 0;
}

void zone_free(struct zone **zone)
{
    MEM_FREE(zone);
}

int32_t zone_offset_s(const struct zone *z, int64_t utc_s)
{
    size_t low = 0, high = z->change_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (z->changes[middle].utc_s <= utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? z->first_offset_s : z->changes[low - 1].offset_s;
}

int64_t zone_utc_s(const struct zone *z, int64_t local_s)
{
    int32_t before_s = zone_offset_s(z, local_s - CALENDAR_DAY_S);
    int32_t after_s = zone_offset_s(z, local_s + CALENDAR_DAY_S);

    if (zone_offset_s(z, local_s - before_s) == before_s)
        return local_s - before_s;
    if (zone_offset_s(z, local_s - after_s) == after_s)
        return local_s - after_s;
    return local_s - before_s; /* the hour that clocks leapt over */
}

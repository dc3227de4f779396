#include "kit/fake_journal.h"

#include "base/check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define ENTRIES_MAX 4096
#define FIELDS_MAX 16
#define TIME_US UINT64_C(1700000000000000)

struct fake_entry {
    char *fields[FIELDS_MAX];
    unsigned field_count;
    char cursor[128];
    bool is_damaged, is_wall;
};

static struct {
    struct fake_entry entries[ENTRIES_MAX];
    unsigned first, count; /* entries before `first` are gone */
    char numbering[64];
    uint64_t number;
    unsigned opened;
} all;

struct sd_journal {
    long at; /* index of the entry where it stands; one less than the next */
    unsigned field;
    char *matches[FIELDS_MAX];
    unsigned match_count;
    bool is_and;
    bool is_past_walls;
    int fd;
};

static struct sd_journal *reader; /* the one that is open */

static bool entry_has(const struct fake_entry *e, const char *field)
{
    for (unsigned i = 0; i < e->field_count; i++)
        if (strcmp(e->fields[i], field) == 0)
            return true;
    return false;
}

static bool is_wanted(const sd_journal *j, const struct fake_entry *e)
{
    unsigned hits = 0;

    for (unsigned i = 0; i < j->match_count; i++)
        hits += entry_has(e, j->matches[i]);
    return j->match_count == 0 || (j->is_and ? hits == j->match_count : hits > 0);
}

/* Where there is no folder there is no journal. */
static int fake_open_directory(sd_journal **j, const char *path, int flags)
{
    (void)flags;
    if (path != NULL && access(path, F_OK) < 0)
        return -errno;
    *j = calloc(1, sizeof **j);
    CHECK(*j != NULL);
    (*j)->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    all.opened++;
    reader = *j;
    return 0;
}

static int fake_open(sd_journal **j, int flags)
{
    return fake_open_directory(j, NULL, flags);
}

static void fake_close(sd_journal *j)
{
    for (unsigned i = 0; i < j->match_count; i++)
        free(j->matches[i]);
    close(j->fd);
    free(j);
    reader = NULL;
}

static int fake_add_match(sd_journal *j, const void *data, size_t size)
{
    CHECK(size == 0 && j->match_count < FIELDS_MAX);
    j->matches[j->match_count++] = strdup(data);
    return 0;
}

static int fake_add_disjunction(sd_journal *j)
{
    j->is_and = false;
    return 0;
}

static int fake_add_conjunction(sd_journal *j)
{
    j->is_and = true;
    return 0;
}

static int fake_threshold(sd_journal *j, size_t size)
{
    (void)j;
    (void)size;
    return 0;
}

static int fake_seek_head(sd_journal *j)
{
    j->at = (long)all.first - 1;
    return 0;
}

static int fake_seek_tail(sd_journal *j)
{
    j->at = (long)all.count;
    return 0;
}

/* Before the entry; before the oldest that is left where it is gone. */
static int fake_seek_cursor(sd_journal *j, const char *cursor)
{
    if (strncmp(cursor, "s=", 2) != 0)
        return -EINVAL;
    j->at = (long)all.first - 1;
    for (unsigned i = all.first; i < all.count; i++)
        if (strcmp(all.entries[i].cursor, cursor) == 0)
            j->at = (long)i - 1;
    return 0;
}

static int fake_seek_time(sd_journal *j, uint64_t usec)
{
    j->is_past_walls = true;
    j->at = (long)(usec - TIME_US) - 1;
    return 0;
}

static int fake_next(sd_journal *j)
{
    long next = j->at + 1 > (long)all.first ? j->at + 1 : (long)all.first;

    for (; next < (long)all.count; next++) {
        if (all.entries[next].is_wall && !j->is_past_walls)
            return -EBADMSG;
        if (is_wanted(j, &all.entries[next])) {
            j->at = next;
            return 1;
        }
    }
    return 0;
}

static int fake_previous(sd_journal *j)
{
    if (all.count == all.first)
        return 0;
    j->at = (long)all.count - 1;
    return 1;
}

static int fake_test_cursor(sd_journal *j, const char *cursor)
{
    return strcmp(all.entries[j->at].cursor, cursor) == 0;
}

static int fake_get_cursor(sd_journal *j, char **cursor)
{
    *cursor = strdup(all.entries[j->at].cursor);
    return 0;
}

static int fake_get_time(sd_journal *j, uint64_t *usec)
{
    *usec = TIME_US + (uint64_t)j->at;
    return 0;
}

static void fake_restart_data(sd_journal *j)
{
    j->field = 0;
}

static int fake_enumerate(sd_journal *j, const void **data, size_t *size)
{
    const struct fake_entry *e = &all.entries[j->at];

    if (e->is_damaged)
        return -EBADMSG;
    if (j->field >= e->field_count)
        return 0;
    *data = e->fields[j->field++];
    *size = strlen(*data);
    return 1;
}

static int fake_get_fd(sd_journal *j)
{
    return j->fd;
}

static int fake_one(sd_journal *j)
{
    (void)j;
    return 1;
}

static int fake_process(sd_journal *j)
{
    uint64_t count;

    return read(j->fd, &count, sizeof count) == sizeof count;
}

static const struct journal_library fake = {
    .open = fake_open,
    .open_directory = fake_open_directory,
    .close = fake_close,
    .add_match = fake_add_match,
    .add_disjunction = fake_add_disjunction,
    .add_conjunction = fake_add_conjunction,
    .set_data_threshold = fake_threshold,
    .seek_head = fake_seek_head,
    .seek_tail = fake_seek_tail,
    .seek_cursor = fake_seek_cursor,
    .seek_realtime_usec = fake_seek_time,
    .next = fake_next,
    .previous = fake_previous,
    .test_cursor = fake_test_cursor,
    .get_cursor = fake_get_cursor,
    .get_realtime_usec = fake_get_time,
    .restart_data = fake_restart_data,
    .enumerate_data = fake_enumerate,
    .get_fd = fake_get_fd,
    .get_events = fake_one,
    .reliable_fd = fake_one,
    .process = fake_process,
};

void fake_journal_open(void)
{
    memset(&all, 0, sizeof all);
    fake_journal_renumber("aaaa");
    journal_library_replace(&fake);
}

void fake_journal_close(void)
{
    CHECK(reader == NULL);
    for (unsigned i = 0; i < all.count; i++)
        for (unsigned k = 0; k < all.entries[i].field_count; k++)
            free(all.entries[i].fields[k]);
    journal_library_replace(NULL);
}

void fake_journal_renumber(const char *numbering)
{
    snprintf(all.numbering, sizeof all.numbering, "%s", numbering);
    all.number = 0;
}

void fake_journal_write(const char *const *fields)
{
    struct fake_entry *e = &all.entries[all.count];
    uint64_t one = 1;

    CHECK(all.count < ENTRIES_MAX);
    snprintf(e->cursor, sizeof e->cursor, "s=%s;i=%" PRIx64 ";b=bb;m=1;t=%" PRIx64 ";x=0",
             all.numbering, ++all.number, (uint64_t)TIME_US + all.count);
    for (; *fields != NULL; fields++) {
        CHECK(e->field_count < FIELDS_MAX);
        e->fields[e->field_count++] = strdup(*fields);
    }
    all.count++;
    if (reader != NULL)
        CHECK(write(reader->fd, &one, sizeof one) == sizeof one);
}

void fake_journal_vacuum(unsigned count)
{
    all.first += count;
    CHECK(all.first <= all.count);
}

void fake_journal_damage(unsigned index, bool is_wall)
{
    all.entries[index].is_damaged = !is_wall;
    all.entries[index].is_wall = is_wall;
}

unsigned fake_journal_opened(void)
{
    return all.opened;
}

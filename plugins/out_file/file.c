#include "plugin/plugin.h"
#include "plugins/out_file/append.h"
#include "plugins/out_file/destination.h"
#include "plugins/out_file/form.h"
#include "plugins/out_file/rotate.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/*
 * Writes each batch to its files, all of it or nothing.
 *
 *   records_group    every record's text joins that of its file
 *   group_write      the file is opened, rotated if it must be, and appended to
 *   groups_take_back when one file fails, what was appended to the others goes again
 *
 * Goes wrong: a file cannot be opened or is out of room (the batch is tried again, nothing of it
 * stays); a record has no destination (set aside). What somebody else has appended to meanwhile
 * cannot be taken back: the log says so, and the records will be there twice.
 */

#define SAID_INTERVAL_MS 10000

struct file_keys {
    int format; /* enum file_format */
    char *delimiter;
    char *label_delimiter;
    char *template_text;
    bool has_csv_names;
    bool makes_folders;
};

struct out_file {
    struct file_keys keys;
    struct destination_keys destination;
    struct rotation rotation;
    struct form form;
    struct destinations destinations;
    struct log_brake brake;
};

/* A file that records of this batch go to. */
struct group {
    struct group *next;
    char *path;
    struct buffer text;
    struct buffer header; /* of the columns, for a file that is empty */
    struct appended appended;
    bool is_appended;
};

/*
 * The groups of one batch, in the order of their first records:
 *
 *   first -> group -> group -> ... -> NULL
 *                                      ^ *end
 *
 * `by_path` has each of them, and nothing else.
 */
struct groups {
    struct map by_path;
    struct group *first;
    struct group **end;
    struct group *last_used;
};

#define SELF struct out_file
static const struct option options[] = {
    OPTION_TEXT(SELF, destination.path, "path", NULL, 0,
                "Folder of the files; the working directory by default."),
    OPTION_TEXT(SELF, destination.file, "file", NULL, 0,
                "Name of the file; by default the tag, with all but letters, digits, -, _, . and / "
                "made _."),
    OPTION_BOOL(SELF, destination.has_strftime, "enable_strftime", "false", 0,
                "Let strftime's directives in path and file stand for the record's time."),
    OPTION_INT(SELF, destination.files_max, "max_dynamic_files", "1024", 0,
               "Most files that dates and variables may lead to within an hour; 0 sets no limit."),
    OPTION_CHOICE(SELF, destination.on_missing, "on_missing_field", "error", 0, DESTINATION_ACTIONS,
                  "What becomes of a record without the fields in path and file."),
    OPTION_CHOICE(SELF, destination.on_limit, "on_limit_reached", "error", 0, DESTINATION_ACTIONS,
                  "What becomes of a record past max_dynamic_files."),
    OPTION_TEXT(SELF, destination.fallback_path, "fallback_path", NULL, 0,
                "Folder of the fallback file; path by default."),
    OPTION_TEXT(SELF, destination.fallback_file, "fallback_file", NULL, 0,
                "Name of the file for records that have no other."),
    OPTION_CHOICE(SELF, keys.format, "format", "out_file", 0, FILE_FORMATS,
                  "What a record looks like."),
    OPTION_TEXT(SELF, keys.delimiter, "delimiter", NULL, 0,
                "Between two values of csv and ltsv: one character, tab, space or comma; a comma, "
                "or a tab for ltsv, by default."),
    OPTION_TEXT(SELF, keys.label_delimiter, "label_delimiter", NULL, 0,
                "Between key and value of ltsv; a colon by default."),
    OPTION_TEXT(SELF, keys.template_text, "template", "{time} {message}", 0,
                "The line of the template format, keys in braces."),
    OPTION_BOOL(SELF, keys.has_csv_names, "csv_column_names", "false", 0,
                "Begin an empty csv file with the names of the columns."),
    OPTION_BOOL(SELF, keys.makes_folders, "mkdir", "false", 0, "Make folders that are not there."),
    OPTION_BOOL(SELF, rotation.is_on, "rotate", "false", 0, "Rotate files that grow large."),
    OPTION_SIZE(SELF, rotation.bytes_max, "rotate_max_size", "100M", 0,
                "A file larger than this is rotated."),
    OPTION_INT(SELF, rotation.files_max, "rotate_max_files", "7", 0,
               "How many rotated files of one name are kept; 0 keeps all."),
    OPTION_BOOL(SELF, rotation.has_gzip, "rotate_gzip", "true", 0, "Compress rotated files."),
    OPTION_END,
};

static int file_init(void *self, struct plugin_setup *setup)
{
    struct out_file *o = self;

    o->form.format = (enum file_format)o->keys.format;
    o->form.template_text = o->keys.template_text;
    o->form.render.is_compact = true;
    o->form.render.is_ascii = setup->escape_unicode;
    o->rotation.component = setup->component;
    form_delimiters(&o->form, o->keys.delimiter, o->keys.label_delimiter, setup);
    return destinations_init(&o->destinations, &o->destination, setup);
}

static void file_fini(void *self)
{
    struct out_file *o = self;

    destinations_fini(&o->destinations);
    form_fini(&o->form);
}

/* ---- grouping ---- */

static void groups_init(struct groups *groups)
{
    *groups = (struct groups){0};
    groups->end = &groups->first;
}

static void groups_check(const struct groups *groups)
{
    size_t count = 0;

    for (const struct group *group = groups->first; group != NULL; group = group->next)
        count++;
    CHECK(*groups->end == NULL && (count == 0) == (groups->end == &groups->first));
    CHECK(groups->by_path.count == count);
}

static void groups_fini(struct groups *groups)
{
    groups_check(groups);
    while (groups->first != NULL) {
        struct group *group = groups->first;

        groups->first = group->next;
        buffer_fini(&group->text);
        buffer_fini(&group->header);
        mem_free(group->path);
        mem_free(group);
    }
    map_fini(&groups->by_path);
}

/* Consecutive records mostly go to one file. */
static struct group *group_of(struct groups *groups, struct slice path)
{
    struct group *group = groups->last_used;

    if (group != NULL && slice_is(path, group->path))
        return group;
    group = map_get(&groups->by_path, path);
    if (group == NULL) {
        group = mem_zalloc(1, sizeof *group);
        group->path = mem_text_n(path.data, path.len);
        CHECK(map_put(&groups->by_path, path, group) == NULL);
        *groups->end = group;
        groups->end = &group->next;
    }
    return groups->last_used = group;
}

static void no_destination(struct out_file *o, struct batch *batch, const char *why)
{
    uint64_t held;

    batch_skip(batch);
    if (why != NULL && log_brake_open(&o->brake, SAID_INTERVAL_MS, &held))
        log_error(o->rotation.component, "a record has no file: %s", why);
}

static void records_group(struct out_file *o, struct batch *batch, struct groups *groups)
{
    struct chunk_record record;
    struct buffer path = {0};
    const char *why;

    while (batch_next(batch, &record)) {
        struct group *group;

        if (!destinations_find(&o->destinations, &record, &o->form.scratch, &path, &why)) {
            no_destination(o, batch, why);
            continue;
        }
        group = group_of(groups, buffer_view(&path));
        if (o->keys.has_csv_names && o->form.format == FILE_FORMAT_CSV && group->header.len == 0)
            form_csv_header(&o->form, &record, &group->header);
        form_record(&o->form, &record, &group->text);
    }
    buffer_fini(&path);
}

/* ---- writing ---- */

/* A file that cannot be rotated grows on. */
static int group_rotate(struct out_file *o, struct group *group, int *fd, off_t *size)
{
    int rc;
    uint64_t held;

    CHECK(*fd >= 0);
    if (!rotate_is_due(&o->rotation, (uint64_t)*size, group->text.len))
        return 0;
    rc = rotate_file(&o->rotation, group->path);
    if (rc < 0) {
        if (log_brake_open(&o->brake, SAID_INTERVAL_MS, &held))
            log_warn(o->rotation.component, "%s cannot be rotated and grows on: %s", group->path,
                     strerror(-rc));
        return 0;
    }
    close(*fd);
    *size = 0;
    return append_open(group->path, false, fd);
}

static int group_append(struct group *group, int fd, off_t size)
{
    int rc;

    CHECK(fd >= 0 && !group->is_appended && group->text.len > 0);
    if (size == 0 && group->header.len > 0) {
        buffer_append(&group->header, buffer_view(&group->text));
        rc = append_text(fd, buffer_view(&group->header), &group->appended);
    } else {
        rc = append_text(fd, buffer_view(&group->text), &group->appended);
    }
    group->is_appended = rc == 0;
    return rc;
}

static int group_write(struct out_file *o, struct group *group)
{
    off_t size = 0;
    int fd = -1;
    int rc = append_open(group->path, o->keys.makes_folders, &fd);

    if (rc == 0)
        rc = append_size(fd, &size);
    if (rc == 0)
        rc = group_rotate(o, group, &fd, &size);
    if (rc == 0)
        rc = group_append(group, fd, size);
    if (fd >= 0 && close(fd) < 0 && rc == 0)
        rc = -errno;
    return rc;
}

static void groups_take_back(struct out_file *o, struct groups *groups)
{
    for (struct group *group = groups->first; group != NULL; group = group->next) {
        int rc = group->is_appended ? append_take_back(group->path, &group->appended) : 0;

        if (rc < 0)
            log_warn(o->rotation.component,
                     "records will be in %s twice: what was appended cannot be taken back: %s",
                     group->path, strerror(-rc));
    }
}

static enum verdict file_write(void *self, struct batch *batch, char why[256])
{
    struct out_file *o = self;
    struct groups groups;
    struct group *group;
    int rc = 0;

    groups_init(&groups);
    records_group(o, batch, &groups);
    for (group = groups.first; group != NULL; group = group->next) {
        rc = group_write(o, group);
        if (rc < 0)
            break;
    }
    if (rc < 0) {
        snprintf(why, 256, "%s cannot be written: %s%s", group->path, strerror(-rc),
                 rc == -ENOENT && !o->keys.makes_folders
                     ? " (its folder is not there: make it, or set mkdir on)"
                     : "");
        groups_take_back(o, &groups);
    }
    groups_fini(&groups);
    return rc < 0 ? VERDICT_RETRY : VERDICT_DELIVERED;
}

const struct output_plugin out_file = {
    .name = "file",
    .summary = "Appends records to files.",
    .self_bytes = sizeof(struct out_file),
    .options = options,
    .init = file_init,
    .fini = file_fini,
    .write = file_write,
    .default_workers = 1,
};

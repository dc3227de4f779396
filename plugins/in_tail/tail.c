#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/laggard.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#define S struct tail
#define CACHE_IS_THE_KERNELS "The kernel's own read-ahead and eviction do well with logs."

#define LINE_BYTES_DEFAULT "32768"
#define LINE_BYTES_MIN 32
#define LINE_BYTES_MAX ((uint64_t)1 << 30)

#define DOCKER_FLUSH_S_MAX 86400

/* Docker cuts a line after 16 KiB and writes each of its bytes as up to six; the rest is the frame. */
#define DOCKER_LINE_BYTES ((uint64_t)7 * 16 * 1024)

static const struct option options[] = {
    OPTION_LIST(S, options.path, "path", NULL, OPTION_REQUIRED,
                "Globs of the files to follow, with commas between them."),
    OPTION_LIST(S, options.exclude_path, "exclude_path", NULL, 0, "Globs of files to leave out."),
    OPTION_TEXT(S, options.key, "key", "log", 0, "Key of a line that no parser takes apart."),
    OPTION_BOOL(S, options.read_from_head, "read_from_head", "false", 0,
                "Read files that are there at start from their beginning."),
    OPTION_BOOL(S, options.read_new_from_head, "read_newly_discovered_files_from_head", "true", 0,
                "Read files that appear later from their beginning."),
    OPTION_TEXT(S, options.refresh_interval, "refresh_interval", "60", 0,
                "Seconds between two looks for new names, besides events."),
    OPTION_TIME(S, options.poll_ms, "watcher_interval", "2s", 0,
                "How often directories that cannot be watched are looked at."),
    OPTION_IGNORED("progress_check_interval", "Progress shows by itself at every read."),
    OPTION_IGNORED("progress_check_interval_nsec", "Progress shows by itself at every read."),
    OPTION_TIME(S, options.rotate_wait_ms, "rotate_wait", "5", 0,
                "How long a rotated file must stand still before it is closed."),
    OPTION_BOOL(S, join.docker_mode, "docker_mode", "false", 0,
                "Join the parts of Docker's JSON lines."),
    OPTION_INT(S, join.docker_mode_flush_s, "docker_mode_flush", "4", 0,
               "Seconds that parts wait for the next one."),
    OPTION_TEXT(S, join.docker_mode_parser, "docker_mode_parser", NULL, 0,
                "Parser that knows the first of several lines, as Docker wrote it."),
    OPTION_TEXT(S, options.path_key, "path_key", NULL, 0, "Key that gets the file's name."),
    OPTION_TEXT(S, options.offset_key, "offset_key", NULL, 0, "Key that gets the line's offset."),
    OPTION_TIME(S, options.ignore_older_ms, "ignore_older", "0", 0,
                "Leave files alone that were not written to for so long."),
    OPTION_BOOL(S, options.ignore_active_older, "ignore_active_older_files", "false", 0,
                "Go on with files that grow too old while they are followed."),
    OPTION_IGNORED("buffer_chunk_size", "All files share one read buffer."),
    OPTION_SIZE(S, options.line_bytes_max, "buffer_max_size", LINE_BYTES_DEFAULT, 0,
                "Lines longer than that are cut, or skipped."),
    OPTION_IGNORED("static_batch_size", "Files take turns after every few reads."),
    OPTION_IGNORED("event_batch_size", "Files take turns after every few reads."),
    OPTION_BOOL(S, options.skip_long_lines, "skip_long_lines", "false", 0,
                "Leave lines out that are too long, instead of cutting them."),
    OPTION_BOOL(S, options.exit_on_eof, "exit_on_eof", "false", 0,
                "Stop the agent when everything was read."),
    OPTION_BOOL(S, options.skip_empty_lines, "skip_empty_lines", "false", 0,
                "Leave empty lines out."),
    OPTION_BOOL(S, options.truncate_long_lines, "truncate_long_lines", "false", 0,
                "Cut lines that are too long without a word in the record."),
    OPTION_IGNORED("file_cache_advise", CACHE_IS_THE_KERNELS),
    OPTION_BOOL(S, options.use_inotify, "inotify_watcher", "true", 0,
                "Be told of changes, instead of looking every watcher_interval."),
    OPTION_IGNORED("windows.path_encoding", "This is not Windows."),
    OPTION_SIZE(
        S, options.rate_bytes, "rate_limit", "0", 0,
        "Bytes a second that each file is read at most; the rest waits in it. 0: no limit."),
    OPTION_TEXT(S, options.parser, "parser", NULL, 0, "Parser that takes lines apart."),
    OPTION_TEXT(S, options.tag_regex, "tag_regex", NULL, 0,
                "Expression over the file's name, whose groups Tag may use as <name>."),
    OPTION_TEXT(S, db.path, "db", NULL, 0, "SQLite file that keeps the positions."),
    OPTION_TEXT(S, db.sync, "db.sync", "normal", 0, "extra, full, normal or off."),
    OPTION_BOOL(S, db.is_locked, "db.locking", "false", 0, "Keep others out of that file."),
    OPTION_TEXT(S, db.journal_mode, "db.journal_mode", "WAL", 0, "SQLite's journal mode."),
    OPTION_BOOL(S, db.compare_name, "db.compare_filename", "false", 0,
                "A position counts only for the name it was saved under."),
    OPTION_BOOL(S, join.multiline, "multiline", "false", 0, "Join lines, the old way."),
    OPTION_TIME(S, join.multiline_flush_ms, "multiline_flush", "4", 0,
                "How long lines wait for the next one, the old way."),
    OPTION_TEXT(S, join.parser_firstline, "parser_firstline", NULL, 0,
                "Parser that takes a first line, the old way."),
    OPTION_LIST(S, join.multiline_parser, "multiline.parser", NULL, OPTION_REPEAT,
                "Multiline parsers to try, docker and cri first of all."),
    OPTION_TEXT(S, options.unicode_encoding, "unicode.encoding", NULL, 0,
                "UTF-16LE, UTF-16BE or auto."),
    OPTION_TEXT(S, options.generic_encoding, "generic.encoding", NULL, 0,
                "Encoding of the lines, ShiftJIS for one."),
    OPTION_PREFIX(S, join.parser_n, "parser_", NULL, 0,
                  "Parsers for the lines that follow, the old way."),
    OPTION_END,
};
#undef S

/* Seconds. What Fluent Bit reads as sec.nsec, with nine digits, is the same. */
static int refresh_parse(struct tail *t, struct plugin_setup *setup)
{
    char *end;
    double seconds = strtod(t->options.refresh_interval, &end);

    if (end == t->options.refresh_interval || seconds <= 0 || seconds > 1e7) {
        report_error(setup->report, setup_place(setup, "refresh_interval"),
                     "refresh_interval is \"%s\"; give seconds above 0",
                     t->options.refresh_interval);
        return -EINVAL;
    }
    t->refresh_ms = (uint64_t)(seconds * 1000);
    if (t->refresh_ms == 0)
        t->refresh_ms = 1;
    return 0;
}

static int parser_bind(struct tail *t, struct plugin_setup *setup)
{
    const char *nearest;

    if (t->options.parser == NULL || t->join.multiline)
        return 0;
    t->parser = parser_book_find(setup->parsers, t->options.parser);
    if (t->parser != NULL)
        return 0;
    nearest = parser_book_nearest(setup->parsers, t->options.parser);
    report_error(setup->report, setup_place(setup, "parser"),
                 "parser \"%s\" is not defined in any Parsers_File%s%s%s", t->options.parser,
                 nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
    return -EINVAL;
}

static int tag_bind(struct tail *t, struct plugin_setup *setup)
{
    if (t->options.tag_regex == NULL)
        return 0;
    t->tag_regex =
        regex_compile(t->options.tag_regex, setup->report, setup_place(setup, "tag_regex"));
    return t->tag_regex != NULL ? 0 : -EINVAL;
}

/* Multiline On, the old way. */
static struct joiner_rules *firstline_rules(const struct tail_join_options *j,
                                            const struct joiner_context *context)
{
    const char **others = mem_zalloc(j->parser_n.count, sizeof *others);
    struct joiner_firstline firstline = {
        .first_line = j->parser_firstline,
        .others = others,
        .other_count = j->parser_n.count,
        .flush_ms = j->multiline_flush_ms,
    };
    struct joiner_rules *rules;

    for (size_t i = 0; i < j->parser_n.count; i++)
        others[i] = j->parser_n.items[i].value;
    rules = joiner_rules_new_firstline(&firstline, context);
    mem_free(others);
    return rules;
}

/* The key that names the parsers which may not be there. */
static const char *joining_key(const struct tail_join_options *j)
{
    if (j->multiline_parser.count > 0)
        return "multiline.parser";
    return j->docker_mode ? "docker_mode_parser" : "parser_firstline";
}

static int joiner_bind(struct tail *t, struct plugin_setup *setup)
{
    const struct tail_join_options *j = &t->join;
    struct joiner_context context = {
        .parsers = setup->parsers,
        .multilines = setup->multilines,
        .key = t->options.key,
        .limit_bytes = setup->multiline_bytes_max,
        .place = setup_place(setup, joining_key(j)),
        .report = setup->report,
    };

    if (j->docker_mode_flush_s < 0 || j->docker_mode_flush_s > DOCKER_FLUSH_S_MAX) {
        report_error(setup->report, setup_place(setup, "docker_mode_flush"),
                     "docker_mode_flush is below 0 or above %d seconds", DOCKER_FLUSH_S_MAX);
        return -EINVAL;
    }
    if (j->docker_mode && j->multiline) {
        report_error(setup->report, setup_place(setup, "multiline"),
                     "docker_mode and multiline exclude each other");
        return -EINVAL;
    }
    if (j->multiline_parser.count > 0)
        t->rules = joiner_rules_new_multiline((const char *const *)j->multiline_parser.items,
                                              j->multiline_parser.count, &context);
    else if (j->docker_mode)
        t->rules = joiner_rules_new_docker(j->docker_mode_parser,
                                           (uint64_t)j->docker_mode_flush_s * 1000, &context);
    else if (j->multiline)
        t->rules = firstline_rules(j, &context);
    else
        return 0;
    return t->rules != NULL ? 0 : -EINVAL;
}

static int encoding_bind(struct tail *t, struct plugin_setup *setup)
{
    const char *unicode = t->options.unicode_encoding, *generic = t->options.generic_encoding;

    if (unicode != NULL && generic != NULL) {
        report_error(setup->report, setup_place(setup, "generic.encoding"),
                     "unicode.encoding and generic.encoding exclude each other");
        return -EINVAL;
    }
    if (unicode != NULL)
        t->encoding =
            encoding_new_unicode(unicode, setup_place(setup, "unicode.encoding"), setup->report);
    else if (generic != NULL)
        t->encoding =
            encoding_new_generic(generic, setup_place(setup, "generic.encoding"), setup->report);
    else
        return 0;
    return t->encoding != NULL ? 0 : -EINVAL;
}

static bool reads_docker(const struct tail *t)
{
    const struct text_list *names = &t->join.multiline_parser;

    if (t->join.docker_mode)
        return true;
    for (size_t i = 0; i < names->count; i++)
        if (strcasecmp(names->items[i], "docker") == 0)
            return true;
    return names->count == 0 && t->options.parser != NULL &&
           strcmp(t->options.parser, "docker") == 0;
}

/* Where nobody chose a limit, whole pieces of Docker's lines are within it. */
static int line_limit_check(struct tail *t, struct plugin_setup *setup)
{
    uint64_t *limit = &t->options.line_bytes_max;

    if (*limit < LINE_BYTES_MIN || *limit > LINE_BYTES_MAX) {
        report_error(setup->report, setup_place(setup, "buffer_max_size"),
                     "buffer_max_size is below 32 bytes or above 1 GiB");
        return -EINVAL;
    }
    if (*limit == strtoull(LINE_BYTES_DEFAULT, NULL, 10) && reads_docker(t))
        *limit = DOCKER_LINE_BYTES;
    return 0;
}

static int tail_init(void *self, struct plugin_setup *setup)
{
    struct tail *t = self;
    int rc = 0;

    list_init(&t->files);
    list_init(&t->losses);
    list_init(&t->again);
    t->component = setup->component;
    t->place = setup->place;
    rc |= refresh_parse(t, setup);
    rc |= parser_bind(t, setup);
    rc |= tag_bind(t, setup);
    rc |= joiner_bind(t, setup);
    rc |= encoding_bind(t, setup);
    rc |= line_limit_check(t, setup);
    return rc < 0 ? -EINVAL : 0;
}

/* Without DB there are positions only as long as the process, for who takes over. */
static int db_open(struct tail *t, struct report *report)
{
    struct positions_config config = {
        .path = tail_positions_name(t),
        .is_memory = t->db.path == NULL,
        .sync = t->db.sync,
        .journal_mode = t->db.journal_mode,
        .speaker = t->component,
        .is_locked = t->db.is_locked,
    };

    if (t->db.path == NULL && !t->input->may_be_replaced)
        return 0;
    return positions_open(t->input->loop, &config, report, t->place, &t->positions);
}

static int names_add(struct tail *t, struct report *report)
{
    struct discover_config config = {
        .speaker = t->component,
        .refresh_ms = t->refresh_ms,
        .poll_ms = t->options.poll_ms,
        .use_inotify = t->options.use_inotify,
    };

    t->discover = discover_new(t->input->loop, &config, &tail_discover_ops, t);
    for (size_t i = 0; i < t->options.path.count; i++) {
        int rc = discover_add(t->discover, slice_of(t->options.path.items[i]));

        if (rc < 0) {
            report_error(report, t->options.path.places[i], "path \"%s\" cannot be followed",
                         t->options.path.items[i]);
            return rc;
        }
    }
    for (size_t i = 0; i < t->options.exclude_path.count; i++)
        discover_exclude(t->discover, slice_of(t->options.exclude_path.items[i]));
    return 0;
}

static int tail_start(void *self, struct input *input, struct report *report)
{
    struct tail *t = self;
    int rc;

    t->input = input;
    t->started_ms = clock_ms();
    t->known_max = TAIL_KNOWN_MAX;
    t->known_ns = input->since_ns != 0 ? input->since_ns : clock_wall_ns();
    t->machine = tail_machine();
    t->parser_run.json = intake_json(input->intake);
    tail_lanes_init(t);
    tail_work_start(t);
    rc = db_open(t, report);
    if (rc < 0)
        return rc;
    rc = names_add(t, report);
    if (rc < 0)
        return rc;
    tail_take_over(t);
    discover_start(t->discover);
    return 0;
}

/* No more reading. Files stay until fini: their acks still come. */
static void tail_stop(void *self)
{
    struct tail *t = self;

    t->is_stopping = true;
    tail_prepare_to_hand_on(t);
    tail_work_stop(t);
    tail_again_stop(t);
    tail_held_stop(t);
    discover_free(&t->discover);
    LIST_FOR (it, &t->files)
        tail_file_unname(CONTAINER_OF(it, struct tail_file, link));
}

static void tail_fini(void *self)
{
    struct tail *t = self;

    if (t->input != NULL && !t->is_stopping)
        tail_stop(t);
    tail_losses_leave(t);
    if (t->files.next != NULL)
        LIST_FOR_SAFE (it, after, &t->files) {
            tail_file_close(CONTAINER_OF(it, struct tail_file, link));
        }
    if (t->positions != NULL)
        positions_close(&t->positions);
    map_fini(&t->rows);
    map_fini(&t->inodes);
    regex_free(&t->tag_regex);
    tail_wishes_fini(t);
    joiner_rules_free(&t->rules);
    encoding_free(&t->encoding);
    buffer_fini(&t->bytes);
    mem_free(t->shares);
}

const struct input_plugin in_tail = {
    .name = "tail",
    .summary = "Follows files through rotation and truncation.",
    .self_bytes = sizeof(struct tail),
    .options = options,
    .init = tail_init,
    .start = tail_start,
    .stop = tail_stop,
    .fini = tail_fini,
    .lane = tail_lane_event,
    .refresh = tail_refresh,
    .describe = tail_describe,
};

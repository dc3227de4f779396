#include "plugins/in_tail/told.h"

#include "plugins/in_tail/tag.h"
#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/wish.h"

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

const struct option tail_options[] = {
    OPTION_LIST(S, told.files.path, "path", NULL, OPTION_REQUIRED,
                "Globs of the files to follow, with commas between them."),
    OPTION_LIST(S, told.files.exclude_path, "exclude_path", NULL, 0,
                "Globs of files to leave out."),
    OPTION_TEXT(S, told.lines.key, "key", "log", 0, "Key of a line that no parser takes apart."),
    OPTION_BOOL(S, told.files.read_from_head, "read_from_head", "false", 0,
                "Read files that are there at start from their beginning."),
    OPTION_BOOL(S, told.files.read_new_from_head, "read_newly_discovered_files_from_head", "true",
                0, "Read files that appear later from their beginning."),
    OPTION_TEXT(S, told.files.refresh_interval, "refresh_interval", "60", 0,
                "Seconds between two looks for new names, besides events."),
    OPTION_TIME(S, told.files.poll_ms, "watcher_interval", "2s", 0,
                "How often directories that cannot be watched are looked at."),
    OPTION_IGNORED("progress_check_interval", "Progress shows by itself at every read."),
    OPTION_IGNORED("progress_check_interval_nsec", "Progress shows by itself at every read."),
    OPTION_TIME(S, told.files.rotate_wait_ms, "rotate_wait", "5", 0,
                "How long a rotated file must stand still before it is closed."),
    OPTION_BOOL(S, told.join.docker_mode, "docker_mode", "false", 0,
                "Join the parts of Docker's JSON lines."),
    OPTION_INT(S, told.join.docker_mode_flush_s, "docker_mode_flush", "4", 0,
               "Seconds that parts wait for the next one."),
    OPTION_TEXT(S, told.join.docker_mode_parser, "docker_mode_parser", NULL, 0,
                "Parser that knows the first of several lines, as Docker wrote it."),
    OPTION_TEXT(S, told.lines.path_key, "path_key", NULL, 0, "Key that gets the file's name."),
    OPTION_TEXT(S, told.lines.offset_key, "offset_key", NULL, 0,
                "Key that gets the line's offset."),
    OPTION_TIME(S, told.files.ignore_older_ms, "ignore_older", "0", 0,
                "Leave files alone that were not written to for so long."),
    OPTION_BOOL(S, told.files.ignore_active_older, "ignore_active_older_files", "false", 0,
                "Go on with files that grow too old while they are followed."),
    OPTION_IGNORED("buffer_chunk_size", "All files share one read buffer."),
    OPTION_SIZE(S, told.lines.line_bytes_max, "buffer_max_size", LINE_BYTES_DEFAULT, 0,
                "Lines longer than that are cut, or skipped."),
    OPTION_IGNORED("static_batch_size", "Files take turns after every few reads."),
    OPTION_IGNORED("event_batch_size", "Files take turns after every few reads."),
    OPTION_BOOL(S, told.lines.skip_long_lines, "skip_long_lines", "false", 0,
                "Leave lines out that are too long, instead of cutting them."),
    OPTION_BOOL(S, told.files.exit_on_eof, "exit_on_eof", "false", 0,
                "Stop the agent when everything was read."),
    OPTION_BOOL(S, told.lines.skip_empty_lines, "skip_empty_lines", "false", 0,
                "Leave empty lines out."),
    OPTION_BOOL(S, told.lines.truncate_long_lines, "truncate_long_lines", "false", 0,
                "Cut lines that are too long without a word in the record."),
    OPTION_IGNORED("file_cache_advise", CACHE_IS_THE_KERNELS),
    OPTION_BOOL(S, told.files.use_inotify, "inotify_watcher", "true", 0,
                "Be told of changes, instead of looking every watcher_interval."),
    OPTION_IGNORED("windows.path_encoding", "This is not Windows."),
    OPTION_SIZE(
        S, told.lines.rate_bytes, "rate_limit", "0", 0,
        "Bytes a second that each file is read at most; the rest waits in it. 0: no limit."),
    OPTION_TEXT(S, told.lines.parser, "parser", NULL, 0, "Parser that takes lines apart."),
    OPTION_TEXT(S, told.lines.tag_regex, "tag_regex", NULL, 0,
                "Expression over the file's name, whose groups Tag may use as <name>."),
    OPTION_TEXT(S, told.db.path, "db", NULL, 0, "SQLite file that keeps the positions."),
    OPTION_TEXT(S, told.db.sync, "db.sync", "normal", 0, "extra, full, normal or off."),
    OPTION_BOOL(S, told.db.is_locked, "db.locking", "false", 0, "Keep others out of that file."),
    OPTION_TEXT(S, told.db.journal_mode, "db.journal_mode", "WAL", 0, "SQLite's journal mode."),
    OPTION_BOOL(S, told.db.compare_name, "db.compare_filename", "false", 0,
                "A position counts only for the name it was saved under."),
    OPTION_BOOL(S, told.join.multiline, "multiline", "false", 0, "Join lines, the old way."),
    OPTION_TIME(S, told.join.multiline_flush_ms, "multiline_flush", "4", 0,
                "How long lines wait for the next one, the old way."),
    OPTION_TEXT(S, told.join.parser_firstline, "parser_firstline", NULL, 0,
                "Parser that takes a first line, the old way."),
    OPTION_LIST(S, told.join.multiline_parser, "multiline.parser", NULL, OPTION_REPEAT,
                "Multiline parsers to try, docker and cri first of all."),
    OPTION_TEXT(S, told.lines.unicode_encoding, "unicode.encoding", NULL, 0,
                "UTF-16LE, UTF-16BE or auto."),
    OPTION_TEXT(S, told.lines.generic_encoding, "generic.encoding", NULL, 0,
                "Encoding of the lines, ShiftJIS for one."),
    OPTION_PREFIX(S, told.join.parser_n, "parser_", NULL, 0,
                  "Parsers for the lines that follow, the old way."),
    OPTION_END,
};
#undef S

/* Seconds. What Fluent Bit reads as sec.nsec, with nine digits, is the same. */
static int refresh_parse(struct tail *t, struct plugin_setup *setup)
{
    char *end;
    double seconds = strtod(t->told.files.refresh_interval, &end);

    if (end == t->told.files.refresh_interval || seconds <= 0 || seconds > 1e7) {
        report_error(setup->report, setup_place(setup, "refresh_interval"),
                     "refresh_interval is \"%s\"; give seconds above 0",
                     t->told.files.refresh_interval);
        return -EINVAL;
    }
    t->told.refresh_ms = (uint64_t)(seconds * 1000);
    if (t->told.refresh_ms == 0)
        t->told.refresh_ms = 1;
    return 0;
}

static int parser_bind(struct tail *t, struct plugin_setup *setup)
{
    const char *nearest;

    if (t->told.lines.parser == NULL || t->told.join.multiline)
        return 0;
    t->lines.parser = parser_book_find(setup->parsers, t->told.lines.parser);
    if (t->lines.parser != NULL)
        return 0;
    nearest = parser_book_nearest(setup->parsers, t->told.lines.parser);
    report_error(setup->report, setup_place(setup, "parser"),
                 "parser \"%s\" is not defined in any Parsers_File%s%s%s", t->told.lines.parser,
                 nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
    return -EINVAL;
}

static int tag_bind(struct tail *t, struct plugin_setup *setup)
{
    if (t->told.lines.tag_regex == NULL)
        return 0;
    t->lines.tag_regex =
        regex_compile(t->told.lines.tag_regex, setup->report, setup_place(setup, "tag_regex"));
    if (t->lines.tag_regex == NULL)
        return -EINVAL;
    for (size_t i = 0; i < setup->property_count; i++)
        if (slice_is_nocase(slice_of(setup->properties[i].key), "tag"))
            tail_tag_check(t->lines.tag_regex, setup->properties[i].value, setup->report,
                           setup->properties[i].place);
    return 0;
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

/* What multiline.parser is given beside, which does nothing then. */
static void joining_say_idle(const struct tail_join_options *j, const struct plugin_setup *setup)
{
    const char *idle = j->docker_mode ? "docker_mode" : "multiline";

    if (j->multiline_parser.count > 0 && (j->docker_mode || j->multiline))
        report_warn(setup->report, setup_place(setup, idle),
                    "%s does nothing beside multiline.parser, which says how lines are joined",
                    idle);
}

static int joiner_bind(struct tail *t, struct plugin_setup *setup)
{
    const struct tail_join_options *j = &t->told.join;
    struct joiner_context context = {
        .parsers = setup->parsers,
        .multilines = setup->multilines,
        .key = t->told.lines.key,
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
    joining_say_idle(j, setup);
    if (j->multiline_parser.count > 0)
        t->lines.rules = joiner_rules_new_multiline((const char *const *)j->multiline_parser.items,
                                                    j->multiline_parser.count, &context);
    else if (j->docker_mode)
        t->lines.rules = joiner_rules_new_docker(j->docker_mode_parser,
                                                 (uint64_t)j->docker_mode_flush_s * 1000, &context);
    else if (j->multiline)
        t->lines.rules = firstline_rules(j, &context);
    else
        return 0;
    return t->lines.rules != NULL ? 0 : -EINVAL;
}

static int encoding_bind(struct tail *t, struct plugin_setup *setup)
{
    const char *unicode = t->told.lines.unicode_encoding, *generic = t->told.lines.generic_encoding;

    if (unicode != NULL && generic != NULL) {
        report_error(setup->report, setup_place(setup, "generic.encoding"),
                     "unicode.encoding and generic.encoding exclude each other");
        return -EINVAL;
    }
    if (unicode != NULL)
        t->lines.encoding =
            encoding_new_unicode(unicode, setup_place(setup, "unicode.encoding"), setup->report);
    else if (generic != NULL)
        t->lines.encoding =
            encoding_new_generic(generic, setup_place(setup, "generic.encoding"), setup->report);
    else
        return 0;
    return t->lines.encoding != NULL ? 0 : -EINVAL;
}

static bool reads_docker(const struct tail *t)
{
    const struct text_list *names = &t->told.join.multiline_parser;

    if (t->told.join.docker_mode)
        return true;
    for (size_t i = 0; i < names->count; i++)
        if (strcasecmp(names->items[i], "docker") == 0)
            return true;
    return names->count == 0 && t->told.lines.parser != NULL &&
           strcmp(t->told.lines.parser, "docker") == 0;
}

/* Where nobody chose a limit, whole pieces of Docker's lines are within it. */
static int line_limit_check(struct tail *t, struct plugin_setup *setup)
{
    uint64_t *limit = &t->told.lines.line_bytes_max;

    if (*limit < LINE_BYTES_MIN || *limit > LINE_BYTES_MAX) {
        report_error(setup->report, setup_place(setup, "buffer_max_size"),
                     "buffer_max_size is %llu; give 32 bytes to 1 GiB", (unsigned long long)*limit);
        return -EINVAL;
    }
    if (*limit == strtoull(LINE_BYTES_DEFAULT, NULL, 10) && reads_docker(t))
        *limit = DOCKER_LINE_BYTES;
    return 0;
}

static int db_check(const struct tail *t, struct plugin_setup *setup)
{
    int rc = 0;

    if (!cursor_knows_sync(t->told.db.sync)) {
        report_error(setup->report, setup_place(setup, "db.sync"),
                     "db.sync is \"%s\"; one of extra, full, normal, off", t->told.db.sync);
        rc = -EINVAL;
    }
    if (!positions_knows_journal_mode(t->told.db.journal_mode)) {
        report_error(
            setup->report, setup_place(setup, "db.journal_mode"),
            "db.journal_mode is \"%s\"; one of WAL, DELETE, TRUNCATE, PERSIST, MEMORY, OFF",
            t->told.db.journal_mode);
        rc = -EINVAL;
    }
    setup_warn_of_folder(setup, "db", t->told.db.path);
    return rc;
}

int tail_told_check(struct tail *t, struct plugin_setup *setup)
{
    int rc = 0;

    t->told.component = setup->component;
    t->told.db_place = setup_place(setup, "db");
    rc |= refresh_parse(t, setup);
    rc |= parser_bind(t, setup);
    rc |= tag_bind(t, setup);
    rc |= joiner_bind(t, setup);
    rc |= encoding_bind(t, setup);
    rc |= line_limit_check(t, setup);
    rc |= db_check(t, setup);
    return rc < 0 ? -EINVAL : 0;
}

void tail_told_fini(struct tail *t)
{
    regex_free(&t->lines.tag_regex);
    tail_wishes_fini(t);
    joiner_rules_free(&t->lines.rules);
    encoding_free(&t->lines.encoding);
}

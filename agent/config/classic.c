#include "config/classic.h"
#include "config/kinds.h"

#include <ctype.h>

/*
 * One file being read. What is said once per file is remembered in `is_told_*`.
 *
 *   section  none or skipped   ->  no group
 *   group                      ->  it is of that section, and its line was indented
 */
struct classic {
    struct reading *reading;
    struct place place;
    struct section *section; /* NULL before the first one */
    struct section *group;   /* NULL outside of groups */
    struct slice group_indent;
    struct slice indent; /* of the first property; none yet: data is NULL */
    bool is_skipping;    /* the section line was wrong, so its keys have no place */
    bool is_told_indent;
    bool is_told_tab;
    bool is_told_outside;
};

static struct report *report_of(const struct classic *c)
{
    return c->reading->report;
}

static const char *text_of(const struct classic *c, struct slice bytes)
{
    return arena_copy(&c->reading->config->arena, bytes).data;
}

static size_t blank_count(struct slice line)
{
    size_t count = 0;

    while (count < line.len && (line.data[count] == ' ' || line.data[count] == '\t'))
        count++;
    return count;
}

/* @INCLUDE */

static void include_read(struct classic *c, struct slice path_text)
{
    struct config *config = c->reading->config;
    const char *path = text_of(c, slice_trim(path_text));

    if (strchr(path, '*') != NULL)
        reading_glob(c->reading, classic_parse, path_under(&config->arena, config->root, path),
                     c->place);
    else
        reading_file(c->reading, classic_parse, path_find(&config->arena, config->root, path),
                     c->place);
}

/* @SET and its kind */

static void set_read(struct classic *c, struct slice assignment)
{
    struct config *config = c->reading->config;
    size_t at = slice_find(assignment, '=');
    struct slice name = slice_trim(slice_make(assignment.data, at));
    struct slice value = slice_skip(assignment, at + 1);
    int rc;

    while (value.len > 0 && isspace((unsigned char)value.data[value.len - 1]))
        value.len--;
    if (at == assignment.len || name.len == 0) {
        report_error(report_of(c), c->place,
                     "'@SET %.*s' has no name and value; write @SET "
                     "name=value",
                     SLICE_ARG(assignment));
        return;
    }
    rc = env_set(&config->env, &config->arena, name, value);
    if (rc < 0)
        report_error(report_of(c), c->place, "'@SET %.*s' names a file that cannot be read: %s",
                     SLICE_ARG(name), files_error(rc));
}

static void meta_read(struct classic *c, struct slice line)
{
    size_t name_len = 0;
    struct slice name, rest;

    CHECK(line.len > 0 && line.data[0] == '@');
    while (name_len < line.len && !isspace((unsigned char)line.data[name_len]))
        name_len++;
    name = slice_make(line.data, name_len);
    rest = slice_skip(line, name_len + 1);
    if (slice_trim(rest).len == 0)
        report_error(report_of(c), c->place, "'%.*s' is followed by nothing", SLICE_ARG(name));
    else if (slice_is_nocase(name, "@include"))
        include_read(c, rest);
    else if (slice_is_nocase(name, "@set"))
        set_read(c, rest);
    else
        report_warn(report_of(c), c->place,
                    "'%.*s' means nothing and is left out; there are @SET and @INCLUDE",
                    SLICE_ARG(name));
}

/* [SECTION] */

static void section_of_unknown_kind(struct classic *c, const char *name)
{
    const char *nearest = kind_nearest(name);

    c->section = config_add(c->reading->config, CONFIG_OTHER, name, c->place);
    if (nearest != NULL)
        report_warn(report_of(c), c->place, "[%s] is left out; did you mean [%s]?", name, nearest);
    else
        report_warn(report_of(c), c->place, "[%s] is no section known here and is left out", name);
}

/* A node belongs to the upstream before it. */
static void node_begin(struct classic *c)
{
    struct config *config = c->reading->config;
    struct section *upstream = NULL;

    CHECK(c->section == NULL);
    for (struct section *s = config_first(config, CONFIG_UPSTREAM); s != NULL;
         s = config_next(config, s))
        upstream = s;
    if (upstream == NULL) {
        report_error(report_of(c), c->place, "[NODE] must follow an [UPSTREAM]");
        c->is_skipping = true;
        return;
    }
    c->section = section_add_group(config, upstream, "nodes", c->place);
}

static void section_end(struct classic *c)
{
    CHECK(c->group == NULL || c->section != NULL);
    if (c->section != NULL && c->section->property_count == 0 && list_is_empty(&c->section->groups))
        report_warn(report_of(c), c->section->place, "[%s] has no keys", c->section->name);
    c->section = NULL;
    c->group = NULL;
    c->is_skipping = false;
}

static void section_begin(struct classic *c, struct slice line)
{
    struct slice name = slice_make(line.data + 1, slice_find(line, ']') - 1);
    const struct kind_name *kind;

    CHECK(line.len > 0 && line.data[0] == '[');
    section_end(c);
    c->is_skipping = true;
    if (name.len + 1 == line.len) {
        report_error(report_of(c), c->place, "'%.*s' has no closing ']'", SLICE_ARG(line));
        return;
    }
    name = slice_trim(name);
    if (name.len == 0) {
        report_error(report_of(c), c->place, "'[]' names no section");
        return;
    }
    c->is_skipping = false;
    kind = kind_find(name);
    if (kind == NULL)
        section_of_unknown_kind(c, text_of(c, name));
    else if (kind->kind == CONFIG_GROUP)
        node_begin(c);
    else
        c->section = config_add(c->reading->config, kind->kind, text_of(c, name), c->place);
    if (kind != NULL && name.len < strlen(kind->name))
        report_warn(report_of(c), c->place, "[%.*s] is read as [%s]; write it out", SLICE_ARG(name),
                    kind->name);
}

/* Keys and values */

/* rule "state" "/regex/" "next" becomes a group, as YAML has it. */
static bool rule_read(struct classic *c, const char *key, const char *value)
{
    static const char *const keys[] = {"state", "regex", "next_state"};
    struct config *config = c->reading->config;
    struct text_list words = {0};
    struct section *rule;

    CHECK(c->section != NULL && !c->is_skipping);
    if (c->section->kind != CONFIG_MULTILINE_PARSER || strcmp(key, "rule") != 0)
        return false;
    if (setting_words(value, ARRAY_LEN(keys), &words) < 0 || words.count != ARRAY_LEN(keys)) {
        report_error(report_of(c), c->place,
                     "'%s' is no rule; write: rule \"state\" \"/regex/\" \"next state\"", value);
    } else {
        rule = section_add_group(config, c->section, "rules", c->place);
        for (size_t i = 0; i < words.count; i++)
            section_add(
                config, rule,
                (struct property){.key = keys[i], .value = words.items[i], .place = c->place});
    }
    text_list_fini(&words);
    return true;
}

static const char *key_text(const struct classic *c, struct slice key)
{
    char *text = arena_text(&c->reading->config->arena, text_of(c, key));

    for (char *at = text; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    return text;
}

/* "tls: on", as YAML has it; Fluent Bit knows no such key. */
static struct slice without_colon(const struct classic *c, struct slice key)
{
    if (key.len < 2 || !slice_ends(key, SLICE(":")))
        return key;
    report_warn(report_of(c), c->place, "the colon of '%.*s' is left out; Fluent Bit refuses it",
                SLICE_ARG(key));
    return slice_make(key.data, key.len - 1);
}

static void property_read(struct classic *c, struct slice line)
{
    size_t key_len = 0;
    struct slice gap, value;
    const char *key;

    while (key_len < line.len && line.data[key_len] != ' ' && line.data[key_len] != '\t')
        key_len++;
    gap = slice_skip(line, key_len);
    gap.len = blank_count(gap);
    value = slice_trim(slice_skip(line, key_len));
    key = key_text(c, without_colon(c, slice_make(line.data, key_len)));
    if (value.len == 0) {
        report_error(report_of(c), c->place,
                     "the key '%s' has no value; write one or take the line out", key);
        return;
    }
    if (slice_find(gap, ' ') == gap.len && !c->is_told_tab) {
        report_warn(report_of(c), c->place,
                    "a tab stands behind the key '%s'; Fluent Bit wants a space", key);
        c->is_told_tab = true;
    }
    if (!rule_read(c, key, text_of(c, value)))
        section_add(c->reading->config, c->group != NULL ? c->group : c->section,
                    (struct property){.key = key, .value = text_of(c, value), .place = c->place});
}

/* Any indentation will do, but one that changes is worth a word. */
static void indent_read(struct classic *c, struct slice indent)
{
    bool is_in_group = c->group != NULL && indent.len == 2 * c->group_indent.len;

    CHECK(c->section != NULL && indent.len > 0);
    if (!is_in_group)
        c->group = NULL;
    if (c->indent.data == NULL)
        c->indent = indent;
    if (is_in_group || slice_equal(indent, c->indent) || c->is_told_indent)
        return;
    report_warn(report_of(c), c->place, "the indentation changes here; Fluent Bit refuses that");
    c->is_told_indent = true;
}

static void outside_read(struct classic *c, struct slice line)
{
    if (c->is_told_outside || c->is_skipping)
        return;
    report_error(report_of(c), c->place,
                 "'%.*s' stands outside of any section; begin one with [NAME] in the first "
                 "column (and a file in YAML needs a name that ends in .yaml)",
                 SLICE_ARG(line));
    c->is_told_outside = true;
}

static void indented_read(struct classic *c, struct slice line)
{
    struct slice indent = slice_make(line.data, blank_count(line));
    struct slice rest = slice_trim(slice_skip(line, indent.len));

    if (rest.len == 0 || rest.data[0] == '#')
        return;
    if (c->section == NULL) {
        outside_read(c, rest);
        return;
    }
    if (indent.len == 0) {
        report_error(report_of(c), c->place, "'%.*s' must be indented to belong to [%s]",
                     SLICE_ARG(rest), c->section->name);
        return;
    }
    indent_read(c, indent);
    if (rest.data[0] != '[' || rest.data[rest.len - 1] != ']') {
        property_read(c, rest);
        return;
    }
    c->group = section_add_group(c->reading->config, c->section,
                                 text_of(c, slice_trim(slice_make(rest.data + 1, rest.len - 2))),
                                 c->place);
    c->group_indent = indent;
}

static void classic_check(const struct classic *c)
{
    CHECK(!c->is_skipping || c->section == NULL);
    CHECK(c->group == NULL || (c->section != NULL && c->group_indent.len > 0));
}

static void line_read(struct classic *c, struct slice line)
{
    if (line.len == 0 || line.data[0] == '#')
        return;
    if (line.data[0] == '@')
        meta_read(c, line);
    else if (line.data[0] == '[')
        section_begin(c, line);
    else
        indented_read(c, line);
    classic_check(c);
}

void classic_parse(struct reading *r, struct slice text, const char *file)
{
    struct classic c = {
        .reading = r,
        .place = {.file = arena_text(&r->config->arena, file)},
    };
    struct slice line;

    while (slice_next(&text, '\n', &line)) {
        c.place.line++;
        if (slice_ends(line, SLICE("\r")))
            line.len--;
        line_read(&c, line);
    }
    section_end(&c);
}

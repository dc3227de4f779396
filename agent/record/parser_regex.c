#include "base/memory.h"
#include "record/parser_part.h"

void parser_groups_settle(struct parser *p)
{
    p->group_count = p->regex != NULL ? regex_name_count(p->regex) : 0;
    p->groups = mem_zalloc(p->group_count + 1, sizeof *p->groups);
    for (unsigned i = 0; i < p->group_count; i++) {
        struct slice key = slice_of(regex_name(p->regex, i));

        p->groups[i] = (struct parser_group){
            .key = key,
            .type = parser_types_find(&p->types, key),
            .is_time = parser_time_is(p, key),
        };
    }
}

/* Text that is no time does not make the line unreadable; only the field goes, as in Fluent Bit. */
static void group_add(struct parse *p, const struct parser_group *group, struct slice text)
{
    if (text.len == 0) {
        if (p->parser->skip_empty_values)
            return;
        text = SLICE("");
    }
    if (group->is_time && (!parser_time_read(p, text) || !p->parser->time.is_kept))
        return;
    record_add(p->record, group->key, parser_type_cast(group->type, text));
}

/* Where the splitter says no, the expression has the last word: it may match after a line break,
 * and a time may have blanks in it. */
static bool cri_reads(struct cri_twin twin, struct slice text, struct cri_line *line)
{
    if (text.len == 0 || memchr(text.data, '\n', text.len) != NULL || !cri_split(text, line))
        return false;
    return !twin.is_tag_exact || slice_is(line->tag, "F") || slice_is(line->tag, "P");
}

static void cri_add(struct parse *p, const struct cri_line *line)
{
    const struct parser_group *group = p->parser->groups;

    group_add(p, group++, line->time);
    group_add(p, group++, line->stream);
    if (p->parser->cri.has_tag)
        group_add(p, group++, line->tag);
    group_add(p, group, line->text);
}

int parse_regex(struct parse *p, struct slice text)
{
    struct regex *regex = p->parser->regex;
    unsigned count = p->parser->group_count;
    struct regex_match match;
    struct cri_line line;
    int rc;

    if (p->parser->cri.is_one && cri_reads(p->parser->cri, text, &line)) {
        cri_add(p, &line);
        return 0;
    }
    rc = count > 0 ? regex_match(regex, text, &match) : REGEX_NO_MATCH;
    if (rc < 0) {
        p->run->limit_hits += rc == REGEX_LIMIT;
        return rc;
    }
    for (unsigned i = 0; i < count; i++)
        group_add(p, &p->parser->groups[i], regex_named(regex, &match, i));
    return 0;
}

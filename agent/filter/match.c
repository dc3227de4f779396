#include "filter/match.h"

#include "base/memory.h"
#include "record/regex.h"

struct tag_match {
    char *wildcard;      /* NULL: none */
    struct regex *regex; /* NULL: none */
};

struct tag_match *tag_match_new(const char *wildcard, const char *regex, struct report *report,
                                struct place place)
{
    struct tag_match *match = mem_zalloc(1, sizeof *match);

    if (wildcard != NULL)
        match->wildcard = mem_text(wildcard);
    if (regex != NULL) {
        match->regex = regex_compile_anchored(regex, report, place);
        if (match->regex == NULL)
            tag_match_free(&match);
    }
    return match;
}

void tag_match_free(struct tag_match **match)
{
    if (*match == NULL)
        return;
    MEM_FREE(&(*match)->wildcard);
    regex_free(&(*match)->regex);
    MEM_FREE(match);
}

bool tag_match_accepts(const struct tag_match *match, struct slice tag)
{
    struct regex_match found;

    if (match->regex != NULL && regex_match(match->regex, tag, &found) == 0 &&
        regex_capture(&found, 0).len > 0)
        return true;
    return match->wildcard != NULL && wildcard_matches(slice_of(match->wildcard), tag);
}

/* What stands before the next "*" must come where `text` begins; what stands between two may come
 * anywhere, and the first place is as good as any, because a "*" follows. */
bool wildcard_matches(struct slice pattern, struct slice text)
{
    size_t star = slice_find(pattern, '*');
    struct slice piece = slice_make(pattern.data, star);

    if (star == pattern.len)
        return slice_equal(pattern, text);
    if (!slice_begins(text, piece))
        return false;
    text = slice_skip(text, piece.len);

    for (;;) {
        const char *found;

        pattern = slice_skip(pattern, star + 1);
        star = slice_find(pattern, '*');
        piece = slice_make(pattern.data, star);
        if (star == pattern.len)
            return slice_ends(text, piece);
        found = memmem(text.data, text.len, piece.data, piece.len);
        if (found == NULL)
            return false;
        text = slice_skip(text, (size_t)(found - text.data) + piece.len);
    }
}

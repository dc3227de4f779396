/*
 * Inside regex_ruby_translate: the state of a translation, and its parts. For
 * record/regex_ruby*.c only.
 *
 * The pattern is gone over twice. The first time finds the named groups, because a reference may
 * stand before its group, and because plain groups capture only when there is none. The second
 * time writes the text.
 */
#ifndef TAILRACE_RECORD_REGEX_RUBY_PARTS_H
#define TAILRACE_RECORD_REGEX_RUBY_PARTS_H

#include "record/regex_ruby.h"

/* A group that is open. */
struct open_group {
    size_t text_at;    /* where it begins in the text, for a quantifier that follows it */
    unsigned to_close; /* parentheses that options in it have opened */
    bool was_extended; /* before it */
};

struct translation {
    struct slice in; /* the pattern, up to its closing slash */
    size_t at;       /* lies after its opening slash */
    struct regex_ruby *out;
    bool is_survey;   /* the first time */
    bool is_extended; /* blanks and comments are none of the pattern */
    unsigned capture_count;
    unsigned capture_total; /* after the survey */

    /* What a quantifier would apply to. */
    size_t atom_at;
    bool has_atom;
    bool is_quantified;

    unsigned depth;
    struct open_group groups[REGEX_NEST_MAX + 1]; /* [0] is the whole pattern */

    size_t wanted_at; /* for regex_ruby_origin */
    size_t origin;
};

/* -EINVAL, with the message and the place in the pattern. */
MUST_USE int translation_fail(struct translation *t, const char *why);

/* The byte `ahead` of the current one, or 0 past the end. */
char translation_peek(const struct translation *t, size_t ahead);

/* Notes that an atom begins here in the text. */
void translation_begin_atom(struct translation *t);

/* Appends the character at the current place, one to four bytes of UTF-8, and steps over it. */
void translation_copy_char(struct translation *t, struct buffer *to);

/* Appends a code point as an escape. */
void translation_put_code(struct translation *t, uint32_t code_point, struct buffer *to);

/* Of the escapes: those that are one character (\x41 \u0041 \101 \cA \n), wherever they stand.
 * At the backslash. 1: appended to `to`; 0: it is something else, nothing was read. */
MUST_USE int escape_take_char(struct translation *t, struct buffer *to);

/* One to three octal digits after the backslash; at the backslash. As escape_take_char. */
MUST_USE int escape_take_octal(struct translation *t, struct buffer *to);

/* \p{...}, at the backslash, as the inside of a class; `*is_negated` says to invert it.
 * 1, 0 as above. */
MUST_USE int escape_take_property(struct translation *t, struct slice *inside, bool *is_negated,
                                  struct buffer *scratch);

/* The inside of a class for a POSIX bracket's name ("alpha"), or NULL. */
const char *posix_inside(struct slice name);

/* An escape outside of classes, at the backslash. */
MUST_USE int escape_translate(struct translation *t);

/* A group of any kind, at its "(": opens it, or takes it whole where nothing can stand inside. */
MUST_USE int group_translate(struct translation *t);

/* At ")". */
MUST_USE int group_close(struct translation *t);
void group_close_parentheses(struct translation *t, unsigned count);

/* A class, at its "[". */
MUST_USE int class_translate(struct translation *t);

#endif

#include "record/regex.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "record/regex_ruby.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define STACK_BYTES_FIRST ((size_t)32 << 10)
#define DEPTH_MAX 10000
#define HEAP_KIB_MAX 4096
#define SUBJECT_BYTES_MAX ((size_t)UINT32_MAX - 1)

/*
 * One expression, compiled up to twice.
 *
 * `code` is for subjects that are UTF-8, and runs without PCRE2's own check because ours went
 * before. A subject that is not UTF-8 is matched byte by byte, as Onigmo does it more or less, by
 * `bytes_code`; most expressions never meet one, so it is compiled when the first comes. An
 * expression with characters above 127 cannot go by bytes: there PCRE2 is told that the subject
 * is broken, and no match covers the broken place.
 */
struct regex {
    pcre2_code *code;
    pcre2_code *bytes_code;
    bool is_bytes_tried;
    bool is_ascii;
    uint32_t options;
    char *text; /* for PCRE2 */
    unsigned name_count;
    struct regex_name {
        char *name;
        unsigned capture;
    } names[];
};

/* What all expressions of the loop thread share; there while there is any expression. */
static struct {
    size_t regex_count;
    pcre2_general_context *heap;
    pcre2_match_data *match;
    pcre2_match_context *context;
    pcre2_compile_context *compile;
    pcre2_jit_stack *stack;
} engine;

static void *heap_alloc(size_t bytes, void *unused)
{
    (void)unused;
    return mem_alloc(bytes);
}

static void heap_free(void *pointer, void *unused)
{
    (void)unused;
    mem_free(pointer);
}

static void engine_ref(void)
{
    if (engine.regex_count++ > 0)
        return;
    engine.heap = pcre2_general_context_create(heap_alloc, heap_free, NULL);
    engine.match = pcre2_match_data_create(REGEX_CAPTURES_MAX, engine.heap);
    engine.context = pcre2_match_context_create(engine.heap);
    engine.compile = pcre2_compile_context_create(engine.heap);
    engine.stack = pcre2_jit_stack_create(STACK_BYTES_FIRST, REGEX_STACK_BYTES_MAX, engine.heap);
    CHECK(engine.match && engine.context && engine.compile);
    pcre2_set_newline(engine.compile, PCRE2_NEWLINE_LF);
    pcre2_set_match_limit(engine.context, REGEX_STEPS_MAX);
    pcre2_set_depth_limit(engine.context, DEPTH_MAX);
    pcre2_set_heap_limit(engine.context, HEAP_KIB_MAX);
    pcre2_jit_stack_assign(engine.context, NULL, engine.stack);
}

static void engine_unref(void)
{
    CHECK(engine.regex_count > 0);
    if (--engine.regex_count > 0)
        return;
    pcre2_match_data_free(engine.match);
    pcre2_match_context_free(engine.context);
    pcre2_compile_context_free(engine.compile);
    pcre2_jit_stack_free(engine.stack);
    pcre2_general_context_free(engine.heap);
}

/* Without the JIT, where the system forbids it, matching goes on more slowly. */
static pcre2_code *compile_text(const char *text, uint32_t options, int *error, size_t *error_at)
{
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, error,
                                     error_at, engine.compile);

    if (code != NULL)
        (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    return code;
}

static uint32_t count_captures(const pcre2_code *code)
{
    uint32_t count = 0;

    (void)pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
}

static struct regex *regex_new(const struct regex_ruby *ruby, uint32_t options)
{
    struct regex *re = mem_zalloc(1, sizeof *re + ruby->name_count * sizeof re->names[0]);

    CHECK(ruby->name_count <= REGEX_NAMES_MAX);
    engine_ref();
    re->options = PCRE2_MULTILINE | options;
    re->is_ascii = ruby->is_ascii;
    re->text = mem_text_n(ruby->text.len ? ruby->text.data : "", ruby->text.len);
    re->name_count = ruby->name_count;
    for (unsigned i = 0; i < ruby->name_count; i++) {
        re->names[i].name = mem_text_n(ruby->names[i].name.data, ruby->names[i].name.len);
        re->names[i].capture = ruby->names[i].capture;
    }
    return re;
}

static bool regex_build(struct regex *re, const char *pattern, struct report *report,
                        struct place place)
{
    char message[256];
    size_t error_at;
    int error;

    re->code = compile_text(re->text, re->options | PCRE2_UTF, &error, &error_at);
    if (re->code == NULL) {
        pcre2_get_error_message(error, (PCRE2_UCHAR *)message, sizeof message);
        report_error(report, place, "regular expression '%s': %s at offset %zu", pattern, message,
                     regex_ruby_origin(pattern, error_at));
        return false;
    }
    if (count_captures(re->code) >= REGEX_CAPTURES_MAX) {
        report_error(report, place, "regular expression '%s': more than %d groups", pattern,
                     REGEX_CAPTURES_MAX - 1);
        return false;
    }
    return true;
}

static struct regex *compile_pattern(const char *pattern, uint32_t options, struct report *report,
                                     struct place place)
{
    struct regex *re = NULL;
    struct regex_ruby ruby;

    if (regex_ruby_translate(pattern, &ruby) < 0) {
        report_error(report, place, "regular expression '%s': %s at offset %zu", pattern,
                     ruby.error, ruby.error_at);
        goto done;
    }
    re = regex_new(&ruby, options);
    if (!regex_build(re, pattern, report, place))
        regex_free(&re);

done:
    regex_ruby_fini(&ruby);
    return re;
}

struct regex *regex_compile(const char *pattern, struct report *report, struct place place)
{
    return compile_pattern(pattern, 0, report, place);
}

struct regex *regex_compile_anchored(const char *pattern, struct report *report, struct place place)
{
    return compile_pattern(pattern, PCRE2_ANCHORED, report, place);
}

void regex_free(struct regex **regex)
{
    struct regex *re = *regex;

    if (re == NULL)
        return;
    for (unsigned i = 0; i < re->name_count; i++)
        MEM_FREE(&re->names[i].name);
    pcre2_code_free(re->code);
    pcre2_code_free(re->bytes_code);
    MEM_FREE(&re->text);
    MEM_FREE(regex);
    engine_unref();
}

static const pcre2_code *code_for_bytes(struct regex *re)
{
    uint32_t options = re->options;
    size_t error_at;
    int error;

    if (re->is_bytes_tried)
        return re->bytes_code;
    re->is_bytes_tried = true;
    if (!re->is_ascii)
        options |= PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
    re->bytes_code = compile_text(re->text, options, &error, &error_at);
    return re->bytes_code;
}

static int run(struct regex *re, struct slice subject)
{
    const pcre2_code *code = re->code;
    uint32_t options = PCRE2_NO_UTF_CHECK; /* utf8_is_valid was it */

    if (subject.len > SUBJECT_BYTES_MAX)
        return PCRE2_ERROR_MATCHLIMIT;
    if (subject.len == 0)
        subject.data = "";
    if (!utf8_is_valid(subject)) {
        code = code_for_bytes(re);
        options = 0;
    }
    if (code == NULL)
        return PCRE2_ERROR_NOMATCH;
    return pcre2_match(code, (PCRE2_SPTR)subject.data, subject.len, 0, options, engine.match,
                       engine.context);
}

static int run_status(int rc)
{
    if (rc >= 0)
        return 0;
    return rc == PCRE2_ERROR_NOMATCH ? REGEX_NO_MATCH : REGEX_LIMIT;
}

/* PCRE2 counts captures up to the last one that took part. A \K behind the end of a look-ahead
 * can put the start of a match after its end. */
static void keep_captures(struct slice subject, uint32_t count, struct regex_match *m)
{
    const PCRE2_SIZE *bounds = pcre2_get_ovector_pointer(engine.match);

    m->subject = subject.data ? subject.data : "";
    m->capture_count = count;
    for (uint32_t i = 0; i < count; i++) {
        bool is_set = bounds[2 * i] != PCRE2_UNSET && bounds[2 * i] <= bounds[2 * i + 1];

        m->bounds[i][0] = is_set ? (uint32_t)bounds[2 * i] : UINT32_MAX;
        m->bounds[i][1] = is_set ? (uint32_t)bounds[2 * i + 1] : UINT32_MAX;
    }
}

int regex_match(struct regex *re, struct slice subject, struct regex_match *match)
{
    int rc = run(re, subject);

    if (rc < 0)
        return run_status(rc);
    CHECK(rc > 0 && rc <= REGEX_CAPTURES_MAX);
    keep_captures(subject, (uint32_t)rc, match);
    return 0;
}

bool regex_matches(struct regex *re, struct slice subject)
{
    return run(re, subject) >= 0;
}

struct slice regex_capture(const struct regex_match *m, unsigned number)
{
    if (number >= m->capture_count || m->bounds[number][0] == UINT32_MAX)
        return (struct slice){0};
    return slice_make(m->subject + m->bounds[number][0],
                      m->bounds[number][1] - m->bounds[number][0]);
}

unsigned regex_name_count(const struct regex *re)
{
    return re->name_count;
}

const char *regex_name(const struct regex *re, unsigned index)
{
    CHECK(index < re->name_count);
    return re->names[index].name;
}

struct slice regex_named(const struct regex *re, const struct regex_match *match, unsigned index)
{
    CHECK(index < re->name_count);
    return regex_capture(match, re->names[index].capture);
}

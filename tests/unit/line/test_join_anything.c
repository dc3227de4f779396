#include "line_kit.h"

#include "base/utf8.h"

#include <stdio.h>

/*
 * Random texts, cut anywhere, their pieces mixed with those of another stream, come back as they
 * were: for every seed.
 */

#define SEEDS 300
#define TEXTS 8
#define TEXT_BYTES_MAX 200
#define STREAMS 2

static struct line_kit k;
static uint64_t seed;

static uint64_t random_below(uint64_t count)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % count;
}

/* What goes into one stream, and how far it went. */
struct feed {
    const char *name;
    struct buffer texts[TEXTS];
    size_t sent;     /* texts that are through, */
    size_t at;       /* and bytes of the next */
    size_t returned; /* texts that came back */
};

static struct feed feeds[STREAMS] = {{.name = "stdout"}, {.name = "stderr"}};

/* Characters of all lengths, control characters among them. */
static void append_character(struct buffer *text)
{
    static const uint32_t last[] = {0x1f, 0x7f, 0x7ff, 0xd7ff, 0x10ffff};
    static const uint32_t first[] = {0x01, 0x20, 0x80, 0x800, 0x10000};
    size_t kind = random_below(ARRAY_LEN(last));
    uint32_t c = first[kind] + (uint32_t)random_below(last[kind] - first[kind] + 1);
    char bytes[4];

    if (c != '\n')
        buffer_append(text, slice_make(bytes, utf8_encode(c, bytes)));
}

static void feeds_fill(void)
{
    for (size_t i = 0; i < STREAMS; i++) {
        feeds[i].sent = feeds[i].at = feeds[i].returned = 0;
        for (size_t t = 0; t < TEXTS; t++) {
            struct buffer *text = &feeds[i].texts[t];
            size_t characters = random_below(TEXT_BYTES_MAX);

            buffer_clear(text);
            for (size_t c = 0; c < characters; c++)
                append_character(text);
        }
    }
}

static void feeds_free(void)
{
    for (size_t i = 0; i < STREAMS; i++)
        for (size_t t = 0; t < TEXTS; t++)
            buffer_fini(&feeds[i].texts[t]);
}

/* The next piece of a feed; whether it is the last of its text. */
static bool feed_piece(struct feed *f, bool at_characters, struct slice *piece)
{
    struct slice rest = slice_skip(buffer_view(&f->texts[f->sent]), f->at);
    size_t len = random_below(rest.len + 1);
    bool is_last = random_below(3) == 0;

    if (is_last)
        len = rest.len;
    else if (at_characters)
        len = utf8_cut(rest, len);
    *piece = slice_make(rest.data ? rest.data : "", len);
    f->at = is_last ? 0 : f->at + len;
    f->sent += is_last;
    return is_last;
}

static void take_cri(struct feed *f)
{
    struct buffer line = {0};
    struct slice piece;
    bool is_last = feed_piece(f, false, &piece);

    buffer_append_format(&line, "2026-11-21T05:46:26.99Z %s %s ", f->name, is_last ? "F" : "P");
    buffer_append(&line, piece);
    lines_take_line(&k, buffer_view(&line));
    buffer_fini(&line);
}

static void take_docker(struct feed *f)
{
    struct buffer line = {0};
    struct slice piece;
    bool is_last = feed_piece(f, true, &piece);

    buffer_append_text(&line, "{\"log\":\"");
    json_escape(&line, piece);
    buffer_append_format(&line, "%s\",\"stream\":\"%s\",\"time\":\"2026-11-21T05:46:26.99Z\"}",
                         is_last ? "\\n" : "", f->name);
    lines_take_line(&k, buffer_view(&line));
    buffer_fini(&line);
}

/* The record that came out last is the next text of its stream. */
static void expect_next(struct feed *f, bool with_feed)
{
    struct buffer expected = {0};

    ck_assert_uint_lt(f->returned, f->sent);
    buffer_append(&expected, buffer_view(&f->texts[f->returned++]));
    if (with_feed)
        buffer_append_byte(&expected, '\n');
    ck_assert_uint_eq(k.content.len, expected.len);
    ck_assert(slice_equal(buffer_view(&k.content), buffer_view(&expected)));
    buffer_fini(&expected);
}

static void run_seed(void (*take)(struct feed *f), bool with_feed)
{
    feeds_fill();
    while (feeds[0].sent < TEXTS || feeds[1].sent < TEXTS) {
        struct feed *f = &feeds[random_below(STREAMS)];
        size_t sent_before = f->sent, records_before = k.record_count;

        if (f->sent == TEXTS)
            continue;
        take(f);
        ck_assert_uint_eq(k.record_count - records_before, f->sent - sent_before);
        if (f->sent > sent_before)
            expect_next(f, with_feed);
    }
    ck_assert_ptr_null(k.joiner);
    ck_assert_uint_eq(k.end, k.at);
    buffer_clear(&k.out);
}

/* What a pod names does not know these lines. */
static void rules_become_inner(void)
{
    struct joiner_inner inner = {multiline_book_find(k.multilines, "python"),
                                 multiline_book_find(k.multilines, "python")};
    struct joiner_rules *base = k.rules;

    k.rules = joiner_rules_new_inner(base, &inner);
    joiner_rules_free(&base);
}

static void run_all(void (*take)(struct feed *f), bool with_feed, bool is_inner)
{
    lines_open(&k);
    lines_join(&k, "docker, cri");
    if (is_inner)
        rules_become_inner();
    for (uint64_t i = 1; i <= SEEDS; i++) {
        seed = i * UINT64_C(0x9e3779b97f4a7c15);
        k.is_short_way_off = i % 2 == 0;
        run_seed(take, with_feed);
    }
    feeds_free();
    lines_close(&k);
}

START_TEST(any_text_cut_by_a_cri_runtime_comes_back)
{
    run_all(take_cri, false, false);
    run_all(take_cri, false, true);
}
END_TEST

START_TEST(any_text_cut_by_docker_comes_back)
{
    run_all(take_docker, true, false);
    run_all(take_docker, true, true);
}
END_TEST

/* ---- what runtimes really write ---- */

static void append_run(struct buffer *out, char letter, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_append_byte(out, letter);
}

/* containerd cuts at 16384 bytes, conmon at what a read of 8192 leaves; both at any byte. */
START_TEST(a_long_line_is_cut_as_runtimes_cut_it)
{
    static const struct {
        const char *time;
        size_t cut;
    } runtimes[] = {{"2026-11-21T05:46:27.999003614Z", 16384},
                    {"2026-11-21T05:16:40.540945316+00:00", 8192}};

    for (size_t r = 0; r < ARRAY_LEN(runtimes); r++) {
        size_t total = 3 * runtimes[r].cut + 5;

        lines_open(&k);
        lines_join(&k, "cri");
        for (size_t at = 0; at < total; at += runtimes[r].cut) {
            size_t len = total - at < runtimes[r].cut ? total - at : runtimes[r].cut;
            struct buffer line = {0};

            buffer_append_format(&line, "%s stdout %s ", runtimes[r].time,
                                 at + len < total ? "P" : "F");
            append_run(&line, 'A', len);
            lines_take_line(&k, buffer_view(&line));
            buffer_fini(&line);
        }
        ck_assert_uint_eq(k.record_count, 1);
        ck_assert_uint_eq(k.content.len, total);
        ck_assert_uint_eq(k.offset, 0);
        lines_close(&k);
    }
}
END_TEST

Suite *suite_line_join_anything(void);
Suite *suite_line_join_anything(void)
{
    Suite *suite = suite_create("line/join_anything");
    TCase *tc = tcase_create("anything");

    tcase_add_test(tc, any_text_cut_by_a_cri_runtime_comes_back);
    tcase_add_test(tc, any_text_cut_by_docker_comes_back);
    tcase_add_test(tc, a_long_line_is_cut_as_runtimes_cut_it);
    suite_add_tcase(suite, tc);
    return suite;
}

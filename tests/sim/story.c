#include "sim/story.h"

#include "base/buffer.h"
#include "base/clock.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static struct {
    uint64_t seed;
    uint64_t began_ms;
    struct buffer text;
    bool is_aloud;
    bool is_failing;
} the_story;

void story_aloud(void)
{
    the_story.is_aloud = true;
}

void story_begin(uint64_t seed)
{
    the_story.seed = seed;
    the_story.began_ms = clock_ms();
    buffer_clear(&the_story.text);
    if (the_story.is_aloud)
        printf("--- seed %" PRIu64 "\n", seed);
}

void story_end(void)
{
    buffer_fini(&the_story.text);
}

void story(const char *format, ...)
{
    char line[1024];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (the_story.text.len < STORY_BYTES_MAX)
        buffer_append_format(&the_story.text, "%9" PRIu64 " ms  %s\n",
                             clock_ms() - the_story.began_ms, line);
    if (the_story.is_aloud)
        printf("%9" PRIu64 " ms  %s\n", clock_ms() - the_story.began_ms, line);
}

static void story_print(const char *why)
{
    fflush(stdout);
    if (!the_story.is_aloud)
        fprintf(stderr, "--- seed %" PRIu64 "\n%s", the_story.seed, buffer_text(&the_story.text));
    fprintf(stderr, "%s\nagain: make sim SEED=%" PRIu64 "\n", why, the_story.seed);
}

void story_fail(const char *format, ...)
{
    char line[1024];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    story_print(line);
    the_story.is_failing = true;
    _Exit(1);
}

static void on_abort(int signal_number)
{
    if (!the_story.is_failing) {
        the_story.is_failing = true;
        story_print(signal_number == SIGABRT ? "the agent stopped itself" : "the agent crashed");
    }
    _Exit(1);
}

void story_guard(void)
{
    signal(SIGABRT, on_abort);
    signal(SIGSEGV, on_abort);
}

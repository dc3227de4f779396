#include "aws/process.h"

/* One word of a command; *at moves behind it. False: a quote is not closed. */
static bool word_read(const char **at, char *out)
{
    const char *p = *at;
    char quote = '\0';

    for (; *p != '\0' && (quote != '\0' || (*p != ' ' && *p != '\t')); p++) {
        if (quote == '\0' && (*p == '"' || *p == '\''))
            quote = *p;
        else if (*p == quote)
            quote = '\0';
        else if (quote == '"' && *p == '\\' && (p[1] == '"' || p[1] == '\\'))
            *out++ = *++p;
        else
            *out++ = *p;
    }
    *out = '\0';
    *at = p;
    return quote == '\0';
}

char **aws_process_words(const char *command, struct arena *arena)
{
    char **words = arena_alloc(arena, (AWS_PROCESS_WORDS_MAX + 1) * sizeof *words);
    const char *at = command + strspn(command, " \t");
    size_t count = 0;

    while (*at != '\0' && count < AWS_PROCESS_WORDS_MAX) {
        words[count] = arena_alloc(arena, strlen(at) + 1);
        if (!word_read(&at, words[count++]))
            return NULL;
        at += strspn(at, " \t");
    }
    words[count] = NULL;
    return count > 0 && *at == '\0' ? words : NULL;
}

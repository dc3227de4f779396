/*
 * What the fuzz targets of both grammars share: a configuration made of any bytes, walked and expanded
 * afterwards. The machine's own files are no input: a slash reads as another byte, so that what is
 * included lies below a folder that is not there.
 */
#ifndef TAILRACE_FUZZ_CONFIGURATION_H
#define TAILRACE_FUZZ_CONFIGURATION_H

#include "config/reading.h"

#include "base/buffer.h"

static inline struct slice without_slashes(struct buffer *text, const uint8_t *data, size_t size)
{
    buffer_append(text, slice_make((const char *)data, size));
    for (size_t i = 0; i < text->len; i++)
        if (text->data[i] == '/')
            text->data[i] = '|';
    return buffer_view(text);
}

static inline void configuration_read(grammar_fn *grammar, const uint8_t *data, size_t size)
{
    struct config *config = config_new();
    struct reading r = {.config = config};
    struct buffer text = {0};
    struct report report;

    report_init(&report);
    r.report = &report;
    config->root = "/nonexistent";
    grammar(&r, without_slashes(&text, data, size), "fuzz");
    LIST_FOR (it, &config->sections)
        section_expand(config, CONTAINER_OF(it, struct section, link), &report);
    files_fini(&r.files);
    report_fini(&report);
    config_free(&config);
    buffer_fini(&text);
}

#endif

#include "config/reading.h"

void reading_file(struct reading *r, grammar_fn *grammar, const char *path, struct place from)
{
    struct buffer text = {0};
    int rc = files_read(&r->files, path, &text);

    if (rc < 0)
        report_error(r->report, from, "cannot read '%s': %s", path, files_error(rc));
    else
        grammar(r, buffer_view(&text), path);
    buffer_fini(&text);
}

void reading_glob(struct reading *r, grammar_fn *grammar, const char *pattern, struct place from)
{
    glob_t paths;
    int rc = path_glob(pattern, &paths);

    if (rc < 0)
        report_error(r->report, from, "no file matches '%s'; mend the pattern or take it out",
                     pattern);
    for (size_t i = 0; rc == 0 && i < paths.gl_pathc; i++)
        reading_file(r, grammar, paths.gl_pathv[i], from);
    globfree(&paths);
}

#include "kit/report.h"

#include <string.h>

#define OF_A_FOLDER "nothing can be written to the folder of "

void kit_report_forget_folders(struct report *report)
{
    struct buffer kept = {0};
    const char *line = buffer_text(&report->text);

    while (*line != '\0') {
        const char *end = strchrnul(line, '\n');
        size_t len = (size_t)(end - line) + (*end == '\n' ? 1 : 0);

        if (memmem(line, len, OF_A_FOLDER, strlen(OF_A_FOLDER)) == NULL)
            buffer_append(&kept, slice_make(line, len));
        line += len;
    }
    buffer_fini(&report->text);
    report->text = kept;
}

#include "kit/runner.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* "2/3": the second suite of each three. False: it is no such text. */
static bool part_read(const char *text, unsigned *part_out, unsigned *count_out)
{
    return sscanf(text, "%u/%u", part_out, count_out) == 2 && *part_out >= 1 &&
           *part_out <= *count_out;
}

int main(void)
{
    SRunner *runner = srunner_create(NULL);
    const char *text = getenv("TEST_PART");
    unsigned part = 1, count = 1, number = 0;
    int failed;

    if (text != NULL && !part_read(text, &part, &count)) {
        fprintf(stderr, "TEST_PART is %s; write 1/2 for the first half of the suites\n", text);
        return EXIT_FAILURE;
    }
    for (suite_maker *const *make = suite_makers; *make != NULL; make++)
        if (number++ % count == part - 1)
            srunner_add_suite(runner, (*make)());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

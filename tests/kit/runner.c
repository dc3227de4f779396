#include "kit/runner.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(NULL);
    int failed;

    for (suite_maker *const *make = suite_makers; *make != NULL; make++)
        srunner_add_suite(runner, (*make)());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

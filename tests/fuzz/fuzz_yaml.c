/* The YAML grammar takes any bytes, and its tree can be walked and expanded afterwards. */
#include "config/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config = config_new();
    struct reading r = {.config = config};
    struct report report;

    report_init(&report);
    r.report = &report;
    config->root = "/nonexistent";
    yaml_parse(&r, slice_make((const char *)data, size), "fuzz");
    LIST_FOR (it, &config->sections)
        section_expand(config, CONTAINER_OF(it, struct section, link), &report);
    files_fini(&r.files);
    report_fini(&report);
    config_free(&config);
    return 0;
}

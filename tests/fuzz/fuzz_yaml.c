/* The YAML grammar takes any bytes, and its tree can be walked and expanded afterwards. */
#include "fuzz/fuzz_configuration.h"

#include "config/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    configuration_read(yaml_parse, data, size);
    return 0;
}

/* The classic grammar takes any bytes, and its tree can be walked and expanded afterwards. */
#include "fuzz/fuzz_configuration.h"

#include "config/classic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    configuration_read(classic_parse, data, size);
    return 0;
}

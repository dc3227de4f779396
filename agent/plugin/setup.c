#include "plugin/plugin.h"

struct place setup_place(const struct plugin_setup *setup, const char *key)
{
    return property_place(setup->properties, setup->property_count, key, setup->place);
}

/*
 * Sections of a configuration in tests.
 */
#ifndef TAILRACE_KIT_PROPERTY_H
#define TAILRACE_KIT_PROPERTY_H

#include "plugin/option.h"

/* A section of keys and values: kit_properties("Name", "a", "Format", "json", NULL). The texts are
 * lent; the list is good until the next call. */
struct property_list kit_properties(const char *key, ...) __attribute__((sentinel));

#endif

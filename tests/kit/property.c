#include "kit/property.h"

#include <check.h>
#include <stdarg.h>

#define PROPERTIES_MAX 32

struct property_list kit_properties(const char *key, ...)
{
    static struct property properties[PROPERTIES_MAX];
    struct property_list list = {
        .items = properties, .owner = "section", .place = {"test.conf", 1}};
    va_list args;

    va_start(args, key);
    for (; key != NULL; key = va_arg(args, const char *)) {
        ck_assert_uint_lt(list.count, PROPERTIES_MAX);
        properties[list.count] = (struct property){
            .key = key,
            .value = va_arg(args, const char *),
            .place = {"test.conf", (unsigned)list.count + 2},
        };
        list.count++;
    }
    va_end(args);
    return list;
}

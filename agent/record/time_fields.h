/*
 * Inside time_parse: the steps a format is compiled into, and the fields they read from a text.
 * For record/time*.c only.
 */
#ifndef TAILRACE_RECORD_TIME_FIELDS_H
#define TAILRACE_RECORD_TIME_FIELDS_H

#include "base/slice.h"
#include "record/calendar.h"

enum time_field {
    FIELD_YEAR = 1 << 0,
    FIELD_CENTURY = 1 << 1,
    FIELD_MONTH = 1 << 2,
    FIELD_DAY = 1 << 3,
    FIELD_DAY_OF_YEAR = 1 << 4,
    FIELD_HOUR_OF_12 = 1 << 5,
    FIELD_AFTERNOON = 1 << 6, /* AM or PM was read */
    FIELD_OFFSET = 1 << 7,
    FIELD_EPOCH = 1 << 8,
};

struct time_fields {
    unsigned has;       /* of enum time_field */
    struct civil civil; /* year: the last two digits when only FIELD_CENTURY is set as well */
    int32_t century;
    int32_t day_of_year; /* 1 to 366 */
    bool is_afternoon;
    uint32_t fraction_ns;
    int32_t offset_s;
    int64_t epoch_s;
};

/* A directive by its letter, or a byte that must be there. */
struct time_step {
    bool is_literal;
    char letter; /* ' ' as a literal: any blanks */
    char point;  /* of 'L': the byte that stood before it and may be absent with it, or 0 */
};

/* The directives time_step_run knows, without those that stand for several others. */
#define TIME_LETTERS "aAbBCdeHIjklLmMpsSyYzZgGuUVwW"

/* In place of a directive that there is not: no text has it. */
#define TIME_UNKNOWN '?'

/* Takes from the front of the text what the step asks for; false when it is not there. */
bool time_step_run(const struct time_step *step, struct slice *text, struct time_fields *fields);

#endif

#include "line/multiline_builtin.h"

#define RULES(list) .rules = (list), .rule_count = ARRAY_LEN(list)

/* An exception's name ends its line, where it is not followed by what went wrong. Looking behind
 * lets the search begin at the few letters that those words begin with. */
static const struct multiline_rule_settings java[] = {
    {"start_state, java_start_exception",
     "(?<=.)(?:Exception|Error|Throwable|V8 errors stack trace)(?:[:\\r\\n]|$)",
     "java_after_exception",
     {0}},
    {"java_after_exception", "^[\\t ]*nested exception is:[\\t ]*", "java_start_exception", {0}},
    {"java_after_exception", "^[\\r\\n]*$", "java_after_exception", {0}},
    {"java_after_exception, java", "^[\\t ]+(?:eval )?at ", "java", {0}},
    {"java_after_exception, java",
     "^[\\t ]+--- End of inner exception stack trace ---$",
     "java",
     {0}},
    {"java_after_exception, java",
     "^--- End of stack trace from previous location where exception was thrown ---$",
     "java",
     {0}},
    {"java_after_exception, java",
     "^[\\t ]*(?:Caused by|Suppressed):",
     "java_after_exception",
     {0}},
    {"java_after_exception, java", "^[\\t ]*... \\d+ (?:more|common frames omitted)", "java", {0}},
};

static const struct multiline_rule_settings go[] = {
    {"start_state", "\\bpanic: ", "go_after_panic", {0}},
    {"start_state", "http: panic serving", "go_goroutine", {0}},
    {"go_after_panic, go_after_signal, go_frame_1", "^$", "go_goroutine", {0}},
    {"go_after_panic", "^\\[signal ", "go_after_signal", {0}},
    {"go_goroutine", "^goroutine \\d+ \\[[^\\]]+\\]:$", "go_frame_1", {0}},
    {"go_frame_1", "^(?:[^\\s.:]+\\.)*[^\\s.():]+\\(|^created by ", "go_frame_2", {0}},
    {"go_frame_2", "^\\s", "go_frame_1", {0}},
};

static const struct multiline_rule_settings ruby[] = {
    {"start_state, ruby_start_exception", "^.+:\\d+:in\\s", "ruby_after_exception", {0}},
    {"ruby_after_exception, ruby", "^\\s+from\\s+.*:\\d+:in\\s", "ruby", {0}},
};

static const struct multiline_rule_settings python[] = {
    {"start_state", "^Traceback \\(most recent call last\\):$", "python", {0}},
    {"python", "^[\\t ]+File ", "python_code", {0}},
    {"python_code", "[^\\t ]", "python", {0}},
    {"python", "^(?:[^\\s.():]+\\.)*[^\\s.():]+:", "start_state", {0}},
};

const struct multiline_settings multiline_builtins[] = {
    {.name = "docker",
     .type = "endswith",
     .match_string = "\n",
     .key_content = "log",
     .key_group = "stream",
     .frame = MULTILINE_DOCKER},
    {.name = "cri",
     .type = "equal",
     .match_string = "F",
     .key_content = "log",
     .key_pattern = "_p",
     .key_group = "stream",
     .frame = MULTILINE_CRI},
    {.name = "java", .type = "regex", RULES(java)},
    {.name = "go", .type = "regex", RULES(go)},
    {.name = "ruby", .type = "regex", RULES(ruby)},
    {.name = "python", .type = "regex", RULES(python)},
};

const size_t multiline_builtin_count = ARRAY_LEN(multiline_builtins);

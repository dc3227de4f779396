"""The house rules that a machine can check. Prints file:line: what is wrong and what to do, and a
count; exits with 1 when there is a finding. Run from the top of the tree: make lint."""

import os
import re
import shutil
import subprocess
import sys

import csource

# A folder includes itself and what stands before it.

# What plugins include: the header that all of them need, and that of inputs which follow files.
GIVEN_TO_PLUGINS = ("plugin/plugin.h", "plugin/follow.h")

LAYERS = (
    "base metrics loop record line file filter ack chunk checkpoint deadletter http aws output plugin config service admin"
).split()

FUNCTION_LINES_MAX = 70
FLAT_SWITCH_LINES_MAX = 100
PARAMETERS_MAX = 5
# Callbacks whose parameters a library has chosen: path, function.
GIVEN_SIGNATURES = {("agent/admin/server.c", "on_request"),
                    ("agent/checkpoint/database_put.c", "waiting_connect")}
FILE_LINES_MAX = 500
TEST_LINES_MAX = 600  # a test file is a list of sentences, read one by one
FLAT_SWITCHES = "tests/lint/flat-switches"

PRODUCT = r"(agent|plugins)/"
# Calls by name: (where it is banned, where it is allowed all the same, names, what to do).
BANNED_CALLS = [
    (PRODUCT, r"agent/base/",
     r"malloc|calloc|realloc|reallocarray|free|strdup|strndup|v?asprintf|posix_memalign",
     "take memory from base/memory.h"),
    (PRODUCT, r"agent/loop/", r"uv_close|uv_\w+_init", "only loop/ opens and closes handles"),
    (PRODUCT, r"agent/http/", r"curl_\w+", "only http/ knows curl; use http/http.h"),
    (PRODUCT, r"agent/base/", r"clock_gettime|gettimeofday|time", "ask base/clock.h for the time"),
    (r"", r"-", r"v?sprintf", "use snprintf or buffer_append_format"),
    (r"", r"-", r"strcpy|stpcpy|strcat|strncpy|strncat|gets", "use a slice or a buffer"),
    (r"", r"-", r"atoi|atol|atoll|atof", "use a parser that reports what is no number"),
    (r"", r"-", r"strtok|strtok_r", "use slice_next"),
    (r"", r"-", r"alloca", "use an arena"),
    (r"tests/(unit|scenario|kit)/", r"-", r"sleep|usleep|nanosleep|uv_sleep",
     "move the fake clock: clock_advance_ms"),
]
BANNED_CALLS = [
    (re.compile(where), re.compile(but), re.compile(rf"(?<![\w.>])({names})\s*\("), advice)
    for where, but, names, advice in BANNED_CALLS
]
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
INCLUDE = re.compile(r'\s*#\s*include\s+"([^"]+)"')

findings = []


def find(path, line, what, advice):
    findings.append((path, line, f"{what}; {advice}"))


def check_format(paths):
    tool = shutil.which("clang-format-14") or shutil.which("clang-format")
    if tool is None:
        find("Makefile", 1, "clang-format is not installed", "run packaging/deps.sh lint")
        return
    run = subprocess.run(
        [tool, "--dry-run", "-Werror", "--ferror-limit=5", *paths],
        capture_output=True, text=True, check=False,
    )
    seen = set()
    for path, line in re.findall(r"^(\S+?):(\d+):\d+: error:", run.stderr, re.M):
        if path not in seen:
            seen.add(path)
            find(path, int(line), "not as clang-format writes it", f"run clang-format -i {path}")
    if run.returncode != 0 and not seen:
        find(".clang-format", 1, run.stderr.strip().split("\n")[0], "mend the style file")


def check_layers(source):
    """A folder of agent/ includes folders to its left; a plugin includes plugin.h and its own."""
    folder = re.match(r"agent/(\w+)/", source.path)
    plugin = re.match(r"(plugins/\w+)/", source.path)
    for number, line in enumerate(source.lines, 1):
        include = INCLUDE.match(line)
        if not include:
            continue
        name = include.group(1)
        if plugin and name not in GIVEN_TO_PLUGINS and not name.startswith(plugin.group(1) + "/"):
            find(source.path, number, f"a plugin includes {name}",
                 "include plugin/plugin.h, and add there what plugins need")
        if folder:
            check_layer(source.path, number, folder.group(1), name)


def check_layer(path, number, folder, name):
    other = name.split("/")[0]
    if folder not in LAYERS:
        find(path, number, f"agent/{folder} has no place in the layers", "add it to LAYERS in lint.py")
    elif other not in LAYERS:
        find(path, number, f"{name} is not in a layer", "write the path from agent/ on")
    elif LAYERS.index(other) > LAYERS.index(folder):
        find(path, number, f"{folder}/ includes {name}, which stands above it",
             "move the code down or pass a callback")


def check_calls(source):
    for where, but, names, advice in BANNED_CALLS:
        if not where.match(source.path) or but.match(source.path):
            continue
        for number, line in enumerate(source.code, 1):
            for call in names.findall(line):
                find(source.path, number, f"{call}() is not called here", advice)


def flat_switches():
    """(path, function) pairs that may have more lines, being one switch of one-line arms."""
    with open(FLAT_SWITCHES, encoding="utf-8") as file:
        return {tuple(line.split()) for line in file if line.strip() and line[0] != "#"}


def check_lengths(source, flat):
    functions = source.functions()
    for function in functions:
        is_flat = (source.path, function.name) in flat
        most = FLAT_SWITCH_LINES_MAX if is_flat else FUNCTION_LINES_MAX
        if function.line_count > most:
            find(source.path, function.line, f"{function.name} has {function.line_count} lines",
                 f"{most} is the most: let the branches call functions")
        is_given = (source.path, function.name) in GIVEN_SIGNATURES
        if function.parameter_count > PARAMETERS_MAX and not is_given:
            find(source.path, function.line,
                 f"{function.name} has {function.parameter_count} parameters",
                 f"{PARAMETERS_MAX} is the most: pass a struct")
    most = TEST_LINES_MAX if source.path.startswith("tests/") else FILE_LINES_MAX
    if len(source.lines) > most:
        find(source.path, most, f"{len(source.lines)} lines",
             f"{most} is the most: find the second thing it does and move it out")
    return {(source.path, function.name) for function in functions}


def check_header(source, guards):
    if not source.text.startswith("/*"):
        find(source.path, 1, "the header does not begin with a paragraph",
             "say what it is, its life, its thread, its limits, what kills it")
    guard = re.search(r"^#ifndef (TAILRACE_\w+_H)\n#define \1\n", source.text, re.M)
    if not guard:
        find(source.path, 1, "no include guard TAILRACE_..._H", "guard the header by its path")
    elif guard.group(1) in guards:
        find(source.path, 1, f"{guard.group(1)} guards {guards[guard.group(1)]} too",
             "guard the header by its path")
    else:
        guards[guard.group(1)] = source.path


def check_text(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        if "\t" in line and path != "Makefile":
            find(path, number, "a tab", "use spaces")
        if line != line.rstrip():
            find(path, number, "blanks at the end of the line", "remove them")
        if UNFINISHED.search(line):
            find(path, number, "a note of unfinished work", "finish it or open an issue")
    if text and not text.endswith("\n"):
        find(path, text.count("\n") + 1, "no newline at the end", "add one")


def check_comments(source):
    for number, comment in source.comments:
        if comment.startswith("//"):
            find(source.path, number, "a // comment", "write /* ... */")
    for number, line in enumerate(source.code, 1):
        if re.search(r"\b__(DATE|TIME)__\b", line):
            find(source.path, number, "the time of building gets into the binary", "remove it")


def check_plugins():
    for name in sorted(os.listdir("plugins")) if os.path.isdir("plugins") else []:
        folder = os.path.join("plugins", name)
        if os.path.isdir(folder) and not os.path.exists(os.path.join(folder, "README.md")):
            find(folder, 1, "the plugin has no page", f"write {folder}/README.md")


def main():
    paths = csource.walk((".c", ".h"), (*csource.FOLDERS, "packaging"))
    flat = flat_switches()
    functions = set()
    guards = {}
    for path in paths:
        source = csource.Source(path)
        check_layers(source)
        check_calls(source)
        check_comments(source)
        functions |= check_lengths(source, flat)
        if source.is_header:
            check_header(source, guards)
    for path, name in sorted(flat - functions):
        find(FLAT_SWITCHES, 1, f"{path} has no function {name}", "remove the line")
    others = csource.walk((".py", ".sh"), (*csource.FOLDERS, "packaging"))
    for path in [*paths, *others, "Makefile"]:
        with open(path, encoding="utf-8") as file:
            check_text(path, file.read())
    check_plugins()
    check_format(paths)
    for path, line, what in sorted(findings):
        print(f"{path}:{line}: {what}")
    print(f"lint: {len(paths) + len(others) + 1} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

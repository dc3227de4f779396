"""Measures the tree and prints the numbers beside what we aim at, with the worst offenders, so
that drift is seen early. Run from the top of the tree: make shape."""

import re
import statistics

import csource

ASSERTION = re.compile(r"\b(CHECK|_Static_assert)\s*\(")
CONDITION = re.compile(r"\s*#\s*if")
GUARD = re.compile(r"\s*#\s*ifndef TAILRACE_\w+_H$")


def middle(values):
    return statistics.median(values) if values else 0


def p90(values):
    return sorted(values)[int(len(values) * 0.9)] if values else 0


def per_1000(count, lines):
    return f"{1000 * count / lines:.1f}" if lines else "-"


def percent(part, whole):
    return f"{100 * part / whole:.0f} %" if whole else "-"


def comment_share(sources):
    return percent(
        sum(s.comment_line_count() for s in sources), sum(s.full_line_count() for s in sources)
    )


def count_lines(sources, pattern, but=None):
    return sum(
        1 for s in sources for line in s.code if pattern.search(line) and not (but and but.match(line))
    )


def worst(things, limit):
    """The three largest past the limit, as "where (size)"."""
    large = sorted((t for t in things if t[1] > limit), key=lambda t: -t[1])
    return ", ".join(f"{where} ({size})" for where, size in large[:3])


def main():
    product = [csource.Source(p) for p in csource.walk((".c", ".h"), ("agent", "plugins"))]
    tests = [csource.Source(p) for p in csource.walk((".c", ".h"), ("tests",))]
    headers = [s for s in product if s.is_header]
    bodies = [s for s in product if not s.is_header]
    functions = [(f"{s.path}:{f.name}", f.line_count) for s in product for f in s.functions()]
    lengths = [size for _, size in functions]
    files = [(s.path, len(s.lines)) for s in bodies]
    header_files = [(s.path, len(s.lines)) for s in headers]
    structs = [(f"{s.path}:{t.name}", t.field_count) for s in product for t in s.structs()]
    lines = sum(len(s.lines) for s in product)
    test_lines = sum(len(s.lines) for s in tests)

    rows = [
        ("function, median lines", f"{middle(lengths):.0f}", "<= 12", ""),
        ("function, p90", p90(lengths), "<= 35", ""),
        ("functions over 70 lines", sum(1 for n in lengths if n > 70), "0", worst(functions, 70)),
        ("source file, median lines", f"{middle([n for _, n in files]):.0f}", "100-350", ""),
        ("source files over 350 lines", sum(1 for _, n in files if n > 350), "0", worst(files, 350)),
        ("header, median lines", f"{middle([n for _, n in header_files]):.0f}", "<= 120", ""),
        ("headers over 120 lines", sum(1 for _, n in header_files if n > 120), "0",
         worst(header_files, 120)),
        ("structs over 12 fields", sum(1 for _, n in structs if n > 12), "0", worst(structs, 12)),
        ("asserts per 1,000 lines", per_1000(count_lines(product, ASSERTION), lines), ">= 20", ""),
        ("comment share, headers", comment_share(headers), "30-45 %", ""),
        ("comment share, sources", comment_share(bodies), "6-12 %", ""),
        ("#if per 1,000 lines", per_1000(count_lines(product, CONDITION, GUARD), lines), "<= 2", ""),
        ("test lines per code line", f"{test_lines / lines:.2f}" if lines else "-", "0.4-0.6", ""),
    ]
    print(f"{'measure':30}{'here':>8}  {'aim':10}look twice")
    for measure, here, aim, where in rows:
        print(f"{measure:30}{here!s:>8}  {aim:10}{where}".rstrip())
    print(f"{len(product)} files, {lines} lines; {len(tests)} test files, {test_lines} lines")


if __name__ == "__main__":
    main()

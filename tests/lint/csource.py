"""What lint and shape need to know about a C file: its code without comments and texts, its
comments, its functions and its structs. It leans on clang-format's layout (a function's braces
stand alone in the first column), which lint checks too."""

import os
import re

FOLDERS = ("agent", "plugins", "tests")

TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""",
    re.S,
)
NAME_BEFORE_PAREN = re.compile(r"(\w+)\s*\(")


def walk(suffixes, folders=FOLDERS):
    """Paths of the files with one of these suffixes, sorted; fuzz seeds and test data are left out."""
    found = []
    for folder in folders:
        for place, subfolders, names in os.walk(folder):
            subfolders[:] = [s for s in subfolders if s not in ("seeds", "data", "__pycache__")]
            found += [os.path.join(place, n) for n in names if n.endswith(suffixes)]
    return sorted(found)


def blanked(match):
    """The same lines and columns, but no words: comments to spaces, texts to empty texts."""
    token = match.group(0)
    if match.group("comment"):
        return re.sub(r"[^\n]", " ", token)
    return token[0] + " " * (len(token) - 2) + token[-1]


class Function:
    def __init__(self, name, line, line_count, parameter_count):
        self.name = name
        self.line = line
        self.line_count = line_count
        self.parameter_count = parameter_count


class Struct:
    def __init__(self, name, line, field_count):
        self.name = name
        self.line = line
        self.field_count = field_count


class Source:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.text = file.read()
        self.path = path
        self.is_header = path.endswith(".h")
        self.lines = self.text.split("\n")[:-1]
        self.comments = [
            (1 + self.text.count("\n", 0, m.start()), m.group(0))
            for m in TOKEN.finditer(self.text)
            if m.group("comment")
        ]
        self.code = TOKEN.sub(blanked, self.text).split("\n")[: len(self.lines)]

    def comment_line_count(self):
        lines = set()
        for line, comment in self.comments:
            lines.update(range(line, line + comment.count("\n") + 1))
        return len(lines)

    def full_line_count(self):
        return sum(1 for line in self.lines if line.strip())

    def functions(self):
        """Each from the first line of its signature to the closing brace."""
        found = []
        for opening, line in enumerate(self.code):
            if line != "{":
                continue
            first = opening
            while first > 0 and self.code[first - 1].strip() and self.code[first - 1][0] not in "}#":
                first -= 1
            closing = opening
            while closing + 1 < len(self.code) and self.code[closing] != "}":
                closing += 1
            signature = " ".join(self.code[first:opening])
            found.append(
                Function(
                    function_name(signature),
                    first + 1,
                    closing - first + 1,
                    parameter_count(signature),
                )
            )
        return found

    def structs(self):
        found = []
        for opening, line in enumerate(self.code):
            match = re.match(r"(?:static |const )*struct (\w+)? ?\{$", line.rstrip())
            if not match:
                continue
            closing = opening
            while closing + 1 < len(self.code) and not self.code[closing].startswith("}"):
                closing += 1
            body = "\n".join(self.code[opening + 1 : closing])
            found.append(Struct(match.group(1) or "(unnamed)", opening + 1, field_count(body)))
        return found


def function_name(signature):
    test = re.match(r"\s*START_TEST\((\w+)\)", signature)
    if test:
        return test.group(1)
    names = [n for n in NAME_BEFORE_PAREN.findall(signature) if n != "__attribute__"]
    return names[0] if names else signature.strip()


def parameter_count(signature):
    """Of the first parenthesis that is no attribute's."""
    signature = re.sub(r"__attribute__\s*\(\(.*?\)\)", "", signature)
    start = signature.find("(")
    depth = 0
    count = 1
    for at in range(start, len(signature)):
        depth += {"(": 1, ")": -1}.get(signature[at], 0)
        if signature[at] == "," and depth == 1:
            count += 1
        if depth == 0:
            inside = signature[start + 1 : at].strip()
            return 0 if inside in ("", "void") else count
    return count


def field_count(body):
    """Declarators at the outer level; a nested struct or union is one field."""
    depth = 0
    count = 0
    for at, letter in enumerate(body):
        depth += {"{": 1, "(": 1, "[": 1, "}": -1, ")": -1, "]": -1}.get(letter, 0)
        if depth == 0 and letter in ";,":
            count += 1
    return count

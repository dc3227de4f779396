"""Each rule of lint.py is broken once, in a tree of its own, and must be found."""

import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
HEAD = "/* A thing. */\n#ifndef TAILRACE_{0}_H\n#define TAILRACE_{0}_H\n\n#endif\n"


def function(line_count=3, parameters="void"):
    return f"void work({parameters})\n{{\n" + "    go();\n" * (line_count - 3) + "}\n"


class LintTest(unittest.TestCase):
    def lint(self, path, text):
        """What lint says about a tree that holds this one file."""
        with tempfile.TemporaryDirectory() as tree:
            for name, content in (
                ("Makefile", ""),
                (".clang-format", "DisableFormat: true\n"),
                ("tests/lint/flat-switches", "agent/record/flat.c work\n"),
                ("agent/record/flat.c", function(100)),
                (path, text),
            ):
                os.makedirs(os.path.join(tree, os.path.dirname(name)), exist_ok=True)
                with open(os.path.join(tree, name), "w", encoding="utf-8") as file:
                    file.write(content)
            run = subprocess.run([sys.executable, os.path.join(HERE, "lint.py")], cwd=tree,
                                 capture_output=True, text=True, check=False)
        self.assertEqual(run.stderr, "")
        *said, count = run.stdout.splitlines()
        self.assertIn(f" {len(said)} findings", count)
        self.assertEqual(run.returncode, 1 if said else 0)
        return "\n".join(said)

    def assert_found(self, path, text, what):
        self.assertIn(f"{path}:{what}", self.lint(path, text))

    def assert_clean(self, path, text):
        self.assertEqual(self.lint(path, text), "")

    def test_lengths_and_parameters(self):
        self.assert_clean("agent/base/a.c", function(70))
        self.assert_found("agent/base/a.c", function(71), "1: work has 71 lines")
        self.assert_found("agent/record/flat.c", function(101), "1: work has 101 lines")
        self.assert_clean("agent/base/a.c", function(3, "int a, int b, int c, int d, int (*e)(int, int)"))
        self.assert_found("agent/base/a.c", function(3, "int a, int b, int c, int d, int e, int f"),
                          "1: work has 6 parameters")
        self.assert_found("agent/base/a.c", "\n" * 501, "500: 501 lines")

    def test_layers(self):
        self.assert_clean("agent/http/a.c", '#include "base/a.h"\n')
        self.assert_found("agent/base/a.c", '#include "http/a.h"\n', "1: base/ includes http/a.h")
        self.assert_found("agent/base/a.c", '#include "a.h"\n', "1: a.h is not in a layer")
        self.assert_found("agent/new/a.c", '#include "base/a.h"\n', "1: agent/new has no place")
        self.assert_found("plugins/out_x/x.c", '#include "base/a.h"\n', "1: a plugin includes")

    def test_calls(self):
        self.assert_clean("agent/base/a.c", "int a = malloc(1);\n")
        self.assert_clean("agent/file/a.c", "/* free() */ int a = x->free(b.free, \"free()\");\n")
        self.assert_found("agent/file/a.c", "\nint a = malloc(1);\n", "2: malloc()")
        self.assert_found("agent/file/a.c", "uv_close(h);\n", "1: uv_close()")
        self.assert_found("agent/file/a.c", "uv_timer_init(h);\n", "1: uv_timer_init()")
        self.assert_found("agent/file/a.c", "curl_easy_init();\n", "1: curl_easy_init()")
        self.assert_found("tests/unit/a.c", "sprintf(a);\n", "1: sprintf()")
        self.assert_found("tests/scenario/a.c", "usleep(1);\n", "1: usleep()")

    def test_text(self):
        self.assert_found("agent/base/a.c", "int a; // b\n", "1: a // comment")
        self.assert_clean("agent/base/a.c", 'char *a = "http://b";\n')
        self.assert_found("agent/base/a.c", "\tint a;\n", "1: a tab")
        self.assert_found("agent/base/a.c", "int a; \n", "1: blanks at the end")
        self.assert_found("agent/base/a.c", "int a;", "1: no newline")
        self.assert_found("agent/base/a.c", "/* TO" "DO */\n", "1: a note of unfinished work")
        self.assert_clean("agent/base/a.c", 'char *a = "/tmp/XXXXXX";\n')

    def test_headers_and_pages(self):
        self.assert_clean("agent/base/a.h", HEAD.format("BASE_A"))
        self.assert_found("agent/base/a.h", "\n" + HEAD.format("BASE_A"), "1: the header does not begin")
        self.assert_found("agent/base/a.h", "/* A thing. */\n", "1: no include guard")
        self.assertIn("plugins/out_x:1: the plugin has no page", self.lint("plugins/out_x/x.c", ""))
        self.assert_clean("plugins/out_x/README.md", "")


if __name__ == "__main__":
    unittest.main()

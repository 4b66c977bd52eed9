#!/usr/bin/env python3
"""Passing means: the repository keeps its own rules (rules.py), and each check still finds what it
is there to find."""

import pathlib
import tempfile
import unittest

import checks

ROOT = pathlib.Path(__file__).resolve().parents[2]


class TheRepository(unittest.TestCase):
    """Every check, on the real tree."""

    tree = checks.Tree(ROOT)

    def test_keeps_its_rules(self):
        self.assertGreater(len(self.tree.files), 20, "the tree was not found")
        for check in checks.ALL:
            with self.subTest(check.__name__):
                violations = list(check(self.tree))
                self.assertFalse(violations, f"{check.__doc__}\n  " + "\n  ".join(violations))


class TheChecks(unittest.TestCase):
    """Planted violations are found, and what is allowed is not reported."""

    def found(self, check, **files):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.get("files", {}).items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return list(check(checks.Tree(folder)))

    def assert_found(self, check, files, *places):
        found = self.found(check, files=files)
        self.assertEqual([line.split(": ")[0] for line in found], list(places), found)

    def test_includes(self):
        headers = {name: "// x\n" for name in (
            "runtime/a.hpp", "gateway/a.hpp", "fakes/redis/a.hpp", "harness/sim/a.hpp",
            "harness/campaign/result.hpp", "harness/campaign/other.hpp", "tests/a.hpp")}
        self.assert_found(checks.includes, headers | {
            "gateway/b.cpp": '// x\n#include "runtime/a.hpp"\n#include "harness/sim/a.hpp"\n',
            "harness/scenario/b.cpp": '// x\n#include "gateway/a.hpp"\n#include "tests/a.hpp"\n',
            "harness/sim/b.cpp": '// x\n#include "gateway/a.hpp"\n',
            "reports/b.cpp": '// x\n#include "harness/campaign/result.hpp"\n'
                             '#include "harness/campaign/other.hpp"\n',
            "runtime/b.cpp": '// #include "gateway/a.hpp"\n#include "b.hpp"\n',
            "tests/b.cpp": '// x\n#include "gateway/a.hpp"\n',
        }, "gateway/b.cpp:3", "harness/scenario/b.cpp:3", "harness/sim/b.cpp:2", "reports/b.cpp:3",
            "runtime/b.cpp:2")

    def test_raw_access(self):
        self.assert_found(checks.raw_access, {
            "gateway/a.cpp": "// steady_clock\nauto t = std::chrono::steady_clock::now();\n"
                             "runtime.sleep_for(d);\nstd::mutex m;\n",
            "runtime/asio/a.cpp": "std::thread t;\n",
            "harness/campaign/a.cpp": "std::thread t;\nstd::random_device d;\n",
            "tests/a.cpp": "std::mt19937 random;\n",
        }, "gateway/a.cpp:2", "gateway/a.cpp:4", "harness/campaign/a.cpp:2")

    def test_opaque_time(self):
        self.assert_found(checks.opaque_time, {
            "gateway/a.cpp": "// to_ns() is forbidden\nlog(d.to_ns());\n",
            "harness/sim/a.cpp": "log(d.to_ns());\n",
        }, "gateway/a.cpp:2")

    def test_hash_order(self):
        self.assert_found(checks.hash_order, {
            "gateway/a.hpp": "std::unordered_map<int, std::string> names_;\n",
            "gateway/a.cpp": "names_.find(1);\nfor (auto& [k, v] : names_) {}\n",
            "fakes/b.cpp": "std::map<int, int> names_;\nfor (auto& n : names_) {}\n",
        }, "gateway/a.cpp:2")

    def test_form(self):
        self.assert_found(checks.form, {
            "runtime/a.cpp": "// x\n" + "x" * 101 + "\n\tx\n",
            "runtime/b.cpp": "#include <x>\n",
            "runtime/c.cpp": "// x\n" + "x\n" * 600,
            "runtime/d.cpp": "#include <x>\n" + "x" * 100 + "\n",
            "runtime/d.hpp": "// x\n",
        }, "runtime/a.cpp:2", "runtime/a.cpp:3", "runtime/b.cpp:1", "runtime/c.cpp:0")

    def test_machine_paths(self):
        self.assert_found(checks.machine_paths, {
            "a.md": "fine: frame" + "work/x\nsee /" + "home/me/x\n",
        }, "a.md:2")

    def test_folder_readmes(self):
        self.assert_found(checks.folder_readmes, {
            "runtime/a.cpp": "// x\n", "harness/README.md": "x\n", "harness/sim/a/b.cpp": "// x\n",
            "docs/README.md": "x\n" * 40, "gateway/README.md": "x\n" * 13,
        }, "gateway/README.md", "runtime/README.md", "harness/sim/README.md")


if __name__ == "__main__":
    unittest.main()

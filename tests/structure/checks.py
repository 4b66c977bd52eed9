"""The checks of the structure test. Each takes the tree and yields one line for each violation."""

import pathlib
import re

import rules

CODE = {".hpp", ".cpp"}
TEXT = CODE | {".py", ".sh", ".cmake", ".txt", ".yaml", ".yml", ".json", ".md", ""}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


class Tree:
    """All text files of a folder, read once."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.files = {}
        for path in sorted(self._walk(self.root)):
            name = path.relative_to(self.root).as_posix()
            if path.suffix in TEXT:
                try:
                    self.files[name] = path.read_text(encoding="utf-8")
                except UnicodeDecodeError:
                    pass  # not a text file; nothing here applies to it

    def _walk(self, folder):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                if path.name not in rules.SKIPPED_FOLDERS:
                    yield from self._walk(path)
            elif path.is_file():
                yield path

    def code(self):
        return ((n, t) for n, t in self.files.items() if pathlib.PurePath(n).suffix in CODE)


def within(name, folder):
    return name == folder or name.startswith(folder + "/")


def is_test(name):
    return within(name, "tests") or within(name, "benchmarks")


def without_comments(text):
    """`text` with comments blanked, line numbers kept. Strings stay: an included name is one."""

    def blank(match):
        found = match.group(0)
        return found if found[0] in "\"'" else re.sub(r"[^\n]", " ", found)

    pattern = r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*.*?\*/'
    return re.sub(pattern, blank, text, flags=re.DOTALL)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def includes(tree):
    """Includes go in the directions the design allows, and are written from the root."""
    for name, text in tree.code():
        row = next((row for row in rules.INCLUDES if within(name, row[0])), None)
        for match in INCLUDE.finditer(without_comments(text)):
            target = match.group(1)
            where = f"{name}:{line_of(text, match.start(1))}"
            if target not in tree.files:
                yield f'{where}: "{target}" is not a file of the project (write it from the root)'
            elif (name, target) in rules.INCLUDE_EXCEPTIONS or is_test(name):
                continue
            elif any(within(target, end) and not within(name, end) for end in rules.NEVER_INCLUDED):
                yield f"{where}: nobody may include {target}"
            elif row and not any(within(target, folder) for folder in [row[0], *row[1]]):
                allowed = ", ".join(row[1]) or "nothing else of ours"
                yield f"{where}: {row[0]} may not include {target} (it may include: {allowed})"


def raw_access(tree):
    """Clocks, threads, randomness and sockets are touched by the runtime only."""
    patterns = {kind: re.compile(pattern) for kind, pattern in rules.RAW.items()}
    for name, text in tree.code():
        if is_test(name):
            continue
        allowed = set()
        for prefix, kinds, _ in rules.RAW_ALLOWED:
            if name.startswith(prefix):
                allowed |= kinds
        code = without_comments(text)
        for kind, pattern in patterns.items():
            if kind in allowed:
                continue
            for match in pattern.finditer(code):
                yield f"{name}:{line_of(code, match.start())}: raw {kind}: {match.group(0).strip()}"


def opaque_time(tree):
    """Gateway and fakes never turn a symbolic time into a number."""
    for name, text in tree.code():
        if name in rules.OPAQUE_TIME_EXCEPTIONS:
            continue
        if any(within(name, folder) for folder in rules.OPAQUE_TIME):
            code = without_comments(text)
            for match in re.finditer(r"\bto_ns\s*\(", code):
                yield f"{name}:{line_of(code, match.start())}: to_ns() pins a symbolic time"


def hash_order(tree):
    """Nothing iterates over a container ordered by hashes."""
    declared = re.compile(r"\bunordered_(?:multi)?(?:map|set)\s*<[^;{}()]*>\s*(\w+)\s*[;={(]")
    code = {name: without_comments(text) for name, text in tree.code() if not is_test(name)}
    for name, text in code.items():
        if not any(within(name, folder) for folder in rules.ORDERED):
            continue
        stem = name.rsplit(".", 1)[0]
        declarations = "".join(code.get(stem + suffix, "") for suffix in (".hpp", ".cpp"))
        for container in sorted(set(declared.findall(declarations))):
            if (name, container) in rules.ORDER_EXCEPTIONS:
                continue
            walk = rf"for\s*\([^;()]*:\s*{container}\s*\)|\b{container}\s*\.\s*c?begin\s*\("
            for match in re.finditer(walk, text):
                yield f"{name}:{line_of(text, match.start())}: iterates over unordered {container}"


def form(tree):
    """Files are short, lines fit, and each source (or its header) opens with what it is for."""
    for name, text in tree.files.items():
        suffix = pathlib.PurePath(name).suffix
        lines = text.split("\n")
        found = []
        if suffix not in {".json", ".md"} and len(lines) > rules.LINES_MAX:
            found.append(("lines", 0, f"{len(lines)} lines; split it (at most {rules.LINES_MAX})"))
        for number, line in enumerate(lines, 1):
            # Tables and links of a Markdown page cannot be broken.
            if suffix not in {".json", ".md", ".yaml"} and len(line) > rules.COLUMNS_MAX:
                found.append(("columns", number, f"{len(line)} columns"))
            if "\t" in line:
                found.append(("tabs", number, "a tab"))
        opening = {".hpp": "//", ".cpp": "//", ".py": ('"""', "#!"), ".sh": "#"}.get(suffix, "")
        explained_by_header = suffix == ".cpp" and name[: -len(suffix)] + ".hpp" in tree.files
        if not text.startswith(opening) and not explained_by_header:
            found.append(("opening", 1, "does not open with what it is for"))
        for rule, number, message in found:
            if (name, rule) not in rules.FORM_EXCEPTIONS:
                yield f"{name}:{number}: {message}"


def machine_paths(tree):
    """No path of one machine is written down."""
    for name, text in tree.files.items():
        for path in rules.MACHINE_PATHS:
            for match in re.finditer(r"(?<![\w.])" + re.escape(path), text):
                yield f"{name}:{line_of(text, match.start())}: a path of one machine: {path}"


def folder_readmes(tree):
    """Each folder of the layout says in about ten lines what lives there and what may not."""
    top = {name.split("/")[0] for name in tree.files if "/" in name}
    harness = {"/".join(n.split("/")[:2]) for n in tree.files if n.count("/") > 1}
    wanted = sorted(top - {".ci", "cmake"}) + sorted(h for h in harness if h.startswith("harness/"))
    for folder in wanted:
        readme = f"{folder}/README.md"
        if readme not in tree.files:
            yield f"{readme}: missing"
        elif folder != "docs" and tree.files[readme].count("\n") > 12:
            yield f"{readme}: more than twelve lines"


ALL = [includes, raw_access, opaque_time, hash_order, form, machine_paths, folder_readmes]

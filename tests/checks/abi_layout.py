#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""abi_layout.py [--update] INCLUDE GOLDEN: the ABI in numbers, on four kinds of machine.

Every struct of levada/plugin.h with its size, every member with its offset, every constant with its value,
as clang lays them out for amd64, arm64, i386 and s390x, compared with GOLDEN. --update writes the file anew,
and refuses where that would change what was once released: within a major, lines are only added, and sizes
of structs that carry their size only grow.
"""
import pathlib
import re
import subprocess
import sys

TARGETS = {
    "amd64": "x86_64-linux-gnu",
    "arm64": "aarch64-linux-gnu",
    "i386": "i386-linux-gnu",
    "s390x": "s390x-linux-gnu",
}
FROZEN = {"bytes", "header", "scalar", "field", "position", "list", "pair"}


def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def bodies(text):
    """(name, body) of each struct that is defined at the top level."""
    for match in re.finditer(r"^struct (levada_\w+) \{(.*?)^\};", text, flags=re.S | re.M):
        yield match.group(1), match.group(2)


def members(body):
    """Names, in order; what stands in a union inside counts as the union."""
    body = re.sub(r"^#.*$", "", body, flags=re.M)
    body = re.sub(r"\{[^{}]*\}", " ", body)
    for declaration in body.split(";"):
        declaration = " ".join(declaration.split())
        function = re.search(r"\(\*(?:const )?(\w+)\)\s*\(", declaration)
        if function:
            yield function.group(1)
        elif declaration:
            for part in declaration.split(","):
                yield re.search(r"(\w+)$", part.strip()).group(1)


def constants(text):
    """Macros that are one number, but for the choice that is the author's."""
    for name, value in re.findall(r"^#define (LEVADA_\w+) (.+)$", text, flags=re.M):
        if name != "LEVADA_API" and re.fullmatch(r"\(?-?\d+u?\)?|INT64_MIN", value.strip()):
            yield name


def questions(header):
    """What to ask, as (name, C expression), in the order of the header."""
    text = without_comments(header)
    for struct, body in bodies(text):
        yield struct, f"sizeof(struct {struct})"
        for member in members(body):
            yield f"{struct}.{member}", f"__builtin_offsetof(struct {struct}, {member})"
    for name in constants(text):
        yield name, name


def answers(include, asked, target):
    source = "#define LEVADA_API 1000\n#include <levada/plugin.h>\n" + "".join(
        f"const long long answer_{i} = (long long)({expression});\n"
        for i, (_, expression) in enumerate(asked))
    assembler = subprocess.run(
        ["clang", f"--target={target}", "-ffreestanding", "-I", include, "-x", "c", "-S", "-emit-llvm",
         "-o", "-", "-"], input=source, text=True, check=True, stdout=subprocess.PIPE).stdout
    found = re.findall(r"@answer_(\d+) = .*?constant i64 (-?\d+)", assembler)
    values = {int(i): int(value) for i, value in found}
    assert len(values) == len(asked), f"{target}: {len(asked)} questions, {len(values)} answers"
    return [values[i] for i in range(len(asked))]


def table(include):
    asked = list(questions(pathlib.Path(include, "levada/plugin.h").read_text()))
    columns = [answers(include, asked, target) for target in TARGETS.values()]
    return {name: [column[i] for column in columns] for i, (name, _) in enumerate(asked)}


def read(golden):
    rows = {}
    for line in pathlib.Path(golden).read_text().splitlines():
        if line and not line.startswith("#"):
            name, *values = line.split()
            rows[name] = [int(value) for value in values]
    return rows


def write(golden, rows):
    lines = ["# SPDX-License-Identifier: Apache-2.0",
             "# Sizes, offsets and values of the plugin ABI, by tests/checks/abi_layout.py --update",
             f"# {'name':46} " + " ".join(f"{name:>6}" for name in TARGETS)]
    lines += [f"{name:48} " + " ".join(f"{value:>6}" for value in values) for name, values in rows.items()]
    pathlib.Path(golden).write_text("\n".join(lines) + "\n")


def is_growth(name, old, new):
    """May a line become that within a major?"""
    if name == "LEVADA_ABI_MINOR":
        return new[0] == old[0] + 1
    grows = "." not in name and name.startswith("levada_") and name[len("levada_"):] not in FROZEN
    return grows and all(n >= o for n, o in zip(new, old))


def broken(old, new):
    for name, values in old.items():
        if name not in new:
            yield f"{name} is gone"
        elif new[name] != values and not is_growth(name, values, new[name]):
            yield f"{name} was {values}, is {new[name]}"


def main(arguments):
    update = arguments[0] == "--update"
    include, golden = arguments[-2:]
    new = table(include)
    old = read(golden) if pathlib.Path(golden).exists() else {}
    complaints = list(broken(old, new))
    for complaint in complaints:
        print(f"the ABI of major 1 is broken: {complaint}")
    if update and not complaints:
        write(golden, new)
    elif not update and not complaints and new != old:
        print("the ABI has grown: tests/checks/abi_layout.py --update include tests/checks/abi_layout.txt")
        for name in new:
            if new[name] != old.get(name):
                print(f"  {name} {new[name]}")
        return 1
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

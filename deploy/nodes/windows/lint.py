"""Finds mistakes in PowerShell scripts, from their syntax tree: what does not parse, and what parses and is wrong.

Windows PowerShell 5.1 reads a file without a mark as the code page of the machine, so other characters than ASCII are
refused. Its variables and commands have no case: two spellings of one name are one variable.
"""

import sys
from collections import defaultdict

import tree_sitter
import tree_sitter_powershell

# Set by PowerShell itself.
AUTOMATIC = {
    "_", "true", "false", "null", "args", "matches", "lastexitcode", "psscriptroot", "erroractionpreference", "error",
}
ALIASES = {
    "?", "%", "cat", "cd", "clc", "copy", "cp", "curl", "del", "dir", "echo", "fl", "ft", "gc", "gci", "gi", "gm", "gp",
    "gps", "gsv", "gwmi", "iex", "irm", "iwr", "kill", "ls", "md", "measure", "mi", "move", "mv", "ni", "ps", "pwd", "rd",
    "ren", "ri", "rm", "rmdir", "rp", "saps", "sasv", "sc", "select", "set", "sleep", "sort", "spps", "spsv", "tee", "type",
    "wget", "where", "write",
}
FORBIDDEN = {
    "invoke-expression": "runs text as a program",
    "write-host": "cannot be caught: use Write-Output",
    "get-wmiobject": "is gone from PowerShell 7: use Get-CimInstance",
    "set-executionpolicy": "is not a script's to decide",
}


def nodes(root):
    todo = [root]
    while todo:
        node = todo.pop()
        yield node
        todo += reversed(node.children)


def text(node):
    return node.text.decode()


def name_of(variable):
    """Name without sigil and scope, in the spelling of the script; none for those of the environment and of drives."""
    name = text(variable).lstrip("$@").strip("{}")
    scope, _, rest = name.rpartition(":")
    if scope.lower() in ("", "script", "global", "local", "using"):
        return rest
    return None


def assigned(variable):
    """Whether this place gives the variable its value: an assignment, a parameter, the head of a loop."""
    node = variable
    while node.parent is not None and node.parent.child_count == 1:
        node = node.parent
    parent = node.parent
    if parent is None:
        return False
    if parent.type in ("script_parameter", "foreach_statement"):
        return parent.type == "script_parameter" or parent.children[2].id == node.id
    if parent.type == "assignment_expression":
        return parent.children[0].id == node.id
    # A parameter with attributes or a type.
    return "parameter" in parent.type and parent.type != "command_parameter"


def scope_of(node):
    """The function that a place is in; 0 for the script itself."""
    while node is not None and node.type != "function_statement":
        node = node.parent
    return node.id if node else 0


def findings(source):
    if not source.isascii():
        yield 1, "other characters than ASCII"
    tree = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language())).parse(source)
    spellings, written, read = defaultdict(set), {}, {}
    functions, called = {}, set()
    for node in nodes(tree.root_node):
        line = node.start_point[0] + 1
        if node.type == "ERROR" or node.is_missing:
            yield line, f"does not parse: {text(node)[:60]}"
        elif node.type == "function_name":
            functions[text(node).lower()] = line
        elif node.type == "command_name":
            command = text(node).lower()
            called.add(command)
            if command in ALIASES:
                yield line, f"`{command}` is an alias: write the command's name"
            if command in FORBIDDEN:
                yield line, f"`{command}` {FORBIDDEN[command]}"
        elif node.type == "variable" and (name := name_of(node)):
            spellings[scope_of(node), name.lower()].add(name)
            (written if assigned(node) else read).setdefault(name.lower(), line)
    for name, line in read.items():
        if name not in written and name not in AUTOMATIC:
            yield line, f"${name} is read and never set"
    for name, line in written.items():
        if name not in read and name not in AUTOMATIC:
            yield line, f"${name} is set and never read"
    for (_, name), kinds in spellings.items():
        if len(kinds) > 1 and name not in AUTOMATIC:
            yield written.get(name, 1), f"one variable has several spellings: {', '.join(sorted(kinds))}"
    for name, line in functions.items():
        if name not in called:
            yield line, f"the function {name} is never called"
    for name in called - functions.keys():
        if name and "-" not in name and "." not in name and not name.startswith("$"):
            yield 1, f"`{name}` is neither a command nor a function of the script"


def main(paths):
    wrong = False
    for path in paths:
        with open(path, "rb") as file:
            found = sorted(set(findings(file.read())))
        for line, what in found:
            print(f"FAILED {path}:{line}: {what}")
        wrong |= bool(found)
        print("FAILED" if found else "ok    ", path)
    return wrong


sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Writes the bill of materials of an image (CycloneDX 1.6, JSON): the Rust packages that its programs are built from,
the packages of npm that the web client in them is, and the Debian packages that its libraries come from, whether they lie
beside the programs or within. The same image gives the same text."""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import uuid

WEB = pathlib.Path(__file__).parent.parent.parent / "web"

# Which packages' dependencies are in which image; all others hold the launcher alone.
ROOTS = {"modeling": ["modeling"], "local-session": ["opentwin", "modeling"]}


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def rust_packages(roots, target):
    """What the programs of `roots` are linked from, without what only builds or tests them."""
    metadata = json.loads(run("cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target))
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    members = set(metadata["workspace_members"])
    todo = [id for id in members if packages[id]["name"] in roots]
    seen = set()
    while todo:
        id = todo.pop()
        if id in seen:
            continue
        seen.add(id)
        for dependency in nodes[id]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                todo.append(dependency["pkg"])
    for id in seen:
        package = packages[id]
        purl = f"pkg:cargo/{package['name']}@{package['version']}"
        component = {
            "type": "library",
            "bom-ref": purl,
            "name": package["name"],
            "version": package["version"],
            "purl": purl,
        }
        if package.get("license"):
            component["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
        yield component


def npm_packages(rootfs):
    """What the web client is made of that the launcher holds; no types, which leave nothing behind."""
    if not (pathlib.Path(rootfs) / "opentwin").exists() or not (WEB / "dist" / "index.html").exists():
        return
    locked = json.loads((WEB / "package-lock.json").read_text())["packages"]
    for place, package in locked.items():
        name = place.rpartition("node_modules/")[2]
        if not name or package.get("dev") or package.get("optional") or name.startswith("@types/"):
            continue
        purl = f"pkg:npm/{name.replace('@', '%40', 1)}@{package['version']}"
        component = {"type": "library", "bom-ref": purl, "name": name, "version": package["version"], "purl": purl}
        if package.get("license"):
            component["licenses"] = [{"expression": package["license"].strip("()")}]
        yield component


def within(rootfs, target):
    """The archives that a program was linked from which loads no library: of the C library and the compiler."""
    program = pathlib.Path(rootfs) / "opentwin"
    if not program.exists() or "INTERP" in run("readelf", "-lW", str(program)):
        return []
    machine = target.replace("-unknown", "")
    compiler = f"{machine}-gcc" if shutil.which(f"{machine}-gcc") else "gcc"
    found = [run(compiler, f"-print-file-name={name}").strip() for name in ("libc.a", "libgcc_eh.a")]
    return [str(pathlib.Path(path).resolve()) for path in found]


def debian_packages(rootfs, target):
    """The packages that libraries under `rootfs` and within its programs were taken from."""
    beside = [file for file in pathlib.Path(rootfs).rglob("*.so*") if file.is_file()]
    names = set()
    for path in ["/" + str(file.relative_to(rootfs)) for file in beside] + within(rootfs, target):
        # Both names of a file where /lib is a link to /usr/lib.
        for name in {path, str(pathlib.Path(path).resolve()), "/usr" + path}:
            found = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True)
            if found.returncode == 0:
                names.add(found.stdout.split(": ")[0].split(",")[0])
                break
        else:
            sys.exit(f"no package is known for {path}")
    for name in names:
        shown = run("dpkg-query", "-W", "-f", "${Package}\t${Version}\t${Architecture}", name)
        package, version, architecture = shown.split("\t")
        purl = f"pkg:deb/debian/{package}@{version}?arch={architecture}"
        yield {"type": "library", "bom-ref": purl, "name": package, "version": version, "purl": purl}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ["image", "version", "digest", "target", "rootfs"]:
        parser.add_argument(f"--{name}", required=True)
    given = parser.parse_args()
    components = list(rust_packages(ROOTS.get(given.image, ["opentwin"]), given.target))
    components += npm_packages(given.rootfs)
    components += debian_packages(given.rootfs, given.target)
    # A package may lie in several places of node_modules.
    components = sorted({component["purl"]: component for component in components}.values(), key=lambda one: one["purl"])
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        # From the digest, not drawn: the same image has the same document.
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, given.digest)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "container",
                "bom-ref": f"opentwin/{given.image}",
                "name": f"opentwin/{given.image}",
                "version": given.version,
                "hashes": [{"alg": "SHA-256", "content": given.digest.removeprefix("sha256:")}],
            }
        },
        "components": components,
    }
    json.dump(document, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()

"""What deploy/containers/check does; see there."""

import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

HERE = Path(__file__).parent
# Megabytes, compressed.
MOST = {"modeling": 80, "local-session": 100}
MOST_OTHERS = 25

problems = []


def problem(text):
    problems.append(text)
    print(f"FAILED {text}")


def files(archive, layers):
    """Path, mode and owner of each file in an image."""
    for layer in layers:
        with tarfile.open(fileobj=io.BytesIO(archive.extractfile(layer).read())) as content:
            yield from ((member.name.strip("/"), member.mode, member.uid) for member in content if member.isfile())


def image(name, path, digest, compressed, strict):
    with tarfile.open(path) as archive:
        manifest = json.load(archive.extractfile("manifest.json"))[0]
        raw = archive.extractfile(manifest["Config"]).read()
        found = list(files(archive, manifest["Layers"]))
    if f"sha256:{hashlib.sha256(raw).hexdigest()}" != digest:
        problem(f"{name}: its digest is not the one in `digests`")
    config = json.loads(raw)["config"]
    if config.get("User") != "65532:65532":
        problem(f"{name}: it runs as {config.get('User')!r}")
    entry = config.get("Entrypoint") or []
    if not entry or entry[0].strip("/") not in {file for file, _, _ in found}:
        problem(f"{name}: its entry point {entry} is not a program in it")
    for label in ("title", "description", "licenses", "version", "revision"):
        if not config.get("Labels", {}).get(f"org.opencontainers.image.{label}"):
            problem(f"{name}: the label {label} is missing")
    for file, mode, owner in found:
        last = file.rsplit("/", 1)[-1]
        if last in {"sh", "bash", "dash", "busybox"} or last.endswith((".pem", ".key", ".crt")):
            problem(f"{name}: {file} has no business there")
        if mode & 0o6002 or owner != 0:
            problem(f"{name}: {file} belongs to {owner} with mode {mode:o}")
    size = compressed / 1e6
    most = MOST.get(name, MOST_OTHERS)
    if size >= most and strict:
        problem(f"{name}: {size:.1f} MB compressed; the bound is {most}")
    state = "ok    " if size < most else "LARGE "
    print(f"{state} {name}: {len(found)} files, {size:.1f} MB compressed; the bound is {most}")


def bill(name, path, digest):
    text = path.read_text()
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if error:
        problem(f"{path.name} is no CycloneDX 1.6: {str(error)[:300]}")
        return
    found = json.loads(text)
    if digest.removeprefix("sha256:") not in text:
        problem(f"{path.name} is of another image than {digest}")
    components = found.get("components", [])
    if len(components) < 100:
        problem(f"{path.name} names {len(components)} components only")
    # The program's crates; the C library, beside it or within; the web client, but in the modeller.
    kinds = {component["purl"].partition("/")[0] for component in components}
    wanted = {"pkg:cargo", "pkg:deb"}
    if name != "modeling" and (HERE.parent.parent / "web" / "dist" / "index.html").exists():
        wanted.add("pkg:npm")
    for kind in wanted:
        if kind not in kinds:
            problem(f"{path.name} names nothing of {kind}")
    if not any(component["name"] in {"libc6", "libc6-dev"} for component in components):
        problem(f"{path.name} does not name the C library")


def main():
    arguments = sys.argv[1:]
    strict = "--sizes" in arguments
    folder = Path(next((argument for argument in arguments if argument != "--sizes"), "target/images"))
    lines = (line.split() for line in (folder / "sizes").read_text().splitlines())
    sizes = {name: int(compressed) for name, compressed in lines}
    digests = {}
    for line in (folder / "digests").read_text().splitlines():
        digest, name = line.split()
        digests[name.split("/")[1].split(":")[0]] = digest
    wanted = {recipe.parent.name for recipe in HERE.glob("*/Containerfile")}
    if set(digests) != wanted:
        problem(f"images {sorted(digests)} were built, recipes are there for {sorted(wanted)}")
    for name, digest in sorted(digests.items()):
        image(name, folder / f"{name}.tar", digest, sizes[name], strict)
        bill(name, folder / f"{name}.cdx.json", digest)
    sys.exit(1 if problems else 0)


main()

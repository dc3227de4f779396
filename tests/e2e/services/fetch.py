"""Fetches the back-ends' distributions and finds a Java to run them.

Distributions come from Maven and are kept, unpacked, in a cache outside the tree:
$TAILRACE_CACHE, or ~/.cache/tailrace. What cannot be had raises Missing, whose text is the reason
that a skipped case reports.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile

COPY_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
FETCH_SECONDS_MAX = INSTALL_SECONDS_MAX = 300


class Missing(Exception):
    """Something that the machine does not have; the case is skipped, not failed."""


def cache_dir():
    default = os.path.join(os.path.expanduser("~"), ".cache", "tailrace")
    path = os.environ.get("TAILRACE_CACHE", default)
    os.makedirs(path, exist_ok=True)
    return path


def distribution(group, name, version):
    """The folder of an unpacked distribution, fetched when it is not in the cache yet."""
    home = os.path.join(cache_dir(), f"{name}-{version}")
    if os.path.isdir(home):
        return home
    with tempfile.TemporaryDirectory(dir=cache_dir()) as scratch:
        archive = download(f"{group}:{name}:{version}:zip", scratch)
        unpack(archive, scratch)
        os.rename(os.path.join(scratch, f"{name}-{version}"), home)
    return home


def download(coordinates, folder):
    if not shutil.which("mvn"):
        raise Missing("mvn is not installed")
    command = ["mvn", "-B", "-q", COPY_GOAL,
               "-Dartifact=" + coordinates, "-DoutputDirectory=" + folder]
    try:
        done = subprocess.run(command, capture_output=True, text=True,
                              timeout=FETCH_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        raise Missing(f"Maven did not deliver {coordinates} in {FETCH_SECONDS_MAX} s")
    archives = glob.glob(os.path.join(folder, "*.zip"))
    if done.returncode != 0 or not archives:
        raise Missing(f"Maven cannot deliver {coordinates}: {first_error(done.stdout)}")
    return archives[0]


def python_home(name, packages):
    """The folder of a Python that has these packages, from PyPI where it is not in the cache yet."""
    home = os.path.join(cache_dir(), name)
    done = os.path.join(home, "done")
    if os.path.exists(done):
        return home
    try:
        venv.create(home, with_pip=True, clear=True)
        run = subprocess.run([os.path.join(home, "bin", "pip"), "-q", "install", *packages],
                             capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX)
    except subprocess.CalledProcessError:
        raise Missing(f"{sys.executable} has no venv with pip")
    except subprocess.TimeoutExpired:
        raise Missing(f"PyPI did not deliver {packages[-1]} in {INSTALL_SECONDS_MAX} s")
    if run.returncode != 0:
        raise Missing(f"PyPI cannot deliver {packages[-1]}: {run.stderr.strip()[-120:]}")
    open(done, "w").close()
    return home


def first_error(text):
    errors = [line for line in text.splitlines() if "ERROR" in line]
    return errors[0][:200] if errors else "no reason given"


def unpack(archive, folder):
    """Unzip, keeping the executable bits that zipfile leaves behind."""
    with zipfile.ZipFile(archive) as contents:
        for entry in contents.infolist():
            path = contents.extract(entry, folder)
            mode = entry.external_attr >> 16 & 0o777
            if mode and not entry.is_dir():
                os.chmod(path, mode)


def java_home(version_min):
    """The oldest installed JDK that is new enough: nearest to what the back-end was built for."""
    homes = {}
    for home in [os.environ.get("JAVA_HOME", "")] + sorted(glob.glob("/usr/lib/jvm/*")):
        version = java_version(home)
        if version >= version_min:
            homes.setdefault(version, home)
    if not homes:
        raise Missing(f"no Java {version_min} or newer (looked in JAVA_HOME and /usr/lib/jvm)")
    return homes[min(homes)]


def java_version(home):
    if not home or not os.access(os.path.join(home, "bin", "java"), os.X_OK):
        return 0
    command = [os.path.join(home, "bin", "java"), "-version"]
    text = subprocess.run(command, capture_output=True, text=True).stderr
    found = re.search(r'version "(\d+)', text)
    return int(found.group(1)) if found else 0

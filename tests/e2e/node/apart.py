"""A root folder and a loopback of one's own, so that a configuration with fixed paths, names and ports
runs as it is: /var/log, 169.254.169.254, logs.eu-west-1.amazonaws.com.

Needs root, for mounts. What is made there ends with the process.
"""

import ctypes
import os
import subprocess
import sys
import traceback

from kit.agent import die_with_parent
from kit.case import Skip

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
OWN = ("etc", "run", "tmp", "var", "fluent-bit")  # of the root; all else is the machine's
OWN_OF_VAR = ("fluent-bit", "lib", "log", "run")
TEXT_BYTES_MAX = 1 << 20

# How the child ends.
OVER, FAILED, SKIPPED = 0, 1, 2


def run_apart(story):
    """Runs the story in a child that has mounts and a network of its own; its failure, or that it
    cannot be told here, is ours."""
    if os.geteuid() != 0:
        raise Skip("mounts of one's own need root")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os._exit(tell(writer, story))
    os.close(writer)
    with os.fdopen(reader, errors="replace") as said:
        text = said.read(TEXT_BYTES_MAX)
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) == SKIPPED:
        raise Skip(text)
    if status != 0:
        raise AssertionError(text.strip() or f"the story ended with status {status}")


def tell(writer, story):
    try:
        die_with_parent()
        leave()
        story()
        return OVER
    except Skip as skip:
        os.write(writer, str(skip).encode()[:TEXT_BYTES_MAX])
        return SKIPPED
    except AssertionError as error:
        os.write(writer, str(error).encode()[:TEXT_BYTES_MAX])
    except BaseException:
        os.write(writer, traceback.format_exc().encode()[:TEXT_BYTES_MAX])
    sys.stdout.flush()
    return FAILED


def leave():
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        raise AssertionError("unshare: " + os.strerror(ctypes.get_errno()))
    call("mount", "--make-rprivate", "/")
    call("ip", "link", "set", "lo", "up")
    for address in ("169.254.169.254/32", "169.254.170.2/32"):
        call("ip", "address", "add", address, "dev", "lo")


def call(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def make_root(root, files):
    """The machine's programs and libraries; what a node has of its own is new. files: path -> text."""
    bind_members("/", root, OWN)
    bind_members("/var", os.path.join(root, "var"), OWN_OF_VAR)
    for folder in OWN:
        os.makedirs(os.path.join(root, folder), exist_ok=True)
    os.symlink("/run", os.path.join(root, "var/run"))
    for path, text in files.items():
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        with open(root + path, "w", newline="") as out:
            out.write(text)


def bind_members(source, target, own):
    os.makedirs(target, exist_ok=True)
    for name in os.listdir(source):
        there, here = os.path.join(source, name), os.path.join(target, name)
        if name in own:
            continue
        if os.path.islink(there):
            os.symlink(os.readlink(there), here)
        elif os.path.isdir(there):
            os.makedirs(here)
            call("mount", "--rbind", there, here)


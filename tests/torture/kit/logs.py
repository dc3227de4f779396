"""Container logs that grow, rotate and go as on a node, written from prepared sources.

A source is what tests/bench/gen made; its bytes are written in pieces that do not mind where a line
ends, but a rotation falls between two lines, as a container runtime has it.
"""

import gzip
import os
import shutil
import threading
import time

PIECE_BYTES = 64 << 10
BEHIND_SECONDS_MAX = 0.25
KEPT_MAX = 4  # besides the current one, as the kubelet's default of 5 files has it


class PodLog:
    """A container's 0.log under pods/, and the link to it under containers/."""

    def __init__(self, root, pod, kept_max=KEPT_MAX, squeezes=True):
        self.folder = os.path.join(root, "pods", f"shop_{pod}_uid-{pod}", "app")
        self.path = os.path.join(self.folder, "0.log")
        os.makedirs(self.folder)
        self.out = open(self.path, "ab", buffering=0)
        self.link = os.path.join(root, "containers", f"{pod}_shop_app-{'0' * 58}{len(pod):06x}.log")
        os.symlink(self.path, self.link)
        self.kept_max = kept_max
        self.squeezes = squeezes
        self.generations = []  # oldest first
        self.nth = 0

    def write(self, data):
        self.out.write(data)

    def size(self):
        return os.fstat(self.out.fileno()).st_size

    def rotate(self):
        """As the kubelet does it: drop the oldest, squeeze the older, rename, have it reopened."""
        while len(self.generations) >= self.kept_max:
            os.remove(self.generations.pop(0))
        if self.squeezes:
            self.generations = [squeeze(path) for path in self.generations]
        self.nth += 1
        day = time.strftime("%Y%m%d", time.gmtime())
        name = f"{self.path}.{day}-{self.nth // 3600:02d}{self.nth // 60 % 60:02d}{self.nth % 60:02d}"
        os.rename(self.path, name)
        self.generations.append(name)
        self.out.close()
        self.out = open(self.path, "ab", buffering=0)

    def remove(self):
        """The pod is gone, with its link and every generation."""
        self.out.close()
        os.remove(self.link)
        shutil.rmtree(os.path.dirname(self.folder))

    def close(self):
        self.out.close()


def squeeze(path):
    if path.endswith(".gz"):
        return path
    with open(path, "rb") as text, gzip.open(path + ".tmp", "wb", 1) as out:
        shutil.copyfileobj(text, out, 1 << 20)
    os.rename(path + ".tmp", path + ".gz")
    os.remove(path)
    return path + ".gz"


class Writer(threading.Thread):
    """Writes a source to each log at so many bytes a second, rotating each at so many bytes. What a busy
    machine kept it from writing is not made up for: files would rotate faster than anybody reads."""

    def __init__(self, pods, sources, bytes_per_s, rotate_bytes=0):
        super().__init__(daemon=True)
        self.pods = pods
        self.sources = sources
        self.bytes_per_s = bytes_per_s
        self.rotate_bytes = rotate_bytes
        self.failure = None

    def run(self):
        try:
            self.write_all()
        except Exception as error:
            self.failure = error

    def finish(self):
        self.join()
        if self.failure:
            raise self.failure

    def write_all(self):
        inputs = [open(source, "rb") for source in self.sources]
        started, written = time.monotonic(), 0
        while any(inputs):
            for nth, (text, pod) in enumerate(zip(inputs, self.pods)):
                count = self.step(text, pod) if text else 0
                written += count
                if text and count == 0:
                    inputs[nth] = text.close()
            ahead_s = written / self.bytes_per_s - (time.monotonic() - started)
            if ahead_s > 0:
                time.sleep(ahead_s)
            started += max(0, -ahead_s - BEHIND_SECONDS_MAX)

    def step(self, text, pod):
        """One piece; where the file is due for rotation, up to the end of the line."""
        data = text.read(PIECE_BYTES)
        if self.rotate_bytes and pod.size() + len(data) >= self.rotate_bytes:
            data += text.readline()
            pod.write(data)
            pod.rotate()
        else:
            pod.write(data)
        return len(data)


def open_pods(stand, count, **options):
    return [PodLog(stand.folder, f"web-{nth}", **options) for nth in range(count)]

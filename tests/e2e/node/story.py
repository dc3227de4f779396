"""What a node writes, and what must have come of it: each line once, in its group and stream, with its
fields and its time.
"""

import collections
import json
import time

from node import cloud, node
from node.account import Account

PODS = 10
READ_SECONDS_MAX = 240
MORE_SECONDS = 2
HOST = "ip-10-0-3-7"  # as its own logs call it
INSTANCE = {"az": cloud.INSTANCE["placement/availability-zone"],
            "ec2_instance_id": cloud.INSTANCE["instance-id"]}

Line = collections.namedtuple("Line", "ns stream text")


class Story:
    """The base: places to write into, and the books. What is expected is the layout's matter."""

    def __init__(self, lab, layout, files, policy):
        authority = cloud.Authority(lab.path("authority"))
        self.layout = layout
        self.account = Account(policy)
        self.service = cloud.Logs(authority, self.account.moto.port)
        self.metadata = cloud.Metadata(self.account.document())
        self.cluster = cloud.Cluster(authority, node.NAME, node.TOKEN)
        self.node = node.Node(lab.folder, layout.place, files, authority)
        self.expected = collections.defaultdict(list)
        self.count = 0
        self.pods = [self.pod("shop", f"web-{number}", "main") for number in range(PODS)]
        self.own = [self.pod("amazon-cloudwatch", name, name) for name in layout.own_pods]
        self.dataplane = [self.pod("kube-system", name, name) for name in ("aws-node", "kube-proxy")]

    def pod(self, namespace, name, container):
        pod = node.new_pod(namespace, name, container)
        self.cluster.add(*pod)
        return pod

    def write(self, lines):
        """So many lines into each place."""
        for pod in self.pods + self.own + self.dataplane:
            self.write_pod(pod, lines)
        for name, ident, pid in (("messages", "systemd", "1"), ("secure", "sshd", "4711")):
            for line in self.plain(lines):
                self.node.append(f"/var/log/{name}",
                                 f"{node.syslog_stamp(line.ns)} {HOST} {ident}[{pid}]: {line.text}\n")
                self.expect(self.layout.of_file(name, ident, pid, line))
        for line in self.plain(lines):
            self.node.append("/var/log/dmesg", f"[{self.count}.000001] {line.text}\n")
            self.expect(self.layout.of_dmesg(f"[{self.count}.000001] {line.text}"))
        self.write_journal(lines)

    def write_pod(self, pod, lines):
        """Those that the logs' own agents write begin with a time, and none is long."""
        if pod in self.own:
            written = [line._replace(text="2026-11-21T10:00:00Z I! " + line.text) for line in self.plain(lines)]
        else:
            written = [self.next(number) for number in range(lines)]
        if self.layout.is_docker:
            self.node.write_docker(pod, written)
        else:
            self.node.write_container(pod, written)
        for line in written:
            self.expect(self.layout.of_pod(pod, line, pod in self.dataplane))

    def rotate(self, pod):
        self.node.rotate(node.docker_file(pod) if self.layout.is_docker else node.pod_file(pod))

    def write_journal(self, lines):
        entries = []
        for source in JOURNAL:
            for line in self.plain(lines):
                entries.append((line.ns, {
                    "MESSAGE": line.text, "_HOSTNAME": HOST, "PRIORITY": "6", "_PID": "77",
                    "MESSAGE_ID": "8d45620c1a4348dbb17410da57c60c66", **source}))
                if self.layout.reads_old_journal or self.node.process is not None:
                    for event in self.layout.of_journal(source, line):
                        self.expect(event)
        self.node.write_journal(f"system-{self.count}.journal", entries)

    def start(self):
        self.node.start(self.layout.arguments, self.layout.environment, self.layout.rights)
        self.node.wait_until_ready()

    def plain(self, lines):
        for _ in range(lines):
            yield self.next(1)

    def next(self, kind):
        """A line that no other is like. Of three one is JSON; each hundredth is longer than a runtime's buffer."""
        self.count += 1
        text = f"line {self.count} \"caf\u00e9\" \u65e5\u672c"
        if kind % 3 == 0:
            text = json.dumps({"n": self.count, "level": "info", "http": {"status": 200}}, ensure_ascii=False)
        if kind % 100 == 50:
            text += " " + "x" * 40000
        return Line(time.time_ns(), "stderr" if kind % 7 == 0 else "stdout", text)

    def expect(self, event):
        """(group, stream, ns, record); ns None: whenever the line was read. None: nothing comes of it."""
        if event is not None:
            group, stream, ns, record = event
            self.expected[node.group(group), stream].append((None if ns is None else ns // 10**6, record))

    def wait(self):
        """Until as many have come as are expected; a moment more, for those that are too many."""
        wanted = sum(map(len, self.expected.values()))
        until = time.monotonic() + READ_SECONDS_MAX
        while time.monotonic() < until and sum(map(len, self.account.events().values())) < wanted:
            time.sleep(1)
        time.sleep(MORE_SECONDS)

    def expect_each_once(self):
        found = self.account.events()
        streams = sorted(set(self.expected) ^ set(found))
        assert not streams, f"streams that should not be, or lack: {streams[:6]}"
        wrong = [text for name, wanted in sorted(self.expected.items())
                 for text in compare_stream(name, wanted, found[name])]
        assert not wrong, f"{len(wrong)} of {len(found)} streams are not as they should be:\n" + "\n".join(wrong[:3])


JOURNAL = [{"_SYSTEMD_UNIT": unit + ".service", "SYSLOG_IDENTIFIER": unit, "SYSLOG_FACILITY": "3"}
           for unit in ("kubelet", "containerd", "docker", "chronyd")] + [
    {"_SYSTEMD_UNIT": "sshd.service", "SYSLOG_IDENTIFIER": "sshd", "SYSLOG_FACILITY": "10"},
    {"_TRANSPORT": "kernel", "SYSLOG_IDENTIFIER": "kernel", "SYSLOG_FACILITY": "0"}]


def compare_stream(name, wanted, found):
    is_timed = all(ms is not None for ms, _ in wanted)
    ours, theirs = (collections.Counter(
        (ms if is_timed else None, json.dumps(record, sort_keys=True)) for ms, record in side)
        for side in (wanted, ((ms, json.loads(message)) for ms, message in found)))
    lacking, more = list((ours - theirs).elements()), list((theirs - ours).elements())
    if not lacking and not more:
        return []
    return [f"{name}: {len(wanted)} lines, {len(found)} events; {len(lacking)} lack, {len(more)} are too many:\n"
            f"  wanted {str(lacking[:2])[:600]}\n  found  {str(more[:2])[:600]}"]


def dotted(path):
    return path.replace("/", ".")


def cri_fields(line):
    """`_p` is that of the first part."""
    mark = "P" if len(line.text.encode()) > node.PART_BYTES else "F"
    return {"time": node.stamp(line.ns), "stream": line.stream, "_p": mark, "log": line.text}


def merged(text):
    try:
        return {"log_processed": json.loads(text)}
    except ValueError:
        return {}


def kubernetes_block(pod):
    return {"pod_name": pod.name, "namespace_name": pod.namespace, "pod_id": pod.uid, "host": node.NAME,
            "pod_ip": "10.0.3.40", "container_name": pod.container, "docker_id": pod.ident,
            "container_hash": "reg/web@sha256:12", "container_image": "web:1"}

"""Networks of their own: an instance, a container behind it, and what is beyond the instance.

    pod --- node --- cloud (169.254.169.254)

A container in a bridged network is one hop further from instance metadata than its node. Needs root.
"""

import ctypes
import os
import subprocess
import threading

from kit.agent import die_with_parent

CLONE_NEWNET = 0x40000000
METADATA = "169.254.169.254"
CLOUD, NODE, POD = "10.99.0.1", "10.99.0.2", "10.98.0.2"


class Missing(Exception):
    pass


class Network:
    """A network namespace, kept by a process that does nothing."""

    def __init__(self):
        self.keeper = subprocess.Popen(["unshare", "--net", "sleep", "infinity"],
                                       stderr=subprocess.PIPE, preexec_fn=die_with_parent)
        ours = os.readlink("/proc/self/ns/net")
        while self.keeper.poll() is None and self.name() in (ours, None):
            pass
        if self.keeper.poll() is not None:
            raise Missing("no network of its own: " + self.keeper.stderr.read().decode().strip())
        self.run("ip link set lo up")

    def name(self):
        try:
            return os.readlink(f"/proc/{self.keeper.pid}/ns/net")
        except OSError:
            return None

    @property
    def prefix(self):
        """What a command begins with to be in it."""
        return ["nsenter", f"--net=/proc/{self.keeper.pid}/ns/net"]

    def run(self, command):
        done = subprocess.run([*self.prefix, "sh", "-ec", command], capture_output=True, text=True)
        if done.returncode != 0:
            raise Missing(f"{command}: {done.stderr.strip()[-120:]}")

    def call(self, function):
        """What the function returns when its thread is in this network; its sockets stay there."""
        got = []

        def work():
            try:
                with open(f"/proc/{self.keeper.pid}/ns/net") as ns:
                    assert ctypes.CDLL(None, use_errno=True).setns(ns.fileno(), CLONE_NEWNET) == 0
                got.append((True, function()))
            except Exception as trouble:
                got.append((False, trouble))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        is_well, result = got[0]
        if not is_well:
            raise result
        return result

    def close(self):
        self.keeper.kill()
        self.keeper.wait()


def join(one, other, name, addresses):
    """A cable between two networks, with an address at each end."""
    ends = [name + "a", name + "b"]
    one.run(f"ip link add name {ends[0]} type veth peer name {ends[1]} netns {other.keeper.pid}")
    for network, end, address in zip((one, other), ends, addresses):
        network.run(f"ip addr add {address}/24 dev {end}; ip link set {end} up")


def cloud_node_and_pod(lab):
    cloud, node, pod = (lab.closing(Network()) for _ in range(3))
    join(cloud, node, "cn", (CLOUD, NODE))
    join(node, pod, "np", ("10.98.0.1", POD))
    cloud.run(f"ip addr add {METADATA}/32 dev lo; ip route add 10.98.0.0/24 via {NODE}")
    node.run(f"echo 1 > /proc/sys/net/ipv4/ip_forward; ip route add {METADATA} via {CLOUD}")
    pod.run("ip route add default via 10.98.0.1")
    return cloud, node, pod

"""A cluster of one node, from Kubernetes' own programs, in the namespaces of this process.

Addresses that a cluster's DNS and proxy would give are two of our own: 10.96.0.1:443 is the API
server, 10.96.0.2:9200 Elasticsearch. Pods know them by hostAliases.
"""

import json
import os
import shutil
import subprocess
import time

BIN = os.environ["KUBERNETES_BIN"]
NODE_ADDRESS = "172.30.97.1"
API_PORT = 6443
ADMIN = "admin-token"
READY_SECONDS_MAX = 180
HOST_ALIASES = [{"ip": "10.96.0.1", "hostnames": ["kubernetes.default.svc"]},
                {"ip": "10.96.0.2", "hostnames": ["elasticsearch.logging.svc"]}]

CNI = {"cniVersion": "0.4.0", "name": "pods", "plugins": [{
    "type": "bridge", "bridge": "pods", "isGateway": True,
    "ipam": {"type": "host-local", "ranges": [[{"subnet": "172.30.98.0/24"}]],
             "routes": [{"dst": "0.0.0.0/0"}]}}]}

CONTAINERD = """version = 2
root = "{work}/containerd"
state = "/run/containerd"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/library/busybox:1.37"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{work}/cni"
"""

KUBELET = {
    "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
    "cgroupDriver": "cgroupfs", "cgroupsPerQOS": False, "enforceNodeAllocatable": [],
    "failSwapOn": False, "failCgroupV1": False, "localStorageCapacityIsolation": False,
    "evictionHard": {"nodefs.available": "0%"},
    # Rotated as soon as the kubelet looks, every ten seconds.
    "containerLogMaxSize": "100Ki", "containerLogMaxFiles": 5,
    "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
    "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
    "authorization": {"mode": "AlwaysAllow"}, "readOnlyPort": 0,
}


def run(*command, **kwargs):
    return subprocess.run(command, check=True, capture_output=True, text=True, **kwargs).stdout


class Cluster:
    def __init__(self, work):
        self.work = work
        self.kubeconfig = os.path.join(work, "kubeconfig")

    def path(self, name):
        return os.path.join(self.work, name)

    def write(self, name, text):
        with open(self.path(name), "w") as out:
            out.write(text)
        return self.path(name)

    def launch(self, *command):
        name = os.path.basename(command[0])
        with open(self.path(name + ".log"), "w") as log:
            return subprocess.Popen(command, cwd=self.work, stdout=log, stderr=log,
                                    stdin=subprocess.DEVNULL)

    def prepare(self):
        self.own_the_network()
        self.own_the_folders()

    def start(self, elasticsearch_port):
        self.lead("10.96.0.1", 443, API_PORT)
        self.lead("10.96.0.2", 9200, elasticsearch_port)
        self.start_control()
        self.wait("the API server", lambda: self.kubectl("get", "namespace", "default"))
        self.start_node()
        self.wait("the node", lambda: "True" in self.kubectl(
            "get", "node", "node-1", "-o",
            "jsonpath={.status.conditions[?(@.type=='Ready')].status}"))
        for namespace in ("default", "kube-system"):
            self.wait("accounts", lambda: self.kubectl("get", "-n", namespace, "serviceaccount", "default"))

    def own_the_network(self):
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "outside", "type", "bridge")
        run("ip", "address", "add", NODE_ADDRESS + "/24", "dev", "outside")
        run("ip", "link", "set", "outside", "up")
        run("ip", "route", "add", "default", "dev", "outside")
        for key in ("ip_forward", "conf/all/route_localnet"):
            with open("/proc/sys/net/ipv4/" + key, "w") as out:
                out.write("1")

    def lead(self, address, port, to):
        """What pods send to the address comes to a port of the loopback."""
        run("iptables", "-t", "nat", "-A", "PREROUTING", "-d", address, "-p", "tcp", "--dport",
            str(port), "-j", "DNAT", "--to-destination", f"127.0.0.1:{to}")

    def cut_off(self, port, is_off):
        """Pods that ask for it are refused, those too that are connected already; and again not."""
        run("iptables", "-I" if is_off else "-D", "INPUT", "-i", "pods", "-p", "tcp", "--dport", str(port),
            "-j", "REJECT", "--reject-with", "tcp-reset")

    def own_the_folders(self):
        for target in ("/var/log", "/var/lib/kubelet", "/var/lib/tailrace", "/var/lib/docker",
                       "/var/lib/cni", "/run"):
            own = self.path("node" + target)
            os.makedirs(own)
            os.makedirs(target, exist_ok=True)
            run("mount", "--bind", own, target)
        run("mount", "--make-rshared", "/")

    def start_control(self):
        key = self.path("account.key")
        run("openssl", "genrsa", "-out", key, "2048")
        tokens = self.write("tokens.csv", f'{ADMIN},admin,1,"system:masters"\n')
        self.write("kubeconfig", json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "x",
            "clusters": [{"name": "c", "cluster": {"server": f"https://127.0.0.1:{API_PORT}",
                                                   "insecure-skip-tls-verify": True}}],
            "users": [{"name": "u", "user": {"token": ADMIN}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}]}))
        self.launch(shutil.which("etcd"), "--data-dir", self.path("etcd"), "--unsafe-no-fsync")
        self.launch(f"{BIN}/kube-apiserver", "--etcd-servers=http://127.0.0.1:2379",
                    f"--secure-port={API_PORT}", "--bind-address=127.0.0.1",
                    "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
                    "--kubelet-preferred-address-types=InternalIP",
                    f"--cert-dir={self.path('certs')}", f"--service-account-key-file={key}",
                    f"--service-account-signing-key-file={key}", f"--token-auth-file={tokens}",
                    "--service-account-issuer=https://kubernetes.default.svc",
                    "--authorization-mode=RBAC", "--service-cluster-ip-range=10.96.0.0/16")
        self.wait("a certificate", lambda: os.path.getsize(self.path("certs/apiserver.crt")))
        with open(self.path("certs/apiserver.crt")) as chain:
            authority = self.write("ca.crt", chain.read().split("-----END CERTIFICATE-----\n")[1] +
                                   "-----END CERTIFICATE-----\n")
        common = [f"--kubeconfig={self.kubeconfig}", "--bind-address=127.0.0.1", "--leader-elect=false"]
        self.launch(f"{BIN}/kube-controller-manager", *common, f"--root-ca-file={authority}",
                    f"--service-account-private-key-file={key}", "--cert-dir=" + self.path("manager"))
        self.launch(f"{BIN}/kube-scheduler", *common, "--cert-dir=" + self.path("scheduler"))

    def start_node(self):
        os.makedirs(self.path("cni"))
        self.write("cni/10.conflist", json.dumps(CNI))
        self.launch(shutil.which("containerd"), "-c",
                    self.write("containerd.toml", CONTAINERD.format(work=self.work)))
        self.wait("containerd", lambda: run("ctr", "version"))
        run("ctr", "-n", "k8s.io", "images", "import", self.path("images.tar"))
        self.launch(f"{BIN}/kubelet", "--config=" + self.write("kubelet.yaml", json.dumps(KUBELET)),
                    f"--kubeconfig={self.kubeconfig}", "--hostname-override=node-1",
                    f"--node-ip={NODE_ADDRESS}")

    def wait(self, what, look):
        until = time.monotonic() + READY_SECONDS_MAX
        why = ""
        while time.monotonic() < until:
            try:
                if look():
                    return
            except (OSError, subprocess.CalledProcessError) as failed:
                why = getattr(failed, "stderr", None) or str(failed)
            time.sleep(1)
        raise RuntimeError(f"{what} is not there in time: {why}")

    def kubectl(self, *arguments, given=None):
        return run("kubectl", f"--kubeconfig={self.kubeconfig}", *arguments,
                   input=None if given is None else json.dumps(given))

    def apply(self, what):
        self.kubectl("apply", "-f", "-", given=what)

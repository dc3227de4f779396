"""What people install, on a node: the shipped manifests, real pods, real rotation, Elasticsearch."""

import json
import os
import signal
import subprocess
import sys

from cluster import HOST_ALIASES, Cluster
from services.engine import ELASTICSEARCH_8, Engine

LINES = 12000
PODS = ("anna", "bert", "carl")
# 40 lines at a time, some 250 a second of each pod: a rotation every ten seconds.
SCRIPT = """n=0
while [ $n -lt %d ]; do
  k=0
  while [ $k -lt 40 ]; do
    n=$((n + 1)) k=$((k + 1))
    echo "{\\"msg\\":\\"line\\",\\"n\\":$n,\\"fill\\":\\"%s\\"}"
  done
  /bin/busybox sleep 0.1
done
/bin/busybox sleep 100000
""" % (LINES, "x" * 60)

ACCOUNT = "system:serviceaccount:logging:tailrace"
ALIASES = {"spec": {"template": {"spec": {"hostAliases": HOST_ALIASES}}}}


def pod(name):
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default",
                         "labels": {"app": name, "app.kubernetes.io/name": "writer"}},
            "spec": {"terminationGracePeriodSeconds": 0, "containers": [{
                "name": "writer", "image": "busybox:1.37", "imagePullPolicy": "IfNotPresent",
                "command": ["/bin/sh", "-c", SCRIPT]}]}}


def rights_are_these_and_no_more(cluster, _):
    """list, watch and get of pods: none lacks, and there is no other."""
    may = cluster.kubectl("auth", "can-i", "--list", "--no-headers", "--as=" + ACCOUNT)
    own = [line.split() for line in may.splitlines()
           if not line.startswith(" ") and ".k8s.io" not in line]
    assert own == [["pods", "[]", "[]", "[get", "list", "watch]"]], own


def agent_process():
    done = subprocess.run(["pgrep", "-f", "^/fluent-bit/bin/fluent-bit --workdir=/etc/tailrace"],
                          capture_output=True, text=True)
    return int(done.stdout.split()[0])


def process_has_one_right(_cluster, _engine):
    """DAC_READ_SEARCH, under seccomp, and no way to get another."""
    with open(f"/proc/{agent_process()}/status") as status:
        said = dict(line.split(":", 1) for line in status)
    assert said["CapEff"].strip() == "0000000000000004", said["CapEff"]
    assert said["CapBnd"].strip() == "0000000000000004", said["CapBnd"]
    assert said["NoNewPrivs"].strip() == "1" and said["Seccomp"].strip() == "2"


def rollout(cluster):
    cluster.kubectl("-n", "logging", "rollout", "restart", "ds/tailrace")
    cluster.kubectl("-n", "logging", "rollout", "status", "ds/tailrace", "--timeout=120s")


def count(engine, name):
    engine.call("POST", "/applications-*/_refresh")
    return engine.call("POST", "/applications-*/_search", {
        "size": 0, "track_total_hits": True,
        "query": {"bool": {"filter": [{"term": {"kubernetes.pod_name.keyword": name}},
                                      {"exists": {"field": "n"}}]}},
        "aggs": {"first": {"min": {"field": "n"}}, "last": {"max": {"field": "n"}},
                 "twice": {"terms": {"field": "n", "min_doc_count": 2, "size": 10}},
                 "uids": {"terms": {"field": "kubernetes.pod_id.keyword"}},
                 "apps": {"terms": {"field": "kubernetes.labels.app.keyword"}}}}).json()


def buckets(answer, name):
    return {b["key"]: b["doc_count"] for b in answer["aggregations"][name]["buckets"]}


def total(engine, name):
    answer = count(engine, name)
    return answer["hits"]["total"]["value"] if "hits" in answer else 0


def every_line_is_there_once(cluster, engine):
    """Through rotation, two rollouts and a SIGKILL, and with its own pod's labels."""
    for name in PODS:
        cluster.apply(pod(name))
    cluster.wait("a first line", lambda: total(engine, PODS[0]) > 500)
    rollout(cluster)
    os.kill(agent_process(), signal.SIGKILL)
    cluster.wait("half of the lines", lambda: total(engine, PODS[0]) > LINES / 2)
    rollout(cluster)
    for name in PODS:
        cluster.wait(f"the last line of {name}", lambda: total(engine, name) >= LINES)
        answer = count(engine, name)
        uid = cluster.kubectl("get", "pod", name, "-o", "jsonpath={.metadata.uid}")
        assert answer["hits"]["total"]["value"] == LINES, answer["hits"]
        assert answer["aggregations"]["first"]["value"] == 1, answer
        assert answer["aggregations"]["last"]["value"] == LINES, answer
        assert buckets(answer, "twice") == {}, answer
        assert buckets(answer, "uids") == {uid: LINES}, answer
        assert buckets(answer, "apps") == {name: LINES}, answer


CASES = (rights_are_these_and_no_more, process_has_one_right, every_line_is_there_once)


def passes(case, cluster, engine):
    name = case.__name__.replace("_", " ")
    try:
        case(cluster, engine)
    except (AssertionError, RuntimeError, subprocess.CalledProcessError) as failed:
        print(f"FAILED   {name}: {getattr(failed, 'stderr', None) or failed}", flush=True)
        return False
    print(f"ok       {name}", flush=True)
    return True


def main():
    cluster = Cluster(os.environ["WORK"])
    failures = 0
    cluster.prepare()
    with Engine(ELASTICSEARCH_8) as engine:
        cluster.start(engine.port)
        cluster.kubectl("apply", "--validate=strict", "-f", "packaging/kubernetes/tailrace.yaml")
        cluster.kubectl("-n", "logging", "patch", "ds", "tailrace", "--type=strategic", "-p",
                        json.dumps(ALIASES))
        cluster.kubectl("-n", "logging", "rollout", "status", "ds/tailrace", "--timeout=120s")
        for case in CASES:
            failures += not passes(case, cluster, engine)
    print(f"cluster: {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

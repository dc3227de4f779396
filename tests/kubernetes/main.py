"""What people install, on a node: the shipped manifests, real pods, real rotation, Elasticsearch."""

import glob
import json
import os
import signal
import subprocess
import sys
import time

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


def agent_process(config=""):
    done = subprocess.run(["pgrep", "-f", "^/fluent-bit/bin/fluent-bit --workdir=/etc/tailrace.*" + config],
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
                 "told": {"filter": {"bool": {"filter": [
                     {"exists": {"field": "kubernetes.container_hash"}},
                     {"exists": {"field": "kubernetes.pod_ip"}}]}}},
                 "uids": {"terms": {"field": "kubernetes.pod_id.keyword"}},
                 "apps": {"terms": {"field": "kubernetes.labels.app.keyword"}}}}).json()


def buckets(answer, name):
    return {b["key"]: b["doc_count"] for b in answer["aggregations"][name]["buckets"]}


def total(engine, name):
    answer = count(engine, name)
    return answer["hits"]["total"]["value"] if "hits" in answer else 0


def every_line_is_there_once(cluster, engine):
    """Through rotation, two rollouts and a SIGKILL, with its own pod's labels, and from the first one
    on with what the kubelet tells of its container when that runs already."""
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
        assert answer["aggregations"]["told"]["doc_count"] == LINES, answer
        assert buckets(answer, "apps") == {name: LINES}, answer


def greeter_of_the_walk_through(cluster, engine):
    """packaging/kubernetes/efk/README.md, steps 3 and 4, with an Elasticsearch beside the cluster."""
    cluster.kubectl("run", "greeter", "--image=busybox:1.37", "--labels=app=greeter", "--", "sh", "-c",
                    'while true; do echo "{\\"level\\":\\"info\\",\\"msg\\":\\"hello\\"}"; sleep 1; done')
    cluster.wait("the greeter", lambda: greetings(engine, "level.keyword", "info") > 3)
    rollout(cluster)
    cluster.cut_off(engine.port, True)
    time.sleep(20)
    cluster.cut_off(engine.port, False)
    assert "tailrace" in cluster.kubectl("-n", "logging", "logs", "ds/tailrace")
    cluster.kubectl("delete", "pod", "greeter", "--grace-period=5", "--wait=false")
    written = lines_of("/var/log/pods/default_greeter_*/greeter/0.log")
    cluster.wait("the last greeting", lambda: greetings(engine) >= written)
    time.sleep(5)
    found = greetings(engine)
    assert written <= found <= written + 7, (written, found)  # it wrote on while it was counted
    assert greetings(engine, "kubernetes.labels.app.keyword", "greeter") == found
    assert seconds(engine) == found, (seconds(engine), found)


def lines_of(pattern):
    path, = glob.glob(pattern)
    with open(path) as log:
        return len(log.readlines())


def greetings(engine, field="msg.keyword", value="hello"):
    engine.call("POST", "/applications-*/_refresh")
    answer = engine.call("POST", "/applications-*/_count", {"query": {"bool": {"filter": [
        {"term": {"msg.keyword": "hello"}}, {"term": {field: value}}]}}}).json()
    return answer.get("count", 0)


def seconds(engine):
    """How many of them there are: each greeting has a time of its own."""
    answer = engine.call("POST", "/applications-*/_search", {
        "size": 0, "query": {"term": {"msg.keyword": "hello"}},
        "aggs": {"times": {"cardinality": {"field": "@timestamp"}}}}).json()
    return answer["aggregations"]["times"]["value"]


def a_sidecar_needs_no_rights_and_loses_nothing(cluster, engine):
    """packaging/kubernetes/sidecar.yaml, until its Deployment is deleted."""
    cluster.kubectl("apply", "--validate=strict", "-f", "packaging/kubernetes/sidecar.yaml")
    cluster.kubectl("patch", "deployment", "shop", "--type=strategic", "-p", json.dumps(ALIASES))
    cluster.kubectl("rollout", "status", "deployment/shop", "--timeout=120s")
    cluster.wait("one pod", lambda: len(pods_of(cluster, "shop")) == 1)
    name, = pods_of(cluster, "shop")
    cluster.wait("ten orders", lambda: orders(engine, name)["hits"]["total"]["value"] > 10)
    with open(f"/proc/{agent_process('/etc/tailrace/sidecar')}/status") as status:
        said = dict(line.split(":", 1) for line in status)
    assert said["Uid"].split() == ["65532"] * 4 and said["CapEff"].strip() == "0" * 16, said
    uid = cluster.kubectl("get", "pod", name, "-o", "jsonpath={.metadata.uid}")
    written = lines_of(f"/var/lib/kubelet/pods/{uid}/volumes/kubernetes.io~empty-dir/logs/shop.log")
    cluster.kubectl("delete", "deployment", "shop", "--wait=true")
    cluster.wait("its end", lambda: not cluster.kubectl("get", "pod", name, "--ignore-not-found"))
    answer = orders(engine, name)
    total = answer["hits"]["total"]["value"]
    assert total >= written and answer["aggregations"]["last"]["value"] == total, (written, answer)
    assert buckets(answer, "twice") == {}, answer
    assert buckets(answer, "hosts") == {"node-1": total}, answer


def pods_of(cluster, app):
    return cluster.kubectl("get", "pod", "-l", "app.kubernetes.io/name=" + app, "-o",
                           "jsonpath={.items[*].metadata.name}").split()


def orders(engine, name):
    engine.call("POST", "/applications-*/_refresh")
    return engine.call("POST", "/applications-*/_search", {
        "size": 0, "track_total_hits": True,
        "query": {"bool": {"filter": [{"term": {"kubernetes.pod_name.keyword": name}},
                                      {"exists": {"field": "order"}}]}},
        "aggs": {"last": {"max": {"field": "order"}},
                 "hosts": {"terms": {"field": "kubernetes.host.keyword"}},
                 "twice": {"terms": {"field": "order", "min_doc_count": 2, "size": 10}}}}).json()


CASES = (rights_are_these_and_no_more, process_has_one_right, every_line_is_there_once,
         greeter_of_the_walk_through, a_sidecar_needs_no_rights_and_loses_nothing)


def passes(case, cluster, engine):
    name = case.__name__.replace("_", " ")
    try:
        case(cluster, engine)
    except (AssertionError, RuntimeError, subprocess.CalledProcessError) as failed:
        print(f"FAILED   {name}: {getattr(failed, 'stderr', None) or failed}", flush=True)
        return False
    print(f"ok       {name}", flush=True)
    return True


def chosen(words):
    return [case for case in CASES if all(word in case.__name__ for word in words)]


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
        for case in chosen(sys.argv[1:]):
            failures += not passes(case, cluster, engine)
    print(f"cluster: {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

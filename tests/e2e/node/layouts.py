"""Configurations for a node, and what each makes of a line: (group, stream, ns, record), or None."""

from node import node
from node.story import HOST, INSTANCE, cri_fields, dotted, kubernetes_block, merged

UNITS = ("kubelet.service", "containerd.service", "docker.service")


class Published:
    """AWS's own, as it is; the variables are those of its DaemonSet."""

    place = "/fluent-bit/etc"
    arguments = ("-c", "/fluent-bit/etc/fluent-bit.conf")
    own_pods = ("fluent-bit", "cloudwatch-agent")
    rights = ()
    reads_old_journal = True
    environment = {
        "AWS_REGION": node.REGION, "CLUSTER_NAME": node.CLUSTER, "HTTP_SERVER": "On", "HTTP_PORT": "2020",
        "READ_FROM_HEAD": "On", "READ_FROM_TAIL": "Off", "HOST_NAME": node.NAME,
        "HOSTNAME": "fluent-bit-x7k2p", "CI_VERSION": "k8s/1.3.26", "PATH": "/usr/bin:/bin"}

    def of_pod(self, pod, line, is_dataplane):
        place = dotted(node.link(pod))
        if is_dataplane:
            return ("dataplane", f"{node.NAME}-dataplane.tail{place}", line.ns,
                    {**cri_fields(line), **INSTANCE})
        return ("application", f"{node.NAME}-application{place}", line.ns,
                {**cri_fields(line), **merged(line.text), "kubernetes": kubernetes_block(pod)})

    def of_file(self, name, ident, pid, line):
        return ("host", f"{node.NAME}.host.{name}", line.ns // 10**9 * 10**9,
                {"host": HOST, "ident": ident, "pid": pid, "message": line.text, **INSTANCE})

    def of_dmesg(self, text):
        return "host", f"{node.NAME}.host.dmesg", None, {"message": text, **INSTANCE}

    def of_journal(self, source, line):
        unit = source.get("_SYSTEMD_UNIT")
        if unit not in UNITS:
            return None
        return ("dataplane", f"{node.NAME}-dataplane.systemd.{unit}", line.ns,
                {"message": line.text, "systemd_unit": unit, "hostname": HOST, **INSTANCE})


class Ours(Published):
    """packaging/kubernetes/aws/container-insights.yaml: the same groups, the journal for what AWS reads of files."""

    place = "/etc/tailrace/kubernetes"
    arguments = ("--workdir=/etc/tailrace", "--config=/etc/tailrace/kubernetes/tailrace.conf")
    own_pods = ("fluent-bit",)
    rights = ("/usr/bin/setpriv", "--bounding-set=-all,+dac_read_search", "--no-new-privs")
    reads_old_journal = False
    environment = {"AWS_REGION": node.REGION, "CLUSTER_NAME": node.CLUSTER, "NODE_NAME": node.NAME,
                   "RETENTION_DAYS": "30", "PATH": "/usr/bin:/bin"}

    def of_pod(self, pod, line, is_dataplane):
        group, stream, ns, record = super().of_pod(pod, line, is_dataplane)
        if "log_processed" in record:
            del record["log"]
        return group, stream, ns, record

    def of_file(self, *_):
        return None

    def of_dmesg(self, _):
        return None

    def of_journal(self, source, line):
        if "_TRANSPORT" in source or source["SYSLOG_FACILITY"] in ("4", "10"):
            return ("host", f"{node.NAME}.host.journal", line.ns,
                    {"message": line.text, "host": HOST, "pid": "77", "ident": source["SYSLOG_IDENTIFIER"],
                     **INSTANCE})
        return super().of_journal(source, line)

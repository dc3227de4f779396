"""Configurations for a node, and what each makes of a line: (group, stream, ns, record), or None."""

from node import node
from node.story import HOST, INSTANCE, cri_fields, dotted, kubernetes_block, merged

UNITS = ("kubelet.service", "containerd.service", "docker.service")


class Published:
    """AWS's own, as it is; the variables are those of its DaemonSet."""

    place = "/fluent-bit/etc"
    arguments = ("-c", "/fluent-bit/etc/fluent-bit.conf")
    own_pods = ("fluent-bit", "cloudwatch-agent")
    is_docker = False
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
            return []
        return [("dataplane", f"{node.NAME}-dataplane.systemd.{unit}", line.ns,
                 {"message": line.text, "systemd_unit": unit, "hostname": HOST, **INSTANCE})]


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
            return [("host", f"{node.NAME}.host.journal", line.ns,
                     {"message": line.text, "host": HOST, "pid": "77", "ident": source["SYSLOG_IDENTIFIER"],
                      **INSTANCE})]
        return super().of_journal(source, line)


class Docker(Published):
    """AWS's quick start of before containerd: Docker's files, put together by Docker_Mode."""

    is_docker = True

    def of_pod(self, pod, line, is_dataplane):
        group, stream, ns, record = super().of_pod(pod, line, is_dataplane)
        for key in ("time", "_p"):
            del record[key]
        return group, stream, ns, {**record, "log": line.text + "\n"}

    def of_dmesg(self, text):
        """It goes through the parser for syslog, which takes its words for other things."""
        return "host", f"{node.NAME}.host.dmesg", None, {**dmesg_by_syslog(text), **INSTANCE}

    def of_journal(self, source, line):
        return super().of_journal(source, line) if source["SYSLOG_IDENTIFIER"] != "containerd" else []


class Compatible(Docker):
    """AWS's fluent-bit-compatible.yaml: streams as FluentD had them, by the Go plugin `cloudwatch`."""

    def of_pod(self, pod, line, is_dataplane):
        _, _, ns, record = super().of_pod(pod, line, False)
        block = record["kubernetes"]
        ident = block.pop("docker_id")
        return ("application", f"{pod.name}_{pod.namespace}_{pod.container}-{pod.ident}", ns,
                {**record, "kubernetes": {**block, "labels": {"app": pod.name}}, "docker": {"container_id": ident}})

    def of_file(self, name, ident, pid, line):
        group, _, ns, record = super().of_file(name, ident, pid, line)
        return group, f"host.{name}-{HOST}", ns, record

    def of_dmesg(self, text):
        group, _, ns, record = super().of_dmesg(text)
        return group, f"host.dmesg-{record['host']}", ns, record

    def of_journal(self, source, line):
        return [(group, f"{source['_SYSTEMD_UNIT']}-{HOST}", ns, record)
                for group, _, ns, record in Published.of_journal(self, source, line)]


class Addon(Published):
    """The CloudWatch add-on's, with its routing of the customer's: host logs out of the journal, several
    times what several inputs ask for, and no containers but in the Embedded Metric Format."""

    def of_pod(self, pod, line, is_dataplane):
        return super().of_pod(pod, line, True) if is_dataplane else None

    def of_file(self, *_):
        return None

    def of_dmesg(self, _):
        return None

    def of_journal(self, source, line):
        is_secure, is_kernel = source["SYSLOG_FACILITY"] == "10", "_TRANSPORT" in source
        names = ["dmesg"] * is_kernel + ["messages"] * (not is_secure) + ["secure"] * is_secure
        record = {"message": line.text, "host": HOST, "ident": source["SYSLOG_IDENTIFIER"], **INSTANCE}
        return super().of_journal(source, line) + [
            ("host", f"{node.NAME}.host.{name}", line.ns, record) for name in names]


def dmesg_by_syslog(text):
    _, _, _, host, rest = text.split(" ", 4)
    return {"host": host, "message": rest}

"""AWS's own manifests of Container Insights, as they are published: not part of this tree.

Each comes once, from the commit that is named here, and stays in the cache beside the back-ends. Where
GitHub is out of reach, put the file there by hand: $TAILRACE_CACHE/container-insights/NAME.
"""

import http.client
import os
import urllib.request

from services import aws, fetch

FETCH_SECONDS_MAX = 20
SITE = "https://raw.githubusercontent.com/"
SAMPLES = ("aws-samples/amazon-cloudwatch-container-insights/{}/k8s-deployment-manifest-templates/"
           "deployment-mode/daemonset/container-insights-monitoring/")
ADDON = ("aws-observability/helm-charts/{}/charts/amazon-cloudwatch-observability/tests/template/scenarios/"
         "fluentbit-advanced-config/expected/")
# name: folder, commit, file
MANIFESTS = {
    "fluent-bit.yaml": (SAMPLES, "0709891017790bb0bdef6fd462a6815d924d13e7", "fluent-bit/fluent-bit.yaml"),
    "fluent-bit-compatible.yaml": (SAMPLES, "0662c7ef5606a0d6d976bc9b22d3cd88734d9f81",
                                   "fluent-bit/fluent-bit-compatible.yaml"),
    "quickstart-1.3.11.yaml": (SAMPLES, "062b626aba4f7f290e5101d0f4c33014884535eb",
                               "quickstart/cwagent-fluent-bit-quickstart.yaml"),
    "addon-advanced.yaml": (ADDON, "2869190af9d3f28cb29ed3e807b3045b649d1d55",
                            "ConfigMap.default.fluent-bit-config.yaml"),
}


def config_map(name):
    """The files of its ConfigMap fluent-bit-config: name -> text."""
    return config_map_of(manifest(name), "fluent-bit-config")


def config_map_of(text, name):
    aws.botocore()  # moto brings PyYAML
    import yaml
    for document in yaml.safe_load_all(without_placeholders(text)):
        if document and document["kind"] == "ConfigMap" and document["metadata"]["name"] == name:
            return document["data"]
    raise AssertionError("there is no ConfigMap " + name)


def without_placeholders(text):
    """The quick start's {{cluster_name}} and the like, which sed is to replace."""
    return text.replace("{{", "").replace("}}", "")


def manifest(name):
    path = os.path.join(fetch.cache_dir(), "container-insights", name)
    if not os.path.exists(path):
        folder, commit, file = MANIFESTS[name]
        url = SITE + folder.format(commit) + file
        try:
            with urllib.request.urlopen(url, timeout=FETCH_SECONDS_MAX) as reply:
                text = reply.read()
        except (OSError, http.client.HTTPException) as error:
            raise fetch.Missing(f"{name} is neither in the cache nor to be had: {error}")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "wb") as out:
            out.write(text)
        os.rename(path + ".new", path)
    with open(path, newline="") as file:
        return file.read()

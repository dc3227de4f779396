"""Whether a document keeps CloudWatch's Embedded Metric Format: its schema, and what it names is there.

The rules in full, the forms of histograms among them, are tested by tests/kit/emf.c.
"""

UNITS = {"None", "Count", "Percent"} | {
    unit + rate for unit in ("Count", *(size + what for what in ("bytes", "bits")
                                        for size in ("Kilo", "Mega", "Giga", "Tera")), "Bytes", "Bits")
    for rate in ("", "/Second")} | {"Seconds", "Microseconds", "Milliseconds"}


def check(document):
    aws = document["_aws"]
    assert set(aws) == {"Timestamp", "CloudWatchMetrics"}, aws
    assert isinstance(aws["Timestamp"], int) and aws["Timestamp"] > 10**12, aws
    for directive in aws["CloudWatchMetrics"]:
        assert set(directive) == {"Namespace", "Dimensions", "Metrics"}, directive
        assert 1 <= len(directive["Namespace"]) <= 255, directive
        assert directive["Dimensions"] and 1 <= len(directive["Metrics"]) <= 100, directive
        for dimensions in directive["Dimensions"]:
            assert len(dimensions) <= 30, dimensions
            for name in dimensions:
                assert isinstance(document[name], str) and 1 <= len(document[name]) <= 1024, name
        for metric in directive["Metrics"]:
            assert set(metric) <= {"Name", "Unit", "StorageResolution"}, metric
            assert metric.get("Unit", "None") in UNITS, metric
            assert isinstance(document[metric["Name"]], (int, float)), document

"""A pipeline told once, written as a classic or as a YAML configuration.

    {"service": {…}, "parsers": [{…}], "inputs": [{…}], "filters": [{…}], "outputs": [{…}]}
"""

import os

SECTIONS = {"parsers": "PARSER", "inputs": "INPUT", "filters": "FILTER", "outputs": "OUTPUT"}
JSON_PARSER = {"name": "json", "format": "json"}


def write(folder, pipeline, syntax, port):
    """Writes the files and returns the path of the main one."""
    service = {"flush": "0.5", "grace": "5", "log_level": "info", "http_server": "on",
               "http_listen": "127.0.0.1", "http_port": port, **pipeline.get("service", {})}
    if syntax == "yaml":
        return save(folder, "tailrace.yaml", yaml({**pipeline, "service": service}))
    save(folder, "parsers.conf", classic("parsers", pipeline.get("parsers", [])))
    service["parsers_file"] = "parsers.conf"
    text = section("SERVICE", service)
    for kind in ("inputs", "filters", "outputs"):
        text += classic(kind, pipeline.get(kind, []))
    return save(folder, "tailrace.conf", text)


def save(folder, name, text):
    """In one step: an agent that reads it meanwhile finds the old text or the new one."""
    path = os.path.join(folder, name)
    with open(path + ".new", "w") as out:
        out.write(text)
    os.rename(path + ".new", path)
    return path


def classic(kind, members):
    return "".join(section(SECTIONS[kind], member) for member in members)


def section(name, keys):
    lines = [f"    {spelt(key)} {value}" for key, value in keys.items()]
    return "\n".join([f"[{name}]"] + lines) + "\n\n"


def spelt(key):
    """Classic files mostly write Read_from_Head, but multiline.parser."""
    return key if "." in key else "_".join(word.capitalize() for word in key.split("_"))


def yaml(pipeline):
    lines = ["service:"] + yaml_keys(pipeline["service"], "  ")
    lines += yaml_list("parsers", pipeline.get("parsers", []), "") + ["pipeline:"]
    for kind in ("inputs", "filters", "outputs"):
        lines += yaml_list(kind, pipeline.get(kind, []), "  ")
    return "\n".join(lines) + "\n"


def yaml_list(name, members, indent):
    lines = [f"{indent}{name}:"] if members else []
    for member in members:
        keys = yaml_keys(member, indent + "    ")
        keys[0] = f"{indent}  - {keys[0].lstrip()}"
        lines += keys
    return lines


def yaml_keys(keys, indent):
    """Everything is quoted: quoting makes no difference to a property."""
    return [f'{indent}{key}: "{value}"' for key, value in keys.items()]


def tail(path, database, **keys):
    return {"name": "tail", "tag": "kube.*", "path": path, "read_from_head": "on", "db": database,
            **keys}


def json_filter(**keys):
    return {"name": "parser", "match": "*", "key_name": "log", "parser": "json",
            "reserve_data": "on", **keys}


def bulk_output(host, port, prefix, name="es", **keys):
    return {"name": name, "match": "*", "host": host, "port": port, "logstash_format": "on",
            "logstash_prefix": prefix, "suppress_type_name": "on", "retry_limit": "false", **keys}

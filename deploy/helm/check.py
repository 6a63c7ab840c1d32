"""What deploy/helm/check does; see there."""

import difflib
import pathlib
import re
import sys
import tomllib

import helm_python as helm
import kubernetes_validate
import yaml

HERE = pathlib.Path(__file__).parent
CHART = HERE / "opentwin"
PLAIN = HERE.parent / "kubernetes"

# The version that acceptance runs on, and the oldest that the chart takes.
VERSIONS = ["1.36", "1.34"]

# In the order in which Helm installs them, so that the plain manifests can be applied from top to bottom.
ORDER = [
    "NetworkPolicy", "PodDisruptionBudget", "ServiceAccount", "ConfigMap", "Role", "RoleBinding", "Service",
    "Deployment", "StatefulSet", "HorizontalPodAutoscaler", "Job", "CronJob", "Ingress",
]  # fmt: skip

# Kinds of others, whose schemas are not Kubernetes' own.
FOREIGN = {"Certificate", "Issuer", "ServiceMonitor", "PrometheusRule", "TLSRoute", "ScaledObject"}

# Everything that can be switched on.
ALL = {
    "site": "lab",
    "commonLabels": {"team": "antennas"},
    "image": {"registry": "registry.example.org", "tag": "9", "pullSecrets": ["registry"], "pullPolicy": "Never"},
    "log": "debug",
    "database": {"kind": "mongodb", "hosts": "db-0.db:27017,db-1.db:27018", "options": "replicaSet=rs0", "passwordSecret": "db",
                 "caSecret": "db-ca"},
    "authorization": {"persistence": {"storageClass": "-", "selector": {"matchLabels": {"a": "b"}}, "annotations": {"a": "b"}}},
    "project": {"persistence": {"existingClaim": "data"}, "pod": {"extraVolumes": [{"name": "x", "emptyDir": {}}]}},
    "logger": {"persistence": {"storageClass": "fast"}},
    "localSession": {
        "slots": 2, "runCores": 4, "runMemoryMb": 4096,
        "autoscaling": {"enabled": True, "by": "keda", "prometheus": "http://prometheus.monitoring"},
        "pod": {
            "annotations": {"a": "b"}, "labels": {"c": "d"}, "nodeSelector": {"pool": "compute"},
            "tolerations": [{"key": "compute", "operator": "Exists"}], "priorityClassName": "low",
            "extraEnv": [{"name": "TZ", "value": "UTC"}], "extraVolumeMounts": [{"name": "x", "mountPath": "/x"}],
            "extraVolumes": [{"name": "x", "emptyDir": {}}],
        },
    },
    "relay": {
        "autoscaling": {"enabled": True}, "webCertificateSecret": "web", "origins": ["https://twin.example.org"],
        "service": {"type": "LoadBalancer", "nodePort": 30443, "loadBalancerSourceRanges": ["10.0.0.0/8"],
                    "externalTrafficPolicy": "Local", "annotations": {"a": "b"}},
    },
    "compute": {
        "spawner": "kubernetes", "mostMemoryMb": 65536, "roomWait": 600, "roomFail": 60, "scratchMb": 512, "arch": "amd64", "priorityClassName": "low",
        "nodeSelector": {"pool": "compute"}, "annotations": {"a": "b"}, "labels": {"c": "d"}, "runtimeClassName": "gvisor",
        "tolerations": [{"key": "compute", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30}],
        "template": {"spec": {"terminationGracePeriodSeconds": 90}},
        "services": {"modeling": {"warm": {"buffer": 1, "max": 4}}, "fit-td": {"kind": "job", "os": "windows", "arch": "amd64", "launcher": False, "cores": 1.5, "memoryMb": 1024}},
    },
    "ingress": {"enabled": True, "className": "nginx", "hosts": ["twin.example.org"], "tlsSecret": "web",
                "annotations": {"nginx.ingress.kubernetes.io/backend-protocol": "HTTPS"}},
    "gateway": {"enabled": True, "parentRefs": [{"name": "public"}], "hostnames": ["twin.example.org"]},
    "networkPolicy": {"dnsTo": [{"ipBlock": {"cidr": "169.254.20.10/32"}}],
                      "apiServerTo": [{"ipBlock": {"cidr": "10.96.0.1/32"}}], "publicFrom": [{"ipBlock": {"cidr": "10.0.0.0/8"}}],
                      "metricsFrom": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}]},
    "monitoring": {"serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}}, "rules": {"enabled": True}},
}  # fmt: skip

# Values that are refused, and what the answer has to name.
REFUSED = [
    ({"relay": {"replica": 2}}, "replica"),
    ({"localSession": {"replicas": 0}}, "replicas"),
    ({"localSession": {"replicas": "two"}}, "replicas"),
    ({"image": {"pullPolicy": "Sometimes"}}, "pullPolicy"),
    ({"certificates": {"mode": "magic"}}, "mode"),
    ({"certificates": {"days": 1}}, "days"),
    ({"site": "Not A Site"}, "site"),
    ({"project": {"persistence": {"size": "lots"}}}, "size"),
    ({"project": {"replicas": 2}}, "replicas"),
    ({"authorization": {"loginDays": 1000}}, "loginDays"),
    ({"relay": {"service": {"nodePort": 80}}}, "nodePort"),
    ({"relay": {"origins": ["twin.example.org"]}}, "origins"),
    ({"ingress": {"enabled": True}}, "hosts"),
    ({"gateway": {"enabled": True, "hostnames": ["a.example"]}}, "parentRefs"),
    ({"mongodb": {}}, "mongodb"),
    ({"database": {"kind": "mysql"}}, "kind"),
    ({"database": {"kind": "mongodb"}}, "hosts"),
    ({"database": {"kind": "mongodb", "hosts": "user:password@db"}}, "hosts"),
    ({"compute": {"spawner": "docker"}}, "spawner"),
    ({"compute": {"services": {"fit-td": {"memory": 1}}}}, "memory"),
    ({"compute": {"image": "opentwin/fit-td:1"}}, "image"),
    ({"compute": {"cores": 0}}, "cores"),
    ({"localSession": {"autoscaling": {"enabled": True, "by": "keda"}}}, "prometheus"),
    ({"localSession": {"autoscaling": {"by": "sessions"}}}, "by"),
    ({"localSession": {"autoscaling": {"minReplicas": 5, "maxReplicas": 4}}}, "minReplicas"),
    ({"relay": {"autoscaling": {"minReplicas": 5}}}, "minReplicas"),
    ({"localSession": {"autoscaling": {"enabled": True}}, "compute": {"spawner": "kubernetes"}}, "autoscaling.by"),
    ({"image": {"registry": "https://registry.example.org"}}, "registry"),
    ({"image": {"registry": "registry.example.org/"}}, "registry"),
    ({"image": {"repository": "opentwin/"}}, "repository"),
    ({"certificates": {"schedule": "once a day"}}, "schedule"),
    ({"certificates": {"schedule": "61 3 * * *"}}, "schedule"),
    ({"certificates": {"schedule": "3 * * *"}}, "schedule"),
    ({"log": "verbose"}, "log"),
    ({"log": "info,store=loud"}, "log"),
    ({"compute": {"services": {"modeling": {"warm": {"buffer": 3, "max": 2}}}}}, "modeling.warm.buffer"),
    ({"compute": {"memoryMb": 512, "mostMemoryMb": 256}}, "memoryMb"),
    ({"compute": {"mostCores": 2, "services": {"fit-td": {"cores": 2.5}}}}, "fit-td.cores"),
    ({"database": {"hosts": "db-0.db"}}, "database.hosts"),
    ({"database": {"passwordSecret": "db"}}, "database.passwordSecret"),
    ({"relay": {"service": {"nodePort": 30443}}}, "nodePort"),
]

# Values that look odd and are right.
TAKEN = [
    {"image": {"registry": "localhost:5000/team_a/twin"}},
    {"certificates": {"schedule": "*/30 0-6,22 1 JAN-MAR 1-5"}},
    {"certificates": {"schedule": "@daily"}},
    {"log": "warn,store=debug,local_session::plan=trace"},
    {"compute": {"mostMemoryMb": 256, "mostCores": 1, "services": {"modeling": {"warm": {"buffer": 2}}}}},
    {"localSession": {"autoscaling": {"enabled": True, "minReplicas": 1, "maxReplicas": 1}}},
]

problems = []


def problem(text):
    problems.append(text)
    print(f"FAILED {text}")


def render(chart, values, name="opentwin"):
    """All manifests, as dictionaries in the order of installation."""
    rendered = chart.render(values, name=name, namespace="opentwin")
    found = []
    for path, text in rendered.items():
        if path.endswith(".yaml"):
            try:
                found += [doc for doc in yaml.safe_load_all(text) if doc]
            except yaml.YAMLError as error:
                sys.exit(f"{path} does not render to YAML: {error}")
    place = {kind: number for number, kind in enumerate(ORDER)}
    return sorted(found, key=lambda doc: (place.get(doc["kind"], 99), doc["metadata"]["name"]))


def pods(doc):
    """The pod templates of a manifest."""
    spec = doc.get("spec", {})
    if doc["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    if "template" in spec:
        yield spec["template"]["spec"]


def restricted(doc, where):
    """Kubernetes' Pod Security Standard `restricted`, and our own rules."""
    for pod in pods(doc):
        context = pod.get("securityContext", {})
        if not context.get("runAsNonRoot") or context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            problem(f"{where}: the pod's security context is not restricted")
        if pod.get("enableServiceLinks") is not False:
            problem(f"{where}: variables of Services would be refused by our programs")
        # The Job that makes certificates, and a local-session that makes pods.
        rights = pod["serviceAccountName"].endswith(("-certificates", "-local-session"))
        if pod.get("automountServiceAccountToken") is not rights:
            problem(f"{where}: automountServiceAccountToken")
        for volume in pod.get("volumes", []):
            if not volume.keys() & {"secret", "projected", "configMap", "emptyDir", "persistentVolumeClaim"}:
                problem(f"{where}: volume {volume} is not restricted")
        for container in pod["containers"]:
            own = container.get("securityContext", {})
            if own.get("allowPrivilegeEscalation") is not False or own.get("capabilities") != {"drop": ["ALL"]}:
                problem(f"{where}: the container's security context is not restricted")
            if own.get("readOnlyRootFilesystem") is not True or "memory" not in container["resources"]["limits"]:
                problem(f"{where}: root file system or memory is not limited")
            known = {volume["name"] for volume in pod.get("volumes", [])}
            known |= {claim["metadata"]["name"] for claim in doc["spec"].get("volumeClaimTemplates", [])}
            for mount in container.get("volumeMounts", []):
                if mount["name"] not in known:
                    problem(f"{where}: nothing is known of the volume {mount['name']}")
            names = [variable["name"] for variable in container.get("env", [])]
            if len(names) != len(set(names)):
                problem(f"{where}: a variable is given twice: {sorted(names)}")


def references(docs, where):
    """Names that one manifest gives and another one uses."""
    names = {(doc["kind"], doc["metadata"]["name"]) for doc in docs}
    if len(names) != len(docs):
        problem(f"{where}: two manifests have the same name")
    # Pods of compute services are made by local-session, with these labels.
    compute = {"app.kubernetes.io/name": "opentwin", "app.kubernetes.io/instance": "opentwin", "app.kubernetes.io/component": "compute"}
    selectors = [compute] + [doc["spec"]["template"]["metadata"]["labels"] for doc in docs if doc["kind"] in {"StatefulSet", "Deployment"}]
    for doc in docs:
        spec = doc.get("spec", {})
        for pod in pods(doc):
            if ("ServiceAccount", pod["serviceAccountName"]) not in names:
                problem(f"{where}: {doc['metadata']['name']} names a ServiceAccount that is not there")
            for volume in pod.get("volumes", []):
                if "configMap" in volume and ("ConfigMap", volume["configMap"]["name"]) not in names:
                    problem(f"{where}: {doc['metadata']['name']} names a ConfigMap that is not there")
        if doc["kind"] == "StatefulSet" and ("Service", spec["serviceName"]) not in names:
            problem(f"{where}: {doc['metadata']['name']} names a Service that is not there")
        wanted = {
            "Service": lambda: spec["selector"],
            "NetworkPolicy": lambda: spec["podSelector"]["matchLabels"],
            "PodDisruptionBudget": lambda: spec["selector"]["matchLabels"],
            "StatefulSet": lambda: spec["selector"]["matchLabels"],
            "Deployment": lambda: spec["selector"]["matchLabels"],
        }.get(doc["kind"])
        if wanted and not any(wanted().items() <= labels.items() for labels in selectors):
            problem(f"{where}: {doc['kind']} {doc['metadata']['name']} selects no pod")


def check(docs, where):
    for doc in docs:
        name = f"{where}: {doc['kind']} {doc['metadata']['name']}"
        if doc["kind"] not in FOREIGN:
            for version in VERSIONS:
                try:
                    kubernetes_validate.validate(doc, version, strict=True)
                except kubernetes_validate.ValidationError as error:
                    problem(f"{name} ({version}): {error.message} at {'/'.join(map(str, error.path))}")
        restricted(doc, name)
    references(docs, where)
    print(f"ok     {where}: {len(docs)} manifests")


def configuration(docs, where, wanted):
    """The settings of local-session are TOML, and say what the values say."""
    texts = [doc["data"]["local-session.toml"] for doc in docs if "local-session.toml" in doc.get("data", {})]
    if len(texts) != 1:
        return problem(f"{where}: {len(texts)} files with settings of local-session")
    try:
        found = tomllib.loads(texts[0])
    except tomllib.TOMLDecodeError as error:
        return problem(f"{where}: the settings of local-session are no TOML: {error}\n{texts[0]}")
    for path, value in wanted.items():
        here = found
        for key in path.split("/"):
            here = here.get(key, {}) if isinstance(here, dict) else here[int(key)]
        if here != value or type(here) is not type(value):
            problem(f"{where}: the settings of local-session say {here!r} for {path}, not {value!r}")


def plain(docs, file, write):
    text = "# Made from the chart by deploy/helm/check --write; do not edit.\n"
    text += "---\n".join(yaml.safe_dump(doc, sort_keys=False, width=120) for doc in docs)
    path = PLAIN / file
    if write:
        path.write_text(text)
        return
    found = path.read_text() if path.exists() else ""
    if found != text:
        for line in list(difflib.unified_diff(found.splitlines(), text.splitlines(), file, "chart", lineterm=""))[:20]:
            print(line)
        problem(f"deploy/kubernetes/{file} is not what the chart renders: run deploy/helm/check --write")


def metrics(docs):
    """What rules and scaling ask of our own metrics is what the programs measure."""
    sources = "".join(path.read_text() for path in (HERE.parent.parent / "crates").rglob("gauges.rs"))
    sources += (HERE.parent.parent / "crates/services/local-session/src/starting.rs").read_text()
    asked = [doc for doc in docs if doc["kind"] in {"PrometheusRule", "ScaledObject", "HorizontalPodAutoscaler"}]
    for name in sorted(set(re.findall(r"\bopentwin_[a-z_]+", yaml.safe_dump_all(asked)))):
        if f'"{name}"' not in sources:
            problem(f"nothing measures {name}, which a rule asks for")


def fits(docs):
    """A site of default size has room on two nodes of two cores and 4 GiB, of which the cluster itself takes a part."""
    cores = memory = 0
    for doc in docs:
        if doc["kind"] not in {"StatefulSet", "Deployment"}:
            continue
        for container in (container for pod in pods(doc) for container in pod["containers"]):
            requests = container["resources"]["requests"]
            count = doc["spec"].get("replicas", 1)
            cpu, size = str(requests["cpu"]), str(requests["memory"])
            cores += count * (int(cpu[:-1]) if cpu.endswith("m") else 1000 * float(cpu))
            memory += count * int(size[:-2]) * {"Mi": 1, "Gi": 1024}[size[-2:]]
    print(f"ok     the pods of a default site ask for {cores / 1000} cores and {memory} MiB")
    if cores > 2 * 1000 or memory > 4 * 1024:
        problem("a default site asks for more than half of two nodes with two cores and 4 GiB each")


def main():
    write = "--write" in sys.argv[1:]
    for message in helm.lint(str(CHART), strict=True, namespace="opentwin", kube_version="v1.36.0").get("messages") or []:
        severity, text = message.get("severity"), str(message)
        print(f"lint   {text}")
        if isinstance(severity, int) and severity > 1 and "icon" not in text:
            problem(f"lint: {text}")
    chart = helm.Chart.load(str(CHART))
    ha = yaml.safe_load((CHART / "values-ha.yaml").read_text())
    node = {"image": {"pullPolicy": "Never"}, "relay": {"service": {"type": "NodePort", "nodePort": 30443}}}
    pods_of_their_own = {"compute": {"spawner": "kubernetes"}}
    slots = {"localSession": {"autoscaling": {"enabled": True, "by": "slots"}}} | pods_of_their_own
    sets = {
        "default": {}, "compute pods": pods_of_their_own, "scaled by slots": slots, "high availability": ha, "everything": ALL, "imported images": node,
        "cert-manager": {"certificates": {"mode": "cert-manager"}},
        "existing certificates": {"certificates": {"mode": "existing", "prefix": "mine"}},
        "no policies": {"networkPolicy": {"enabled": False}, "podDisruptionBudget": {"enabled": False}},
    }  # fmt: skip
    variables = {v["name"]: v.get("value") for doc in render(chart, ALL) for pod in pods(doc) for c in pod["containers"]
                 for v in c.get("env", []) if doc["metadata"]["name"] == "opentwin-project"}  # fmt: skip
    if variables.get("OPENTWIN_DATABASE") != "mongodb://project@db-0.db:27017,db-1.db:27018/opentwin-project?replicaSet=rs0":
        problem(f"everything: project's database is {variables.get('OPENTWIN_DATABASE')}")
    for where, values in sets.items():
        check(render(chart, values), where)
    configuration(render(chart, pods_of_their_own), "compute pods", {
        "spawner": "kubernetes", "kubernetes/namespace": "opentwin", "kubernetes/service-account": "opentwin-compute",
        "kubernetes/memory": 256, "kubernetes/cores": 0.25, "kubernetes/services/fit-td": {},
        "kubernetes/labels": {"app.kubernetes.io/instance": "opentwin", "app.kubernetes.io/name": "opentwin"},
    })  # fmt: skip
    configuration(render(chart, ALL), "everything", {
        "kubernetes/image": "registry.example.org/opentwin/{service}:9", "kubernetes/room-wait": 600, "kubernetes/room-fail": 60, "kubernetes/scratch": 512,
        "kubernetes/most-memory": 65536, "kubernetes/tolerations/0/tolerationSeconds": 30, "warm/modeling/buffer": 1,
        "kubernetes/template/spec/terminationGracePeriodSeconds": 90, "kubernetes/services/fit-td/cores": 1.5,
        "kubernetes/services/fit-td/kind": "job", "kubernetes/services/fit-td/os": "windows",
        "kubernetes/services/fit-td/launcher": False, "kubernetes/pull-secrets": ["registry"],
    })  # fmt: skip
    # A long name leaves room for what Kubernetes adds: a revision to that of a StatefulSet, a time to that of a CronJob.
    for doc in render(chart, {}, name="a" * 53):
        if len(doc["metadata"]["name"]) > (63 if doc["kind"] == "Job" else 52):
            problem(f"long release name: {doc['metadata']['name']}")
    plain(render(chart, {}), "opentwin.yaml", write)
    plain(render(chart, pods_of_their_own), "opentwin-pods.yaml", write)
    plain(render(chart, ha), "opentwin-ha.yaml", write)
    metrics(render(chart, ALL))
    fits(render(chart, {}))
    volumes = [doc for doc in yaml.safe_load_all((PLAIN / "volumes.yaml").read_text())]
    check(volumes, "volumes.yaml")
    claims = {volume["spec"]["claimRef"]["name"] for volume in volumes}
    for doc in render(chart, {}):
        for claim in doc["spec"].get("volumeClaimTemplates", []) if doc["kind"] == "StatefulSet" else []:
            if f"{claim['metadata']['name']}-{doc['metadata']['name']}-0" not in claims:
                problem(f"volumes.yaml: nothing for the claim of {doc['metadata']['name']}")
    for values, named in REFUSED:
        try:
            render(chart, values)
        except helm.HelmError as error:
            if named not in str(error):
                problem(f"{values} is refused, but `{named}` is not named: {error}")
        else:
            problem(f"{values} is not refused")
    print(f"ok     {len(REFUSED)} sets of wrong values")
    for values in TAKEN:
        try:
            render(chart, values)
        except helm.HelmError as error:
            problem(f"{values} is refused: {error}")
    version = re.search(r"^version = \"(.*)\"", (HERE.parent.parent / "Cargo.toml").read_text(), re.M).group(1)
    metadata = chart.metadata
    metadata = metadata() if callable(metadata) else metadata
    if metadata.get("appVersion") != version:
        problem(f"the chart is of version {metadata.get('appVersion')}, the programs are of {version}")
    sys.exit(1 if problems else 0)


main()

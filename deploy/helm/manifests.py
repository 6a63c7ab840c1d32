"""Manifests as the chart renders them, and what has to hold of each: used by deploy/helm/check."""

import sys

import kubernetes_validate
import yaml

# The version that acceptance runs on, and the oldest that the chart takes.
VERSIONS = ["1.36", "1.34"]

# In the order in which Helm installs them, so that the plain manifests can be applied from top to bottom.
ORDER = [
    "NetworkPolicy", "PodDisruptionBudget", "ServiceAccount", "ConfigMap", "Role", "RoleBinding", "Service",
    "Deployment", "StatefulSet", "HorizontalPodAutoscaler", "Job", "CronJob", "Ingress",
]  # fmt: skip

# Kinds of others, whose schemas are not Kubernetes' own.
FOREIGN = {"Certificate", "Issuer", "ServiceMonitor", "PrometheusRule", "TLSRoute", "ScaledObject"}

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
        for container in pod.get("initContainers", []) + pod["containers"]:
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


def merged(*values):
    """Values laid over each other, as helm does with several -f."""
    over = {}
    for each in values:
        for key, value in each.items():
            both = isinstance(value, dict) and isinstance(over.get(key), dict)
            over[key] = merged(over[key], value) if both else value
    return over


def named(docs, kind, name):
    found = [doc for doc in docs if (doc["kind"], doc["metadata"]["name"]) == (kind, name)]
    if len(found) != 1:
        sys.exit(f"FAILED {len(found)} manifests are the {kind} {name}")
    return found[0]


def variable(docs, service, name):
    (pod,) = pods(named(docs, "StatefulSet", f"opentwin-{service}"))
    found = [v["value"] for v in pod["containers"][0]["env"] if v["name"] == name]
    return found[0] if found else None

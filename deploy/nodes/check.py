"""What deploy/nodes/check does; see there."""

import json
import pathlib
import sys

import kubernetes_validate
import yaml

HERE = pathlib.Path(__file__).parent
WINDOWS = HERE / "windows" / "network"

# What Windows takes, and no other.
VNI, PORT = 4096, 4789

problems = []


def same(what, found, wanted):
    if found != wanted:
        problems.append(f"{what}: {found!r}, not {wanted!r}")


def documents(path):
    return [doc for doc in yaml.safe_load_all(path.read_text()) if doc]


def valid(path):
    for doc in documents(path):
        try:
            kubernetes_validate.validate(doc, "1.36", strict=True)
        except kubernetes_validate.ValidationError as error:
            problems.append(f"{path.name}: {error.message} at {'/'.join(map(str, error.path))}")
        yield doc


def daemon(doc, configured):
    """A HostProcess container on Windows nodes alone, whose script is one that is here."""
    name, pod = doc["metadata"]["name"], doc["spec"]["template"]["spec"]
    same(f"{name}: os", pod["os"], {"name": "windows"})
    same(f"{name}: nodeSelector", pod["nodeSelector"], {"kubernetes.io/os": "windows"})
    # Else Windows has no HostProcess container.
    same(f"{name}: hostNetwork", pod["hostNetwork"], True)
    same(f"{name}: hostProcess", pod["securityContext"]["windowsOptions"]["hostProcess"], True)
    maps = {volume["name"]: volume["configMap"]["name"] for volume in pod["volumes"]}
    (container,) = pod["containers"]
    mounts = {mount["mountPath"]: maps[mount["name"]] for mount in container["volumeMounts"]}
    folder, _, script = container["command"][-1].replace("C:", "").replace("\\", "/").rpartition("/")
    files = configured.get((doc["metadata"]["namespace"], mounts.get(folder)), [])
    if script not in files or not (WINDOWS / script).is_file():
        problems.append(f"{name}: the script {script} does not lie in {folder}")


def main():
    (network,) = valid(HERE / "kubeadm" / "flannel.yaml")
    flannel = json.loads(network["data"]["net-conf.json"])
    same("Flannel's number and port", (flannel["Backend"]["VNI"], flannel["Backend"]["Port"]), (VNI, PORT))
    (cluster,) = [doc for doc in documents(HERE / "kubeadm" / "control-plane.yaml") if doc["kind"] == "ClusterConfiguration"]
    pods, services = cluster["networking"]["podSubnet"], cluster["networking"]["serviceSubnet"]
    same("Flannel's network", flannel["Network"], pods)

    kustomization = yaml.safe_load((WINDOWS / "kustomization.yaml").read_text())
    configured = {(made["namespace"], made["name"]): made.get("files", []) for made in kustomization["configMapGenerator"]}
    for file in kustomization["resources"]:
        for doc in valid(WINDOWS / file):
            daemon(doc, configured)
    cni = json.loads((WINDOWS / "cni-conf.json").read_text())
    same("the network of pods on Windows", cni["name"], f"flannel.{VNI}")
    out, route = (policy["Value"] for policy in cni["delegate"]["Policies"])
    same("what leaves pods on Windows as it is", out["ExceptionList"], [services, pods])
    same("where Services are", route["DestinationPrefix"], services)
    proxy = (WINDOWS / "kube-proxy.ps1").read_text()
    for wanted in (f"$Network = 'flannel.{VNI}'", f"--cluster-cidr={pods}"):
        if wanted not in proxy:
            problems.append(f"kube-proxy.ps1 does not say {wanted}")
    host, _, port = cluster["controlPlaneEndpoint"].rpartition(":")
    (server,) = [made["literals"] for made in kustomization["configMapGenerator"] if made["name"] == "api-server"]
    same("the API server", server, [f"KUBERNETES_SERVICE_HOST={host}", f"KUBERNETES_SERVICE_PORT={port}"])
    for text in problems:
        print(f"FAILED {text}")
    if not problems:
        print("ok     the network of nodes")
    sys.exit(1 if problems else 0)


main()

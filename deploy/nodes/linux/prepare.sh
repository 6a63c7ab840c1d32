#!/usr/bin/env bash
# Makes a Linux machine ready to be a node of a Kubernetes cluster that runs the platform. Doing it again changes nothing.
#
#   prepare.sh [options]
#     --check           change nothing, tell what is missing, end with 1 if anything is
#     --dry-run         change nothing, tell what would be done
#     --from DIR        take programs from this folder instead of the package manager: containerd-*-linux-ARCH.tar.gz,
#                       runc.ARCH, cni-plugins-linux-ARCH-*.tgz, crictl-*-linux-ARCH.tar.gz, kubeadm, kubelet, kubectl,
#                       and SHA256SUMS, against which each is checked
#     --images DIR      import the image archives of this folder (*.tar), and keep them from being collected
#     --state DIR       make DIR/authorization, DIR/project and DIR/logger for volumes of this host
#     --root DIR        prepare the system that is mounted at DIR: only its files, nothing is started
#     --kubernetes V    minor version of Kubernetes                      [1.36]
#
# Then: kubeadm init or kubeadm join with the files of ../kubeadm. For Debian 12 and 13, Ubuntu 24.04 and 26.04; on
# others everything works but the installation of packages.
set -euo pipefail

mode=apply
from=
images=
state=
root=
kubernetes=1.36
# Kubernetes 1.36 is tested with containerd 2.2 and 2.3; 2.3 is supported for long, 1.7 no more.
containerd_least=2.2
runc_least=1.2
while [ $# -gt 0 ]; do
    case $1 in
    --check) mode=check ;;
    --dry-run) mode=dry ;;
    --from) from=$(realpath -e "$2") && shift ;;
    --images) images=$(realpath -e "$2") && shift ;;
    --state) state=$2 && shift ;;
    --root) root=$(realpath -e "$2") && shift ;;
    --kubernetes) kubernetes=${2#v} && shift ;;
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" && exit 0 ;;
    *) echo "unknown option $1; see --help" >&2 && exit 64 ;;
    esac
    shift
done
if [ "$mode" = apply ] && [ "$(id -u)" -ne 0 ]; then
    echo "this changes the system: run it as root, or with --check or --dry-run" >&2 && exit 77
fi
case $(uname -m) in
x86_64) arch=amd64 ;;
aarch64) arch=arm64 ;;
*) echo "no programs are known for $(uname -m)" >&2 && exit 69 ;;
esac

# shellcheck source=/dev/null
[ ! -r /etc/os-release ] || . /etc/os-release

missing=0
changed=0

# step WHAT CHECK APPLY: tells whether WHAT is so, and makes it so.
step() {
    if "$2"; then
        printf 'ok       %s\n' "$1"
        return
    fi
    missing=$((missing + 1))
    case $mode in
    check) printf 'missing  %s\n' "$1" ;;
    dry) printf 'would do %s\n' "$1" ;;
    apply)
        printf 'doing    %s\n' "$1"
        "$3"
        changed=$((changed + 1))
        "$2" || { echo "failed   $1" >&2 && exit 70; }
        ;;
    esac
}

# What runs, as opposed to what lies on the disk, is left alone in a system that is only mounted.
live() { [ -z "$root" ]; }

at_least() { # HAVE LEAST
    [ -n "$1" ] && [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# Writes standard input to a file, whole or not at all.
put() { # PATH [MODE]
    install -d "$(dirname "$root$1")"
    cat >"$root$1.new"
    chmod "${2:-0644}" "$root$1.new"
    mv "$root$1.new" "$root$1"
}

holds() { [ -e "$root$1" ] && [ "$(cat "$root$1")" = "$2" ]; } # PATH TEXT

# --- the machine

cgroups_ok() { [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; }
cgroups_do() {
    echo "Kubernetes $kubernetes refuses control groups v1: boot with systemd.unified_cgroup_hierarchy=1" >&2
    exit 78
}

swap_off_ok() { ! live || [ "$(wc -l </proc/swaps)" -le 1 ]; }
swap_off_do() { swapoff -a; }

fstab=/etc/fstab
fstab_ok() { [ ! -e "$root$fstab" ] || ! grep -Eq '^[^#[:space:]]+[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]]' "$root$fstab"; }
fstab_do() {
    cp -n "$root$fstab" "$root$fstab.before-kubernetes" || true
    sed -E 's/^([^#[:space:]]+[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]].*)$/# no swap on a node: \1/' \
        "$root$fstab" | put "$fstab"
}

modules="overlay
br_netfilter
vxlan"
modules_file=/etc/modules-load.d/kubernetes.conf
modules_ok() { holds "$modules_file" "$modules"; }
modules_do() { put "$modules_file" <<<"$modules"; }
modules_loaded_ok() {
    live || return 0
    local module
    for module in $modules; do
        [ -d "/sys/module/$module" ] || grep -q "/$module.ko" "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null || return 1
    done
}
modules_loaded_do() {
    local module
    for module in $modules; do modprobe "$module"; done
}

settings="net.bridge.bridge-nf-call-iptables = 1
net.bridge.bridge-nf-call-ip6tables = 1
net.ipv4.ip_forward = 1
net.ipv6.conf.all.forwarding = 1
# Each container watches files.
fs.inotify.max_user_instances = 8192
fs.inotify.max_user_watches = 524288"
settings_file=/etc/sysctl.d/90-kubernetes.conf
settings_ok() { holds "$settings_file" "$settings"; }
settings_do() { put "$settings_file" <<<"$settings"; }
settings_live_ok() {
    live || return 0
    local name value
    while IFS=' =' read -r name value; do
        [ "$(sysctl -n "$name" 2>/dev/null)" = "$value" ] || return 1
    done < <(grep -v '^#' <<<"$settings")
}
settings_live_do() { sysctl --quiet --load "$settings_file"; }

# --- programs

verified() { # FILE: against the sums that came with it
    (cd "$from" && grep -E "[ *](\./)?$(basename "$1")\$" SHA256SUMS | sha256sum --check --quiet --strict -) ||
        { echo "$1 does not match $from/SHA256SUMS, or is not named there" >&2 && exit 65; }
}

one() { # PATTERN: the one file of that name in --from
    local found=()
    mapfile -t found < <(find "$from" -maxdepth 1 -name "$1" | sort -V)
    [ ${#found[@]} -eq 1 ] || { echo "$from holds ${#found[@]} files $1; one is needed" >&2 && exit 66; }
    verified "${found[0]}"
    printf '%s\n' "${found[0]}"
}

packages() { # PACKAGE…
    live || { echo "packages cannot be installed into $root: give --from" >&2 && exit 69; }
    command -v apt-get >/dev/null || { echo "install these by hand, or give --from: $*" >&2 && exit 69; }
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends "$@" >/dev/null
}

version_of() { # PROGRAM: what it says its version is
    local path
    for path in "$root/usr/local/sbin/$1" "$root/usr/local/bin/$1" "$root/usr/sbin/$1" "$root/usr/bin/$1"; do
        [ -x "$path" ] || continue
        "$path" --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1
        return
    done
}

containerd_ok() { at_least "$(version_of containerd)" "$containerd_least"; }
containerd_do() {
    if [ -z "$from" ]; then
        packages containerd.io
        return
    fi
    local archive
    archive=$(one "containerd-*-linux-$arch.tar.gz")
    install -d "$root/usr/local"
    tar --extract --file "$archive" --directory "$root/usr/local" --no-same-owner
    put /etc/systemd/system/containerd.service <<'UNIT'
[Unit]
Description=containerd
After=network.target dbus.service

[Service]
ExecStartPre=-/sbin/modprobe overlay
ExecStart=/usr/local/bin/containerd
Type=notify
Delegate=yes
KillMode=process
Restart=always
RestartSec=5
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
UNIT
}

runc_ok() { at_least "$(version_of runc)" "$runc_least"; }
runc_do() {
    # Docker's package of containerd brings its own.
    if [ -z "$from" ]; then packages runc; else install -D -m 0755 "$(one "runc.$arch")" "$root/usr/local/sbin/runc"; fi
}

cni_ok() { [ -x "$root/opt/cni/bin/bridge" ] && [ -x "$root/opt/cni/bin/portmap" ]; }
cni_do() {
    if [ -z "$from" ]; then
        packages kubernetes-cni
        return
    fi
    local archive
    archive=$(one "cni-plugins-linux-$arch-*.tgz")
    install -d "$root/opt/cni/bin"
    tar --extract --file "$archive" --directory "$root/opt/cni/bin" --no-same-owner
}

crictl_ok() { [ -n "$(version_of crictl)" ]; }
crictl_do() {
    if [ -z "$from" ]; then
        packages cri-tools
        return
    fi
    local archive
    archive=$(one "crictl-*-linux-$arch.tar.gz")
    install -d "$root/usr/local/bin"
    tar --extract --file "$archive" --directory "$root/usr/local/bin" --no-same-owner
}

repository="deb [signed-by=/etc/apt/keyrings/kubernetes.asc] https://pkgs.k8s.io/core:/stable:/v$kubernetes/deb/ /"
repository_file=/etc/apt/sources.list.d/kubernetes.list
# Docker's packages of containerd: those of Debian 12 and 13 are older than Kubernetes wants.
docker="deb [arch=$arch signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/${ID:-debian} ${VERSION_CODENAME:-} stable"
docker_file=/etc/apt/sources.list.d/docker.list
repository_ok() {
    [ -n "$from" ] || {
        holds "$repository_file" "$repository" && [ -s "$root/etc/apt/keyrings/kubernetes.asc" ] &&
            holds "$docker_file" "$docker" && [ -s "$root/etc/apt/keyrings/docker.asc" ]
    }
}
repository_do() {
    live || { echo "packages cannot be installed into $root: give --from" >&2 && exit 69; }
    command -v curl >/dev/null || packages curl ca-certificates
    fetch "https://pkgs.k8s.io/core:/stable:/v$kubernetes/deb/Release.key" /etc/apt/keyrings/kubernetes.asc
    fetch "https://download.docker.com/linux/${ID:-debian}/gpg" /etc/apt/keyrings/docker.asc
    put "$repository_file" <<<"$repository"
    put "$docker_file" <<<"$docker"
    apt-get update --quiet >/dev/null
}
fetch() { curl --fail --silent --show-error --location "$1" | put "$2"; } # URL PATH

kube_ok() {
    local program
    for program in kubeadm kubelet kubectl; do
        [ -x "$root/usr/local/bin/$program" ] || [ -x "$root/usr/bin/$program" ] || return 1
    done
}
kube_do() {
    if [ -z "$from" ]; then
        packages kubeadm kubelet kubectl
        # An upgrade of a cluster has its order: not by the daily updates.
        apt-mark hold kubeadm kubelet kubectl >/dev/null
        return
    fi
    local program
    for program in kubeadm kubelet kubectl; do
        install -D -m 0755 "$(one "$program")" "$root/usr/local/bin/$program"
    done
    put /etc/systemd/system/kubelet.service <<'UNIT'
[Unit]
Description=kubelet
Wants=network-online.target
After=network-online.target containerd.service

[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/local/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
UNIT
}

# --- configuration

# The kubelet and containerd have to count with the same control groups: systemd's.
runtime='version = 3

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
    SystemdCgroup = true'
runtime_file=/etc/containerd/conf.d/kubernetes.toml
runtime_ok() {
    holds "$runtime_file" "$runtime" && grep -qs '^imports = .*conf\.d' "$root/etc/containerd/config.toml" &&
        # Docker's packages switch off what Kubernetes needs.
        ! grep -qs '^disabled_plugins.*"cri"' "$root/etc/containerd/config.toml"
}
runtime_do() {
    [ ! -e "$root/etc/containerd/config.toml" ] ||
        cp -n "$root/etc/containerd/config.toml" "$root/etc/containerd/config.toml.before-kubernetes" || true
    put /etc/containerd/config.toml <<<$'version = 3\nimports = ["/etc/containerd/conf.d/*.toml"]'
    put "$runtime_file" <<<"$runtime"
    restart=yes
}
restart=no

endpoint="runtime-endpoint: unix:///run/containerd/containerd.sock
image-endpoint: unix:///run/containerd/containerd.sock"
endpoint_ok() { holds /etc/crictl.yaml "$endpoint"; }
endpoint_do() { put /etc/crictl.yaml <<<"$endpoint"; }

services_ok() {
    live || return 0
    [ "$restart" = no ] && systemctl is-active --quiet containerd 2>/dev/null &&
        systemctl is-enabled --quiet containerd kubelet 2>/dev/null
}
services_do() {
    systemctl daemon-reload
    # The kubelet starts by kubeadm.
    systemctl enable --quiet containerd kubelet
    systemctl restart containerd
    restart=no
}

# --- what the platform needs

state_ok() {
    local service
    for service in authorization project logger; do
        [ "$(stat -c '%u:%g:%a' "$root$state/$service" 2>/dev/null)" = 65532:65532:700 ] || return 1
    done
}
state_do() {
    local service
    for service in authorization project logger; do
        install -d -m 0700 -o 65532 -g 65532 "$root$state/$service"
    done
}

image=
reference=
config=
# What an archive holds: its manifest, on one line, and out of that the name and the digest of the configuration, which
# Kubernetes calls the image's id. Docker writes names without a registry, which containerd completes.
described() { # ARCHIVE
    local manifest name
    manifest=$(tar --extract --to-stdout --file "$1" manifest.json 2>/dev/null | tr -d '[:space:]') || return
    name=$(grep -oE '"RepoTags":\["[^"]+' <<<"$manifest" | cut -d'"' -f4) || return
    config=$(grep -oE '"Config":"[^"]+' <<<"$manifest" | grep -oE '[0-9a-f]{64}') || return
    # Of several images only one would be told.
    [ "$(wc -l <<<"$name")" -eq 1 ] || return
    case ${name%%/*} in
    "$name") reference=docker.io/library/$name ;;
    *.* | *:* | localhost) reference=$name ;;
    *) reference=docker.io/$name ;;
    esac
}
# An image that was built anew under the same name is another one.
image_ok() {
    ctr --namespace k8s.io images ls "name==$reference" 2>/dev/null | grep -q 'io.cri-containerd.pinned=pinned' || return
    local known
    known=$(crictl --image-endpoint unix:///run/containerd/containerd.sock inspecti --output json "$reference" 2>/dev/null) || return
    grep -q "\"id\": *\"sha256:$config\"" <<<"$known"
}
image_do() {
    ctr --namespace k8s.io images import "$image" >/dev/null
    # There is no registry to get it from again: it must not be collected when the disk fills.
    ctr --namespace k8s.io images label "$reference" io.cri-containerd.pinned=pinned >/dev/null
    # What Kubernetes asks hears of it a moment later.
    local left=50
    until image_ok || [ $((left -= 1)) -eq 0 ]; do sleep 0.2; done
}

live && step "control groups v2" cgroups_ok cgroups_do
step "no swap in use" swap_off_ok swap_off_do
step "no swap in $fstab" fstab_ok fstab_do
step "kernel modules after a restart ($modules_file)" modules_ok modules_do
step "kernel modules now" modules_loaded_ok modules_loaded_do
step "kernel settings after a restart ($settings_file)" settings_ok settings_do
step "kernel settings now" settings_live_ok settings_live_do
step "packages of Kubernetes $kubernetes and containerd, or --from" repository_ok repository_do
step "containerd $containerd_least or newer" containerd_ok containerd_do
step "runc $runc_least or newer" runc_ok runc_do
step "network plugins (/opt/cni/bin)" cni_ok cni_do
step "crictl" crictl_ok crictl_do
step "kubeadm, kubelet, kubectl" kube_ok kube_do
step "containerd with systemd's control groups ($runtime_file)" runtime_ok runtime_do
step "crictl speaks to containerd (/etc/crictl.yaml)" endpoint_ok endpoint_do
step "containerd runs, the kubelet is enabled" services_ok services_do
[ -z "$state" ] || step "folders for volumes ($state)" state_ok state_do
if [ -n "$images" ] && live; then
    for image in "$images"/*.tar; do
        [ -e "$image" ] || { echo "$images holds no *.tar" >&2 && exit 66; }
        described "$image" || { echo "$image is no archive of one image with a name" >&2 && exit 65; }
        step "image $reference" image_ok image_do
    done
fi

case $mode in
check) [ "$missing" -eq 0 ] || { echo "$missing missing" && exit 1; } ;;
dry) echo "$missing to do" ;;
apply) echo "$changed done" ;;
esac

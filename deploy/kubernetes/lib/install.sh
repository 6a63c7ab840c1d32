# shellcheck shell=bash disable=SC2154,SC2153 # variables of deploy/kubernetes/test
# Parts of deploy/kubernetes/test: what has to be there, installing, removing.

# Names everything that is missing, each in one line, before anything is made.
prerequisites() {
    local missing=0 verb kind
    lacks() { echo "missing: $*" >&2 && missing=1; }
    for tool in kubectl python3; do
        command -v $tool >/dev/null || lacks "the program $tool"
    done
    if ! command -v helm >/dev/null && ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
        lacks "the program helm, or Python's venv (Debian: python3-venv)"
    fi
    if [ -z "${PROGRAM:-}" ] || wanted suite; then
        command -v cargo >/dev/null || lacks "a Rust toolchain (https://rustup.rs)"
    fi
    [ $missing = 0 ] || exit 69
    if ! kubectl version --output json >"$work/version" 2>"$work/error"; then
        lacks "a cluster that answers: $(tail -n 1 "$work/error") (KUBECONFIG=${KUBECONFIG:-})"
        exit 69
    fi
    python3 - "$work/version" <<'P' || missing=1
import json, re, sys
server = json.load(open(sys.argv[1]))["serverVersion"]
if (int(server["major"]), int(re.sub(r"\D", "", server["minor"]))) < (1, 34):
    sys.exit(f"missing: Kubernetes 1.34 or newer; this one is {server['gitVersion']}")
print(f"cluster: Kubernetes {server['gitVersion']}")
P
    # What the chart is made of, what is done to it, and what stands in the way of a user in one part.
    for kind in namespaces pods services configmaps secrets serviceaccounts persistentvolumeclaims resourcequotas statefulsets.apps \
        deployments.apps jobs.batch cronjobs.batch roles.rbac.authorization.k8s.io rolebindings.rbac.authorization.k8s.io \
        networkpolicies.networking.k8s.io poddisruptionbudgets.policy horizontalpodautoscalers.autoscaling; do
        for verb in create get patch delete; do
            may "$verb" "$kind" || lacks "the right to $verb $kind"
        done
    done
    for kind in exec portforward eviction; do
        may create "pods/$kind" || lacks "the right to use pods/$kind"
    done
    may patch statefulsets.apps/scale || lacks "the right to scale statefulsets.apps"
    for kind in nodes storageclasses.storage.k8s.io; do
        may list "$kind" || lacks "the right to list $kind"
    done
    if kubectl get namespace "$NAMESPACE" >/dev/null 2>&1; then lacks "room: the namespace $NAMESPACE is there already"; fi
    storage_class
    if [ "$storage" = folders ]; then
        for verb in create get patch delete; do
            may "$verb" persistentvolumes || lacks "a default storage class, or the right to $verb persistentvolumes"
        done
    fi
    kubectl get nodes --output json >"$work/nodes"
    REGISTRY="${REGISTRY:-}" TAG="$TAG" python3 "$here"/lib/nodes.py "$work/nodes" "${services[@]}" || missing=1
    [ $missing = 0 ] || exit 69
    said "the cluster has what is needed; volumes by $storage"
}

may() { # VERB KIND[/SUBRESOURCE]
    local part=${2#"${2%%/*}"}
    kubectl auth can-i "$1" "${2%%/*}" ${part:+--subresource="${part#/}"} --all-namespaces >/dev/null 2>&1
}

# Sets `storage`: the name of a class, or folders.
storage_class() {
    storage=$STORAGE
    [ -n "$storage" ] || storage=$(kubectl get storageclass --output json | python3 -c 'import json, sys
for found in json.load(sys.stdin)["items"]:
    if found["metadata"].get("annotations", {}).get("storageclass.kubernetes.io/is-default-class") == "true":
        print(found["metadata"]["name"])
        break
else:
    print("folders")')
}

# The command line and the tests, and what renders the chart.
build() {
    if [ -z "${PROGRAM:-}" ]; then
        cargo build --locked --quiet -p opentwin
        PROGRAM=${CARGO_TARGET_DIR:-target}/debug/opentwin
    fi
    PROGRAM=$(realpath "$PROGRAM")
    if wanted suite; then
        cargo test --locked --quiet -p e2e --test platform --no-run
    fi
    if ! command -v helm >/dev/null; then deploy/helm/check --prepare; fi
    said "programs and tests are built"
}

# Applies the chart; further values as YAML on standard input weigh more.
apply() {
    python3 - >"$work/values.json" <<P
import json
small = lambda cpu, memory, most: {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": most}}
volume = {"size": "1Gi", "storageClass": "$([ "$storage" = folders ] && echo - || echo "$storage")"}
print(json.dumps({
    "image": {"registry": "${REGISTRY:-}", "tag": "$TAG", "pullPolicy": "$([ -n "${REGISTRY:-}" ] && echo IfNotPresent || echo Never)"},
    "compute": {"spawner": "$SPAWNER", "roomWait": 10, "roomFail": 12, "mostMemoryMb": 8192, "services": {"modeling": {}, "cartesian-mesh": {}, "fit-td": ${FIT_TD:-{\}}},
                # However small the nodes are: what is shown here is not how quick they are.
                "template": {"spec": {"containers": [{"name": "compute", "resources": {"requests": {"cpu": "50m"}}}]}}},
    "authorization": {"persistence": volume, "resources": small("20m", "64Mi", "512Mi")},
    "project": {"persistence": volume, "resources": small("50m", "128Mi", "1Gi")},
    "logger": {"persistence": volume, "resources": small("20m", "64Mi", "512Mi")},
    "globalSession": {"lostAfter": 10, "resources": small("20m", "64Mi", "512Mi")},
    "localSession": {"replicas": ${REPLICAS:-2}, "slots": 2, "runCores": 1, "grace": 30,
                     "resources": small("100m", "256Mi", "4Gi" if "$SPAWNER" == "process" else "512Mi")},
    "relay": {"publicHosts": ["localhost"], "resources": small("20m", "64Mi", "512Mi")} | ${RELAY:-{\}},
}))
P
    if command -v helm >/dev/null; then
        helm template opentwin deploy/helm/opentwin --namespace "$NAMESPACE" --values "$work/values.json" >"$work/manifests.yaml"
    else
        target/helm-check/bin/python "$here"/render.py opentwin "$NAMESPACE" "$work/values.json" >"$work/manifests.yaml"
    fi
    ours apply --filename "$work/manifests.yaml" >"$work/applied" || { cat "$work/applied" && fail "the cluster does not take the manifests"; }
}

ready() { # the pods of all services, within SECONDS
    local deadline=$((SECONDS + $1)) what
    for what in statefulset/opentwin-{authorization,project,logger} deployment/opentwin-global-session statefulset/opentwin-{local-session,relay}; do
        ours rollout status "$what" --timeout="$((deadline > SECONDS ? deadline - SECONDS : 1))s" >/dev/null 2>"$work/error" ||
            fail "$what does not become ready: $(tail -n 1 "$work/error")"
    done
}

install() {
    kubectl create namespace "$NAMESPACE" >/dev/null
    kubectl label namespace "$NAMESPACE" "opentwin.io/test=$NAMESPACE" pod-security.kubernetes.io/enforce=restricted >/dev/null
    eventually 60 "the namespace gets no service account" account
    [ "$storage" != folders ] || folders
    apply
    ready 300
    said "installed: all services are ready"
    ours get secret opentwin-relay-0 --output 'jsonpath={.data.ca\.crt}' | base64 -d >"$work/ca.crt"
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    # It ends with the pod that it leads to, and with many a broken connection.
    (
        trap 'kill "$child" 2>/dev/null; exit 0' TERM
        while true; do
            # Not by `ours`: the shell between would end, and leave it behind.
            kubectl -n "$NAMESPACE" port-forward service/opentwin-relay "$port:443" >/dev/null 2>>"$work/forward" &
            child=$!
            wait "$child" || true
            sleep 0.2
        done
    ) &
    forward=$!
    eventually 60 "the relay does not answer at localhost:$port with a certificate of that name" answers
    local first
    first=$(ours exec opentwin-authorization-0 -- /opentwin first-password)
    printf '%s\n%s\n' "$first" "$PASSWORD" |
        opentwin login "localhost:$port" --user admin --roots "$work/ca.crt" --password-stdin --new-password-stdin
    eventually 60 "two local-sessions do not offer three services each" hosts 2
    said "logged in; two local-sessions offer modeling, cartesian-mesh and fit-td"
}
account() { ours get serviceaccount default >/dev/null 2>&1; }
# With the certificate for its public name: until authorization has issued it, the relay shows that of its instance.
answers() {
    python3 - "$port" "$work/ca.crt" 2>/dev/null <<'P'
import socket, ssl, sys
trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
trusting.load_verify_locations(sys.argv[2])
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5) as plain:
    trusting.wrap_socket(plain, server_hostname="localhost").close()
P
}

# Three volumes on the folders of a pod that stands in for a disk: they go with it, and no node is prepared by hand.
folders() {
    sed -e "s|@TAG@|$TAG|; s|@REGISTRY@|${REGISTRY:+$REGISTRY/}|" -e "s|@POLICY@|$([ -n "${REGISTRY:-}" ] && echo IfNotPresent || echo Never)|" \
        "$here"/lib/disk.yaml | ours apply --filename - >/dev/null
    eventually 60 "the pod that lends its folders does not start" runs_on disk
    local node uid
    read -r node uid < <(ours get pod disk --output 'jsonpath={.spec.nodeName} {.metadata.uid}{"\n"}')
    for name in authorization project logger; do
        sed -e "s|@NAME@|$name|; s|@NAMESPACE@|$NAMESPACE|; s|@NODE@|$node|" \
            -e "s|@PATH@|$KUBELET_ROOT/pods/$uid/volumes/kubernetes.io~empty-dir/$name|" "$here"/lib/volume.yaml
    done | kubectl apply --filename - >/dev/null
}
runs_on() { [ -n "$(ours get pod "$1" --output 'jsonpath={.status.containerStatuses[0].containerID}')" ]; }

remove() {
    local left
    kubectl delete namespace "$NAMESPACE" --wait=true --timeout=180s >/dev/null || true
    kubectl delete persistentvolume --selector "opentwin.io/test=$NAMESPACE" --wait=true --timeout=60s >/dev/null 2>&1 || true
    left=$(kubectl get namespace,persistentvolume --selector "opentwin.io/test=$NAMESPACE" --output name 2>/dev/null)
    [ -z "$left" ] || { echo "FAILED left behind: $left" >&2 && return 1; }
    said "removed"
}

# What a reader wants to see of a failure.
tell() {
    {
        echo "--- pods"
        ours get pods --output wide
        echo "--- warnings"
        ours get events --field-selector type=Warning --sort-by .lastTimestamp --output custom-columns=OBJECT:.involvedObject.name,REASON:.reason,MESSAGE:.message | tail -n 15
        echo "--- logs"
        for pod in $(ours get pods --output name); do
            ours logs "$pod" --tail 6 --prefix 2>/dev/null | cut -c1-400
        done
        if [ -s "$work/forward" ]; then echo "--- port-forward" && tail -n 3 "$work/forward"; fi
    } >&2
}

# shellcheck shell=bash disable=SC2154,SC2153 # variables of deploy/kubernetes/test
# Parts of deploy/kubernetes/test: what is shown, once the platform is installed.

# Waits until a command succeeds: no more than SECONDS.
eventually() { # SECONDS WHAT COMMAND…
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || fail "$what"
        sleep 0.5
    done
}
# The command line, with a login of its own.
opentwin() { OPENTWIN_CONFIG_HOME=$work "$PROGRAM" "$@"; }
field() { python3 -c 'import json, sys
found = json.load(sys.stdin)
for key in sys.argv[1].split("/"):
    found = found.get(key, "") if isinstance(found, dict) else found[int(key)]
print(found)' "$1"; }
run_field() { opentwin runs show "$1" --output json | field "$2"; }
# As many local-sessions are there, and each offers three services.
hosts() { [ "$(opentwin site --output json | python3 -c 'import json, sys; print(len([h for h in json.load(sys.stdin)["localSessions"] if len(h["services"]) == 3]))')" = "$1" ]; }

# As many are there, whatever they offer.
present() { [ "$(opentwin site --output json | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["localSessions"]))')" = "$1" ]; }

first_result() {
    opentwin --quiet apply examples/wr90-iris/project.yaml >/dev/null
    opentwin --quiet run wr90-iris/transient --export -o "$work" >/dev/null
    [ "$(grep -c '^[ 0-9]' "$work/wr90-iris.s2p")" -ge 401 ] || fail "the S-parameters are not complete"
    said "first result: S-parameters of examples/wr90-iris"
}

# The end-to-end tests, one after the other: they have the site to themselves.
suite() {
    local names expected passed
    names=$(grep -v '^#' $here/suite)
    expected=$(wc -l <<<"$names")
    # shellcheck disable=SC2086 # the names are words
    if ! E2E_SITE=localhost:$port E2E_SITE_ROOTS=$work/ca.crt E2E_SITE_PASSWORD=$PASSWORD E2E_PROGRAM=$PROGRAM \
        cargo test --locked --quiet -p e2e --test platform -- --exact --test-threads 1 $names >"$work/suite" 2>&1; then
        cat "$work/suite" >&2
        fail "end-to-end tests"
    fi
    passed=$(sed -n 's/^test result: ok\. \([0-9]*\) passed.*/\1/p' "$work/suite")
    [ "$passed" = "$expected" ] || fail "$passed of the $expected tests in $here/suite are there"
    said "$passed end-to-end tests through the public address"
}

# A run that lasts long enough to be struck in the middle, and keeps checkpoints.
start_long() { # PROJECT; prints the run
    sed -e "s/steps_per_wavelength: 20/steps_per_wavelength: ${FINENESS:-50}/" -e "s/^project: .*/project: $1/" \
        -e 's/energy_stop: 1e-6/energy_stop: 1e-6, checkpoint_interval: 1000/' examples/wr90-iris/project.yaml >"$work/$1.yaml"
    opentwin --quiet apply "$work/$1.yaml" >/dev/null
    opentwin --quiet run "$1/transient" --detach
}
underway() { # RUN
    opentwin runs show "$1" --output json | python3 -c 'import json, sys
run = json.load(sys.stdin)
if run["state"] not in ("RUN_STATE_QUEUED", "RUN_STATE_RUNNING"):
    sys.exit("the run has ended before it was struck: give a higher FINENESS")
sys.exit(not (run["checkpoints"] and run["progress"] < 0.9))'
}
finishes() { # RUN
    opentwin --quiet runs follow "$1" --output json >"$work/follow" || fail "following the run ends with an error: $(tail -n 1 "$work/follow")"
    [[ $(run_field "$1" state) = *SUCCEEDED ]] || fail "the run did not succeed: $(opentwin runs show "$1")"
}
# The result of a project is that of a run that nothing happened to, bit for bit.
same_as_unbroken() { # PROJECT
    local project
    if [ ! -e "$work/unbroken.s2p" ]; then
        finishes "$(start_long unbroken)"
        opentwin --quiet export unbroken results/transient/s-parameters --format touchstone -o "$work/unbroken.s2p" >/dev/null
    fi
    opentwin --quiet export "$1" results/transient/s-parameters --format touchstone -o "$work/$1.s2p" >/dev/null
    cmp <(grep -v '^!' "$work/$1.s2p") <(grep -v '^!' "$work/unbroken.s2p") || fail "$1 has another result than an unbroken run"
}

# A pod of that name may be back, and take the run up again, before anybody has missed the one that went.
pod_of() { ours get pod "opentwin-local-session-$1" --output 'jsonpath={.metadata.uid}'; } # NUMBER
# The run has come to its end by another pod than the one that is gone, and to the same end.
brought_home() { # RUN PROJECT NUMBER POD SOLVER
    local after
    finishes "$1"
    after=$(run_field "$1" localSession)
    [ "$after" != "$3" ] || [ "$(pod_of "$after")" != "$4" ] || fail "the run ended in the pod that was struck"
    [ "$(instance_of "$2")" != "$5" ] || fail "the solver is still the one before"
    said "local-session $after$([ "$after" != "$3" ] || echo ", anew,") brought the run to its end"
    same_as_unbroken "$2"
    said "its result is that of an unbroken run, bit for bit"
    eventually 90 "local-session $3 does not register again" hosts 2
}

struck() {
    local run before pod solver
    run=$(start_long struck)
    eventually 300 "the run does not get going" underway "$run"
    before=$(run_field "$run" localSession)
    pod=$(pod_of "$before")
    solver=$(instance_of struck)
    # The number of the pod is the name of the instance.
    ours delete pod "opentwin-local-session-$before" --grace-period=0 --force >/dev/null 2>&1
    said "local-session $before is killed in the middle of a run"
    brought_home "$run" struck "$before" "$pod" "$solver"
}

# The solver of a project, by its name and where it runs; there may be idle ones of others.
its_solver() { # PROJECT FIELD
    opentwin instances "$1" --output json | python3 -c 'import json, sys
print(*[i[sys.argv[1]] for i in json.load(sys.stdin)["instances"] if i["service"] == "fit-td"][:1])' "$2"
}
instance_of() { its_solver "$1" id; } # PROJECT
solver_of() { its_solver "$1" handle; } # PROJECT

solver() {
    if [ "$SPAWNER" = process ]; then
        echo "left out: killing a solver's pod (SPAWNER=process: solvers are processes of their local-session)"
        return
    fi
    local run pod
    run=$(start_long shot)
    eventually 300 "the run does not get going" underway "$run"
    pod=$(solver_of shot)
    ours get pod "$pod" >/dev/null || fail "the solver \`$pod\` is no pod"
    ours delete pod "$pod" --grace-period=0 --force >/dev/null 2>&1
    said "the solver's pod $pod is killed in the middle of a run"
    finishes "$run"
    [ "$(solver_of shot)" != "$pod" ] || fail "nothing was struck"
    same_as_unbroken shot
    said "another pod brought the run to its end, with the same bits"
}

# As a drain of a node asks it, which keeps to budgets: it is refused as long as they do not allow it.
evict() { # POD
    printf '{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "%s", "namespace": "%s"}}' "$1" "$NAMESPACE" |
        kubectl create --raw "/api/v1/namespaces/$NAMESPACE/pods/$1/eviction" --filename - >/dev/null 2>"$work/error"
}

evicted() {
    local run before pod solver
    run=$(start_long moved)
    eventually 300 "the run does not get going" underway "$run"
    before=$(run_field "$run" localSession)
    pod=$(pod_of "$before")
    solver=$(instance_of moved)
    eventually 60 "opentwin-local-session-$before may not be evicted" evict "opentwin-local-session-$before"
    said "local-session $before is evicted in the middle of a run"
    brought_home "$run" moved "$before" "$pod" "$solver"
    [ "$SPAWNER" != process ] || return 0
    run=$(start_long parted)
    eventually 300 "the run does not get going" underway "$run"
    pod=$(solver_of parted)
    eventually 60 "$pod may not be evicted" evict "$pod"
    said "the solver's pod $pod is evicted in the middle of a run"
    finishes "$run"
    [ "$(solver_of parted)" != "$pod" ] || fail "nothing was evicted"
    same_as_unbroken parted
    said "another pod brought the run to its end, with the same bits"
}

# Relays by the load of their processors: that the cluster's numbers reach what decides. Two are the least.
hpa() {
    if ! kubectl get --raw /apis/metrics.k8s.io/v1beta1/nodes >/dev/null 2>&1; then
        echo "left out: scaling by load (the cluster has no metrics-server)"
        return
    fi
    RELAY='{"autoscaling": {"enabled": True, "minReplicas": 2, "maxReplicas": 2}}' apply
    ready 180
    eventually 60 "the autoscaler does not make two relays" relays 2
    eventually 240 "the autoscaler knows no load of the relays" scaling
    said "two relays, whose load the autoscaler knows"
    ours delete horizontalpodautoscaler opentwin-relay >/dev/null
    apply
    ready 180
    # Its pods were others until now.
    eventually 60 "the relay does not answer again" answers
}
relays() { [ "$(ours get statefulset opentwin-relay --output 'jsonpath={.status.readyReplicas}')" = "$1" ]; }
scaling() {
    local active='jsonpath={.status.conditions[?(@.type=="ScalingActive")].status}'
    [ "$(ours get horizontalpodautoscaler opentwin-relay --output "$active")" = True ]
}

scale() {
    local run
    ours scale statefulset/opentwin-local-session --replicas=1 >/dev/null
    eventually 120 "local-sessions do not become one" hosts 1
    run=$(start_long scaled)
    # The certificates of the chart are for two, so one less and back again is what can be shown without another install.
    ours scale statefulset/opentwin-local-session --replicas=2 >/dev/null
    eventually 120 "local-sessions do not become two" hosts 2
    said "local-sessions: two, one, two"
    eventually 300 "the run does not get going" underway "$run"
    # The run is on pod 0; so the one that leaves is idle, and the run stays where it is.
    ours scale statefulset/opentwin-local-session --replicas=1 >/dev/null
    eventually 120 "local-sessions do not become one" hosts 1
    finishes "$run"
    same_as_unbroken scaled
    ours scale statefulset/opentwin-local-session --replicas=2 >/dev/null
    eventually 120 "local-sessions do not become two" hosts 2
    said "a run outlasted scaling down and up"
}

# shellcheck shell=bash disable=SC2154,SC2153 # variables of deploy/kubernetes/test
# Parts of deploy/kubernetes/test: what a user is told of what is wrong in the cluster, and how soon.

# The longest that a user waits for it; for room and for a quota a run waits 12 s of that, which is set for this test.
SOON=30

# A project whose solver is yet to be started; all before it has been computed.
broken() {
    sed 's/^project: .*/project: broken/' examples/wr90-iris/project.yaml | opentwin --quiet apply - >/dev/null
    opentwin --quiet run broken --action cartesian-mesh.mesh >/dev/null
}

told() { # WORDS
    local started=$SECONDS output
    if output=$(opentwin --quiet run broken/transient 2>&1); then fail "it runs all the same"; fi
    grep -q "$1" <<<"$output" || fail "the user is not told \`$1\`: $output"
    [ $((SECONDS - started)) -le $SOON ] || fail "the user is told \`$1\` only after $((SECONDS - started)) s"
    said "the user is told after $((SECONDS - started)) s: $(grep -m 1 "$1" <<<"$output" | cut -c1-200)"
}

# As the platform was before; waits until all is there.
mended() {
    apply
    ready 180
    eventually 90 "local-sessions do not register again" hosts 2
}

image() {
    if [ "$SPAWNER" = process ]; then
        echo "left out: an image that is not there, no room, a quota, a right that is missing (SPAWNER=process: nothing is asked of the cluster)"
        return
    fi
    broken
    FIT_TD='{"image": "opentwin/no-such-solver:1"}' apply
    ready 180
    eventually 90 "local-sessions do not register again" present 2
    told cluster.image
    mended
}

room() {
    [ "$SPAWNER" != process ] || return 0
    broken
    FIT_TD='{"template": {"spec": {"containers": [{"name": "compute", "resources": {"requests": {"cpu": "500"}}}]}}}' apply
    ready 180
    eventually 90 "local-sessions do not register again" present 2
    told cluster.no-room
    mended
}

# The namespace has all the pods that it may have.
quota() {
    [ "$SPAWNER" != process ] || return 0
    broken
    ours create quota small --hard=pods=1 >/dev/null
    eventually 60 "the quota does not become known" counted
    told cluster.quota
    ours delete quota small >/dev/null
}
counted() { [ -n "$(ours get quota small --output 'jsonpath={.status.used.pods}')" ]; }

# Somebody took the chart's Role from local-session.
denied() {
    [ "$SPAWNER" != process ] || return 0
    broken
    ours delete rolebinding opentwin-local-session >/dev/null
    told cluster.denied
    mended
}

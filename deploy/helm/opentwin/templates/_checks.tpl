{{/* Values that are each right and do not go together; what the schema cannot say. */}}

{{- define "opentwin.checks" -}}
{{- range $name, $values := dict "relay" .Values.relay "localSession" .Values.localSession -}}
{{- with $values.autoscaling -}}
{{- if gt (int .minReplicas) (int .maxReplicas) -}}
{{- fail (printf "%s.autoscaling.minReplicas (%d) is more than maxReplicas (%d)" $name (int .minReplicas) (int .maxReplicas)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $scaling := .Values.localSession.autoscaling -}}
{{- if and $scaling.enabled (eq $scaling.by "cpu") (eq .Values.compute.spawner "kubernetes") -}}
{{- fail "localSession.autoscaling.by: cpu says nothing where compute.spawner is kubernetes, for runs put no load on a local-session then: use slots or keda" -}}
{{- end -}}
{{- include "opentwin.checks.compute" . -}}
{{- with .Values.database -}}
{{- if eq .kind "sqlite" -}}
{{- range $key := list "hosts" "options" "passwordSecret" "caSecret" -}}
{{- if get $.Values.database $key -}}
{{- fail (printf "database.%s is for database.kind: mongodb, which is sqlite" $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with .Values.project -}}
{{- if gt (int .replicas) 1 -}}
{{- if eq $.Values.database.kind "sqlite" -}}
{{- fail "project.replicas: files have one writer, so there is one project with database.kind: sqlite; several need mongodb" -}}
{{- end -}}
{{- if .persistence.existingClaim -}}
{{- fail "project.persistence.existingClaim: one claim is for one pod, and project.replicas asks for several" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with .Values.relay.service -}}
{{- if and .nodePort (eq .type "ClusterIP") -}}
{{- fail "relay.service.nodePort is for relay.service.type: NodePort or LoadBalancer, which is ClusterIP" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "opentwin.checks.compute" -}}
{{- $compute := .Values.compute -}}
{{- range $size, $most := dict "memoryMb" "mostMemoryMb" "cores" "mostCores" -}}
{{- $bound := float64 (get $compute $most) -}}
{{- $asked := dict "compute" $compute -}}
{{- range $name, $service := $compute.services -}}
{{- $_ := set $asked (printf "compute.services.%s" $name) $service -}}
{{- end -}}
{{- range $where, $values := $asked -}}
{{- $wanted := float64 (default 0 (get $values $size)) -}}
{{- if and (gt $bound 0.0) (gt $wanted $bound) -}}
{{- fail (printf "%s.%s (%v) is more than compute.%s (%v)" $where $size $wanted $most $bound) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $name, $service := $compute.services -}}
{{- with get $service "warm" -}}
{{- if and (hasKey . "max") (gt (int (get . "buffer")) (int .max)) -}}
{{- fail (printf "compute.services.%s.warm.buffer (%d) is more than its max (%d)" $name (int .buffer) (int .max)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

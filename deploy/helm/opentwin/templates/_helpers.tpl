{{/* Names, labels and the parts that all pods have. */}}

{{- define "opentwin.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 36 | trimSuffix "-" -}}
{{- end -}}

{{- define "opentwin.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 36 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 36 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "opentwin.name" .) | trunc 36 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels by which pods of a component are found: (dict "root" $ "component" "relay"). */}}
{{- define "opentwin.selector" -}}
app.kubernetes.io/name: {{ include "opentwin.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "opentwin.labels" -}}
{{ include "opentwin.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: opentwin
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The image of a service: (dict "root" $ "image" "relay"). */}}
{{- define "opentwin.image" -}}
{{- $image := .root.Values.image -}}
{{- with $image.registry -}}{{ . }}/{{- end -}}
{{- printf "%s/%s:%s" $image.repository .image (default .root.Chart.AppVersion $image.tag) -}}
{{- end -}}

{{- define "opentwin.prefix" -}}
{{- default (include "opentwin.fullname" .) .Values.certificates.prefix -}}
{{- end -}}

{{/* The complete name of a component's Service. */}}
{{- define "opentwin.host" -}}
{{- printf "%s-%s.%s.svc.%s" (include "opentwin.fullname" .root) .component .root.Release.Namespace .root.Values.clusterDomain -}}
{{- end -}}

{{/* How many certificates a service with several pods needs: (dict "values" .Values.relay). */}}
{{- define "opentwin.instances" -}}
{{- if (.values.autoscaling).enabled -}}{{ .values.autoscaling.maxReplicas }}{{- else -}}{{ .values.replicas }}{{- end -}}
{{- end -}}

{{/*
Names and hosts of all certificates, as JSON: {"relay.0": ["…"], …}. The instances of project, relay and local-session are
named after their pods' numbers.
*/}}
{{- define "opentwin.certificates" -}}
{{- $root := . -}}
{{- $all := dict -}}
{{- range list "authorization" "logger" "global-session" -}}
{{- $_ := set $all (printf "%s.0" .) (list (include "opentwin.host" (dict "root" $root "component" .))) -}}
{{- end -}}
{{- range $component, $values := dict "project" .Values.project "relay" .Values.relay -}}
{{- range $i := until (include "opentwin.instances" (dict "values" $values) | int) -}}
{{- $_ := set $all (printf "%s.%d" $component $i) (list (include "opentwin.host" (dict "root" $root "component" $component))) -}}
{{- end -}}
{{- end -}}
{{- range $i := until (include "opentwin.instances" (dict "values" .Values.localSession) | int) -}}
{{- $host := include "opentwin.host" (dict "root" $root "component" "local-session") -}}
{{- $pod := printf "%s-local-session-%d" (include "opentwin.fullname" $root) $i -}}
{{- $_ := set $all (printf "local-session.%d" $i) (list (printf "%s.%s" $pod $host) $host) -}}
{{- end -}}
{{- toJson $all -}}
{{- end -}}

{{/* Environment of every service: (dict "root" $ "component" "relay" "advertise" "host"). */}}
{{- define "opentwin.env" -}}
{{- $root := .root }}
{{- $own := .component }}
- { name: OPENTWIN_SITE, value: {{ $root.Values.site | quote }} }
- { name: OPENTWIN_ADVERTISE, value: {{ printf "%s:7400" .advertise | quote }} }
{{- range without (list "authorization" "project" "logger" "global-session") $own }}
- { name: {{ printf "OPENTWIN_%s" (. | upper | replace "-" "_") }}, value: {{ printf "%s:7400" (include "opentwin.host" (dict "root" $root "component" .)) | quote }} }
{{- end }}
{{- with $root.Values.log }}
- { name: OPENTWIN_LOG, value: {{ . | quote }} }
{{- end }}
{{- end -}}

{{/* What every pod has before its containers: (dict "root" $ "component" "relay" "values" .Values.relay). */}}
{{- define "opentwin.pod" -}}
{{- $spawns := and (eq .component "local-session") (eq .root.Values.compute.spawner "kubernetes") }}
serviceAccountName: {{ include "opentwin.fullname" .root }}{{ if $spawns }}-local-session{{ end }}
automountServiceAccountToken: {{ $spawns }}
# Kubernetes would otherwise add variables such as OPENTWIN_RELAY_PORT, which the services rightly do not know.
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{ include "opentwin.podSecurity" .root }}
nodeSelector:
  kubernetes.io/os: linux
{{- with .values.pod.nodeSelector }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.pod.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.pod.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.pod.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- $several := or (eq .component "relay") (eq .component "local-session") (gt (int .values.replicas) 1) }}
{{- if or $several .values.pod.topologySpreadConstraints }}
{{- $selector := include "opentwin.selector" . | fromYaml }}
{{- $default := list (dict "maxSkew" 1 "topologyKey" "kubernetes.io/hostname" "whenUnsatisfiable" "ScheduleAnyway") }}
topologySpreadConstraints:
{{- range default $default .values.pod.topologySpreadConstraints }}
  - {{- toYaml (merge (dict "labelSelector" (dict "matchLabels" $selector)) .) | nindent 4 }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "opentwin.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .Values.podSecurity.runAsUser }}
  runAsGroup: {{ .Values.podSecurity.runAsUser }}
  fsGroup: {{ .Values.podSecurity.fsGroup }}
  # Keys that a service keeps are closed to its group; going over all files anew would open them.
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "opentwin.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end -}}

{{/* The one-way TLS channel, which shows a certificate of the site; the kubelet does not look at it. */}}
{{- define "opentwin.probes" -}}
startupProbe:
  httpGet: { path: /livez, port: health, scheme: HTTPS }
  periodSeconds: 1
  timeoutSeconds: 5
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /livez, port: health, scheme: HTTPS }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: health, scheme: HTTPS }
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 3
terminationMessagePolicy: FallbackToLogsOnError
{{- end -}}

{{/*
The container of a service: (dict "root" $ "component" "relay" "values" .Values.relay "advertise" "host"), with further
variables as "env" and further mounts as "mounts", both YAML.
*/}}
{{- define "opentwin.container" -}}
- name: {{ .component }}
  image: {{ include "opentwin.image" (dict "root" .root "image" .component) }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  {{- include "opentwin.containerSecurity" .root | nindent 2 }}
  env:
    {{- with .env }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- include "opentwin.env" . | nindent 4 }}
    {{- with .values.pod.extraEnv }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    - { name: application, containerPort: 7400 }
    - { name: health, containerPort: 7401 }
    {{- if eq .component "relay" }}
    - { name: public, containerPort: 8443 }
    {{- end }}
  {{- include "opentwin.probes" . | nindent 2 }}
  {{- $resources := .values.resources }}
  {{- if and (eq .component "local-session") (not $resources) }}
  {{- $resources = include "opentwin.local-session.resources" .root | fromYaml }}
  {{- end }}
  resources: {{- toYaml $resources | nindent 4 }}
  volumeMounts:
    {{- .mounts | nindent 4 }}
    {{- with .values.pod.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* Labels and annotations of pods: (dict "root" $ "component" "relay" "values" .Values.relay). */}}
{{- define "opentwin.podMetadata" -}}
labels:
  {{- include "opentwin.labels" . | nindent 2 }}
  {{- with .values.pod.labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- $annotations := deepCopy .values.pod.annotations }}
{{- with .configuration }}
{{- $_ := set $annotations "opentwin.io/configuration" (sha256sum . | trunc 16) }}
{{- end }}
{{- with $annotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The volume of a service that keeps data, as an entry of volumeClaimTemplates. */}}
{{- define "opentwin.claim" -}}
{{- with .values.persistence -}}
- metadata:
    name: state
    labels: {{- include "opentwin.selector" $ | nindent 6 }}
    {{- with .annotations }}
    annotations: {{- toYaml . | nindent 6 }}
    {{- end }}
  spec:
    accessModes: [ReadWriteOnce]
    resources:
      requests: { storage: {{ .size }} }
    {{- if eq .storageClass "-" }}
    storageClassName: ""
    {{- else if .storageClass }}
    storageClassName: {{ .storageClass }}
    {{- end }}
    {{- with .selector }}
    selector: {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end -}}
{{- end -}}

{{/* A volume with the one certificate of a service that has one pod. */}}
{{- define "opentwin.identity" -}}
- name: identity
  secret:
    secretName: {{ include "opentwin.prefix" .root }}-{{ .component }}-0
    defaultMode: 0440
{{- end -}}

{{/*
A volume with the certificates of all pods of a service, a folder each. A container mounts the folder of its own pod
and sees no other: (dict "root" $ "component" "relay" "values" .Values.relay).
*/}}
{{- define "opentwin.identities" -}}
- name: identity
  projected:
    defaultMode: 0440
    sources:
    {{- range $i := until (include "opentwin.instances" (dict "values" .values) | int) }}
      - secret:
          name: {{ include "opentwin.prefix" $.root }}-{{ $.component }}-{{ $i }}
          items:
            {{- range list "tls.crt" "tls.key" "ca.crt" }}
            - { key: {{ . }}, path: {{ printf "%d/%s" $i . }} }
            {{- end }}
    {{- end }}
{{- end -}}

{{/* Where a service keeps its data, if not in files: (dict "root" $ "component" "project"). */}}
{{- define "opentwin.database.env" -}}
{{- $database := .root.Values.database -}}
{{- if eq $database.kind "mongodb" }}
{{- $user := get $database (printf "%sUser" .component) }}
{{- $name := get $database (printf "%sDatabase" .component) }}
{{- $address := printf "mongodb://%s%s/%s" (ternary (printf "%s@" $user) "" (ne $user "")) $database.hosts $name }}
- { name: OPENTWIN_DATABASE, value: {{ ternary (printf "%s?%s" $address $database.options) $address (ne $database.options "") | quote }} }
{{- if $database.passwordSecret }}
- { name: OPENTWIN_DATABASE_PASSWORD_FILE, value: /database/password }
{{- end }}
{{- if $database.caSecret }}
- { name: OPENTWIN_DATABASE_CA, value: /database-ca/ca.crt }
{{- end }}
{{- end }}
{{- end -}}

{{- define "opentwin.database.mounts" -}}
{{- if eq .Values.database.kind "mongodb" }}
{{- if .Values.database.passwordSecret }}
- { name: database, mountPath: /database, readOnly: true }
{{- end }}
{{- if .Values.database.caSecret }}
- { name: database-ca, mountPath: /database-ca, readOnly: true }
{{- end }}
{{- end }}
{{- end -}}

{{- define "opentwin.database.volumes" -}}
{{- if eq .root.Values.database.kind "mongodb" }}
{{- with .root.Values.database.passwordSecret }}
- name: database
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items: [{ key: {{ $.component }}-password, path: password }]
{{- end }}
{{- with .root.Values.database.caSecret }}
- { name: database-ca, secret: { secretName: {{ . }}, defaultMode: 0440, items: [{ key: ca.crt, path: ca.crt }] } }
{{- end }}
{{- end }}
{{- end -}}

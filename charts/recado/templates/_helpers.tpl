{{/* The operator's name: the release's, with the chart's where that does not say it already. */}}
{{- define "recado.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $base := ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name) -}}
{{- printf "%s-operator" ($base | trunc 41 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{/* Cluster-wide objects carry the namespace too, so that two releases of one name do not meet. */}}
{{- define "recado.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "recado.fullname" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Not `recado`, the name of what belongs to clusters: a release and a cluster may have the same name. */}}
{{- define "recado.selectorLabels" -}}
app.kubernetes.io/name: recado-operator
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "recado.commonLabels" -}}
app.kubernetes.io/name: recado-operator
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: recado
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "recado.labels" -}}
{{ include "recado.commonLabels" . }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "recado.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "recado.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "recado.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The restricted pod security standard, for every pod of this chart. */}}
{{- define "recado.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "recado.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "recado.pullSecrets" -}}
{{- with .Values.image.pullSecrets -}}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* Where the pods of hooks and tests may run: where the operator may. */}}
{{- define "recado.placement" -}}
{{- with .Values.operator.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.operator.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.operator.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.operator.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* What the pods of hooks and tests have in common: they call the command of the image once. */}}
{{- define "recado.commandContainer" -}}
image: {{ include "recado.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- include "recado.containerSecurity" . | nindent 2 }}
resources:
  requests:
    cpu: 50m
    memory: 128Mi
  limits:
    memory: 256Mi
{{- end -}}

{{/* "true" when a kind of Prometheus' operator is wanted: of (list VALUE KIND .) */}}
{{- define "recado.wanted" -}}
{{- $value := index . 0 -}}
{{- $kind := index . 1 -}}
{{- $root := index . 2 -}}
{{- if or (eq $value "always") (and (eq $value "auto") ($root.Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" $kind))) -}}
true
{{- end -}}
{{- end -}}

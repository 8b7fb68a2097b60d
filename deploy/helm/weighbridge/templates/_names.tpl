{{/* The begin of all names. StatefulSets and CronJobs take 52 characters, and we add up to twelve. */}}
{{- define "weighbridge.name" -}}
{{- if gt (len .Release.Name) 40 }}{{ fail "the name of the release has more than 40 characters" }}{{ end -}}
{{ .Release.Name }}
{{- end -}}

{{/* What pods are found by; it never changes. */}}
{{- define "weighbridge.selector" -}}
app.kubernetes.io/name: weighbridge
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "weighbridge.labels" -}}
{{ include "weighbridge.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "weighbridge.image" -}}
{{ .Values.image.repository }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end -}}

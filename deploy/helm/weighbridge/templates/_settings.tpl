{{/* A value as TOML: what JSON and TOML write alike, and tables in one line. */}}
{{- define "weighbridge.value" -}}
{{- if kindIs "map" . -}}
{ {{- $table := . }}{{ range $number, $name := keys . | sortAlpha }}{{ if $number }},{{ end }} {{ $name | toJson }} = {{ include "weighbridge.value" (get $table $name) }}{{ end }} }
{{- else if kindIs "slice" . -}}
[{{ range $number, $item := . }}{{ if $number }}, {{ end }}{{ include "weighbridge.value" $item }}{{ end }}]
{{- else -}}
{{ . | toJson }}
{{- end -}}
{{- end -}}

{{/* A section of a TOML file, from (dict "name" NAME "table" TABLE); nothing where the table is empty. */}}
{{- define "weighbridge.section" -}}
{{- if .table }}
[{{ .name }}]
{{- range $key := keys .table | sortAlpha }}
{{ $key }} = {{ include "weighbridge.value" (get $.table $key) }}
{{- end }}
{{ end }}
{{- end -}}

{{/* weighbridge.toml: what the values say, and what the chart itself decides. */}}
{{- define "weighbridge.settings" -}}
{{- $kafka := omit .Values.kafka "registry" }}
{{- range $name := keys .Values.secrets.kafka }}{{ $_ := set $kafka $name (printf "/run/secrets/weighbridge/kafka/%s" $name) }}{{ end }}
{{- $registry := merge dict (.Values.kafka.registry | default dict) }}
{{- range $name := keys .Values.secrets.registry }}{{ $_ := set $registry $name (printf "/run/secrets/weighbridge/registry/%s" $name) }}{{ end }}
{{- include "weighbridge.section" (dict "name" "kafka" "table" $kafka) }}
{{- include "weighbridge.section" (dict "name" "kafka.registry" "table" $registry) }}
{{- $common := dict "directory" "/etc/weighbridge/directory.toml" "metrics_host" "0.0.0.0" "metrics_port" 9464 }}
{{- if eq .Values.role "agency" }}
{{- $own := merge $common (dict "id" .Values.agency.id "keys" "/run/secrets/weighbridge/keys") }}
{{- if .Values.agency.groups }}{{ $_ := set $own "groups" "/run/secrets/weighbridge/groups" }}{{ end }}
{{- include "weighbridge.section" (dict "name" "agency" "table" (merge $own .Values.agency.settings)) }}
{{- else }}
{{- $own := merge $common (dict "name" .Values.hub.name "file" "/var/lib/weighbridge/hub.duckdb") }}
{{- include "weighbridge.section" (dict "name" "hub" "table" (merge $own .Values.hub.settings)) }}
{{- $release := merge (dict "keys" "/run/secrets/weighbridge/keys") .Values.hub.release.settings }}
{{- include "weighbridge.section" (dict "name" "hub.release" "table" $release) }}
{{- end }}
{{- end -}}

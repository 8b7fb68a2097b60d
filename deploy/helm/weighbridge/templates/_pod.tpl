{{/* What every pod has: the level "restricted" of Kubernetes, no token of the cluster's, no foreign variables. */}}
{{- define "weighbridge.pod" -}}
automountServiceAccountToken: false
# A variable made from a Service's name could be taken for a setting.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "weighbridge.container" -}}
image: {{ include "weighbridge.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{/* Of what runs for ever. The watchdog ends what stands still within minutes; what works on and on is alerted on
     after ten, and ended a little later. */}}
{{- define "weighbridge.probes" -}}
ports:
  - {name: metrics, containerPort: 9464}
startupProbe:
  exec: {command: [weighbridge, alive, /run/weighbridge/alive]}
  periodSeconds: 10
  timeoutSeconds: 15
  failureThreshold: 60
livenessProbe:
  exec: {command: [weighbridge, alive, /run/weighbridge/alive]}
  periodSeconds: 60
  timeoutSeconds: 30
  failureThreshold: 10
{{- end -}}

{{/* Of every container. */}}
{{- define "weighbridge.mounts" -}}
- {name: settings, mountPath: /etc/weighbridge, readOnly: true}
- {name: secrets, mountPath: /run/secrets/weighbridge, readOnly: true}
- {name: alive, mountPath: /run/weighbridge}
- {name: tmp, mountPath: /tmp}
{{- end -}}

{{/* Of every pod, from (dict "top" $ "hasKeys" BOOLEAN "files" CONFIGMAP): who signs nothing gets no keys. */}}
{{- define "weighbridge.volumes" -}}
{{- $name := include "weighbridge.name" .top }}
{{- $values := .top.Values }}
{{- $isHub := eq $values.role "hub" }}
- name: settings
  projected:
    sources:
      - {{ $isHub | ternary "secret" "configMap" }}: {name: {{ $name }}-settings}
      - configMap: {name: {{ $name }}-directory}
      {{- with .files }}
      - configMap: {name: {{ . }}}
      {{- end }}
- name: secrets
  projected:
    # What root owns and the group may read; nobody else.
    defaultMode: 0440
    sources:
      {{- if .hasKeys }}
      - secret:
          name: {{ $values.secrets.keys | quote }}
          items:
            {{- range $isHub | ternary (list "hub.json") (list "agency.json" "exchange.json") }}
            - {key: {{ . }}, path: keys/{{ . }}}
            {{- end }}
      {{- end }}
      {{- range $section := list "kafka" "registry" }}
      {{- range $setting, $from := get $values.secrets $section }}
      - secret: {name: {{ $from.name | quote }}, items: [{key: {{ $from.key | quote }}, path: {{ $section }}/{{ $setting }}}]}
      {{- end }}
      {{- end }}
      {{- with and (not $isHub) $values.agency.groups }}
      - secret: {name: {{ .name | quote }}, items: [{key: {{ .key | quote }}, path: groups}]}
      {{- end }}
- name: alive
  emptyDir: {medium: Memory, sizeLimit: 1Mi}
- name: tmp
  emptyDir: {}
{{- end -}}

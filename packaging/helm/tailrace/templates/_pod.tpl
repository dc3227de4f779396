{{/* The pod, of whichever kind. */}}
{{- define "tailrace.pod" -}}
serviceAccountName: {{ include "tailrace.account" . }}
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.terminationGracePeriodSeconds }}
terminationGracePeriodSeconds: {{ . }}
{{- end }}
hostNetwork: {{ .Values.hostNetwork }}
dnsPolicy: {{ .Values.dnsPolicy }}
{{- with .Values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.initContainers }}
initContainers:
{{- if kindIs "string" . }}
  {{- tpl . $ | nindent 2 }}
{{- else }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
containers:
  {{- include "tailrace.container" . | nindent 2 }}
  {{- if .Values.hotReload.enabled }}
  {{- include "tailrace.reloader" . | nindent 2 }}
  {{- end }}
  {{- with .Values.extraContainers }}
  {{- if kindIs "string" . }}
  {{- tpl . $ | nindent 2 }}
  {{- else }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- end }}
volumes:
  {{- include "tailrace.volumes" . | nindent 2 }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "tailrace.container" -}}
- name: {{ .Chart.Name }}
  image: {{ include "tailrace.image" (dict "image" .Values.image "tag" .Chart.AppVersion) | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  {{- with .Values.securityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.command }}
  command:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if or .Values.args .Values.hotReload.enabled }}
  args:
    {{- with .Values.args }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- if .Values.hotReload.enabled }}
    - --enable-hot-reload
    {{- end }}
  {{- end }}
  env:
    {{- include "tailrace.env" . | nindent 4 }}
  {{- with .Values.envFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  ports:
    - name: http
      containerPort: {{ .Values.metricsPort }}
      protocol: TCP
    {{- range .Values.extraPorts }}
    - name: {{ .name }}
      containerPort: {{ .containerPort }}
      protocol: {{ default "TCP" .protocol }}
    {{- end }}
  {{- with .Values.lifecycle }}
  lifecycle:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.livenessProbe }}
  livenessProbe:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.readinessProbe }}
  readinessProbe:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    {{- with .Values.volumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- if eq .Values.kind "DaemonSet" }}
    {{- include "tailrace.nodeMounts" . | trim | nindent 4 }}
    {{- end }}
    {{- if .Values.positions.enabled }}
    - name: positions
      mountPath: /var/lib/tailrace
    {{- end }}
    {{- if .Values.luaScripts }}
    - name: luascripts
      mountPath: /fluent-bit/scripts
    {{- end }}
    {{- with .Values.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- define "tailrace.env" -}}
{{- $said := dict -}}
{{- range concat .Values.env .Values.envWithTpl }}{{ $_ := set $said .name true }}{{ end -}}
{{- if not (hasKey $said "NODE_NAME") }}
- name: NODE_NAME
  valueFrom:
    fieldRef:
      fieldPath: spec.nodeName
{{- end }}
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- range .Values.envWithTpl }}
- name: {{ .name }}
  {{- if hasKey . "valueFrom" }}
  valueFrom:
    {{- tpl (toYaml .valueFrom) $ | nindent 4 }}
  {{- else }}
  value: {{ tpl (toString .value) $ | quote }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "tailrace.reloader" -}}
- name: reloader
  image: {{ include "tailrace.image" (dict "image" .Values.hotReload.image "tag" "") | quote }}
  imagePullPolicy: {{ .Values.hotReload.image.pullPolicy }}
  args:
    - --webhook-url=http://localhost:{{ .Values.metricsPort }}/api/v2/reload
    - --volume-dir=/watch/config
    {{- if .Values.luaScripts }}
    - --volume-dir=/watch/scripts
    {{- end }}
    {{- range .Values.hotReload.extraWatchVolumes }}
    - --volume-dir=/watch/{{ . }}
    {{- end }}
  {{- with .Values.hotReload.securityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.hotReload.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    - name: config
      mountPath: /watch/config
    {{- if .Values.luaScripts }}
    - name: luascripts
      mountPath: /watch/scripts
    {{- end }}
    {{- range .Values.hotReload.extraWatchVolumes }}
    - name: {{ . }}
      mountPath: /watch/{{ . }}
    {{- end }}
{{- end -}}

{{- define "tailrace.volumes" -}}
- name: config
  configMap:
    name: {{ include "tailrace.configMap" . }}
{{- if eq .Values.kind "DaemonSet" }}
{{- with .Values.daemonSetVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- if .Values.positions.enabled }}
- name: positions
  {{- if eq .Values.kind "DaemonSet" }}
  hostPath:
    path: {{ .Values.positions.hostPath }}
    type: DirectoryOrCreate
  {{- else }}
  emptyDir: {}
  {{- end }}
{{- end }}
{{- if .Values.luaScripts }}
- name: luascripts
  configMap:
    name: {{ include "tailrace.fullname" . }}-luascripts
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Metadata of a pod; a configuration that changed makes new pods, unless it is read again. */}}
{{- define "tailrace.podMetadata" -}}
annotations:
  {{- if not .Values.hotReload.enabled }}
  checksum/config: {{ include (print $.Template.BasePath "/configmap.yaml") . | sha256sum }}
  {{- end }}
  {{- with .Values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
labels:
  {{- include "tailrace.selector" . | nindent 2 }}
  {{- with .Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

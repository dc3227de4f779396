{{- define "tailrace.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "tailrace.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- $name = .Values.fullnameOverride -}}
{{- else if not (contains $name .Release.Name) -}}
{{- $name = printf "%s-%s" .Release.Name $name -}}
{{- else -}}
{{- $name = .Release.Name -}}
{{- end -}}
{{- $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "tailrace.account" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "tailrace.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "tailrace.configMap" -}}
{{- default (include "tailrace.fullname" .) .Values.existingConfigMap -}}
{{- end -}}

{{/* What selects the pods; never more, for it cannot be changed later. */}}
{{- define "tailrace.selector" -}}
app.kubernetes.io/name: {{ include "tailrace.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "tailrace.labels" -}}
{{ include "tailrace.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* An image's name; takes a dict of image and the tag that is meant where none is said. */}}
{{- define "tailrace.image" -}}
{{- $tag := default .tag .image.tag | toString -}}
{{- .image.repository -}}
{{- if and $tag (ne $tag "-") -}}:{{ $tag }}{{- end -}}
{{- with .image.digest -}}@{{ . }}{{- end -}}
{{- end -}}

{{/* "true" where the configuration keeps something below /var/log, as Fluent Bit's often does, or cannot be seen. */}}
{{- define "tailrace.writesLog" -}}
{{- if or .Values.existingConfigMap (regexMatch "(?im)^[ \\t-]*(db|storage\\.path)[ \\t:]+[\"']?/var/log/" (toYaml .Values.config)) -}}
true
{{- end -}}
{{- end -}}

{{/* The mounts of a DaemonSet. One of /var/log that does not say whether it is read-only becomes it. */}}
{{- define "tailrace.nodeMounts" -}}
{{- range .Values.daemonSetVolumeMounts }}
{{- if and (eq .mountPath "/var/log") (not (hasKey . "readOnly")) (not (include "tailrace.writesLog" $)) }}
- {{ toYaml (merge (dict "readOnly" true) .) | nindent 2 | trim }}
{{- else }}
- {{ toYaml . | nindent 2 | trim }}
{{- end }}
{{- end }}
{{- end -}}

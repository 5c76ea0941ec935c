{{/* Labels of everything */}}
{{- define "satellite.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "satellite.selectorLabels" . }}
{{- end }}

{{/* Labels by which the pods are found */}}
{{- define "satellite.selectorLabels" -}}
app.kubernetes.io/name: "satellite"
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{/* Host of the platform */}}
{{- define "satellite.host" -}}
{{ required "global.host must be set" .Values.global.host }}
{{- end }}

{{/* Host of GraphiQL */}}
{{- define "satellite.graphiqlHost" -}}
{{ .Values.graphiql.host | default (printf "satellite-graphiql.%s" (include "satellite.host" .)) }}
{{- end }}

{{/* Name of the secret */}}
{{- define "satellite.secret" -}}
{{ .Values.existingSecret | default "satellite" }}
{{- end }}

{{/* Where an ingress leads to */}}
{{- define "satellite.backend" -}}
backend:
  service:
    name: "satellite"
    port:
      name: "http"
{{- end }}

{{/* The gateway's configuration, as YAML */}}
{{- define "satellite.configuration" -}}
{{- $host := include "satellite.host" . -}}
{{- $configuration := dict
  "http" (dict "host" "0.0.0.0" "port" 8080 "pathPrefix" .Values.config.pathPrefix)
  "publicUrl" (printf "https://%s%s" $host .Values.config.pathPrefix)
  "state" "${SATELLITE_STATE}"
  "repositories" .Values.config.repositories
  "auth" (dict
    "gafaelfawr" (dict
      "url" (printf "https://%s" $host)
      "trustedProxy" (required "config.trustedProxies must be set" .Values.config.trustedProxies))
    "scopes" (dict "query" .Values.config.queryScopes "change" .Values.config.changeScopes))
  "satellites" (dict "root" .Values.satellites.mountPath)
  "graphiql" (ternary
    (dict "origin" (printf "https://%s" (include "satellite.graphiqlHost" .)))
    (dict "enabled" false)
    .Values.graphiql.enabled) -}}
{{- toYaml (mergeOverwrite $configuration (deepCopy .Values.config.gateway)) -}}
{{- end }}

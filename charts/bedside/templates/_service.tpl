{{- /*
bedside.service makes the Deployment, Service, ServiceAccount and PodDisruptionBudget of one service.
Its argument is a dict: root, name (of the objects, below the release's name), image, replicas, resources,
port (0 for none) and servicePort, env (a list), settings (a map of further variables), volumes and mounts (lists).
*/ -}}
{{- define "bedside.service" -}}
{{- $root := .root -}}
{{- $full := printf "%s-%s" (include "bedside.fullname" $root) .name -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $full }}
  labels: {{- include "bedside.labels" . | nindent 4 }}
automountServiceAccountToken: false
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $full }}
  labels: {{- include "bedside.labels" . | nindent 4 }}
spec:
  replicas: {{ .replicas }}
  selector:
    matchLabels: {{- include "bedside.selector" . | nindent 6 }}
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  template:
    metadata:
      labels: {{- include "bedside.labels" . | nindent 8 }}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "9090"
        {{- with $root.Values.podAnnotations }}{{ toYaml . | nindent 8 }}{{ end }}
    spec:
      serviceAccountName: {{ $full }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 45
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        fsGroup: 65532
        seccompProfile: {type: RuntimeDefault}
      {{- with $root.Values.image.pullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $root.Values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $root.Values.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "bedside.selector" . | nindent 14 }}
      containers:
        - name: {{ .image }}
          image: {{ include "bedside.image" . }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          env:
            - {name: BEDSIDE_ADMIN_LISTEN, value: ":9090"}
            - {name: BEDSIDE_LOG_LEVEL, value: {{ $root.Values.telemetry.logLevel | quote }}}
            - name: BEDSIDE_STORE
              valueFrom:
                secretKeyRef: {name: {{ required "store.existingSecret: name a Secret with the MongoDB URL, or set evaluation=true to try Bedside out" $root.Values.store.existingSecret }}, key: {{ $root.Values.store.key }}}
            - {name: KAFKA_BROKERS, value: {{ required "kafka.brokers: name your Kafka's host:port, or set evaluation=true to try Bedside out" $root.Values.kafka.brokers | quote }}}
            {{- if $root.Values.kafka.existingSecret }}
            - {name: KAFKA_MECHANISM, value: {{ $root.Values.kafka.mechanism | quote }}}
            - name: KAFKA_USER
              valueFrom: {secretKeyRef: {name: {{ $root.Values.kafka.existingSecret }}, key: user}}
            - name: KAFKA_PASSWORD
              valueFrom: {secretKeyRef: {name: {{ $root.Values.kafka.existingSecret }}, key: password}}
            {{- end }}
            {{- if $root.Values.kafka.tls }}
            - {name: KAFKA_TLS, value: "true"}
            {{- end }}
            {{- with $root.Values.telemetry.otlpEndpoint }}
            - {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
            {{- end }}
            {{- if .port }}
            # Endpoints take a moment to forget a pod that ends.
            - {name: BEDSIDE_DRAIN_DELAY, value: 5s}
            {{- end }}
            {{- with .env }}{{ toYaml . | nindent 12 }}{{ end }}
            {{- range $name, $value := .settings }}
            - {name: {{ $name }}, value: {{ $value | quote }}}
            {{- end }}
          ports:
            - {name: admin, containerPort: 9090}
            {{- if .port }}
            - {name: http, containerPort: {{ .port }}}
            {{- end }}
          startupProbe:
            httpGet: {path: /livez, port: admin}
            periodSeconds: 2
            failureThreshold: 60
          livenessProbe:
            httpGet: {path: /livez, port: admin}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: {path: /readyz, port: admin}
            periodSeconds: 5
            timeoutSeconds: 3
          resources: {{- toYaml .resources | nindent 12 }}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
            {{- with .mounts }}{{ toYaml . | nindent 12 }}{{ end }}
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 256Mi}
        {{- with .volumes }}{{ toYaml . | nindent 8 }}{{ end }}
{{- if .port }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $full }}
  labels: {{- include "bedside.labels" . | nindent 4 }}
spec:
  type: {{ .serviceType | default "ClusterIP" }}
  selector: {{- include "bedside.selector" . | nindent 4 }}
  ports:
    - {name: http, port: {{ .servicePort }}, targetPort: http}
{{- end }}
{{- if gt (int .replicas) 1 }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $full }}
  labels: {{- include "bedside.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "bedside.selector" . | nindent 6 }}
{{- end }}
{{- end -}}

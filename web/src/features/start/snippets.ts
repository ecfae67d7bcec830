/** What the first event says; the curl command and the page's "before" show the very same. */
export const FIRST_EVENT = {
  action: 'policy_acknowledged',
  event_type: 'activity',
  actor: { type: 'user', id: 'ada@example.com', ip: '203.0.113.7' },
  entity: { type: 'policy', id: 'pol-7' },
  result: 'success',
  metadata: { safe_fields_only: true, details: { note: 'read it, call me at +44 20 7946 0958' } },
} as const;

const body = (time: string): string => JSON.stringify({ ...FIRST_EVENT, occurred_at: time });

/** Commands that run unedited, with the real address and key in them. */
export function snippets(origin: string, key: string): Readonly<Record<string, string>> {
  return {
    curl: `curl -X POST ${origin}/v1/events \\
  -H 'Authorization: Bearer ${key}' \\
  -H 'Content-Type: application/json' \\
  -d '${body("'$(date -u +%Y-%m-%dT%H:%M:%SZ)'")}'`,
    Node: `node --input-type=module -e '
const event = ${JSON.stringify({ ...FIRST_EVENT })};
event.occurred_at = new Date().toISOString();
const reply = await fetch("${origin}/v1/events", {
  method: "POST",
  headers: { authorization: "Bearer ${key}", "content-type": "application/json" },
  body: JSON.stringify(event),
});
console.log(reply.status, await reply.text());'`,
    Python: `python3 - <<'EOF'
import datetime, json, urllib.request
event = json.loads('''${JSON.stringify(FIRST_EVENT)}''')
event["occurred_at"] = datetime.datetime.now(datetime.timezone.utc).isoformat()
request = urllib.request.Request("${origin}/v1/events", json.dumps(event).encode(),
    {"Authorization": "Bearer ${key}", "Content-Type": "application/json"})
print(urllib.request.urlopen(request).read().decode())
EOF`,
    OpenTelemetry: `# Logs of any application with an OpenTelemetry SDK:
export OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=${origin}/v1/logs
export OTEL_EXPORTER_OTLP_LOGS_PROTOCOL=http/protobuf
export OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer ${key}"`,
  };
}

/**
 * A pack that the project does not ship, written from docs/formats/pack.md alone. It uses everything that is named
 * there: what a person can write without touching code is what this file can say.
 */
export const VET_CLINIC: Readonly<Record<string, string>> = {
  'pack.yaml': `name: vet-clinic
version: 3
description: Visits of animals to a clinic, and what their owners pay.
`,
  'retention.yaml': `treatments:
  keep: P10Y
  hot: P1Y6M
  because: Records of treatments are kept for ten years.
till: { keep: P7Y, because: The tax office asks for seven years. }
logs: { keep: P30D, because: They serve operations only. }
`,
  'events/visits-1.yaml': `stream: treatments
version: 1
entity_types: [animal]
requires: [correlation.correlation_id]
types:
  visit.begun: { description: An animal was brought in }
  visit.ended:
    description: An animal went home
    required: [weight]
    details:
      weight: { type: [number, integer], minimum: 0, maximum: 2000, privacy: { bucket: [5, 20, 80] }, description: In kg }
  animal.died: { description: An animal died, requires: [reason, actor.role], entity_types: [cadaver] }
required: [species]
details:
  species: { type: string, enum: [cat, dog, horse, other], privacy: keep, description: Species }
  owner: { type: string, maxLength: 320, privacy: tokenise, description: Who brought it }
  chip: { type: string, pattern: "^[0-9]{15}$", maxLength: 15, privacy: hash, description: Number of the chip }
  phone: { type: string, maxLength: 32, privacy: { mask: 3 }, description: Where to call }
  address: { type: string, maxLength: 45, privacy: { truncate: ip }, description: Of the tablet at the desk }
  passcode: { type: string, maxLength: 64, privacy: drop, description: "Of the owner's account; never kept" }
  findings: { type: string, minLength: 1, maxLength: 4000, privacy: scrub, description: What the vet saw }
  diary: { type: string, maxLength: 4000, privacy: encrypt, description: The vet's own words }
  letter: { type: string, maxLength: 4000, privacy: { encrypt: owner }, description: A letter to the owner }
  photo_of_owner: { type: string, maxLength: 64, privacy: keep, consent: marketing, description: For the wall }
  insured: { type: [boolean, "null"], privacy: keep, description: Whether an insurance pays }
  form: { const: walk_in, type: string, privacy: keep, description: How they came }
  doses:
    type: array
    minItems: 1
    maxItems: 3
    uniqueItems: true
    description: What was given
    items:
      type: object
      description: One dose
      required: [drug]
      properties:
        drug: { type: string, maxLength: 32, privacy: keep, description: Drug }
        given_by: { type: string, maxLength: 320, privacy: tokenise, description: Who gave it }
        notes: { type: array, maxItems: 2, items: { type: string, maxLength: 99, privacy: scrub }, description: Notes }
`,
  'events/visits-2.yaml': `stream: treatments
version: 2
upcast:
  rename: { kind: species }
  drop: [mood]
  set: { insured: null }
entity_types: [animal]
types:
  visit.announced: { description: Someone called ahead }
required: [species, insured]
details:
  species: { type: string, enum: [cat, dog, horse, other], privacy: keep, description: Species }
  insured: { type: [boolean, "null"], privacy: keep, description: Whether an insurance pays }
`,
  'events/announced-1.yaml': `stream: treatments
version: 1
entity_types: [animal]
types:
  visit.announced: { description: Someone called ahead }
required: [kind]
details:
  kind: { type: string, enum: [cat, dog], privacy: keep, description: Species }
  mood: { type: string, maxLength: 16, privacy: keep, description: How they sounded }
`,
  'events/till.yaml': `stream: till
version: 1
event_type: till
entity_types: [invoice]
actions:
  invoice_paid: { description: An invoice was paid, required: [cents] }
  till_looks_wrong: { description: Somebody should count the money }
  invoice_corrected: { description: An invoice was put right }
  newsletter_sent: { description: A newsletter went out, consent: marketing }
details:
  cents: { type: integer, minimum: 0, privacy: keep, description: Amount }
`,
  'logs.yaml': `levels: { production: INFO, staging: DEBUG, development: DEBUG }
fields:
  room: { type: string, privacy: keep, description: Room, from: [clinic.room] }
  heart_rate: { type: number, privacy: { bucket: [60, 120] }, description: Beats a minute }
  visitor: { type: string, privacy: tokenise, description: Who is in the room }
  pin: { type: string, privacy: drop, description: Of the door }
components:
  monitors:
    services: [monitor, "monitor-*"]
    level: WARN
    category: Devices
    description: Monitors beside the tables
    fields: [room, heart_rate]
`,
  'sources/cash_desk.yaml': `name: cash_desk
description: Receipts of the cash desk
id: receipt.no
envelope:
  event_type: { value: till }
  action: { value: invoice_paid }
  occurred_at: { from: [receipt.at, receipt.printed], epoch: s }
  tenant.slug: shop
  actor.type: { from: cashier.kind, values: { human: user, "*": service }, default: service }
  actor.id: { from: cashier.name, default: desk }
  entity.type: { value: invoice }
  entity.id: receipt.no
  result: { from: state, values: { ok: success, "*": failure } }
  metadata.details.cents: { from: receipt.total, number: true, scale: 100 }
`,
  'roles.yaml': `vet:
  title: Vet
  description: Sees treatments, not what was paid.
  streams: [treatments, logs]
  can: [search, correlate, prove, export, hold]
  hide: [actor.ip]
  rows: { species: own }
owner:
  title: Owner of the clinic
  description: Sees everything.
  streams: ["*"]
  can: [search, correlate, prove, export, aggregate, hold, erase, configure]
`,
  'detectors/deaths.yaml': `name: many_deaths
description: More animals die than should.
query: "event_type:animal.died"
group_by: [species]
window: P1D
threshold: 3
severity: critical
runbook: deaths
raises: till_looks_wrong
`,
  'alerts/monitors.yaml': `groups:
  - name: monitors
    interval: 1m
    rules:
      - alert: MonitorSilent
        expr: increase(monitor_beats_total[5m]) == 0
        for: 5m
        keep_firing_for: 10m
        labels: { severity: high, role: vet }
        annotations: { runbook: deaths, suppress: night, escalate: "head_vet, owner" }
`,
  'slos/visits.yaml': `apiVersion: openslo/v1
kind: SLO
metadata: { name: visits-are-short }
spec:
  service: desk
  indicatorRef: short-visits
  timeWindow: [{ duration: 28d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ displayName: Most, target: 0.9 }]
`,
  'slos/short-visits.yaml': `apiVersion: openslo/v1
kind: SLI
metadata: { name: short-visits }
spec:
  thresholdMetric:
    metricSource: { type: Prometheus, spec: { query: visit_minutes } }
`,
  'slos/desk.yaml': `apiVersion: openslo/v1
kind: Service
metadata: { name: desk }
spec: { description: The desk }
`,
  'dashboards/clinic.yaml': `name: clinic
title: Clinic
description: What happens in the clinic
roles: [vet, owner]
refresh: PT5M
panels:
  - { title: Visits, kind: timeseries, search: { query: "event_type:visit.*", streams: [treatments], group_by: species } }
  - { title: Paid, kind: stat, search: { query: "*", streams: [till], value: cents, measure: sum }, unit: ct }
  - { title: Beats, kind: distribution, promql: "rate(monitor_beats_total[5m])" }
`,
  'runbooks/deaths.md': `# Animals die

Ask the head vet, and look at the monitors.
`,
  'samples/visits.ndjson': `{"expect":"accepted","ago":60,"event":{"event_type":"visit.begun","actor":{"type":"user","id":"dr-ada@example.com"},"entity":{"type":"animal","id":"animal-1"},"result":"success","correlation":{"correlation_id":"visit-1"},"metadata":{"safe_fields_only":true,"details":{"species":"dog"}}}}
{"expect":"missing_field","ago":60,"event":{"event_type":"visit.begun","actor":{"type":"user","id":"dr-ada@example.com"},"entity":{"type":"animal","id":"animal-1"},"result":"success","correlation":{"correlation_id":"visit-1"}}}
{"expect":"accepted","ago":60,"log":{"level":"WARN","message":"beat missed","service":"monitor-1","attributes":{"heart_rate":70}}}
`,
};

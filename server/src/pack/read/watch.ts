import { type AlertRule, type Detector, SEVERITIES, type Slo } from '../model.js';
import type { Place, YamlFile } from '../yaml.js';

export const DURATION = /^P(?=\d|T\d)(?:\d{1,4}D)?(?:T(?=\d)(?:\d{1,4}H)?(?:\d{1,4}M)?(?:\d{1,5}S)?)?$/;
/** As Prometheus writes them. */
const PROM_DURATION = /^(?:\d+(?:ms|[smhdwy]))+$/;

/** One file of `detectors/`. */
export function readDetector(file: YamlFile): Detector {
  const at = file.root.members(
    'name',
    'description',
    'query',
    'group_by',
    'window',
    'threshold',
    'severity',
    'runbook',
    'raises',
  );
  return {
    ...file.root.at,
    name: at.name.identifier(),
    description: at.description.text(),
    query: at.query.text(),
    groupBy: at.group_by.given ? at.group_by.texts() : [],
    window: at.window.matching(DURATION, 'an ISO 8601 duration such as PT1H'),
    threshold: at.threshold.integer(1),
    severity: at.severity.oneOf(SEVERITIES),
    runbook: at.runbook.text(),
    raises: at.raises.given ? at.raises.identifier() : null,
  };
}

/** The rules of one Prometheus rule file. Recording rules have no place in a pack. */
export function readAlerts(file: YamlFile): AlertRule[] {
  return file.root
    .members('groups')
    .groups.items()
    .flatMap((group) => {
      const { name, rules, interval } = group.members('name', 'interval', 'rules');
      if (interval.given) interval.matching(PROM_DURATION, 'a duration such as 1m');
      return rules.items().map((rule) => readAlert(name.text(), rule));
    });
}

function readAlert(group: string, rule: Place): AlertRule {
  const at = rule.members('alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations');
  const labels = texts(at.labels);
  const annotations = texts(at.annotations);
  for (const name of ['severity', 'role'] as const)
    if (!labels.has(name)) rule.wrong(`needs the label ${name}`);
  if (!annotations.has('runbook')) rule.wrong('needs the annotation runbook: what to do when it comes');
  if (labels.has('severity') && !SEVERITIES.some((known) => known === labels.get('severity')))
    at.labels.member('severity').wrong(`must be one of ${SEVERITIES.join(', ')}`);
  return {
    ...rule.at,
    group,
    name: at.alert.text(),
    expr: at.expr.text(),
    for: at.for.given ? at.for.matching(PROM_DURATION, 'a duration such as 5m') : '0s',
    labels,
    annotations,
  };
}

const texts = (place: Place): Map<string, string> =>
  new Map(place.given ? place.entries().map(([key, value]) => [key, value.text()]) : []);

/** One OpenSLO v1 object. */
export function readSlo(file: YamlFile): Slo {
  const at = file.root.members('apiVersion', 'kind', 'metadata', 'spec');
  at.apiVersion.oneOf(['openslo/v1']);
  const kind = at.kind.oneOf(['SLO', 'SLI', 'Service']);
  const name = at.metadata
    .member('name')
    .matching(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'an RFC 1123 label');
  if (kind === 'SLO') checkObjectives(at.spec);
  return { ...file.root.at, kind, name, spec: at.spec.value };
}

function checkObjectives(spec: Place): void {
  spec.member('service').text();
  if (!spec.member('indicator').given && !spec.member('indicatorRef').given)
    spec.wrong('needs indicator or indicatorRef');
  spec.member('timeWindow').items();
  spec.member('budgetingMethod').oneOf(['Occurrences', 'Timeslices', 'RatioTimeslices']);
  for (const objective of spec.member('objectives').items()) {
    const target = objective.member('target').number();
    if (target <= 0 || target >= 1) objective.member('target').wrong('must lie between 0 and 1');
  }
}

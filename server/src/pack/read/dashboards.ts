import { type Dashboard, MEASURES, PANEL_KINDS, type Panel, type SearchPanel } from '../model.js';
import type { Place, YamlFile } from '../yaml.js';
import { DURATION } from './watch.js';

/** One file of `dashboards/`. */
export function readDashboard(file: YamlFile): Dashboard {
  const at = file.root.members('name', 'title', 'description', 'roles', 'refresh', 'panels');
  return {
    ...file.root.at,
    name: at.name.identifier(),
    title: at.title.text(),
    description: at.description.text(),
    roles: at.roles.texts(),
    refresh: at.refresh.given ? at.refresh.matching(DURATION, 'an ISO 8601 duration such as PT1M') : '',
    panels: at.panels.items().map(readPanel),
  };
}

function readPanel(place: Place): Panel {
  const { title, kind, unit, promql, search } = place.members('title', 'kind', 'unit', 'promql', 'search');
  if (promql.given === search.given) place.wrong('needs either promql or search');
  return {
    title: title.text(),
    kind: kind.oneOf(PANEL_KINDS),
    unit: unit.given ? unit.text() : '',
    data: promql.given ? { promql: promql.text() } : { search: readSearch(search) },
  };
}

function readSearch(place: Place): SearchPanel {
  const at = place.members('query', 'streams', 'group_by', 'value', 'measure');
  const measure = at.measure.given ? at.measure.oneOf(MEASURES) : 'count';
  if (measure !== 'count' && !at.value.given) place.wrong(`needs value: the field whose ${measure} is shown`);
  return {
    query: at.query.text(),
    streams: at.streams.texts(),
    groupBy: at.group_by.given ? at.group_by.text() : null,
    value: at.value.given ? at.value.text() : null,
    measure,
  };
}

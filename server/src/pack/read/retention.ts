import { addPeriod, type Period, parsePeriod, type Retention } from '../retention.js';
import { type Place, SNAKE, type YamlFile } from '../yaml.js';

/** `retention.yaml`. */
export function readRetention(file: YamlFile): Retention[] {
  return file.root.entries().map(([stream, place]) => {
    if (!SNAKE.test(stream)) place.wrong('must be in snake_case');
    const members = place.members('keep', 'hot', 'because');
    const keep = readPeriod(members.keep);
    const hot = members.hot.given ? readPeriod(members.hot) : null;
    if (hot !== null && addPeriod(0, hot) > addPeriod(0, keep)) members.hot.wrong('is longer than keep');
    return { stream, keep, hot, because: members.because.text() };
  });
}

function readPeriod(place: Place): Period {
  const period = parsePeriod(place.text());
  if (period === null && place.given) place.wrong('must be a period such as P7Y, P13M or P90D');
  return period ?? { years: 0, months: 0, days: 1 };
}

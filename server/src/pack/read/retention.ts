import { addPeriod, type Period, parsePeriod, type Retention } from '../retention.js';
import { type Place, SNAKE, type YamlFile } from '../yaml.js';

/** `retention.yaml`. */
export function readRetention(file: YamlFile): Retention[] {
  return file.root.entries().map(([stream, place]) => {
    if (!SNAKE.test(stream)) place.wrong('must be in snake_case');
    const members = place.members('keep', 'hot', 'anonymise', 'because');
    const keep = readPeriod(members.keep);
    const within = (member: Place): Period | null => {
      const period = member.given ? readPeriod(member) : null;
      if (period !== null && addPeriod(0, period) > addPeriod(0, keep)) member.wrong('is longer than keep');
      return period;
    };
    const [hot, anonymise] = [within(members.hot), within(members.anonymise)];
    return { stream, keep, hot, anonymise, because: members.because.text() };
  });
}

function readPeriod(place: Place): Period {
  const period = parsePeriod(place.text());
  if (period === null && place.given) place.wrong('must be a period such as P7Y, P13M or P90D');
  return period ?? { years: 0, months: 0, days: 1 };
}

// What somebody who can run any statement in the store's process could do: no settings, no limits.
// Arguments: a folder of its own, and the statements as JSON. Prints one answer or error a statement.
import { Session } from 'chdb';

const [dir = '', statements = '[]'] = process.argv.slice(2);
const session = new Session(dir);
const answers = JSON.parse(statements).map((sql) => {
  try {
    return { ok: true, text: session.query(sql, 'LineAsString') };
  } catch (error) {
    return { ok: false, text: String(error) };
  }
});
process.stdout.write(JSON.stringify(answers), () => process.exit(0));

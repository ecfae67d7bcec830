import { useTitle } from '../../app/shell';
import styles from './signin.module.css';

export function SignedOut() {
  useTitle('Signed out');
  return (
    <main className={styles.page}>
      <h1>You are signed out</h1>
      <p>There is no password. Starting the server prints a link that signs you in once:</p>
      <pre>prooflog serve</pre>
      <p />
      <p>A running server prints a new link with:</p>
      <pre>prooflog key signin</pre>
    </main>
  );
}

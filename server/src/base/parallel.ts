/** Does the work for each item, at most `atOnce` at a time. All have ended when it returns. @throws the first failure. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  const workers = Array.from({ length: Math.min(atOnce, items.length) }, worker);
  for (const result of await Promise.allSettled(workers))
    if (result.status === 'rejected') throw result.reason;
}

export async function runBench(_: { seconds: number; json: boolean; write?: string }): Promise<void> {}
